"""What must be so in how the result is asked, and in who is told: a function for each property."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from tests.aws.template_properties import FUNCTIONS, every
from tests.aws.template_values import ACCOUNT, NAME, Resources

ALERTS = f"arn:aws:sns:eu-central-1:{ACCOUNT}:{NAME}-alerts"


class Alarm(NamedTuple):
    """When an alarm is raised."""

    metric: str
    statistic: str
    operator: str
    threshold: float
    missing: str


_AT_LEAST, _BELOW = "GreaterThanOrEqualToThreshold", "LessThanThreshold"


def _count(metric: str) -> Alarm:
    return Alarm(metric, "Sum", _AT_LEAST, 1, "notBreaching")


def _most(metric: str, threshold: float) -> Alarm:
    return Alarm(metric, "Maximum", _AT_LEAST, threshold, "notBreaching")


ALARMS = {
    **{f"{name.lower()}-errors": _count("AWS/Lambda Errors") for name in FUNCTIONS},
    **{f"{name.lower()}-throttles": _count("AWS/Lambda Throttles") for name in FUNCTIONS},
    "run-failed": _count("AWS/States ExecutionsFailed"),
    "run-timed-out": _count("AWS/States ExecutionsTimedOut"),
    "job-failed": _count("AWS/Events TriggeredRules"),
    "transform-dead-letters": _most("AWS/SQS ApproximateNumberOfMessagesVisible", 1),
    "publish-dead-letters": _most("AWS/SQS ApproximateNumberOfMessagesVisible", 1),
    "schedule-dead-letters": _most("AWS/SQS ApproximateNumberOfMessagesVisible", 1),
    "silent": Alarm("chartlake Lag", "SampleCount", _BELOW, 1, "breaching"),
    "feeds-failed": _count("chartlake FeedsFailed"),
    "slots-failed": _count("chartlake SlotsFailed"),
    "deferred": _count("chartlake FeedsDeferred"),
    "budget-used": _most("chartlake BudgetUsed", 90),
    "sign-in": Alarm("chartlake SignInDays", "Minimum", _BELOW, 14, "notBreaching"),
    "checks-failed": _count("chartlake ChecksFailed"),
}
"""Every alarm on one metric; ``stale`` divides one first, and has a property of its own."""


def alarms(resources: Resources) -> dict[str, Any]:
    """The alarms by their names without the stack's."""
    found = every(resources, "CloudWatch::Alarm").values()
    return {each["AlarmName"].removeprefix(f"{NAME}-"): each for each in found}


def alarms_are_those_agreed(resources: Resources) -> None:
    found = alarms(resources)
    assert set(found) == {*ALARMS, "stale"}
    for name, expected in ALARMS.items():
        alarm = found[name]
        metric = f"{alarm['Namespace']} {alarm['MetricName']}"
        operator, missing = alarm["ComparisonOperator"], alarm["TreatMissingData"]
        threshold = float(alarm["Threshold"])
        assert Alarm(metric, alarm["Statistic"], operator, threshold, missing) == expected, name


def alarms_look_at_what_is_there(resources: Resources) -> None:
    """No dimension names a thing that the template does not make."""
    there = {
        "service": {NAME},
        "FunctionName": {f"{NAME}-{name.lower()}" for name in FUNCTIONS},
        "StateMachineArn": {f"arn:aws:states:eu-central-1:{ACCOUNT}:stateMachine:{NAME}"},
        "RuleName": {each["Name"] for each in every(resources, "Events::Rule").values()},
        "QueueName": {each["QueueName"] for each in every(resources, "SQS::Queue").values()},
    }
    seen = set()
    for name, alarm in alarms(resources).items():
        if name != "stale":
            (dimension,) = alarm["Dimensions"]
            assert dimension["Value"] in there[dimension["Name"]], name
            seen.add((alarm["MetricName"], dimension["Value"]))
    assert len(seen) == len(ALARMS), "two alarms look at the same"


def alarms_tell_somebody(resources: Resources) -> None:
    for name, alarm in alarms(resources).items():
        assert alarm["AlarmActions"] == [ALERTS], name
        assert alarm["AlarmDescription"], name
    (policy,) = [
        each["PolicyDocument"]["Statement"]
        for each in every(resources, "SNS::TopicPolicy").values()
        if each["Topics"] == [ALERTS]
    ]
    services = {each["Principal"]["Service"] for each in policy if each["Effect"] == "Allow"}
    assert services == {"cloudwatch.amazonaws.com", "events.amazonaws.com"}


def stale_after_the_hours(resources: Resources) -> None:
    alarm = alarms(resources)["stale"]
    hours, lag = alarm["Metrics"]
    assert hours["Expression"] == "lag / 3600"
    assert (lag["Id"], lag["ReturnData"]) == ("lag", False)
    metric = lag["MetricStat"]["Metric"]
    assert (metric["Namespace"], metric["MetricName"]) == ("chartlake", "Lag")
    assert metric["Dimensions"] == [{"Name": "service", "Value": NAME}]
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    silent = alarms(resources)["silent"]
    assert int(alarm["Threshold"]) == int(silent["EvaluationPeriods"]) > 1
    assert silent["Period"] == 3600


def a_failed_job_is_told(resources: Resources) -> None:
    rule = resources["JobFailedRule"]["Properties"]
    pattern = rule["EventPattern"]
    assert (pattern["source"], pattern["detail-type"]) == (["aws.glue"], ["Glue Job State Change"])
    assert pattern["detail"] == {"jobName": [NAME], "state": ["FAILED", "TIMEOUT", "ERROR"]}
    assert [target["Arn"] for target in rule["Targets"]] == [ALERTS]


def the_dashboard_shows_all_alarms(resources: Resources) -> None:
    body = json.loads(resources["Dashboard"]["Properties"]["DashboardBody"])
    (shown,) = [each["properties"] for each in body["widgets"] if each["type"] == "alarm"]
    names = {arn.rpartition(f":{NAME}-")[2] for arn in shown["alarms"]}
    assert names == set(alarms(resources))
    graphs = [each["properties"] for each in body["widgets"] if each["type"] == "metric"]
    drawn = {line[1] for graph in graphs for line in graph["metrics"]}
    assert {"Lag", "Duration", "Entries", "Rejects", "Requests", "SignInDays"} <= drawn


def the_budget_is_told(resources: Resources) -> None:
    if "Budget" in resources:
        told = resources["Budget"]["Properties"]["NotificationsWithSubscribers"]
        assert {each["Notification"]["NotificationType"] for each in told} == {
            "ACTUAL",
            "FORECASTED",
        }
        assert all(each["Subscribers"][0]["SubscriptionType"] == "EMAIL" for each in told)


# How the result is asked ------------------------------------------------------


def questions_have_a_limit(resources: Resources) -> None:
    settings = resources["Workgroup"]["Properties"]["WorkGroupConfiguration"]
    assert settings["EnforceWorkGroupConfiguration"] is True
    assert int(settings["BytesScannedCutoffPerQuery"]) == 10 * 1024**3
    results = settings["ResultConfiguration"]
    assert results["OutputLocation"].endswith("/athena-results/")
    way = "SSE_KMS" if "KeyPolicy" in resources else "SSE_S3"
    assert results["EncryptionConfiguration"]["EncryptionOption"] == way


def databases_are_those_agreed(resources: Resources) -> None:
    found = {each["DatabaseInput"]["Name"] for each in every(resources, "Glue::Database").values()}
    assert found == {NAME, *(f"{NAME}_{kind}" for kind in ("curated", "crawled"))}
    for table in every(resources, "Glue::Table").values():
        assert table["DatabaseName"] == f"{NAME}_curated"
        name, place = table["TableInput"]["Name"], resources["TablesBucket"]["Properties"]["Value"]
        storage = table["TableInput"]["StorageDescriptor"]
        assert storage["Location"] == f"s3://{place}/lake/curated/{name}/"
        assert table["TableInput"]["PartitionKeys"] == [{"Name": "slot_month", "Type": "string"}]


def the_crawler_only_checks(resources: Resources) -> None:
    crawler = resources["Crawler"]["Properties"]
    assert crawler["DatabaseName"] == f"{NAME}_crawled"
    assert crawler["SchemaChangePolicy"]["DeleteBehavior"] == "LOG"
    assert crawler["Schedule"]["ScheduleExpression"].startswith("cron(")
    (target,) = crawler["Targets"]["S3Targets"]
    place = resources["TablesBucket"]["Properties"]["Value"]
    assert target["Path"] == f"s3://{place}/lake/curated/"
    level = json.loads(crawler["Configuration"])["Grouping"]["TableLevelConfiguration"]
    assert level == len(target["Path"].removeprefix("s3://").rstrip("/").split("/")) + 1
