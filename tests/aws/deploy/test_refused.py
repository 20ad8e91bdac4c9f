"""What S3 refuses, and stacks that cannot be taken away now: botocore's stubs say it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from chartlake.aws.deploy.artefacts import Artefact
from chartlake.aws.deploy.bucket import check_bucket, open_bucket, upload
from chartlake.aws.deploy.destroy import delete_stack
from chartlake.aws.deploy.empty import remove_bucket
from chartlake.aws.deploy.prepare import Cloud
from chartlake.aws.deploy.stack import Stack
from chartlake.aws.session import open_client, open_session
from chartlake.errors import Refused, StorageError, UsageError
from tests.aws.deploy.conftest import REGION, credentials

ACCOUNT = "123456789012"


@pytest.fixture
def s3_client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    credentials(monkeypatch)
    client = open_client(open_session(REGION), "s3")
    yield client
    client.close()


def refuse(stub: Stubber, method: str, status: int, code: str) -> None:
    stub.add_client_error(method, service_error_code=code, http_status_code=status)


def test_a_bucket_of_somebody_else(s3_client: Any) -> None:
    with Stubber(s3_client) as stub:
        refuse(stub, "head_bucket", 403, "403")
        with pytest.raises(Refused, match="bucket artefacts cannot be used") as refused:
            open_bucket(s3_client, "artefacts", ACCOUNT, REGION)
    assert "another account" in str(refused.value.why)


def test_the_lakes_bucket_is_no_other_accounts(s3_client: Any) -> None:
    owner = {"Bucket": "theirs", "ExpectedBucketOwner": ACCOUNT}
    with Stubber(s3_client) as stub:
        stub.add_client_error(
            "head_bucket", service_error_code="403", http_status_code=403, expected_params=owner
        )
        with pytest.raises(Refused, match=f"bucket theirs is not one of account {ACCOUNT}"):
            check_bucket(s3_client, "theirs", ACCOUNT, REGION)
        stub.add_response("head_bucket", {"BucketRegion": REGION}, owner)
        check_bucket(s3_client, "theirs", ACCOUNT, REGION)


def test_a_name_that_was_taken_meanwhile(s3_client: Any) -> None:
    with Stubber(s3_client) as stub:
        refuse(stub, "head_bucket", 404, "404")
        refuse(stub, "create_bucket", 409, "BucketAlreadyExists")
        with pytest.raises(Refused, match="bucket artefacts cannot be used"):
            open_bucket(s3_client, "artefacts", ACCOUNT, REGION)


def test_another_trouble_is_told_as_it_is(s3_client: Any, tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_text("x")
    with Stubber(s3_client) as stub:
        for method in ("head_bucket", "head_bucket", "head_object"):
            refuse(stub, method, 500, "InternalError")
        with pytest.raises(ClientError, match="InternalError"):
            open_bucket(s3_client, "artefacts", ACCOUNT, REGION)
        with pytest.raises(ClientError, match="InternalError"):
            check_bucket(s3_client, "mine", ACCOUNT, REGION)
        with pytest.raises(ClientError, match="InternalError"):
            upload(s3_client, "artefacts", ACCOUNT, [Artefact("CodeKey", "x", file)])


def test_an_object_that_cannot_be_deleted(s3_client: Any) -> None:
    said: list[int] = []
    with Stubber(s3_client) as stub:
        version = {"Key": "a", "VersionId": "1", "IsLatest": True}
        stub.add_response("list_object_versions", {"Versions": [version]})
        error = {"Key": "a", "Code": "AccessDenied", "Message": "locked"}
        stub.add_response("delete_objects", {"Errors": [error]})
        with pytest.raises(StorageError, match="cannot delete a of bucket data") as refused:
            remove_bucket(s3_client, "data", ACCOUNT, said.append)
    assert refused.value.why == "AccessDenied: locked"
    assert said == []


def test_a_stack_that_is_being_changed_is_not_taken_away(s3_client: Any) -> None:
    stack = Stack("chartlake", "id", "UPDATE_IN_PROGRESS")
    with pytest.raises(UsageError, match="is being changed"):
        delete_stack(
            Cloud(ACCOUNT, REGION, "amazonaws.com", None, s3_client, None),
            stack,
            lambda _: None,
            lambda _: None,
        )
