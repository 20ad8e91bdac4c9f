"""What roles may do where the lake lies in other buckets, has a key, or the functions a VPC."""

from __future__ import annotations

import pytest

from tests.aws.iam_cases import (
    BUCKET,
    CREATE,
    KEY,
    NO,
    PLAIN_HTTP,
    ROLES,
    STAGES,
    YES,
    Case,
    arn,
    unlike,
)
from tests.aws.template_values import ACCOUNT, NAME, REGION

pytestmark = pytest.mark.needs("iam-simulate")

SECOND = f"arn:aws:s3:::{NAME}-curateddatabucket-1a2b3c4d5e6f"


def test_with_two_buckets_what_is_for_readers_lies_apart() -> None:
    parameters = {"CuratedBucket": "yes"}
    cases: list[Case] = []
    for role, zone, place in (
        ("TransformRole", "curated", SECOND),
        ("JobRole", "marts", SECOND),
        ("PublishRole", "marts", SECOND),
        ("TransformRole", "builds", BUCKET),
    ):
        other = BUCKET if place == SECOND else SECOND
        cases.append((role, "s3:PutObject", f"{place}/lake/{zone}/a", CREATE, YES))
        cases.append((role, "s3:PutObject", f"{other}/lake/{zone}/a", CREATE, NO))
    cases.append(("CrawlerRole", "s3:GetObject", f"{SECOND}/lake/curated/a", None, YES))
    cases.append(("CrawlerRole", "s3:GetObject", f"{SECOND}/lake/marts/a", None, NO))
    for role in STAGES:
        cases += [(role, "s3:ListBucket", each, None, YES) for each in (BUCKET, SECOND)]
    for action in ("s3:ListBucket", "s3:GetBucketAcl", "s3:GetBucketLocation"):
        cases.append(("CrawlerRole", action, SECOND, None, YES))
        cases.append(("CrawlerRole", action, BUCKET, None, NO))
    cases.append(("TransformRole", "s3:GetObject", f"{SECOND}/lake/curated/a", PLAIN_HTTP, NO))
    assert unlike(cases, parameters) == []


def test_an_existing_bucket_is_used_below_the_prefix_alone() -> None:
    theirs, parameters = "arn:aws:s3:::theirs", {"ExistingBucket": "theirs", "LakePrefix": "charts"}
    topic = arn("sns", f"{NAME}-bucket-events")
    tells = {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": theirs}
    cases: list[Case] = [
        ("ExtractRole", "s3:PutObject", f"{theirs}/charts/raw/a", CREATE, YES),
        ("ExtractRole", "s3:PutObject", f"{theirs}/lake/raw/a", CREATE, NO),
        ("ExtractRole", "s3:GetObject", f"{theirs}/payroll/a", None, NO),
        ("ExtractRole", "s3:ListBucket", theirs, None, YES),
        ("ExtractRole", "s3:ListBucket", BUCKET, None, NO),
        ("CrawlerRole", "s3:ListBucket", theirs, None, YES),
        ("s3.amazonaws.com", "sns:Publish", topic, tells, YES),
        ("s3.amazonaws.com", "sns:Publish", topic, {**tells, "aws:SourceArn": BUCKET}, NO),
    ]
    assert unlike(cases, parameters) == []


def test_the_key_is_for_s3_alone() -> None:
    via = {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}
    cases: list[Case] = [
        (role, action, KEY, context, role in (*STAGES, "CrawlerRole") and context == via)
        for role in ROLES
        for action in ("kms:Decrypt", "kms:GenerateDataKey")
        for context in (via, None, {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"})
    ]
    cases += [(role, "kms:ScheduleKeyDeletion", KEY, None, NO) for role in ROLES]
    assert unlike(cases, {"KmsKeyArn": KEY}) == []


def test_in_a_vpc_lambda_makes_interfaces_and_the_code_does_not() -> None:
    subnet = arn("ec2", "subnet/subnet-1")
    from_code = {"lambda:SourceFunctionArn": arn("lambda", f"function:{NAME}-extract")}
    cases: list[Case] = []
    for role in ROLES:
        joins = role in ("ExtractRole", "TransformRole", "PublishRole")
        cases.append((role, "ec2:CreateNetworkInterface", subnet, None, joins))
        cases.append((role, "ec2:CreateNetworkInterface", subnet, from_code, NO))
        cases.append((role, "ec2:RunInstances", subnet, None, NO))
    assert unlike(cases, {"SubnetIds": "subnet-1", "SecurityGroupIds": "sg-1"}) == []
