"""What happens while a stack is changed: its events as they come, and why it failed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from chartlake.aws.deploy.stack import Proposal, Stack, stack_of
from chartlake.errors import StorageError

__all__ = ["Event", "execute", "follow", "last_event"]

_SECONDS = 3.0
_TO_BEGIN = 60.0
_MOST_REASONS = 3
_FOLLOWS = ("Resource creation cancelled", "Resource update cancelled")
_DONE = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE"}


class Event(NamedTuple):
    """What CloudFormation has done to one resource."""

    id: str
    at: datetime
    resource: str
    type: str
    status: str
    reason: str

    @property
    def is_failure(self) -> bool:
        """Whether it tells what went wrong: not what was only stopped because of it."""
        return self.status.endswith("_FAILED") and not self.reason.startswith(_FOLLOWS)


def execute(
    cloudformation: Any,
    proposal: Proposal,
    say: Callable[[Event], None],
    sleep: Callable[[float], None],
) -> Stack:
    """Carry a change set out and tell what happens; the stack at its end, or StorageError."""
    seen = last_event(cloudformation, proposal.stack_id)
    cloudformation.execute_change_set(ChangeSetName=proposal.id)
    return follow(cloudformation, proposal.stack_id, seen, say, sleep)


def last_event(cloudformation: Any, stack: str) -> str | None:
    """The id of the newest event of a stack."""
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    return events[0]["EventId"] if events else None


def follow(
    cloudformation: Any,
    stack: str,
    seen: str | None,
    say: Callable[[Event], None],
    sleep: Callable[[float], None],
) -> Stack:
    """Tell the events after ``seen`` until the stack rests; StorageError where it has failed."""
    failures: list[Event] = []
    begun, waited = False, 0.0
    while True:
        # the state first: what is told after it is then complete when it is final
        now = stack_of(cloudformation, stack)
        for event in _since(cloudformation, stack, seen):
            say(event)
            seen, begun = event.id, True
            failures += [event] if event.is_failure else []
        if now is None:
            raise StorageError(f"stack {stack} is gone while it was changed")
        # its former state may be told for a moment after it was asked to change
        if not now.status.endswith("_IN_PROGRESS") and (begun or waited >= _TO_BEGIN):
            break
        sleep(_SECONDS)
        waited += _SECONDS
    if now.status not in _DONE:
        raise _failed(now, failures)
    return now


def _since(cloudformation: Any, stack: str, seen: str | None) -> list[Event]:
    """The events after one, the oldest first; they come newest first, page by page."""
    found: list[Event] = []
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack)
    for page in pages:
        for told in page["StackEvents"]:
            if told["EventId"] == seen:
                return found[::-1]
            found.append(_event(told))
    return found[::-1]


def _event(told: dict[str, Any]) -> Event:
    return Event(
        id=told["EventId"],
        at=told["Timestamp"],
        resource=told.get("LogicalResourceId", ""),
        type=told.get("ResourceType", ""),
        status=told.get("ResourceStatus", ""),
        reason=told.get("ResourceStatusReason", ""),
    )


def _failed(stack: Stack, failures: Sequence[Event]) -> StorageError:
    own = [each for each in failures if each.type != "AWS::CloudFormation::Stack"] or failures
    reasons = [f"{each.resource} ({each.type}): {each.reason}" for each in own[:_MOST_REASONS]]
    fixes = {
        "ROLLBACK_COMPLETE": "mend it, then: chartlake aws destroy, and chartlake aws deploy",
        "UPDATE_ROLLBACK_COMPLETE": "the stack is as it was before; mend it and deploy again",
        "DELETE_FAILED": "mend it, then run chartlake aws destroy again",
    }
    return StorageError(
        f"stack {stack.name} could not be changed: {stack.status}",
        why="\n".join(reasons) or stack.reason or None,
        fix=fixes.get(stack.status, "chartlake aws status shows what is there"),
    )
