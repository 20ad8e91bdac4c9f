"""Change sets and executions, as CloudFormation answers when it is not moto."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chartlake.aws.deploy.follow import Event, execute
from chartlake.aws.deploy.stack import (
    Proposal,
    Stack,
    asked_by,
    check_ready,
    discard,
    propose,
    stack_of,
)
from chartlake.aws.session import open_client, open_session, told
from chartlake.errors import Refused, StorageError, UsageError
from tests.aws.deploy.conftest import REGION
from tests.aws.deploy.fake_cloudformation import (
    ID,
    NO_STACK,
    FakeCloudFormation,
    event,
    events,
    stack,
    tags,
)

MADE = tags(Id="set/1", StackId=ID)


@pytest.fixture
def client(fake: FakeCloudFormation) -> Iterator[Any]:
    made = open_client(open_session(REGION), "cloudformation")
    yield made
    made.close()


def proposed(client: Any, before: Stack | None, slept: list[float]) -> Proposal | None:
    return propose(
        client,
        before,
        name="chartlake",
        change_set="chartlake-1",
        template_url="https://bucket.s3.amazonaws.com/template.yaml",
        parameters=[{"ParameterKey": "LakePrefix", "ParameterValue": "lake"}],
        capabilities=["CAPABILITY_NAMED_IAM"],
        tags={"owner": "me"},
        sleep=slept.append,
    )


def stack_in(status: str) -> Stack:
    return Stack("chartlake", ID, status, "because")


def test_no_stack(fake: FakeCloudFormation, client: Any) -> None:
    fake.answers["DescribeStacks"] = [NO_STACK]
    assert stack_of(client, "chartlake") is None


def test_another_refusal_is_no_absence(fake: FakeCloudFormation, client: Any) -> None:
    fake.answers["DescribeStacks"] = ["!AccessDenied not for you"]
    with pytest.raises(Refused, match="cannot look: AWS does not allow it"), told("look"):
        stack_of(client, "chartlake")


def test_a_change_set_is_waited_for_and_read_to_its_last_page(
    fake: FakeCloudFormation, client: Any
) -> None:
    def change(**told: str) -> dict[str, Any]:
        return {"Type": "Resource", "ResourceChange": told}

    first = change(Action="Add", LogicalResourceId="A", ResourceType="AWS::SQS::Queue")
    second = change(
        Action="Modify",
        LogicalResourceId="B",
        ResourceType="AWS::S3::Bucket",
        Replacement="True",
        PolicyAction="ReplaceAndRetain",
    )
    fake.answers["CreateChangeSet"] = [MADE]
    fake.answers["DescribeChangeSet"] = [
        tags(Status="CREATE_PENDING"),
        tags(Status="CREATE_IN_PROGRESS"),
        tags(Status="CREATE_COMPLETE", Changes=[first], NextToken="more"),
        tags(Status="CREATE_COMPLETE", Changes=[second]),
    ]
    slept: list[float] = []
    found = proposed(client, stack_in("UPDATE_COMPLETE"), slept)
    assert found
    assert len(slept) == 2
    assert [each.resource for each in found.changes] == ["A", "B"]
    assert found.changes[0].warning is None
    assert "the old one stays" in str(found.changes[1].warning)
    asked = fake.asked[0]
    assert asked["ChangeSetType"] == "UPDATE"
    assert asked["Capabilities.member.1"] == "CAPABILITY_NAMED_IAM"
    assert asked["Tags.member.1.Key"] == "owner"
    assert fake.asked[-1]["NextToken"] == "more"


@pytest.mark.parametrize(
    "reason",
    [
        "The submitted information didn't contain changes. Submit different information.",
        "No updates are to be performed.",
    ],
)
def test_nothing_to_change_is_no_failure(
    fake: FakeCloudFormation, client: Any, reason: str
) -> None:
    fake.answers["CreateChangeSet"] = [MADE]
    fake.answers["DescribeChangeSet"] = [tags(Status="FAILED", StatusReason=reason)]
    assert proposed(client, stack_in("CREATE_COMPLETE"), []) is None
    assert fake.actions[-1] == "DeleteChangeSet"


def test_a_change_set_that_fails_for_another_reason(fake: FakeCloudFormation, client: Any) -> None:
    fake.answers["CreateChangeSet"] = [MADE]
    fake.answers["DescribeChangeSet"] = [tags(Status="FAILED", StatusReason="Template error: X")]
    fake.answers["DescribeStacks"] = [stack("REVIEW_IN_PROGRESS")]
    with pytest.raises(StorageError, match="cannot work out the changes") as failed:
        proposed(client, None, [])
    assert failed.value.why == "Template error: X"
    assert fake.asked[0]["ChangeSetType"] == "CREATE"
    assert fake.actions[-1] == "DeleteStack"


@pytest.mark.parametrize(
    ("before", "kind"),
    [
        (None, "CREATE"),
        ("REVIEW_IN_PROGRESS", "CREATE"),  # proposed once, and never made
        ("UPDATE_ROLLBACK_COMPLETE", "UPDATE"),
    ],
)
def test_a_stack_is_made_or_changed(
    fake: FakeCloudFormation, client: Any, before: str | None, kind: str
) -> None:
    fake.answers["CreateChangeSet"] = [MADE]
    fake.answers["DescribeChangeSet"] = [tags(Status="CREATE_COMPLETE")]
    found = proposed(client, stack_in(before) if before else None, [])
    assert found
    assert found.is_new == (kind == "CREATE")
    assert fake.asked[0]["ChangeSetType"] == kind


def test_a_change_set_that_is_never_ready(fake: FakeCloudFormation, client: Any) -> None:
    fake.answers["CreateChangeSet"] = [MADE]
    fake.answers["DescribeChangeSet"] = [tags(Status="CREATE_IN_PROGRESS")]
    slept: list[float] = []
    with pytest.raises(StorageError, match="15 minutes"):
        proposed(client, None, slept)
    assert sum(slept) == 900


def test_the_name_of_a_stack_that_somebody_made_meanwhile_stays(
    fake: FakeCloudFormation, client: Any
) -> None:
    fake.answers["DescribeStacks"] = [stack("CREATE_IN_PROGRESS")]
    discard(client, Proposal("set/1", ID, (), is_new=True))
    assert fake.actions == ["DeleteChangeSet", "DescribeStacks"]


def test_what_a_template_asks_for(fake: FakeCloudFormation, client: Any) -> None:
    parameters = [{"ParameterKey": "A"}, {"ParameterKey": "B", "DefaultValue": ""}]
    fake.answers["GetTemplateSummary"] = [
        tags(Parameters=parameters, Capabilities=["CAPABILITY_NAMED_IAM"])
    ]
    assert asked_by(client, "https://x/y") == (parameters, ["CAPABILITY_NAMED_IAM"])


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", None])
def test_a_stack_that_can_be_changed(status: str | None) -> None:
    check_ready(stack_in(status) if status else None)


def test_a_name_that_was_only_looked_at_can_be_made() -> None:
    check_ready(stack_in("REVIEW_IN_PROGRESS"))


@pytest.mark.parametrize(
    ("status", "what", "fix"),
    [
        ("ROLLBACK_COMPLETE", "was never whole", "chartlake aws destroy"),
        ("CREATE_FAILED", "was never whole", "chartlake aws destroy"),
        ("DELETE_FAILED", "half taken away", "chartlake aws destroy"),
        ("UPDATE_IN_PROGRESS", "is being changed", "wait until it is done"),
        ("UPDATE_ROLLBACK_FAILED", "stuck between two states", "continue-update-rollback"),
    ],
)
def test_a_stack_that_cannot_be_changed_now(status: str, what: str, fix: str) -> None:
    with pytest.raises(UsageError, match=what) as refused:
        check_ready(stack_in(status))
    assert fix in str(refused.value.fix)


PROPOSAL = Proposal("set/1", ID, (), is_new=False)
BEFORE = event(1, "CREATE_COMPLETE")


def test_events_are_told_once_and_in_order(fake: FakeCloudFormation, client: Any) -> None:
    begun, made = event(2, "UPDATE_IN_PROGRESS"), event(3, "UPDATE_COMPLETE", "Extract")
    done = event(4, "UPDATE_COMPLETE")
    fake.answers["DescribeStackEvents"] = [
        events(BEFORE),
        events(begun, BEFORE),
        events(made, begun, BEFORE),
        events(done, made, begun, BEFORE),
    ]
    fake.answers["DescribeStacks"] = [
        stack("UPDATE_IN_PROGRESS"),
        stack("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        stack("UPDATE_COMPLETE"),
    ]
    said: list[Event] = []
    slept: list[float] = []
    assert execute(client, PROPOSAL, said.append, slept.append).status == "UPDATE_COMPLETE"
    assert [each.id for each in said] == ["e2", "e3", "e4"]
    assert len(slept) == 2


def test_a_state_from_before_is_not_taken_for_the_end(
    fake: FakeCloudFormation, client: Any
) -> None:
    fake.answers["DescribeStackEvents"] = [
        events(BEFORE),
        events(BEFORE),
        events(event(2, "UPDATE_FAILED"), BEFORE),
    ]
    fake.answers["DescribeStacks"] = [stack("CREATE_COMPLETE"), stack("UPDATE_ROLLBACK_COMPLETE")]
    with pytest.raises(StorageError, match="UPDATE_ROLLBACK_COMPLETE"):
        execute(client, PROPOSAL, lambda _: None, lambda _: None)


def test_why_it_failed_is_told_without_what_was_only_stopped(
    fake: FakeCloudFormation, client: Any
) -> None:
    fake.answers["DescribeStackEvents"] = [
        events(BEFORE),
        events(
            event(4, "ROLLBACK_COMPLETE"),
            event(3, "CREATE_FAILED", "Publish", "Resource creation cancelled"),
            event(2, "CREATE_FAILED", "Extract", "the role may not"),
            BEFORE,
        ),
    ]
    fake.answers["DescribeStacks"] = [stack("ROLLBACK_COMPLETE", "some failed")]
    said: list[Event] = []
    with pytest.raises(StorageError, match="chartlake could not be changed") as failed:
        execute(client, PROPOSAL, said.append, lambda _: None)
    assert failed.value.why == "Extract (AWS::Lambda::Function): the role may not"
    assert "chartlake aws destroy" in str(failed.value.fix)
    assert [each.is_failure for each in said] == [True, False, False]
