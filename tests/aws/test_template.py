"""The template is one that CloudFormation takes, and each property of it can be missed."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from cfnlint.api import lint  # type: ignore[import-untyped]  # has no hints

from tests.aws import (
    template_events,
    template_properties,
    template_rights,
    template_run,
    template_watch,
)
from tests.aws.template_rights import ANY_RESOURCE, BOUNDARY, statements
from tests.aws.template_values import ACCOUNT, REGION, TEMPLATE, Resources, resolve, template

PLAIN: dict[str, Any] = {}
ALL = {
    "CuratedBucket": "yes",
    "KmsKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1",
    "PermissionsBoundaryArn": BOUNDARY,
    "SubnetIds": "subnet-1,subnet-2",
    "SecurityGroupIds": "sg-1",
    "AlertEmail": "somebody@example.org",
    "MonthlyBudget": 20,
    "StaleAfterHours": 26,
}
EXISTING = {"ExistingBucket": "theirs", "CuratedBucket": "theirs-too"}
SETS = {"plain": PLAIN, "all": ALL, "existing": EXISTING}
Property = Callable[[Resources], None]
PROPERTIES: dict[str, Property] = {
    name: function
    for module in (
        template_properties,
        template_run,
        template_events,
        template_rights,
        template_watch,
    )
    for name, function in inspect.getmembers(module, inspect.isfunction)
    if function.__module__ == module.__name__
    and not name.startswith("_")
    and list(inspect.signature(function).parameters) == ["resources"]
    and function.__annotations__["return"] == "None"
}
GONE = object()
REGIONS = ["us-east-1", "eu-central-1", "ap-southeast-2"]
_LIFE = "DataBucket.LifecycleConfiguration.Rules"
_POLICY = "DataBucketPolicy.PolicyDocument.Statement"
_STATES = "Run.Definition.States"
_ARGUMENTS = "BacklogJob.DefaultArguments"
_LOOSE = {"Sid": "Loose", "Effect": "Allow"}
_RIGHTS = "Policies.0.PolicyDocument.Statement"
_ROLE = f"{_RIGHTS}.0"

MUTANTS: list[tuple[str, str, Any]] = [
    # the property that must find it, where, and what stands there instead
    ("buckets_are_private", "DataBucket.PublicAccessBlockConfiguration", GONE),
    ("buckets_are_private", "DataBucket.PublicAccessBlockConfiguration.BlockPublicPolicy", False),
    ("buckets_are_private", "CuratedDataBucket.OwnershipControls", GONE),
    ("buckets_are_encrypted", "DataBucket.BucketEncryption", GONE),
    ("former_versions_are_kept_three_days", "DataBucket.VersioningConfiguration", GONE),
    ("former_versions_are_kept_three_days", f"{_LIFE}.0.NoncurrentVersionExpiration", GONE),
    ("former_versions_are_kept_three_days", f"{_LIFE}.0.ExpiredObjectDeleteMarker", GONE),
    ("leavings_expire", f"{_LIFE}.1.AbortIncompleteMultipartUpload", GONE),
    ("leavings_expire", f"{_LIFE}.2", GONE),
    ("leavings_expire", f"{_LIFE}.2.Prefix", GONE),
    ("leavings_expire", f"{_LIFE}.0.ExpirationInDays", 400),
    ("buckets_stay", "/DataBucket.DeletionPolicy", GONE),
    ("buckets_stay", "/CuratedDataBucket.UpdateReplacePolicy", "Delete"),
    ("buckets_stay", "/DataBucketPolicy.DeletionPolicy", GONE),
    ("buckets_stay", "/CuratedDataBucketPolicy.UpdateReplacePolicy", GONE),
    ("buckets_stay", "/DataBucket.DeletionPolicy", "Retain"),
    ("everything_asks_for_tls", f"{_POLICY}.0", GONE),
    ("everything_asks_for_tls", "/TransformDeadLettersPolicy", GONE),
    ("everything_asks_for_tls", "AlertsPolicy.PolicyDocument.Statement.2", GONE),
    ("commits_are_create_only", f"{_POLICY}.1", GONE),
    ("commits_are_create_only", f"{_POLICY}.1.Resource.1", GONE),
    ("commits_are_create_only", f"{_POLICY}.1.Condition.Bool", GONE),
    ("the_schedule_says_for_which_time", "Schedule.Target.Input", '{"scheduled_at": "now"}'),
    ("the_schedule_says_for_which_time", "Schedule.Target.DeadLetterConfig", GONE),
    ("the_run_has_its_stages", f"{_STATES}.Extract.Next", "Transform"),
    ("the_run_has_its_stages", f"{_STATES}.Backlog.Next", "Done"),
    ("the_run_has_its_stages", f"{_STATES}.TooMuch.Choices.0.And.0", GONE),
    ("what_waits_is_read_then", f"{_STATES}.Deferred.Choices.1", GONE),
    ("what_waits_is_read_then", f"{_STATES}.WaitForLists.Next", "Extract"),
    ("what_waits_is_read_then", f"{_STATES}.Deferred.Default", "Done"),
    ("what_fails_keeps_nothing_else_waiting", f"{_STATES}.Hydrate.Catch", GONE),
    ("what_fails_keeps_nothing_else_waiting", f"{_STATES}.Extract.Catch.0.Next", "Failed"),
    ("what_fails_keeps_nothing_else_waiting", f"{_STATES}.Publish.Catch.0.ResultPath", GONE),
    ("what_fails_keeps_nothing_else_waiting", f"{_STATES}.Backlog.Catch.0.ErrorEquals", ["Failed"]),
    ("a_failure_is_one_at_the_end", f"{_STATES}.Ended.Choices", []),
    ("a_failure_is_one_at_the_end", f"{_STATES}.Failed.Type", "Succeed"),
    ("errors_are_tried_again", f"{_STATES}.Publish.Retry", GONE),
    ("errors_are_tried_again", f"{_STATES}.Publish.Retry.0", GONE),
    ("functions_are_as_agreed", "PublishFunction.Architectures", ["x86_64"]),
    ("functions_are_as_agreed", "ExtractFunction.VpcConfig", GONE),
    ("functions_are_as_agreed", "PublishFunction.MemorySize", 512),
    ("functions_are_as_agreed", "TransformFunction.MemorySize", {"Ref": "PublishMemory"}),
    ("functions_are_as_agreed", "PublishFunction.ReservedConcurrentExecutions", 1),
    (
        "functions_are_as_agreed",
        "ExtractFunction.Environment.Variables.CHARTLAKE_AUTH__STORE",
        GONE,
    ),
    ("each_has_a_role_of_its_own", "PublishFunction.Role", {"Fn::GetAtt": ["JobRole", "Arn"]}),
    ("logs_expire", "ExtractLog.RetentionInDays", GONE),
    ("logs_expire", "TransformFunction.LoggingConfig", GONE),
    ("logs_expire", "/BacklogJob.DependsOn", GONE),
    ("logs_expire", f"{_ARGUMENTS}.--custom-logGroup-prefix", "/aws-glue/jobs"),
    ("the_job_has_code_and_packages", f"{_ARGUMENTS}.--python-modules-installer-option", GONE),
    ("the_job_has_code_and_packages", f"{_ARGUMENTS}.--region", GONE),
    ("commits_are_told_to_the_topic", "DataBucket.NotificationConfiguration", GONE),
    ("commits_are_told_to_the_topic", "/DataBucket.DependsOn", GONE),
    (
        "only_the_bucket_publishes_events",
        "BucketEventsPolicy.PolicyDocument.Statement.0.Condition.StringEquals",
        GONE,
    ),
    ("only_the_bucket_publishes_events", "BucketEventsPolicy.PolicyDocument.Statement.1", GONE),
    ("the_queue_waits_and_gives_up", "TransformQueue.DelaySeconds", GONE),
    ("the_queue_waits_and_gives_up", "TransformQueue.RedrivePolicy", GONE),
    ("the_queue_waits_and_gives_up", "TransformQueue.VisibilityTimeout", 900),
    ("the_queue_waits_and_gives_up", "TransformEvents.FunctionResponseTypes", GONE),
    ("the_queue_gets_manifests_alone", "TransformSubscription.FilterPolicy", GONE),
    ("the_queue_gets_manifests_alone", "TransformSubscription.RawMessageDelivery", False),
    (
        "the_queue_gets_manifests_alone",
        "TransformQueuePolicy.PolicyDocument.Statement.0.Condition",
        GONE,
    ),
    ("what_publish_could_not_do_is_kept", "PublishLater.DestinationConfig", GONE),
    ("what_publish_could_not_do_is_kept", "PublishLater.MaximumRetryAttempts", 2),
    ("what_publish_could_not_do_is_kept", "PublishLater.FunctionName", {"Ref": "ExtractFunction"}),
    ("what_publish_could_not_do_is_kept", f"PublishRole.{_RIGHTS}", []),
    ("queues_and_topics_are_encrypted", "TransformQueue.SqsManagedSseEnabled", GONE),
    ("queues_and_topics_are_encrypted", "Alerts.KmsMasterKeyId", GONE),
    ("roles_have_the_boundary", "CrawlerRole.PermissionsBoundary", GONE),
    (
        "roles_are_for_one_service",
        "RunRole.AssumeRolePolicyDocument.Statement.0.Condition",
        GONE,
    ),
    (
        "roles_are_for_one_service",
        "CrawlerRole.AssumeRolePolicyDocument.Statement.0.Condition",
        {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
    ),
    (
        "roles_are_for_one_service",
        "JobRole.AssumeRolePolicyDocument.Statement.0.Principal",
        {"AWS": "*"},
    ),
    ("rights_name_actions_and_resources", f"ExtractRole.{_ROLE}.Action", "s3:*"),
    ("rights_name_actions_and_resources", f"ExtractRole.{_ROLE}.Resource", "*"),
    ("rights_name_actions_and_resources", f"PublishRole.{_ROLE}.Resource", "arn:aws:s3:::*"),
    (
        "rights_name_actions_and_resources",
        "RunRole.ManagedPolicyArns",
        ["arn:aws:iam::aws:policy/AdministratorAccess"],
    ),
    (
        "rights_name_actions_and_resources",
        f"JobRole.{_ROLE}",
        {**_LOOSE, "NotAction": "iam:*", "Resource": "arn:aws:s3:::a"},
    ),
    (
        "the_lakes_buckets_are_listed_without_a_condition",
        "ReadLakePolicy.PolicyDocument.Statement.1.Condition",
        {"StringLike": {"s3:prefix": "lake/*"}},
    ),
    (
        "the_lakes_buckets_are_listed_without_a_condition",
        "ReadLakePolicy.PolicyDocument.Statement.1.Resource",
        {"Fn::Sub": "arn:${AWS::Partition}:s3:::${ArtefactsBucket}"},
    ),
    ("the_lakes_buckets_are_listed_without_a_condition", "JobRole.ManagedPolicyArns.0", GONE),
    ("the_crawler_finds_its_bucket", f"CrawlerRole.{_RIGHTS}.1.Action", ["s3:ListBucket"]),
    (
        "the_crawler_finds_its_bucket",
        f"CrawlerRole.{_RIGHTS}.1.Resource",
        {"Fn::Sub": "arn:${AWS::Partition}:s3:::${LakeBucket.Value}"},
    ),
    (
        "the_key_is_used_through_s3_alone",
        "KeyPolicy.PolicyDocument.Statement.0.Condition",
        {"StringEquals": {}},
    ),
    ("interfaces_are_lambdas_own", "NetworkPolicy.PolicyDocument.Statement.1.Effect", "Allow"),
    ("alarms_are_those_agreed", "ChecksFailedAlarm.MetricName", "Checks"),
    ("alarms_are_those_agreed", "SignInAlarm.Threshold", 1),
    ("alarms_are_those_agreed", "SilentAlarm.TreatMissingData", "notBreaching"),
    ("alarms_look_at_what_is_there", "RunFailedAlarm.Dimensions.0.Value", "another"),
    (
        "alarms_look_at_what_is_there",
        "PublishErrorsAlarm.Dimensions.0.Value",
        {"Ref": "ExtractFunction"},
    ),
    ("alarms_tell_somebody", "StaleAlarm.AlarmActions", []),
    ("alarms_tell_somebody", "AlertsPolicy.PolicyDocument.Statement.0", GONE),
    ("stale_after_the_hours", "StaleAlarm.Metrics.0.Expression", "lag"),
    ("stale_after_the_hours", "SilentAlarm.EvaluationPeriods", 1),
    ("a_failed_job_is_told", "JobFailedRule.EventPattern.detail.state", ["FAILED"]),
    ("the_dashboard_shows_all_alarms", "Dashboard.DashboardBody", '{"widgets": []}'),
    ("the_budget_is_told", "Budget.NotificationsWithSubscribers", []),
    (
        "questions_have_a_limit",
        "Workgroup.WorkGroupConfiguration.EnforceWorkGroupConfiguration",
        False,
    ),
    (
        "questions_have_a_limit",
        "Workgroup.WorkGroupConfiguration.BytesScannedCutoffPerQuery",
        GONE,
    ),
    ("databases_are_those_agreed", "CuratedEntries.TableInput.PartitionKeys", []),
    ("the_crawler_only_checks", "Crawler.DatabaseName", {"Ref": "CuratedDatabase"}),
]


def test_cloudformation_would_take_it() -> None:
    text = TEMPLATE.read_text(encoding="utf-8")
    found = [
        f"line {each.linenumber}: {each.rule.id} {each.message}"
        for each in lint(text, regions=REGIONS)
    ]
    assert not found


def test_the_linter_finds_what_is_wrong() -> None:
    text = TEMPLATE.read_text(encoding="utf-8")
    assert lint(text.replace("AWS::SQS::QueuePolicy", "AWS::SQS::QueuePolice"), regions=REGIONS)


def test_it_is_plain() -> None:
    """No transform, no macro, no nested stack, no resource of its own kind."""
    written = template()
    assert not {"Transform", "Hooks", "Macros"} & written.keys()
    kinds = {each["Type"] for each in written["Resources"].values()}
    assert not {kind for kind in kinds if kind.startswith(("AWS::CloudFormation::", "Custom::"))}
    text = TEMPLATE.read_text(encoding="utf-8")
    assert not [line for line in text.splitlines() if ": &" in line or ": *" in line], "no aliases"
    assert len(text.encode()) < 1_000_000, "what CloudFormation takes from a bucket"


@pytest.mark.parametrize("parameters", SETS.values(), ids=list(SETS))
@pytest.mark.parametrize("name", PROPERTIES)
def test_property(name: str, parameters: dict[str, Any]) -> None:
    PROPERTIES[name](resolve(parameters))


@pytest.mark.parametrize(("name", "path", "instead"), MUTANTS)
def test_a_template_without_it_is_found(name: str, path: str, instead: Any) -> None:
    resources = resolve(ALL, mutated(path, instead))
    with pytest.raises((AssertionError, KeyError, ValueError)):
        PROPERTIES[name](resources)


def test_every_property_can_be_missed() -> None:
    assert {name for name, _, _ in MUTANTS} == set(PROPERTIES)


def test_each_exception_is_still_needed() -> None:
    stands = {
        (name, each["Sid"]) for name, each in statements(resolve(ALL)) if each["Resource"] == "*"
    }
    denials = {("NetworkPolicy", "NotTheCode")}
    assert stands - denials == set(ANY_RESOURCE)


def mutated(path: str, instead: Any) -> dict[str, Any]:
    """The template with one thing changed, below a resource's properties or (/) beside them."""
    changed = template()
    first, *keys = path.removeprefix("/").split(".")
    keys = [first, *([] if path.startswith("/") else ["Properties"]), *keys]
    node: Any = changed["Resources"]
    for key in keys[:-1]:
        node = node[int(key)] if isinstance(node, list) else node[key]
    last: Any = int(keys[-1]) if isinstance(node, list) else keys[-1]
    if instead is GONE:
        del node[last]
    else:
        node[last] = instead
    return changed
