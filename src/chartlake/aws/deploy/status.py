"""How it goes, over there: what can be asked is told, and what cannot be asked says why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chartlake.aws.deploy.crawled import differences, tables_of
from chartlake.aws.deploy.stack import Stack
from chartlake.aws.session import code_of, open_client

__all__ = ["Resources", "look", "resources_of"]

Resources = Mapping[str, Sequence[str]]
"""The physical ids of a stack's resources, by type."""

_RUNS = 5
_GONE = {"EntityNotFoundException", "ResourceNotFoundException", "ResourceNotFound"}


def resources_of(cloudformation: Any, stack: Stack) -> dict[str, list[str]]:
    """What the stack is made of."""
    found: dict[str, list[str]] = {}
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack.id)
    for page in pages:
        for each in page["StackResourceSummaries"]:
            if physical := each.get("PhysicalResourceId"):
                found.setdefault(each["ResourceType"], []).append(physical)
    return found


def look(
    session: boto3.Session, name: str, resources: Resources, now: datetime
) -> tuple[dict[str, Any], dict[str, str]]:
    """Every part by its name, and why some are not known."""
    parts: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "runs": ("stepfunctions", lambda client: _runs(client, resources)),
        "alarms": ("cloudwatch", lambda client: _alarms(client, resources)),
        "dead_letters": ("sqs", lambda client: _dead_letters(client, resources)),
        "schedules": ("scheduler", lambda client: _schedules(client, resources)),
        "sign_in_days": ("cloudwatch", lambda client: _sign_in_days(client, name, now)),
        "crawler": ("glue", lambda client: _crawler(client, name)),
    }
    told: dict[str, Any] = {}
    unknown: dict[str, str] = {}
    for part, (service, ask) in parts.items():
        try:
            with closing(open_client(session, service)) as client:
                told[part] = ask(client)
        except (BotoCoreError, ClientError) as error:
            told[part], unknown[part] = None, str(error)
    return told, unknown


def _runs(stepfunctions: Any, resources: Resources) -> list[dict[str, Any]]:
    """The last runs, the newest first."""
    found = [
        each
        for machine in resources.get("AWS::StepFunctions::StateMachine", ())
        for each in stepfunctions.list_executions(stateMachineArn=machine, maxResults=_RUNS)[
            "executions"
        ]
    ]
    found.sort(key=lambda each: each["startDate"], reverse=True)
    return [
        {
            "name": each["name"],
            "status": each["status"],
            "started_at": each["startDate"],
            "ended_at": each.get("stopDate"),
        }
        for each in found[:_RUNS]
    ]


def _alarms(cloudwatch: Any, resources: Resources) -> list[dict[str, Any]]:
    """The alarms that are not OK: those that ring before those that have seen nothing yet."""
    names = list(resources.get("AWS::CloudWatch::Alarm", ()))
    found = []
    for start in range(0, len(names), 100):  # as many as one request takes
        answer = cloudwatch.describe_alarms(AlarmNames=names[start : start + 100])
        found += [each for each in answer["MetricAlarms"] if each["StateValue"] != "OK"]
    return [
        {
            "name": each["AlarmName"],
            "state": each["StateValue"],
            "since": each.get("StateUpdatedTimestamp"),
            "reason": each.get("StateReason"),
        }
        for each in sorted(found, key=lambda each: (each["StateValue"], each["AlarmName"]))
    ]


def _dead_letters(sqs: Any, resources: Resources) -> dict[str, int]:
    """How many messages wait where nobody takes them: in queues that pass none on themselves."""
    found = {}
    for url in resources.get("AWS::SQS::Queue", ()):
        asked = ["ApproximateNumberOfMessages", "RedrivePolicy"]
        told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=asked).get("Attributes", {})
        if "RedrivePolicy" not in told:
            found[url.rpartition("/")[2]] = int(told.get("ApproximateNumberOfMessages", 0))
    return found


def _schedules(scheduler: Any, resources: Resources) -> list[dict[str, Any]]:
    groups = resources.get("AWS::Scheduler::ScheduleGroup", ()) or ("default",)
    found = []
    for physical in resources.get("AWS::Scheduler::Schedule", ()):
        # told as a name, or as group|name
        group, _, name = physical.rpartition("|")
        told = scheduler.get_schedule(Name=name, GroupName=group or groups[0])
        found.append(
            {
                "name": told["Name"],
                "expression": told["ScheduleExpression"],
                "timezone": told.get("ScheduleExpressionTimezone"),
                "state": told["State"],
            }
        )
    return found


def _sign_in_days(cloudwatch: Any, name: str, now: datetime) -> float | None:
    """How many days are left of the sign-in that ends first, as the last runs have told."""
    points = cloudwatch.get_metric_statistics(
        Namespace="chartlake",
        MetricName="SignInDays",
        Dimensions=[{"Name": "service", "Value": name}],
        StartTime=now - timedelta(days=3),
        EndTime=now,
        Period=3600,
        Statistics=["Minimum"],
    )["Datapoints"]
    last = max(points, key=lambda each: each["Timestamp"], default=None)
    return last["Minimum"] if last else None


def _crawler(glue: Any, name: str) -> dict[str, Any] | None:
    """Where the files are not what the template says; None before the crawler's first run."""
    try:
        crawled = tables_of(glue, f"{name}_crawled")
        curated = tables_of(glue, f"{name}_curated")
    except ClientError as error:
        if code_of(error) in _GONE:
            return None
        raise
    if not crawled:
        return None
    found, without = differences(curated, crawled)
    return {"differences": [each._asdict() for each in found], "without_files": without}
