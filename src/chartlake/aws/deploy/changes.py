"""What a change set would do: each change, and in words where something could be lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["Change", "change_of"]

_KEEPS = {
    "AWS::S3::Bucket": "the lake",
    "AWS::SQS::Queue": "the messages that wait in it",
    "AWS::Logs::LogGroup": "its logs",
    "AWS::SecretsManager::Secret": "the sign-in in it",
    "AWS::KMS::Key": "whatever it has encrypted",
    "AWS::SNS::Topic": "its subscriptions",
    "AWS::Glue::Database": "its tables; the next run makes them again",
    "AWS::Athena::WorkGroup": "the history of its queries",
}


class Change(NamedTuple):
    """What would happen to one resource; ``warning`` where something could be lost."""

    action: str
    resource: str
    type: str
    replacement: str
    warning: str | None


def change_of(told: Mapping[str, Any]) -> Change:
    """A change as CloudFormation tells it, with what it means for what is kept there."""
    action, kind = told.get("Action", ""), told.get("ResourceType", "")
    resource, replacement = told.get("LogicalResourceId", ""), told.get("Replacement", "")
    policy = told.get("PolicyAction", "")
    warning = None
    if kind in _KEEPS and action in ("Remove", "Modify", "Dynamic"):
        warning = _warning(action, resource, kind, replacement, policy)
    return Change(action, resource, kind, replacement or "False", warning)


def _warning(action: str, resource: str, kind: str, replacement: str, policy: str) -> str | None:
    stays = "Retain" in policy
    if action == "Remove":
        if stays:
            return f"{resource} leaves the stack, but stays as it is, with {_KEEPS[kind]}"
        return f"{resource} is deleted, and with it {_KEEPS[kind]}"
    if replacement not in ("True", "Conditional"):
        return None
    perhaps = "may be" if replacement == "Conditional" else "is"
    if stays:
        return f"{resource} {perhaps} replaced by an empty one; the old one stays, unused"
    return f"{resource} {perhaps} replaced, and what is in it is lost: {_KEEPS[kind]}"
