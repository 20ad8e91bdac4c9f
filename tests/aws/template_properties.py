"""What must be so in the template: each function looks at one property and fails without it.

They get the resources as `template_values.resolve` gives them. tests/aws/test_template.py runs them
over several sets of parameters, and over templates that lack one thing.
"""

from __future__ import annotations

import json
from typing import Any

from tests.aws.template_values import ACCOUNT, NAME, REGION, Resources

FUNCTIONS = ("Extract", "Transform", "Publish")


def every(resources: Resources, kind: str) -> dict[str, Any]:
    """The properties of all resources of a type; there is one at least."""
    found = {
        name: each["Properties"]
        for name, each in resources.items()
        if each["Type"] == f"AWS::{kind}"
    }
    assert found, f"there is no AWS::{kind}"
    return found


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def resource_policy(resources: Resources, kind: str, of: str, what: Any) -> list[dict[str, Any]]:
    """The statements of the policy that a bucket, queue or topic has."""
    found = [each for each in every(resources, kind).values() if what in listed(each[of])]
    assert len(found) == 1, f"{what} has {len(found)} policies"
    policy: list[dict[str, Any]] = found[0]["PolicyDocument"]["Statement"]
    return policy


def own_buckets(resources: Resources) -> dict[str, Any]:
    types = {name: each for name, each in resources.items() if each["Type"] == "AWS::S3::Bucket"}
    return {name: each["Properties"] for name, each in types.items()}


def name_of(bucket: str) -> str:
    return f"{NAME}-{bucket.lower()}-1a2b3c4d5e6f"


# Where things lie -------------------------------------------------------------


def buckets_are_private(resources: Resources) -> None:
    for bucket in own_buckets(resources).values():
        blocked = bucket["PublicAccessBlockConfiguration"]
        names = (
            "BlockPublicAcls",
            "BlockPublicPolicy",
            "IgnorePublicAcls",
            "RestrictPublicBuckets",
        )
        assert all(blocked.get(name) is True for name in names)
        owners = bucket["OwnershipControls"]["Rules"]
        assert owners == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def buckets_are_encrypted(resources: Resources) -> None:
    for bucket in own_buckets(resources).values():
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        default = rule["ServerSideEncryptionByDefault"]
        assert rule["BucketKeyEnabled"] is True
        with_key = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": default.get("KMSMasterKeyID")}
        assert default == (with_key if "KeyPolicy" in resources else {"SSEAlgorithm": "AES256"})


def former_versions_are_kept_three_days(resources: Resources) -> None:
    for bucket in own_buckets(resources).values():
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
        rule = _lifecycle(bucket)["former-versions"]
        assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 3}
        assert rule["ExpiredObjectDeleteMarker"] is True


def leavings_expire(resources: Resources) -> None:
    for name, bucket in own_buckets(resources).items():
        rules = _lifecycle(bucket)
        assert rules["unfinished-uploads"]["AbortIncompleteMultipartUpload"]
        answers = rules.get("answers-of-athena", {})
        expected = ("athena-results/", 7) if name == "DataBucket" else (None, None)
        assert (answers.get("Prefix"), answers.get("ExpirationInDays")) == expected
        expiring = {rule for rule, each in rules.items() if "ExpirationInDays" in each}
        assert expiring <= {"answers-of-athena"}, "the lake itself never expires"


def _lifecycle(bucket: Any) -> dict[str, Any]:
    rules = bucket["LifecycleConfiguration"]["Rules"]
    assert all(rule["Status"] == "Enabled" for rule in rules)
    return {rule["Id"]: rule for rule in rules}


def buckets_stay(resources: Resources) -> None:
    """And their policies with them; only what a stack that was never made has made goes."""
    for name in own_buckets(resources):
        for each in (resources[name], resources[f"{name}Policy"]):
            assert each["DeletionPolicy"] == "RetainExceptOnCreate"
            assert each["UpdateReplacePolicy"] == "Retain"


def everything_asks_for_tls(resources: Resources) -> None:
    places = [("S3::BucketPolicy", "Bucket", name_of(each)) for each in own_buckets(resources)]
    places += [
        ("SQS::QueuePolicy", "Queues", f"https://sqs.eu-central-1.amazonaws.com/{ACCOUNT}/{name}")
        for name in (each["QueueName"] for each in every(resources, "SQS::Queue").values())
    ]
    places += [
        ("SNS::TopicPolicy", "Topics", f"arn:aws:sns:eu-central-1:{ACCOUNT}:{each['TopicName']}")
        for each in every(resources, "SNS::Topic").values()
    ]
    for kind, key, what in places:
        policy = resource_policy(resources, kind, key, what)
        (denial,) = [each for each in policy if each["Sid"] == "OnlyWithTls"]
        assert (denial["Effect"], denial["Principal"]) == ("Deny", "*")
        assert denial["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def commits_are_create_only(resources: Resources) -> None:
    if "DataBucket" not in resources:
        return
    policy = resource_policy(resources, "S3::BucketPolicy", "Bucket", name_of("DataBucket"))
    (rule,) = [each for each in policy if each["Sid"] == "CommitsAreCreateOnly"]
    lake = f"arn:aws:s3:::{name_of('DataBucket')}/lake"
    assert (rule["Effect"], rule["Principal"], rule["Action"]) == ("Deny", "*", "s3:PutObject")
    assert rule["Resource"] == [f"{lake}/manifests/*", f"{lake}/builds/*", f"{lake}/lake.json"]
    assert rule["Condition"] == {
        "Null": {"s3:if-none-match": "true"},
        "Bool": {"s3:ObjectCreationOperation": "true"},
    }


# When it runs -----------------------------------------------------------------


def the_schedule_says_for_which_time(resources: Resources) -> None:
    schedule = resources["Schedule"]["Properties"]
    target = schedule["Target"]
    assert json.loads(target["Input"]) == {"scheduled_at": "<aws.scheduler.scheduled-time>"}
    assert target["Arn"].endswith(f":stateMachine:{NAME}")
    assert target["DeadLetterConfig"]["Arn"].endswith("-schedule-dead-letters")
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}


# What runs --------------------------------------------------------------------


def functions_are_as_agreed(resources: Resources) -> None:
    for name in FUNCTIONS:
        function = resources[f"{name}Function"]["Properties"]
        assert function["FunctionName"] == f"{NAME}-{name.lower()}"
        assert function["Handler"] == f"chartlake.aws.handlers.{name.lower()}"
        assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
        memory = 2048 if name == "Publish" else 512
        assert (int(function["MemorySize"]), function["Timeout"]) == (memory, 900)
        assert "ReservedConcurrentExecutions" not in function, "a new account has none to reserve"
        assert ("VpcConfig" in function) == ("NetworkPolicy" in resources)
        told = function["Environment"]["Variables"]
        assert told["CHARTLAKE_LAKE__URL"] == resources["LakeUrl"]["Properties"]["Value"]
        names = ("CHARTLAKE_AWS__NAME", "CHARTLAKE_AWS__WORKGROUP", "POWERTOOLS_SERVICE_NAME")
        assert {told[each] for each in names} == {NAME}
        assert told["CHARTLAKE_AUTH__STORE"] == "aws"
        assert told["POWERTOOLS_METRICS_NAMESPACE"] == "chartlake"


def each_has_a_role_of_its_own(resources: Resources) -> None:
    roles = [each["Role"] for each in every(resources, "Lambda::Function").values()]
    roles += [each["Role"] for each in every(resources, "Glue::Job").values()]
    roles += [each["Role"] for each in every(resources, "Glue::Crawler").values()]
    roles += [each["RoleArn"] for each in every(resources, "StepFunctions::StateMachine").values()]
    roles += [
        each["Target"]["RoleArn"] for each in every(resources, "Scheduler::Schedule").values()
    ]
    assert len(set(roles)) == len(roles) == len(every(resources, "IAM::Role"))


def logs_expire(resources: Resources) -> None:
    groups = every(resources, "Logs::LogGroup")
    for group in groups.values():
        assert int(group["RetentionInDays"]) > 0
        assert ("KmsKeyId" in group) == ("KeyPolicy" in resources)
    names = {group["LogGroupName"] for group in groups.values()}
    for function in every(resources, "Lambda::Function").values():
        logging = function["LoggingConfig"]
        assert logging == {
            "LogFormat": "JSON",
            "LogGroup": f"/aws/lambda/{function['FunctionName']}",
        }
        assert logging["LogGroup"] in names
    job = resources["BacklogJob"]
    prefix = job["Properties"]["DefaultArguments"]["--custom-logGroup-prefix"]
    assert {f"{prefix}/output", f"{prefix}/error"} <= names
    assert set(job["DependsOn"]) == {"JobOutputLog", "JobErrorLog"}


def the_job_has_code_and_packages(resources: Resources) -> None:
    job = resources["BacklogJob"]["Properties"]
    arguments = job["DefaultArguments"]
    assert (job["GlueVersion"], job["Command"]["Name"]) == ("6.0", "glueetl")
    assert job["ExecutionProperty"] == {"MaxConcurrentRuns": 1}
    assert arguments["--lake_url"] == resources["LakeUrl"]["Properties"]["Value"]
    assert arguments["--stages"] == "transform,marts"
    assert arguments["--region"] == REGION
    assert arguments["--python-modules-installer-option"] == "-r"
    for name in ("--extra-py-files", "--additional-python-modules"):
        assert arguments[name].startswith(f"s3://{NAME}-artefacts-")
