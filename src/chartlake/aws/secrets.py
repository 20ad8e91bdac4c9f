"""Sign-ins in AWS Secrets Manager: for what runs there, and for who signs in on its behalf."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote

from chartlake.aws.session import told

__all__ = ["SecretsStore"]

_ESCAPE = "+"


class SecretsStore:
    """Keeps each secret as NAME/accounts/…; ``open_client`` is asked when one is needed."""

    def __init__(self, open_client: Callable[[], Any], name: str) -> None:
        self._open = open_client
        self._prefix = f"{name}/accounts/"

    @cached_property
    def _client(self) -> Any:
        return self._open()

    @property
    def place(self) -> str:
        """The service, and how the names begin."""
        return f"AWS Secrets Manager, {self._prefix}"

    def get(self, name: str) -> str | None:
        """A secret, None where there is none, or where it is being deleted."""
        with told("read a sign-in from Secrets Manager"):
            try:
                found = self._client.get_secret_value(SecretId=self._id(name))
            except self._client.exceptions.ResourceNotFoundException:
                return None
            except self._client.exceptions.InvalidRequestException:  # it is being deleted
                return None
            return str(found["SecretString"])

    def set(self, name: str, secret: str) -> None:
        """Keep a secret as the newest version of its name."""
        with told("keep a sign-in in Secrets Manager"):
            try:
                self._client.put_secret_value(SecretId=self._id(name), SecretString=secret)
            except self._client.exceptions.ResourceNotFoundException:
                self._client.create_secret(
                    Name=self._id(name),
                    Description="a sign-in to Spotify, made by chartlake login",
                    SecretString=secret,
                )

    def delete(self, name: str) -> None:
        """Forget a secret at once and for good; one that is not there is no error."""
        with told("delete a sign-in from Secrets Manager"):
            try:
                self._client.delete_secret(SecretId=self._id(name), ForceDeleteWithoutRecovery=True)
            except self._client.exceptions.ResourceNotFoundException:
                return

    def names(self) -> list[str]:
        """The names of all secrets."""
        with told("list the sign-ins in Secrets Manager"):
            pages = self._client.get_paginator("list_secrets").paginate(
                Filters=[{"Key": "name", "Values": [self._prefix]}]
            )
            found = [secret["Name"] for page in pages for secret in page["SecretList"]]
        # the filter is no more than a hint: it looks at words, whatever their case
        ours = (name for name in found if name.startswith(self._prefix))
        return sorted(_decoded(name.removeprefix(self._prefix)) for name in ours)

    def _id(self, name: str) -> str:
        return self._prefix + quote(name, safe="@").replace("%", _ESCAPE)


def _decoded(name: str) -> str:
    return unquote(name.replace(_ESCAPE, "%"))
