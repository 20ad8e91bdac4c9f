"""What each role may do, and what it may not: the template's policies before an IAM simulator."""

from __future__ import annotations

from collections.abc import Iterator

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
from tests.aws.iam_simulation import Question, answers, asked
from tests.aws.template_values import ACCOUNT, NAME, REGION, resolve

pytestmark = pytest.mark.needs("iam-simulate")

ARTEFACTS = f"arn:aws:s3:::{NAME}-artefacts-{ACCOUNT}-{REGION}"
OVERWRITE = {"s3:ObjectCreationOperation": "true"}
PART = {"s3:ObjectCreationOperation": "false"}  # of an upload; what completes it creates
COMMITTED = ("raw", "manifests", "builds", "curated")
OTHERS = ("failures", "tombstones", "expired", "quarantine", "state")


def lake(key: str) -> str:
    return f"{BUCKET}/lake/{key}"


def secret(name: str) -> str:
    return arn("secretsmanager", f"secret:{name}-AbCdEf")


def function(name: str) -> str:
    return arn("lambda", f"function:{NAME}-{name}")


def table(database: str) -> str:
    return arn("glue", f"table/{database}/entries")


def writes() -> Iterator[Case]:
    """Which zones each stage writes: all that `keys` names, and who may."""
    may = {
        "raw": {"ExtractRole"},
        "manifests": {"ExtractRole"},
        "tombstones": {"ExtractRole"},
        "failures": {"ExtractRole", "TransformRole", "JobRole"},
        "state": {"ExtractRole", "TransformRole", "JobRole"},
        "curated": {"TransformRole", "JobRole"},
        "builds": {"TransformRole", "JobRole"},
        "marts": {"PublishRole", "JobRole"},
        "quarantine": set[str](),
        "expired": set[str](),
    }
    for zone, allowed in may.items():
        for role in ROLES:
            yield role, "s3:PutObject", lake(f"{zone}/a"), CREATE, role in allowed
    for role in ROLES:
        yield role, "s3:PutObject", lake("lake.json"), CREATE, role in STAGES


def creations() -> Iterator[Case]:
    """A commit is made once, whoever asks; parts of an upload cannot ask."""
    for role, key in (
        ("ExtractRole", "manifests/a"),
        ("TransformRole", "builds/a"),
        ("JobRole", "builds/a"),
        ("PublishRole", "lake.json"),
    ):
        yield role, "s3:PutObject", lake(key), OVERWRITE, NO
        yield role, "s3:PutObject", lake(key), PART, YES
        yield role, "s3:PutObject", lake(key), {**CREATE, **PLAIN_HTTP}, NO
    yield "ExtractRole", "s3:PutObject", lake("state/a"), OVERWRITE, YES
    yield "PublishRole", "s3:PutObject", lake("marts/a"), OVERWRITE, YES


def removals() -> Iterator[Case]:
    for role in ROLES:
        for zone in (*COMMITTED, *OTHERS):
            yield role, "s3:DeleteObject", lake(f"{zone}/a"), None, NO
            yield role, "s3:DeleteObjectVersion", lake(f"{zone}/a"), None, NO
        deletes = role in ("PublishRole", "JobRole")
        yield role, "s3:DeleteObject", lake("marts/a"), None, deletes
        yield role, "s3:DeleteObjectVersion", lake("marts/a"), None, NO
        yield role, "s3:DeleteObject", lake("lake.json"), None, NO


def reads() -> Iterator[Case]:
    for role in ROLES:
        for zone in ("raw", "manifests", "curated", "state"):
            crawls = role == "CrawlerRole" and zone == "curated"
            yield role, "s3:GetObject", lake(f"{zone}/a"), None, role in STAGES or crawls
        # without a prefix, as S3 may ask for what is not there; another bucket never
        lists = role in (*STAGES, "CrawlerRole")
        yield role, "s3:ListBucket", BUCKET, None, lists
        yield role, "s3:ListBucket", BUCKET, {"s3:prefix": "lake/lake.json"}, lists
        yield role, "s3:ListBucket", BUCKET, PLAIN_HTTP, NO
        yield role, "s3:ListBucket", ARTEFACTS, None, NO
        yield role, "s3:ListBucket", "arn:aws:s3:::another", None, NO
        yield role, "s3:ListBucketVersions", BUCKET, None, NO
        yield role, "s3:GetBucketAcl", BUCKET, None, role == "CrawlerRole"
        places = role in ("CrawlerRole", "PublishRole")
        yield role, "s3:GetBucketLocation", BUCKET, None, places
        yield role, "s3:GetObject", f"{BUCKET}/others/a", None, NO
        yield role, "s3:GetObject", "arn:aws:s3:::another/lake/raw/a", None, NO
        yield role, "s3:GetObject", lake("raw/a"), PLAIN_HTTP, NO
        yield role, "s3:PutObject", f"{ARTEFACTS}/glue/0.whl", OVERWRITE, NO
        yield role, "s3:GetObject", f"{ARTEFACTS}/glue/0.whl", None, role == "JobRole"
        yield role, "s3:GetObject", f"{ARTEFACTS}/functions/0.zip", None, NO
        answer = f"{BUCKET}/athena-results/a.csv"
        yield role, "s3:GetObject", answer, None, role == "PublishRole"
        yield role, "s3:ListBucketMultipartUploads", BUCKET, None, role == "PublishRole"
        for action in ("s3:PutBucketPolicy", "s3:DeleteBucket", "s3:PutLifecycleConfiguration"):
            yield role, action, BUCKET, None, NO


def sign_ins() -> Iterator[Case]:
    for role in ROLES:
        for action in ("secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"):
            yield role, action, secret(f"{NAME}/app"), None, role == "ExtractRole"
            yield role, action, secret("another/app"), None, NO
            yield role, action, secret(f"{NAME}2/app"), None, NO
        yield role, "secretsmanager:DeleteSecret", secret(f"{NAME}/app"), None, NO


def tables() -> Iterator[Case]:
    curated, live, draft = f"{NAME}_curated", NAME, f"{NAME}_draft_000001_ab"
    for role in ROLES:
        publishes, crawls = role == "PublishRole", role == "CrawlerRole"
        for database in (live, draft):
            for action in (
                "glue:GetTable",
                "glue:CreateTable",
                "glue:UpdateTable",
                "glue:DeleteTable",
            ):
                yield role, action, table(database), None, publishes
        yield role, "glue:GetTable", table(curated), None, publishes
        yield role, "glue:BatchCreatePartition", table(curated), None, publishes
        yield role, "glue:UpdateTable", table(curated), None, NO
        yield role, "glue:DeleteTable", table(curated), None, NO
        yield role, "glue:UpdateTable", table(f"{NAME}_crawled"), None, crawls
        yield role, "glue:GetTable", table("another"), None, NO
        yield role, "glue:GetDatabase", arn("glue", "database/default"), None, publishes
        yield role, "glue:GetTable", table("default"), None, NO
        for action in ("glue:CreateDatabase", "glue:DeleteDatabase"):
            yield role, action, arn("glue", f"database/{draft}"), None, publishes
            for database in (live, curated, "another"):
                yield role, action, arn("glue", f"database/{database}"), None, NO
        for name, asks in ((NAME, publishes), ("primary", False)):
            workgroup = arn("athena", f"workgroup/{name}")
            yield role, "athena:StartQueryExecution", workgroup, None, asks
        yield role, "athena:UpdateWorkGroup", arn("athena", f"workgroup/{NAME}"), None, NO


def calls() -> Iterator[Case]:
    """Who starts whom; and nobody gives itself more."""
    machine = arn("states", f"stateMachine:{NAME}")
    for role in ROLES:
        runs = role == "RunRole"
        for name in ("extract", "transform"):
            yield role, "lambda:InvokeFunction", function(name), None, runs
        asks = runs or role == "TransformRole"
        yield role, "lambda:InvokeFunction", function("publish"), None, asks
        yield role, "lambda:InvokeFunction", function("another"), None, NO
        yield role, "lambda:UpdateFunctionCode", function("extract"), None, NO
        yield role, "states:StartExecution", machine, None, role == "ScheduleRole"
        yield role, "glue:StartJobRun", arn("glue", f"job/{NAME}"), None, runs
        yield role, "glue:StartJobRun", arn("glue", "job/another"), None, NO
        yield role, "iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/{NAME}-ExtractRole", None, NO
        yield role, "iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/{NAME}-{role}", None, NO
        yield role, "sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/another", None, NO
        yield role, "ec2:CreateNetworkInterface", arn("ec2", "subnet/subnet-1"), None, NO
        yield role, "kms:Decrypt", KEY, None, NO


def messages() -> Iterator[Case]:
    queue, dead = arn("sqs", f"{NAME}-transform"), arn("sqs", f"{NAME}-schedule-dead-letters")
    unpublished = arn("sqs", f"{NAME}-publish-dead-letters")
    for role in ROLES:
        takes = role == "TransformRole"
        for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"):
            yield role, action, queue, None, takes
        yield role, "sqs:ReceiveMessage", queue, PLAIN_HTTP, NO
        yield role, "sqs:SendMessage", queue, None, NO
        yield role, "sqs:SendMessage", dead, None, role == "ScheduleRole"
        yield role, "sqs:SendMessage", unpublished, None, role == "PublishRole"
        yield role, "sqs:ReceiveMessage", unpublished, None, NO
        yield role, "sqs:PurgeQueue", queue, None, NO
        yield role, "sns:Publish", arn("sns", f"{NAME}-alerts"), None, NO
    topic, alerts = arn("sns", f"{NAME}-bucket-events"), arn("sns", f"{NAME}-alerts")
    from_bucket = {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": BUCKET}
    yield "s3.amazonaws.com", "sns:Publish", topic, from_bucket, YES
    of_others = {**from_bucket, "aws:SourceAccount": "999999999999"}
    yield "s3.amazonaws.com", "sns:Publish", topic, of_others, NO
    another = {**from_bucket, "aws:SourceArn": "arn:aws:s3:::another"}
    yield "s3.amazonaws.com", "sns:Publish", topic, another, NO
    yield "sns.amazonaws.com", "sqs:SendMessage", queue, {"aws:SourceArn": topic}, YES
    yield "sns.amazonaws.com", "sqs:SendMessage", queue, {"aws:SourceArn": alerts}, NO
    mine = {"aws:SourceAccount": ACCOUNT}
    yield "cloudwatch.amazonaws.com", "sns:Publish", alerts, mine, YES
    yield "cloudwatch.amazonaws.com", "sns:Publish", alerts, {"aws:SourceAccount": "9" * 12}, NO
    yield "events.amazonaws.com", "sns:Publish", alerts, None, YES
    yield "arn:aws:iam::999999999999:root", "sns:Subscribe", topic, None, NO
    for name, role in (("extract", "ExtractRole"), ("publish", "PublishRole")):
        for of in ("extract", "publish"):
            stream = arn("logs", f"log-group:/aws/lambda/{NAME}-{of}:log-stream:a")
            yield role, "logs:PutLogEvents", stream, None, name == of


MATRIX: list[Case] = [
    case
    for cases in (writes, creations, removals, reads, sign_ins, tables, calls, messages)
    for case in cases()
]


def test_each_role_may_what_it_needs_and_nothing_else() -> None:
    assert len(MATRIX) > 500
    assert unlike(MATRIX) == []


def test_each_role_has_something_that_it_may() -> None:
    assert {case[0] for case in MATRIX if case[4]} >= set(ROLES)


def test_the_simulator_sees_what_a_looser_template_allows() -> None:
    """Each of these must change an answer: a matrix that passes anything shows nothing."""
    loose = resolve()
    del loose["DataBucketPolicy"]
    question = Question("ExtractRole", "s3:PutObject", lake("manifests/a"), OVERWRITE)
    assert answers([question], resources=loose) == [True]
    assert answers([question]) == [False]
    statement = loose["PublishRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]
    statement["Resource"] = lake("*")
    question = Question("PublishRole", "s3:DeleteObject", lake("builds/a"))
    assert answers([question], resources=loose) == [True]


def test_a_question_that_makes_no_sense_is_no_answer() -> None:
    with pytest.raises(ValueError, match="ExtractRole"):
        asked("ExtractRole", "s3:PutObjet", lake("raw/a"))
    with pytest.raises(ValueError, match="no condition on s3:prefix"):
        asked("ExtractRole", "s3:PutObject", lake("raw/a"), {"s3:prefix": "lake/"})
