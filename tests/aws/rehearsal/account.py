"""An AWS account with the stack of the template in it, as far as it can be had on this machine.

What lies in a bucket, a queue, a topic or a catalog is moto's; what runs are the functions' own
processes; what begins and connects them is here: schedules, queues' pollers, invocations.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.aws.fake_aws import Aws, Request, open_aws
from tests.aws.rehearsal.asl import ExecutionFailed, Machine
from tests.aws.rehearsal.functions import Function, Ran
from tests.aws.template_values import NAME, REGION, Resources, definition, resolve
from tests.e2e.projects import SimulatedTime

__all__ = ["SECRET_KEY", "Account", "WrittenTime", "open_account"]

SECRET_KEY = "the secret of this account"
FUNCTIONS = ("Extract", "Transform", "Publish")
_AS_DELIVERED = {"DelaySeconds": "0", "VisibilityTimeout": "900"}
"""Nobody waits a quarter of an hour here: what the queue's times do is not rehearsed."""


class WrittenTime(SimulatedTime):
    """A time that other processes can read."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file
        self.move()

    def move(self, **parts: float) -> None:
        super().move(**parts)
        draft = self.file.with_suffix(".draft")
        draft.write_text(self().isoformat())
        draft.replace(self.file)


class Account:
    """The stack, its functions, and all that they did."""

    def __init__(self, aws: Aws, stack: Resources, time: WrittenTime, folder: Path) -> None:
        self.aws, self.stack, self.time, self._folder = aws, stack, time, folder
        self.lake = stack["LakeUrl"]["Properties"]["Value"]
        self.bucket = urlsplit(self.lake).netloc
        self.functions: dict[str, Function] = {}
        self.ran_in_order: list[Ran] = []
        self.asked_later: list[tuple[str, Any]] = []
        self.jobs: list[dict[str, Any]] = []
        self.on: Callable[[Request], int] = lambda request: 0
        """What a test does when a request comes: its status, where nothing else is done."""
        self.executions_failed = 0
        self._machine = Machine(definition(stack), self._call, time)
        aws.instead = self._instead

    def schedule(self, at: str) -> Any:
        """What the scheduler does at a time: its payload, to the state machine."""
        target = self.stack["Schedule"]["Properties"]["Target"]
        given = json.loads(target["Input"].replace("<aws.scheduler.scheduled-time>", at))
        try:
            return self._machine.run(given)
        except ExecutionFailed:
            self.executions_failed += 1
            raise

    @property
    def visited(self) -> list[str]:
        """The states of the last execution."""
        return self._machine.visited

    def poll(self, *, shuffled: random.Random | None = None) -> list[str]:
        """What the event source mapping does with all that lies there: the messages' ids.

        With ``shuffled`` the messages come in any order, and twice.
        """
        sqs, url = self.aws.client("sqs"), self.queue_url("TransformQueue")
        messages: dict[str, Any] = {}
        while found := sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        ).get("Messages"):
            messages |= {each["MessageId"]: each for each in found}
        if not messages:
            return []
        records = [_record(each) for each in messages.values()]
        if shuffled:
            records += records
            shuffled.shuffle(records)
        answer = self.functions["Transform"].invoke({"Records": records})
        failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
        for name, message in messages.items():
            about = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]}
            if name not in failed:
                sqs.delete_message(**about)
            else:  # its time passes
                sqs.change_message_visibility(VisibilityTimeout=0, **about)
        return list(messages)

    def lose_events(self) -> None:
        """Let all that S3 told be lost."""
        self.aws.client("sqs").purge_queue(QueueUrl=self.queue_url("TransformQueue"))

    def send(self, body: str) -> None:
        """Put a message into the queue that none of S3's is."""
        url = self.queue_url("TransformQueue")
        self.aws.client("sqs").send_message(QueueUrl=url, MessageBody=body)

    def run_later(self) -> int:
        """Run what was invoked and not waited for; how many those were."""
        asked, self.asked_later = self.asked_later, []
        for name, event in asked:
            self._named(name).invoke(event)
        return len(asked)

    def dead_letters(self) -> int:
        """How many messages lie in the queue of those that could not be handled."""
        sqs, url = self.aws.client("sqs"), self.queue_url("TransformDeadLetters")
        told = sqs.get_queue_attributes(
            QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(told["Attributes"]["ApproximateNumberOfMessages"])

    def queue_url(self, resource: str) -> str:
        """The address of a queue of the template."""
        name = self.stack[resource]["Properties"]["QueueName"]
        return str(self.aws.client("sqs").get_queue_url(QueueName=name)["QueueUrl"])

    def variables(self, key: str) -> dict[str, str]:
        """What leads a program to this account, with the rights that have this key."""
        return {
            "AWS_ENDPOINT_URL": self.aws.url,
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }

    def function(self, name: str, more: Mapping[str, str] | None = None) -> Function:
        """A function of the template, with the environment that the template gives it."""
        properties = self.stack[f"{name}Function"]["Properties"]
        own = {
            "PATH": os.environ["PATH"],
            "LAMBDA_TASK_ROOT": str(self._folder),
            "REHEARSAL_CLOCK": str(self.time.file),
        }
        given = properties["Environment"]["Variables"]
        variables = {**own, **self.variables(f"{name}Role"), **given, **(more or {})}
        made = Function(properties["FunctionName"], properties["Handler"], variables, self._folder)
        made.ran = self.ran_in_order
        return made

    def _named(self, name: str) -> Function:
        return next(each for each in self.functions.values() if each.name == name)

    def _call(self, resource: str, asked: Any) -> Any:
        """What the machine's tasks do."""
        if resource.endswith(":glue:startJobRun.sync"):
            self.jobs.append(asked)
            return {"JobRunState": "SUCCEEDED"}
        if resource.endswith(":lambda:invoke"):
            return {"Payload": self._named(asked["FunctionName"]).invoke(asked["Payload"])}
        return self._named(resource.rpartition(":")[2]).invoke(asked)

    def _instead(self, request: Request) -> tuple[int, bytes] | None:
        if status := self.on(request):
            return status, b""
        if request.service == "lambda" and request.path.endswith("/invocations"):
            name = request.path.split("/")[3]
            self.asked_later.append((name, json.loads(request.body)))
            return 202, b""
        return None


def _record(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message as Lambda gives it to a function."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:123456789012:{NAME}-transform",
        "awsRegion": REGION,
    }


@contextmanager
def open_account(folder: Path) -> Iterator[Account]:
    """An account with the stack; the functions read chartlake.toml in the folder."""
    stack = resolve()
    with ExitStack() as opened:
        aws = opened.enter_context(open_aws(REGION))
        account = Account(aws, stack, WrittenTime(folder / "clock"), folder)
        _make(account)
        for name in FUNCTIONS:
            account.functions[name] = opened.enter_context(account.function(name))
        yield account


def _make(account: Account) -> None:
    """Make what of the template moto can keep, each from its properties."""
    aws, stack = account.aws, account.stack
    for each in sorted(_of(stack, "AWS::SQS::Queue"), key=lambda each: "RedrivePolicy" in each):
        attributes = {
            name: json.dumps(value) if isinstance(value, dict) else str(value)
            for name, value in each.items()
            if name in ("RedrivePolicy", "MessageRetentionPeriod")
        }
        aws.client("sqs").create_queue(
            QueueName=each["QueueName"], Attributes=attributes | _AS_DELIVERED
        )
    for each in _of(stack, "AWS::SNS::Topic"):
        aws.client("sns").create_topic(Name=each["TopicName"])
    for each in _of(stack, "AWS::SNS::Subscription"):
        about = {
            "RawMessageDelivery": "true" if each.get("RawMessageDelivery") else "false",
            "FilterPolicyScope": each["FilterPolicyScope"],
            "FilterPolicy": json.dumps(each["FilterPolicy"]),
        }
        aws.client("sns").subscribe(
            TopicArn=each["TopicArn"],
            Protocol=each["Protocol"],
            Endpoint=each["Endpoint"],
            Attributes=about,
        )
    _make_bucket(account)
    for each in _of(stack, "AWS::Glue::Database"):
        aws.client("glue").create_database(DatabaseInput=each["DatabaseInput"])
    for each in _of(stack, "AWS::Glue::Table"):
        aws.client("glue").create_table(
            DatabaseName=each["DatabaseName"], TableInput=each["TableInput"]
        )
    for each in _of(stack, "AWS::Athena::WorkGroup"):
        aws.client("athena").create_work_group(
            Name=each["Name"],
            Configuration={
                name: each["WorkGroupConfiguration"][name]
                for name in ("EnforceWorkGroupConfiguration", "ResultConfiguration")
            },
        )


def _make_bucket(account: Account) -> None:
    s3, bucket = account.aws.client("s3"), account.bucket
    s3.create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": account.aws.region}
    )
    told = account.stack["DataBucket"]["Properties"]
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=told["VersioningConfiguration"])
    s3.put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={
            "TopicConfigurations": [
                {
                    "TopicArn": each["Topic"],
                    "Events": [each["Event"]],
                    "Filter": {"Key": {"FilterRules": each["Filter"]["S3Key"]["Rules"]}},
                }
                for each in told["NotificationConfiguration"]["TopicConfigurations"]
            ]
        },
    )


def _of(stack: Resources, kind: str) -> list[dict[str, Any]]:
    return [each["Properties"] for each in stack.values() if each["Type"] == kind]
