"""Cases of what a role may and may not do, with the names that they share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.aws.iam_simulation import Question, answers
from tests.aws.template_values import ACCOUNT, NAME, REGION

BUCKET = f"arn:aws:s3:::{NAME}-databucket-1a2b3c4d5e6f"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
CREATE = {"s3:if-none-match": "*", "s3:ObjectCreationOperation": "true"}
PLAIN_HTTP = {"aws:SecureTransport": "false"}
STAGES = ("ExtractRole", "TransformRole", "PublishRole", "JobRole")
ROLES = (*STAGES, "CrawlerRole", "ScheduleRole", "RunRole")
YES, NO = True, False

Case = tuple[str, str, str, Mapping[str, str] | None, bool]
"""The role, the action, the resource, what conditions ask for, and whether it may."""


def arn(service: str, what: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{what}"


def unlike(matrix: list[Case], parameters: Mapping[str, Any] | None = None) -> list[str]:
    """The cases in which the simulator says otherwise."""
    found = answers((Question(*case[:4]) for case in matrix), parameters)
    return [
        f"{role} {action} {what} {context or ''}: {'allowed' if answer else 'denied'}"
        for (role, action, what, context, expected), answer in zip(matrix, found, strict=True)
        if answer != expected
    ]
