"""What must be so in the template's roles: each function looks at one property."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.aws.template_properties import every, listed
from tests.aws.template_values import ACCOUNT, NAME, Resources

BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
ANY_RESOURCE = {
    ("NetworkPolicy", "LambdaMakesInterfaces"): "an interface has no name before it is made",
}
"""The statements that may name every resource, each with its reason."""


def statements(resources: Resources) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement that gives rights to a role, with the resource in which it stands."""
    for name, role in every(resources, "IAM::Role").items():
        for arn in role.get("ManagedPolicyArns", ()):
            own = arn.removeprefix(f"arn:aws:iam::{ACCOUNT}:policy/{NAME}-")
            assert own in resources, f"{name}: a policy of AWS's gives more than is needed"
        for policy in role["Policies"]:
            yield from ((name, each) for each in policy["PolicyDocument"]["Statement"])
    for name, policy in every(resources, "IAM::ManagedPolicy").items():
        yield from ((name, each) for each in policy["PolicyDocument"]["Statement"])


def roles_have_the_boundary(resources: Resources) -> None:
    """With the parameters that name one: `NetworkPolicy` tells those sets from others."""
    expected = BOUNDARY if "NetworkPolicy" in resources else None
    for name, role in every(resources, "IAM::Role").items():
        assert role.get("PermissionsBoundary") == expected, name


def roles_are_for_one_service(resources: Resources) -> None:
    for role in every(resources, "IAM::Role").values():
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert (trust["Effect"], trust["Action"]) == ("Allow", "sts:AssumeRole")
        (service,) = trust["Principal"].values()
        assert service.partition(".")[2] == "amazonaws.com"
        if service.startswith(("scheduler", "states")):
            assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
        else:  # Lambda and Glue do not say it: a condition would refuse them
            assert "Condition" not in trust


def rights_name_actions_and_resources(resources: Resources) -> None:
    for name, statement in statements(resources):
        assert not {"NotAction", "NotResource"} & statement.keys()
        if statement["Effect"] == "Deny":
            continue
        actions, what = listed(statement["Action"]), listed(statement["Resource"])
        assert not any("*" in action for action in actions), f"{name}: {actions}"
        if (name, statement["Sid"]) not in ANY_RESOURCE:
            assert not any(each == "*" or each.split(":")[5] == "*" for each in what), name


def the_lakes_buckets_are_listed_without_a_condition(resources: Resources) -> None:
    """For a GET of what is not there, S3 may say no prefix: then a condition would refuse it."""
    buckets = {resources[name]["Properties"]["Value"] for name in ("LakeBucket", "TablesBucket")}
    lists = [
        (name, each)
        for name, each in statements(resources)
        if "s3:ListBucket" in listed(each["Action"])
    ]
    assert {name for name, _ in lists} == {"ReadLakePolicy", "CrawlerRole"}
    for _, each in lists:
        assert "Condition" not in each
        assert {arn.rpartition(":")[2] for arn in listed(each["Resource"])} <= buckets
    everywhere = {arn.rpartition(":")[2] for arn in listed(lists[-1][1]["Resource"])}
    assert everywhere == buckets
    for role in ("ExtractRole", "TransformRole", "PublishRole", "JobRole"):
        named = resources[role]["Properties"]["ManagedPolicyArns"]
        assert any(arn.endswith("-ReadLakePolicy") for arn in named)


def the_crawler_finds_its_bucket(resources: Resources) -> None:
    (policy,) = resources["CrawlerRole"]["Properties"]["Policies"]
    rights = {each["Sid"]: each for each in policy["PolicyDocument"]["Statement"]}
    found = rights["FindBucket"]
    asked = {"s3:ListBucket", "s3:GetBucketLocation", "s3:GetBucketAcl"}
    assert set(listed(found["Action"])) == asked
    place = resources["TablesBucket"]["Properties"]["Value"]
    assert found["Resource"] == f"arn:aws:s3:::{place}"


def the_key_is_used_through_s3_alone(resources: Resources) -> None:
    for _, statement in statements(resources):
        if any(action.startswith("kms:") for action in listed(statement["Action"])):
            via = {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}
            assert statement["Condition"] == {"StringEquals": via}


def interfaces_are_lambdas_own(resources: Resources) -> None:
    if "NetworkPolicy" in resources:
        policy = resources["NetworkPolicy"]["Properties"]["PolicyDocument"]["Statement"]
        allowed, denied = policy
        assert denied["Effect"] == "Deny"
        assert denied["Action"] == allowed["Action"]
        assert "lambda:SourceFunctionArn" in denied["Condition"]["ArnLike"]
