"""Sessions, clients, and what their errors say."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import (
    BotoCoreError,
    CredentialRetrievalError,
    DataNotFoundError,
    LoginRefreshRequired,
    NoRegionError,
    PartialCredentialsError,
    SSOTokenLoadError,
)

from chartlake.aws.session import open_client, open_session, told
from chartlake.errors import (
    ChartlakeError,
    ConfigError,
    Refused,
    SignInError,
    StorageError,
    Unavailable,
)
from tests.aws.deploy.fake_cloudformation import FakeCloudFormation


@pytest.fixture(autouse=True)
def own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the developer's own, and no machine to ask for credentials."""
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


@contextmanager
def client_at(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    with closing(open_client(open_session("eu-central-1"), "cloudformation")) as client:
        yield client


def test_the_region_that_is_named_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert open_session("eu-central-1").region_name == "eu-central-1"
    assert open_session().region_name == "eu-west-1"


def test_a_region_of_the_profile(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[profile work]\nregion = eu-north-1\n")
    assert open_session(profile="work").region_name == "eu-north-1"


def test_no_region() -> None:
    with pytest.raises(ConfigError, match="no AWS region is chosen"):
        open_session()


def test_no_such_profile() -> None:
    with pytest.raises(ConfigError, match="AWS has no profile 'work' here"):
        open_session("eu-central-1", "work")


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT", "AWS_ENDPOINT_URL"])
def test_another_address(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:9")
    with closing(open_client(open_session("eu-central-1"), "s3")) as client:
        assert client.meta.endpoint_url == "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("problem", "kind", "words"),
    [
        (SSOTokenLoadError(error_msg="gone"), SignInError, "aws sso login"),
        (LoginRefreshRequired(), SignInError, "aws login"),
        (
            CredentialRetrievalError(provider="custom-process", error_msg="gone"),
            SignInError,
            "credentials cannot be had",
        ),
        (PartialCredentialsError(provider="env", cred_var="x"), ConfigError, "not whole"),
        (NoRegionError(), ConfigError, "no AWS region"),
        (DataNotFoundError(data_path="x"), StorageError, "cannot look"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_boto_says_by_itself(
    problem: BotoCoreError, kind: type[ChartlakeError], words: str
) -> None:
    with pytest.raises(kind) as refused, told("look"):
        raise problem
    assert words in f"{refused.value.what} {refused.value.fix}"


def test_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        pytest.raises(ConfigError, match="cannot look: no AWS credentials here") as refused,
        client_at("http://127.0.0.1:9", monkeypatch) as client,
        told("look"),
    ):
        client.describe_stacks()
    assert "aws sso login" in str(refused.value.fix)


def test_nobody_answers(key: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        with (
            pytest.raises(Unavailable, match="AWS cannot be reached"),
            client_at(url, monkeypatch) as client,
            told("look"),
        ):
            client.describe_stacks()


@pytest.mark.parametrize(
    ("code", "kind", "what"),
    [
        ("ExpiredToken", SignInError, "the sign-in to AWS has ended"),
        ("InvalidClientTokenId", SignInError, "AWS does not know these credentials"),
        ("AccessDenied", Refused, "AWS does not allow it"),
        ("ValidationError", StorageError, "cannot look"),
    ],
)
def test_refusals(
    key: None, monkeypatch: pytest.MonkeyPatch, code: str, kind: type[ChartlakeError], what: str
) -> None:
    with FakeCloudFormation() as server:
        server.answers["DescribeStacks"] = [f"!{code} because"]
        with (
            pytest.raises(kind, match=what) as refused,
            client_at(server.url, monkeypatch) as client,
            told("look"),
        ):
            client.describe_stacks()
    assert "because" in str(refused.value.why)
    if code == "AccessDenied":
        assert "allow DescribeStacks" in str(refused.value.fix)
