"""The stack: its state, a change set that is looked at first, and its execution."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from chartlake.aws.deploy.changes import Change, change_of
from chartlake.aws.session import code_of
from chartlake.errors import StorageError, UsageError

__all__ = ["Proposal", "Stack", "asked_by", "check_ready", "discard", "propose", "stack_of"]

_REVIEWED = "REVIEW_IN_PROGRESS"
_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")
_SECONDS = 2.0
_LONGEST = 900.0


@dataclass(frozen=True)
class Stack:
    """A stack as it is now; ``reason`` says why it is in its state, where CloudFormation does."""

    name: str
    id: str
    status: str
    reason: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether it is only a name: a change set was made for it, and never executed."""
        return self.status == _REVIEWED


@dataclass(frozen=True)
class Proposal:
    """A change set that could be executed."""

    id: str
    stack_id: str
    changes: tuple[Change, ...]
    is_new: bool


def stack_of(cloudformation: Any, name: str) -> Stack | None:
    """The stack of a name (or an id), or None where there is none."""
    try:
        (found,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if code_of(error) == "ValidationError" and "does not exist" in str(error):
            return None
        raise
    return Stack(
        name=found["StackName"],
        id=found["StackId"],
        status=found["StackStatus"],
        reason=found.get("StackStatusReason", ""),
        outputs={o["OutputKey"]: o["OutputValue"] for o in found.get("Outputs", ())},
        parameters={
            p["ParameterKey"]: p.get("ParameterValue", "") for p in found.get("Parameters", ())
        },
    )


def check_ready(stack: Stack | None) -> None:
    """Whether it can be changed now; UsageError with what to do where it cannot."""
    if stack is None or stack.is_empty:
        return
    name, status, why = stack.name, stack.status, stack.reason or None
    if status.endswith("_IN_PROGRESS"):
        raise UsageError(
            f"stack {name} is being changed ({status})",
            why="somebody else deploys, or an earlier command was ended while it went on",
            fix="wait until it is done (chartlake aws status), then run the command again",
        )
    if status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"):
        raise UsageError(
            f"stack {name} was never whole ({status}), and such a stack cannot be changed"
            if status != "DELETE_FAILED"
            else f"stack {name} is half taken away ({status})",
            why=why,
            fix="chartlake aws destroy takes its rest away; then: chartlake aws deploy",
        )
    if status == "UPDATE_ROLLBACK_FAILED":
        raise UsageError(
            f"stack {name} is stuck between two states ({status})",
            why=why,
            fix=f"aws cloudformation continue-update-rollback --stack-name {name}",
        )


def asked_by(cloudformation: Any, template_url: str) -> tuple[list[dict[str, Any]], list[str]]:
    """The parameters that a template asks for, and the capabilities that it needs."""
    told = cloudformation.get_template_summary(TemplateURL=template_url)
    return told.get("Parameters", []), told.get("Capabilities", [])


def propose(
    cloudformation: Any,
    stack: Stack | None,
    *,
    name: str,
    change_set: str,
    template_url: str,
    parameters: Sequence[Mapping[str, str]],
    capabilities: Sequence[str],
    tags: Mapping[str, str],
    sleep: Callable[[float], None],
) -> Proposal | None:
    """Make a change set and wait until it is worked out; None where nothing would change."""
    is_new = stack is None or stack.is_empty
    made = cloudformation.create_change_set(
        StackName=name,
        ChangeSetName=change_set,
        ChangeSetType="CREATE" if is_new else "UPDATE",
        TemplateURL=template_url,
        Parameters=list(parameters),
        Capabilities=list(capabilities),
        Tags=[{"Key": key, "Value": value} for key, value in sorted(tags.items())],
    )
    pages = list(_worked_out(cloudformation, made["Id"], name, sleep))
    reason = pages[-1].get("StatusReason", "")
    proposal = Proposal(
        id=made["Id"],
        stack_id=made["StackId"],
        changes=tuple(
            change_of(each["ResourceChange"])
            for page in pages
            for each in page.get("Changes", ())
            if each.get("ResourceChange")
        ),
        is_new=is_new,
    )
    if pages[-1]["Status"] != "FAILED":
        return proposal
    discard(cloudformation, proposal)
    if any(words in reason for words in _NO_CHANGES):
        return None
    raise StorageError(f"CloudFormation cannot work out the changes of stack {name}", why=reason)


def _worked_out(
    cloudformation: Any, change_set: str, stack: str, sleep: Callable[[float], None]
) -> Iterator[dict[str, Any]]:
    """The pages of a change set, once it is ready or has failed."""
    waited = 0.0
    while (told := cloudformation.describe_change_set(ChangeSetName=change_set))["Status"] in (
        "CREATE_PENDING",
        "CREATE_IN_PROGRESS",
    ):
        if waited >= _LONGEST:
            raise StorageError(
                f"CloudFormation has worked for {_LONGEST / 60:.0f} minutes on the changes of "
                f"stack {stack}",
                fix="run the command again later",
            )
        sleep(_SECONDS)
        waited += _SECONDS
    yield told
    while token := told.get("NextToken"):
        told = cloudformation.describe_change_set(ChangeSetName=change_set, NextToken=token)
        yield told


def discard(cloudformation: Any, proposal: Proposal) -> None:
    """Take a change set away; with it the name of a stack that never was."""
    cloudformation.delete_change_set(ChangeSetName=proposal.id)
    # somebody else may have made the stack meanwhile, from a change set of theirs
    stack = stack_of(cloudformation, proposal.stack_id) if proposal.is_new else None
    if stack and stack.is_empty:
        cloudformation.delete_stack(StackName=proposal.stack_id)
