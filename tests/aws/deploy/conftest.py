"""A small template, and an AWS on this machine to deploy it to."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from chartlake.aws.deploy.artefacts import Artefact, build_artefacts
from chartlake.aws.deploy.prepare import Cloud, open_cloud
from chartlake.aws.session import open_session
from tests.aws.deploy.fake_cloudformation import FakeCloudFormation
from tests.aws.deploy.template import TEMPLATE

REGION = "eu-central-1"


@pytest.fixture
def aws(s3: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of moto's AWS, with the environment that reaches it.

    moto refuses everything in a bucket whose policy denies what is not TLS: it reads no
    conditions. So here bucket policies are kept, and not evaluated.
    """
    from moto.iam.access_control import PermissionResult
    from moto.s3.models import FakeBucket

    def allow(*_: object) -> PermissionResult:
        return PermissionResult.NEUTRAL

    monkeypatch.setattr(FakeBucket, "get_permission", allow)
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3)
    credentials(monkeypatch)
    return s3


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCloudFormation]:
    """A CloudFormation that answers what a test says."""
    with FakeCloudFormation() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        credentials(monkeypatch)
        yield server


def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


@pytest.fixture
def name() -> str:
    """That of a stack nobody else uses."""
    return f"t{uuid.uuid4().hex[:12]}"  # s3… would be the service to moto


@pytest.fixture
def session(aws: str) -> boto3.Session:
    return open_session(REGION)


@pytest.fixture
def cloud(session: boto3.Session) -> Iterator[Cloud]:
    with open_cloud(session) as opened:
        yield opened


@pytest.fixture
def template(tmp_path: Path) -> Path:
    file = tmp_path / "template.yaml"
    file.write_text(TEMPLATE)
    return file


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A folder as if packages had been fetched."""
    folder = tmp_path / "fetched"
    (folder / "somewhere").mkdir(parents=True)
    (folder / "somewhere" / "__init__.py").write_text("HERE = True\n")
    return folder


@pytest.fixture
def artefacts(tmp_path: Path, template: Path, packages: Path) -> list[Artefact]:
    made = tmp_path / "made"
    made.mkdir()
    return build_artefacts(made, b"", template, packages)
