"""What the functions asked of AWS in the rehearsal: understood, and allowed to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.aws.iam_simulation import Question, answers
from tests.aws.rehearsal.calls import Call, calls_of
from tests.aws.rehearsal.play import Played

pytestmark = pytest.mark.xdist_group("rehearsal")

ROLES = {"ExtractRole", "TransformRole", "PublishRole"}


@pytest.fixture(scope="module")
def calls(played: Played) -> list[Call]:
    """Those of the functions; they lie beside the logs too, for whoever looks."""
    found = [call for call in calls_of(played.account.aws.requests) if call.role in ROLES]
    file = Path(played.folder, "calls.jsonl")
    file.write_text("".join(f"{call.in_json()}\n" for call in found))
    return found


def test_each_function_asks_with_a_role_of_its_own(calls: list[Call]) -> None:
    assert {call.role for call in calls} == ROLES


def test_one_function_alone_sees_the_sign_ins(calls: list[Call]) -> None:
    seen = {(call.role, call.action) for call in calls if call.action.startswith("secrets")}
    assert seen == {
        ("ExtractRole", "secretsmanager:GetSecretValue"),
        ("ExtractRole", "secretsmanager:PutSecretValue"),
    }


def test_what_is_committed_is_only_ever_created(calls: list[Call]) -> None:
    for call in calls:
        if call.action == "s3:PutObject" and (
            "/manifests/" in call.resource or "/builds/" in call.resource
        ):
            assert ("s3:if-none-match", "*") in call.context, call


def test_what_is_committed_is_deleted_by_nobody(calls: list[Call]) -> None:
    deleted = [call.resource for call in calls if call.action == "s3:DeleteObject"]
    assert [one for one in deleted if "/marts/" not in one] == []


def test_nobody_but_publish_asks_athena_and_changes_the_catalog(calls: list[Call]) -> None:
    asks = {call.role for call in calls if call.action.startswith(("athena:", "glue:"))}
    assert asks == {"PublishRole"}


@pytest.mark.needs("iam-simulate")
def test_every_call_is_allowed(calls: list[Call]) -> None:
    questions = [Question(c.role, c.action, c.resource, dict(c.context)) for c in calls]
    allowed = answers(questions)
    assert [call for call, may in zip(calls, allowed, strict=True) if not may] == []
