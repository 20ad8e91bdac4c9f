"""The stack taken away. The data stay, unless their bucket was named.

Only buckets that the stack has made are ever removed: CloudFormation's list says which, also
after the stack is gone. A bucket that was there before is a parameter, and no resource of it.
With a bucket stays its policy, so that it is as closed as before; it goes when the bucket goes.
Of a stack that could not be made nothing stays, as its bucket is empty.

Tables that publish has made keep no database of the template's from being deleted: Glue takes
the tables away with it, by and by. Drafts are in no template, so they are deleted here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from chartlake.aws.databases import drop
from chartlake.aws.deploy.bucket import exists
from chartlake.aws.deploy.follow import Event, follow, last_event
from chartlake.aws.deploy.prepare import Cloud
from chartlake.aws.deploy.stack import Stack, stack_of
from chartlake.errors import UsageError

__all__ = ["Leftovers", "delete_stack", "leftovers"]

_BUCKET = "AWS::S3::Bucket"
_GIVEN = ("ExistingBucket", "CuratedBucket")
_NO_NAME = ("no", "yes")


@dataclass(frozen=True)
class Leftovers:
    """What a stack leaves behind: the data's buckets, what is not ours, and the rest."""

    buckets: tuple[str, ...]
    existing: tuple[str, ...]
    artefacts: str | None

    def removal(self, name: str, region: str) -> list[tuple[str, str]]:
        """What stays beside the data, and the command that removes it."""
        aws = f"aws --region {region}"
        return [
            (
                f"the sign-ins, secrets {name}/…",
                f"{aws} secretsmanager list-secrets --filters Key=name,Values={name}/ "
                "(then delete-secret for each)",
            ),
            (
                "logs that the functions wrote while they ended",
                f"{aws} logs describe-log-groups --log-group-name-prefix /aws/lambda/{name}- "
                "(then delete-log-group for each)",
            ),
        ]


def leftovers(cloud: Cloud, name: str) -> Leftovers:
    """What there is of a stack that is there, or was."""
    stack = stack_of(cloud.cloudformation, name) or _former(cloud.cloudformation, name)
    made = _buckets_of(cloud.cloudformation, stack) if stack else []
    artefacts = cloud.artefacts_bucket(name)
    given = (stack.parameters.get(key) for key in _GIVEN) if stack else ()
    return Leftovers(
        buckets=tuple(each for each in made if exists(cloud.s3, each, cloud.account)),
        existing=tuple(each for each in given if each and each not in _NO_NAME),
        artefacts=artefacts if exists(cloud.s3, artefacts, cloud.account) else None,
    )


def delete_stack(
    cloud: Cloud, stack: Stack, say: Callable[[Event], None], sleep: Callable[[float], None]
) -> None:
    """Delete the stack and tell what happens until it is gone; then what its runs have left."""
    if stack.status.endswith("_IN_PROGRESS") and not stack.is_empty:
        raise UsageError(
            f"stack {stack.name} is being changed ({stack.status})",
            fix="wait until it is done (chartlake aws status), then run the command again",
        )
    seen = last_event(cloud.cloudformation, stack.id)
    cloud.cloudformation.delete_stack(StackName=stack.id)
    follow(cloud.cloudformation, stack.id, seen, say, sleep)
    # last, when nothing is there any more that would make another
    for draft in _drafts(cloud.glue, stack.name):
        drop(cloud.glue, draft)


def _drafts(glue: Any, name: str) -> list[str]:
    """The databases of runs that were killed: no name of a stack has a _ in it."""
    pages = glue.get_paginator("get_databases").paginate()
    every = [each["Name"] for page in pages for each in page["DatabaseList"]]
    return [each for each in every if each.startswith(f"{name}_draft_")]


def _former(cloudformation: Any, name: str) -> Stack | None:
    """The last stack of this name that was deleted: CloudFormation knows it for 90 days."""
    pages = cloudformation.get_paginator("list_stacks").paginate(
        StackStatusFilter=["DELETE_COMPLETE"]
    )
    gone = (each for page in pages for each in page["StackSummaries"] if each["StackName"] == name)
    last = max(gone, key=lambda each: each["CreationTime"], default=None)
    return stack_of(cloudformation, last["StackId"]) if last else None


def _buckets_of(cloudformation: Any, stack: Stack) -> list[str]:
    return [bucket for bucket in _physical_ids(cloudformation, stack.id, _BUCKET) if bucket]


def _physical_ids(cloudformation: Any, stack: str, kind: str) -> Iterator[str]:
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    for page in pages:
        for each in page["StackResourceSummaries"]:
            if each["ResourceType"] == kind and each["ResourceStatus"] != "DELETE_COMPLETE":
                yield each.get("PhysicalResourceId", "")
