"""Deployed, looked at and destroyed on moto: a smoke test of the commands' way, no more.

moto's CloudFormation says CREATE_COMPLETE to almost anything, and knows few of the resources.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from chartlake.aws.deploy.artefacts import Artefact
from chartlake.aws.deploy.bucket import remove_replaced, upload
from chartlake.aws.deploy.deployment import Deployment
from chartlake.aws.deploy.destroy import delete_stack, leftovers
from chartlake.aws.deploy.empty import remove_bucket
from chartlake.aws.deploy.follow import Event, execute
from chartlake.aws.deploy.prepare import Cloud, Prepared, prepare
from chartlake.aws.deploy.stack import Stack, discard, stack_of
from chartlake.aws.deploy.status import look, resources_of
from chartlake.aws.session import open_client
from chartlake.errors import ConfigError
from tests.aws.deploy.conftest import REGION

# moto warns of each kind of resource that it leaves out
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")

NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)
TABLE: dict[str, Any] = {
    "Name": "entries",
    "StorageDescriptor": {"Columns": [{"Name": "position", "Type": "bigint"}]},
    "PartitionKeys": [{"Name": "slot_month", "Type": "string"}],
}

ALARM: dict[str, Any] = {
    "Namespace": "chartlake",
    "MetricName": "Lag",
    "ComparisonOperator": "GreaterThanThreshold",
    "EvaluationPeriods": 1,
    "Period": 3600,
    "Statistic": "Maximum",
    "Threshold": 1.0,
}


def no_sleep(_: float) -> None:
    raise AssertionError("moto is at once where it goes")


def prepared(cloud: Cloud, artefacts: list[Artefact], deployment: Deployment) -> Prepared:
    return prepare(cloud, deployment, artefacts, NOW, no_sleep)


def deployed(cloud: Cloud, artefacts: list[Artefact], deployment: Deployment) -> Stack:
    done = prepared(cloud, artefacts, deployment)
    assert done.proposal
    return execute(cloud.cloudformation, done.proposal, lambda _: None, no_sleep)


def test_the_first_time(cloud: Cloud, artefacts: list[Artefact], name: str) -> None:
    done = prepared(cloud, artefacts, Deployment(name=name, lake_prefix="music"))
    assert done.bucket == f"{name}-artefacts-{cloud.account}-{REGION}"
    assert sorted(done.uploaded) == sorted(each.key for each in artefacts)
    assert done.proposal
    assert done.proposal.is_new
    assert {"Data", "Machine", "Stale"} <= {each.resource for each in done.proposal.changes}
    said: list[Event] = []
    stack = execute(cloud.cloudformation, done.proposal, said.append, no_sleep)
    assert stack.status == "CREATE_COMPLETE"
    assert stack.parameters["LakePrefix"] == "music"
    assert stack.parameters["ArtefactsBucket"] == done.bucket
    assert said[-1].status == "CREATE_COMPLETE"


def test_the_second_time_changes_nothing(
    cloud: Cloud, artefacts: list[Artefact], name: str
) -> None:
    deployed(cloud, artefacts, Deployment(name=name))
    again = prepared(cloud, artefacts, Deployment(name=name))
    assert again.uploaded == []
    assert again.proposal is None


def test_another_setting_is_a_change(cloud: Cloud, artefacts: list[Artefact], name: str) -> None:
    deployed(cloud, artefacts, Deployment(name=name))
    stack = deployed(cloud, artefacts, Deployment(name=name, schedule="rate(1 day)"))
    assert stack.status == "UPDATE_COMPLETE"
    assert stack.parameters["ScheduleExpression"] == "rate(1 day)"


def test_a_schedule_that_alarms_do_not_wait_for_is_told(
    cloud: Cloud, artefacts: list[Artefact], name: str
) -> None:
    def told(**settings: Any) -> tuple[str, ...]:
        return prepared(cloud, artefacts, Deployment(name=name, **settings)).warnings

    assert told() == ()
    assert told(schedule="rate(1 day)") == ()
    (said,) = told(schedule="rate(6 hours)")
    assert "set aws.stale_after_hours = 8" in said
    assert told(schedule="rate(6 hours)", stale_after_hours=8) == ()
    assert told(schedule="rate(1 day)", stale_after_hours=12)


def test_a_look_leaves_no_stack(cloud: Cloud, artefacts: list[Artefact], name: str) -> None:
    done = prepared(cloud, artefacts, Deployment(name=name))
    assert done.proposal
    discard(cloud.cloudformation, done.proposal)
    assert stack_of(cloud.cloudformation, name) is None


def test_the_bucket_for_artefacts_is_closed(
    cloud: Cloud, artefacts: list[Artefact], name: str
) -> None:
    bucket = prepared(cloud, artefacts, Deployment(name=name)).bucket
    s3 = cloud.s3
    access = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(access.values()) == {True}
    assert len(access) == 4
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    (denied,) = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    assert (denied["Effect"], denied["Principal"]) == ("Deny", "*")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert denied["Resource"] == [f"arn:*:s3:::{bucket}", f"arn:*:s3:::{bucket}/*"]


def test_no_artefact_that_is_there_goes_by_its_age(
    cloud: Cloud, artefacts: list[Artefact], name: str
) -> None:
    bucket = prepared(cloud, artefacts, Deployment(name=name)).bucket
    (rule,) = cloud.s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90}
    assert "Days" not in rule["Expiration"]
    assert "Date" not in rule["Expiration"]


def test_what_was_replaced_goes_and_its_version_stays(
    cloud: Cloud, artefacts: list[Artefact], name: str
) -> None:
    done = prepared(cloud, artefacts, Deployment(name=name))
    cloud.s3.put_object(Bucket=done.bucket, Key="lambda/old.zip", Body=b"old")
    assert remove_replaced(cloud.s3, done.bucket, done.used) == 1
    keys = {e["Key"] for e in cloud.s3.list_objects_v2(Bucket=done.bucket)["Contents"]}
    assert keys == done.used
    versions = cloud.s3.list_object_versions(Bucket=done.bucket, Prefix="lambda/old")
    assert len(versions["Versions"]) == 1
    assert upload(cloud.s3, done.bucket, cloud.account, artefacts) == []


def test_a_bucket_of_ones_own_has_to_be_there(
    cloud: Cloud, artefacts: list[Artefact], name: str
) -> None:
    with pytest.raises(ConfigError, match=f"bucket {name}-mine does not exist"):
        prepared(cloud, artefacts, Deployment(name=name, bucket=f"{name}-mine"))


def test_a_bucket_in_another_region(
    cloud: Cloud, artefacts: list[Artefact], name: str, session: boto3.Session
) -> None:
    place = {"LocationConstraint": "eu-west-1"}
    s3 = session.client("s3", region_name="eu-west-1")
    s3.create_bucket(Bucket=f"{name}-mine", CreateBucketConfiguration=place)
    s3.close()
    with pytest.raises(ConfigError, match="is in eu-west-1, and the stack would be in eu-cen"):
        prepared(cloud, artefacts, Deployment(name=name, curated_bucket=f"{name}-mine"))


def test_destroyed_and_the_data_stay(cloud: Cloud, artefacts: list[Artefact], name: str) -> None:
    stack = deployed(cloud, artefacts, Deployment(name=name))
    (bucket,) = leftovers(cloud, name).buckets
    cloud.s3.put_object(Bucket=bucket, Key="lake/lake.json", Body=b"{}")
    said: list[Event] = []
    delete_stack(cloud, stack, said.append, no_sleep)
    assert said[-1].status == "DELETE_COMPLETE"
    assert stack_of(cloud.cloudformation, name) is None
    assert cloud.s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    left = leftovers(cloud, name)
    assert left.buckets == (bucket,), "found also when the stack is gone"
    assert left.artefacts == cloud.artefacts_bucket(name)
    assert left.existing == ()


def test_what_killed_runs_have_left_goes_with_the_stack(
    cloud: Cloud, artefacts: list[Artefact], name: str
) -> None:
    stack = deployed(cloud, artefacts, Deployment(name=name))
    mine = [f"{name}_draft_{run}" for run in ("000001_ab", "000002_cd")]
    others = [f"{name}2_draft_000001_ab", f"{name}_drafts", f"{name}_own"]
    for database in (*mine, *others):
        cloud.glue.create_database(DatabaseInput={"Name": database})
        cloud.glue.create_table(DatabaseName=database, TableInput=TABLE)
    delete_stack(cloud, stack, lambda _: None, no_sleep)
    left = {each["Name"] for each in cloud.glue.get_databases()["DatabaseList"]}
    assert not left & set(mine)
    assert left >= set(others)
    for database in others:
        assert cloud.glue.get_tables(DatabaseName=database)["TableList"]


def test_a_bucket_of_ones_own_is_none_to_remove(
    cloud: Cloud, artefacts: list[Artefact], name: str
) -> None:
    mine = f"{name}-mine"
    place = {"LocationConstraint": REGION}
    cloud.s3.create_bucket(Bucket=mine, CreateBucketConfiguration=place)
    stack = deployed(cloud, artefacts, Deployment(name=name, bucket=mine))
    assert leftovers(cloud, name).buckets == ()
    assert leftovers(cloud, name).existing == (mine,)
    delete_stack(cloud, stack, lambda _: None, no_sleep)
    assert leftovers(cloud, name).buckets == ()
    cloud.s3.head_bucket(Bucket=mine)


def test_a_bucket_goes_with_all_its_versions(cloud: Cloud, name: str) -> None:
    cloud.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    cloud.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        cloud.s3.put_object(Bucket=name, Key="a", Body=body)
    cloud.s3.put_object(Bucket=name, Key="b", Body=b"1")
    cloud.s3.delete_object(Bucket=name, Key="b")
    said: list[int] = []
    assert remove_bucket(cloud.s3, name, cloud.account, said.append) == 4
    assert said == [4]
    assert name not in [each["Name"] for each in cloud.s3.list_buckets()["Buckets"]]


def test_status(cloud: Cloud, artefacts: list[Artefact], name: str, session: boto3.Session) -> None:
    stack = deployed(cloud, artefacts, Deployment(name=name))
    resources = resources_of(cloud.cloudformation, stack)
    (machine,) = resources["AWS::StepFunctions::StateMachine"]
    (queue,) = resources["AWS::SQS::Queue"]
    with_client(session, "stepfunctions", "start_execution", stateMachineArn=machine, name="one")
    with_client(session, "sqs", "send_message", QueueUrl=queue, MessageBody="lost")
    resources["AWS::CloudWatch::Alarm"] = [f"{name}-stale"]  # which moto's stack leaves out
    with_client(session, "cloudwatch", "put_metric_alarm", **ALARM, AlarmName=f"{name}-stale")
    ring = {"AlarmName": f"{name}-stale", "StateValue": "ALARM", "StateReason": "late"}
    with_client(session, "cloudwatch", "set_alarm_state", **ring)
    told, unknown = look(session, name, resources, NOW)
    assert unknown == {}
    assert [each["name"] for each in told["runs"]] == ["one"]
    assert [(each["name"], each["state"]) for each in told["alarms"]] == [
        (f"{name}-stale", "ALARM")
    ]
    assert told["dead_letters"] == {f"{name}-dead-letters": 1}
    assert told["schedules"] == []
    assert told["sign_in_days"] is None
    assert told["crawler"] is None


def test_status_tells_what_the_crawler_saw(session: boto3.Session, name: str) -> None:
    for database, kind in ((f"{name}_curated", "bigint"), (f"{name}_crawled", "int")):
        column = {"Name": "position", "Type": kind}
        table = TABLE | {"StorageDescriptor": {"Columns": [column]}}
        with_client(session, "glue", "create_database", DatabaseInput={"Name": database})
        with_client(session, "glue", "create_table", DatabaseName=database, TableInput=table)
    more = TABLE | {"Name": "slots"}
    with_client(session, "glue", "create_table", DatabaseName=f"{name}_curated", TableInput=more)
    told, unknown = look(session, name, {}, NOW)
    assert unknown == {}
    assert told["crawler"] == {
        "differences": [
            {"table": "entries", "column": "position", "expected": "bigint", "found": "int"}
        ],
        "without_files": ["slots"],
    }


def test_status_tells_the_sign_in_that_ends_first(session: boto3.Session, name: str) -> None:
    now = datetime.now(UTC)  # moto forgets old ones by the clock
    for days in (40.0, 12.0):
        point = {"MetricName": "SignInDays", "Value": days, "Timestamp": now}
        point["Dimensions"] = [{"Name": "service", "Value": name}]
        with_client(
            session, "cloudwatch", "put_metric_data", Namespace="chartlake", MetricData=[point]
        )
    assert look(session, name, {}, now + timedelta(minutes=1))[0]["sign_in_days"] == 12.0


def test_a_part_that_cannot_be_asked_is_named(session: boto3.Session, name: str) -> None:
    gone = {"AWS::SQS::Queue": ["http://127.0.0.1:1/nowhere"], "AWS::Scheduler::Schedule": ["x"]}
    told, unknown = look(session, name, gone, NOW)
    assert told["dead_letters"] is None
    assert unknown.keys() == {"dead_letters", "schedules"}
    assert told["alarms"] == []


def with_client(session: boto3.Session, service: str, action: str, **words: Any) -> Any:
    client = open_client(session, service)
    try:
        return getattr(client, action)(**words)
    finally:
        client.close()
