"""Where a change could lose something, it is said in words."""

from __future__ import annotations

import pytest

from chartlake.aws.deploy.changes import change_of

BUCKET, QUEUE, FUNCTION = "AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::Lambda::Function"


@pytest.mark.parametrize(
    ("action", "kind", "replacement", "policy", "warning"),
    [
        ("Add", BUCKET, "", "", None),
        ("Modify", BUCKET, "False", "", None),
        ("Modify", BUCKET, "True", "ReplaceAndDelete", "X is replaced, and what is in it is lost"),
        ("Modify", BUCKET, "True", "ReplaceAndRetain", "the old one stays, unused"),
        ("Modify", QUEUE, "Conditional", "", "X may be replaced, and what is in it is lost"),
        ("Dynamic", QUEUE, "True", "", "X is replaced"),
        ("Remove", BUCKET, "", "Delete", "X is deleted, and with it the lake"),
        ("Remove", BUCKET, "", "Retain", "X leaves the stack, but stays as it is"),
        ("Remove", FUNCTION, "", "Delete", None),
        ("Modify", FUNCTION, "True", "", None),
    ],
)
def test_warnings(
    action: str, kind: str, replacement: str, policy: str, warning: str | None
) -> None:
    told = {"Action": action, "LogicalResourceId": "X", "ResourceType": kind}
    change = change_of(told | {"Replacement": replacement, "PolicyAction": policy})
    assert (change.action, change.resource, change.type) == (action, "X", kind)
    assert (warning in str(change.warning)) if warning else change.warning is None
