"""Sign-ins in Secrets Manager (moto's, over HTTP)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from chartlake.aws.secrets import SecretsStore
from chartlake.errors import ConfigError, SignInError

ODD = "me@0123456789abcdef%/ü x"


@pytest.fixture
def client(s3: str) -> Iterator[Any]:
    made = boto3.client(
        "secretsmanager",
        endpoint_url=s3,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    yield made
    made.close()


@pytest.fixture
def name() -> str:
    """A stack of its own for each test; secrets of stacks lie side by side."""
    return f"s{uuid.uuid4().hex[:12]}"


def test_what_is_kept_is_there_until_it_is_deleted(client: Any, name: str) -> None:
    store = SecretsStore(lambda: client, name)
    assert (store.get(ODD), store.names()) == (None, [])
    store.set(ODD, '{"refresh_token": "one"}')
    store.set(ODD, '{"refresh_token": "two"}')
    store.set("default@app", "other")
    assert store.get(ODD) == '{"refresh_token": "two"}'
    assert store.names() == sorted([ODD, "default@app"])
    store.delete(ODD)
    store.delete(ODD)
    assert (store.get(ODD), store.names()) == (None, ["default@app"])


def test_another_stacks_are_none_of_ours(client: Any, name: str) -> None:
    SecretsStore(lambda: client, name).set("default@app", "x")
    client.create_secret(Name=f"{name}/else", SecretString="y")
    assert SecretsStore(lambda: client, f"{name}2").names() == []
    assert SecretsStore(lambda: client, name[:-1]).names() == []
    assert SecretsStore(lambda: client, name).names() == ["default@app"]


def test_one_that_is_being_deleted_is_not_there(client: Any, name: str) -> None:
    store = SecretsStore(lambda: client, name)
    store.set("default@app", "x")
    client.delete_secret(SecretId=f"{name}/accounts/default@app")
    assert store.get("default@app") is None


def test_the_place_is_told_and_no_secret_is(client: Any, name: str) -> None:
    store = SecretsStore(lambda: client, name)
    store.set("default@app", "hush")
    assert store.place == f"AWS Secrets Manager, {name}/accounts/"
    assert "hush" not in repr(vars(store))


def test_nothing_is_asked_before_it_is_wanted(name: str) -> None:
    def fails() -> Any:
        raise ConfigError("no AWS region is chosen")

    store = SecretsStore(fails, name)
    assert name in store.place
    with pytest.raises(ConfigError, match="no AWS region"):
        store.get("default@app")


EXPIRED = ClientError(
    {"Error": {"Code": "ExpiredTokenException", "Message": "it ended"}}, "PutSecretValue"
)


class Refusing:
    """A client whose sign-in to AWS has ended."""

    def __init__(self, exceptions: Any) -> None:
        self.exceptions = exceptions

    def put_secret_value(self, **asked: str) -> None:
        raise EXPIRED


def test_what_aws_refuses_is_told_without_the_secret(client: Any, name: str) -> None:
    store = SecretsStore(lambda: Refusing(client.exceptions), name)
    with pytest.raises(SignInError, match="has ended") as refused:
        store.set("default@app", "hush")
    assert "hush" not in str(refused.value)
