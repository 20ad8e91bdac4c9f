"""Former versions: which go, that nothing comes back, and servers that know of none."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import boto3
import pytest

from chartlake.aws.versions import remove_former_versions
from chartlake.errors import StorageError

_ERROR = "<Error><Code>{}</Code><Message>no</Message></Error>"


@pytest.fixture
def client(s3: str, s3_url: str) -> Iterator[Any]:
    """For a bucket that keeps versions."""
    made = boto3.client("s3", endpoint_url=s3, region_name="us-east-1")
    made.put_bucket_versioning(
        Bucket=bucket_of(s3_url), VersioningConfiguration={"Status": "Enabled"}
    )
    yield made
    made.close()


def bucket_of(url: str) -> str:
    return url.split("/")[2]


def put(client: Any, url: str, name: str, *bodies: bytes) -> None:
    for body in bodies:
        client.put_object(Bucket=bucket_of(url), Key=f"prefix/raw/{name}", Body=body)


def left(client: Any, url: str) -> list[tuple[str, bool]]:
    """Every version and mark: of what, and whether it is the current one."""
    found = client.list_object_versions(Bucket=bucket_of(url))
    every = [*found.get("Versions", ()), *found.get("DeleteMarkers", ())]
    return sorted((each["Key"].removeprefix("prefix/raw/"), each["IsLatest"]) for each in every)


def test_all_but_what_is_there(client: Any, s3_url: str) -> None:
    put(client, s3_url, "changed", b"1", b"2")
    put(client, s3_url, "deleted", b"1", b"2")
    client.delete_object(Bucket=bucket_of(s3_url), Key="prefix/raw/deleted")
    assert remove_former_versions(s3_url, ["raw/", "state/"]) == 4
    assert left(client, s3_url) == [("changed", True)]
    assert remove_former_versions(s3_url, ["raw/", "state/"]) == 0


def test_what_is_deleted_meanwhile_does_not_come_back(client: Any, s3_url: str) -> None:
    put(client, s3_url, "other", b"1", b"2")
    put(client, s3_url, "there", b"1")
    bucket = bucket_of(s3_url)

    to_delete = ["prefix/raw/there"]

    def delete(**_: Any) -> None:
        """Once, after the first listing."""
        for key in [to_delete.pop()] if to_delete else ():
            client.delete_object(Bucket=bucket, Key=key)

    boto3.setup_default_session()
    boto3.DEFAULT_SESSION.events.register("before-call.s3.DeleteObjects", delete)
    remove_former_versions(s3_url, ["raw/"])
    boto3.DEFAULT_SESSION = None
    assert not to_delete
    assert [key["Key"] for key in client.list_objects_v2(Bucket=bucket)["Contents"]] == [
        "prefix/raw/other"
    ]


@pytest.fixture
def refusing() -> Iterator[HTTPServer]:
    """A server that answers each request with an error of S3: ``status`` and ``code``."""

    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = _ERROR.format(self.server.code).encode()  # type: ignore[attr-defined]  # set below
            self.send_response(self.server.status)  # type: ignore[attr-defined]  # set below
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("name", ["AWS_ENDPOINT", "AWS_ENDPOINT_URL"])
def test_a_server_that_knows_no_versions(
    refusing: HTTPServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    reach(refusing, monkeypatch, 501, "NotImplemented", name)
    assert remove_former_versions("s3://bucket/prefix", ["raw/"]) == 0


def test_who_may_not_list_them_is_told_what_to_do(
    refusing: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach(refusing, monkeypatch, 403, "AccessDenied")
    with pytest.raises(StorageError, match="cannot delete former versions") as refused:
        remove_former_versions("s3://bucket/prefix", ["raw/"])
    assert "s3:ListBucketVersions" in str(refused.value.fix)


def reach(
    server: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    code: str,
    name: str = "AWS_ENDPOINT_URL",
) -> None:
    server.status, server.code = status, code  # type: ignore[attr-defined]  # for its handler
    monkeypatch.setenv(name, f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
