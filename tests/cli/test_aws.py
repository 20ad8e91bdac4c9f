"""chartlake aws as a person runs it, on moto: a smoke test of the commands, no more.

moto's CloudFormation says CREATE_COMPLETE to almost anything. A program that stands for uv makes
one small package, as these tests are not about what the functions carry.
"""

from __future__ import annotations

import io
import os
import sys
import uuid
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chartlake.aws.deploy import artefacts
from chartlake.aws.session import open_client, open_session
from chartlake.cli import aws as group
from chartlake.cli import aws_told, remove
from tests.aws.deploy.conftest import aws as aws_of_moto
from tests.aws.deploy.fake_cloudformation import FakeCloudFormation, stack, tags
from tests.aws.deploy.template import TEMPLATE
from tests.commands import Command

aws = aws_of_moto
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")

UV = """\
#!/bin/sh
while [ "$1" != --target ]; do shift; done
mkdir -p "$2/somewhere" && echo "HERE = True" > "$2/somewhere/__init__.py"
"""


@pytest.fixture
def name(tmp_path: Path) -> str:
    """That of the stack of a project in the working folder."""
    name = f"t{uuid.uuid4().hex[:12]}"  # s3… would be the service to moto
    (tmp_path / "chartlake.toml").write_text(f'[aws]\nname = "{name}"\nregion = "eu-central-1"\n')
    return name


@pytest.fixture(autouse=True)
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A template that moto knows, and a program instead of uv."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "uv").write_text(UV)
    (programs / "uv").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    template = tmp_path / "template.yaml"
    template.write_text(TEMPLATE)
    monkeypatch.setattr(artefacts.build_artefacts, "__defaults__", (template, None))


class Person(io.StringIO):
    """Somebody at a terminal, who types these lines."""

    def isatty(self) -> bool:
        return True


def typing(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """What is typed: typer's runner has its own standard input, which is no terminal."""
    person = Person("".join(f"{line}\n" for line in lines))
    for module in (group, remove):  # the latter asks whether one is sure, for all commands
        monkeypatch.setattr(module, "sys", type("Here", (), {"stdin": person}))


def test_deployed_looked_at_and_destroyed(chartlake: Command, aws: str, name: str) -> None:
    first = chartlake("aws", "deploy", "--yes")
    assert first.code == 0, first.err
    assert "AWS::StepFunctions::StateMachine" in first.out
    assert "then: chartlake login --store aws" in first.out
    assert "CREATE_COMPLETE" in first.err

    again = chartlake("aws", "deploy", "--yes")
    assert again.code == 0, again.err
    assert f"stack {name} in eu-central-1: nothing to change" in again.out
    assert "new " not in again.out

    seen = chartlake("aws", "status")
    assert seen.code == 0, seen.err
    assert f"stack      {name} in eu-central-1: CREATE_COMPLETE" in seen.out
    assert "runs       none yet" in seen.out

    gone = chartlake("aws", "destroy", "--yes")
    assert gone.code == 0, gone.err
    assert f"stack {name} is gone" in gone.out
    assert f"stays  the data, bucket {name}-data" in gone.out
    assert f"secrets {name}/" in gone.out
    assert "to go on with this data later" in gone.err

    assert chartlake("aws", "status").code == 2


def test_json(chartlake: Command, aws: str, name: str) -> None:
    told = chartlake("aws", "deploy", "--yes", "--json").json()
    assert told["stack"] == name
    assert told["is_new"]
    assert {each["resource"] for each in told["changes"]} >= {"Data", "Machine"}
    assert sorted(told["uploaded"]) == sorted(each["key"] for each in told["artefacts"])
    assert told["artefacts"][0]["unpacked"] > told["artefacts"][0]["bytes"] > 0
    assert not chartlake("aws", "deploy", "--yes", "--json").json()["has_changes"]
    assert chartlake("aws", "status", "--json").json()["state"] == "CREATE_COMPLETE"
    gone = chartlake("aws", "destroy", "--yes", "--json").json()
    assert gone["had_stack"]
    assert len(gone["buckets"]) == 1


def test_a_look(chartlake: Command, aws: str, name: str) -> None:
    done = chartlake("aws", "deploy", "--dry-run")
    assert done.code == 0, done.err
    assert "Data" in done.out
    assert "the stack was not changed" in done.out
    assert "there is no stack" in chartlake("aws", "status").err


def test_nobody_to_ask(chartlake: Command, aws: str, name: str) -> None:
    done = chartlake("aws", "deploy")
    assert done.code == 2
    assert "add --yes" in done.err
    assert chartlake("aws", "deploy", "--yes").code == 0
    assert chartlake("aws", "destroy").code == 2
    assert chartlake("aws", "status").code == 0


def test_a_person_is_asked(
    chartlake: Command, aws: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    typing(monkeypatch, "no")
    done = chartlake("aws", "deploy")
    assert done.code == 2
    assert f"this will make the stack {name}" in done.err
    assert "nothing was changed" in done.err
    assert "there is no stack" in chartlake("aws", "status").err
    typing(monkeypatch, "yes")
    assert chartlake("aws", "deploy").code == 0
    assert chartlake("aws", "status").code == 0


def test_the_data_go_only_by_their_name(
    chartlake: Command, aws: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert chartlake("aws", "deploy", "--yes").code == 0
    refused = chartlake("aws", "destroy", "--yes", "--with-data")
    assert refused.code == 2
    bucket = refused.err.split("--yes-delete ")[1].split()[0]
    assert bucket.startswith(f"{name}-data")
    strange = chartlake("aws", "destroy", "--yes", "--with-data", "--yes-delete", "other")
    assert strange.code == 2
    assert "bucket other is none that this stack has made" in strange.err
    typing(monkeypatch, "yes", "yes")
    assert chartlake("aws", "destroy", "--with-data").code == 2
    assert chartlake("aws", "status").code == 0, "nothing is gone until all is named"
    typing(monkeypatch, "yes", bucket)
    done = chartlake("aws", "destroy", "--with-data", "--json")
    assert done.code == 0, done.err
    told = done.json()
    assert [each["bucket"] for each in told["removed"]] == [
        bucket,
        f"{name}-artefacts-123456789012-eu-central-1",
    ]
    assert told["buckets"] == []


def test_the_data_can_go_after_the_stack(chartlake: Command, aws: str, name: str) -> None:
    assert chartlake("aws", "deploy", "--yes").code == 0
    (bucket,) = chartlake("aws", "destroy", "--yes", "--json").json()["buckets"]
    done = chartlake("aws", "destroy", "--with-data", "--yes-delete", bucket)
    assert done.code == 0, done.err
    assert f"there is no stack {name}" in done.out
    assert f"bucket {bucket} is gone" in done.out


def test_yes_delete_is_for_data(chartlake: Command, name: str) -> None:
    done = chartlake("aws", "destroy", "--yes-delete", "b")
    assert done.code == 2
    assert "--with-data" in done.err


def test_without_a_project(chartlake: Command, aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARTLAKE_AWS__REGION", "eu-central-1")
    done = chartlake("aws", "deploy", "--yes")
    assert done.code == 2
    assert "nothing would be collected" in done.err


def test_a_stack_that_was_never_whole(
    chartlake: Command, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeCloudFormation() as fake:
        reach(fake, monkeypatch)
        fake.answers["DescribeStacks"] = [stack("ROLLBACK_COMPLETE", "it failed")]
        done = chartlake("aws", "deploy", "--yes")
    assert done.code == 2
    assert "was never whole (ROLLBACK_COMPLETE)" in done.err
    assert "chartlake aws destroy" in done.err


def test_what_is_not_allowed(
    chartlake: Command, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeCloudFormation() as fake:
        reach(fake, monkeypatch)
        fake.answers["DescribeStacks"] = ["!AccessDenied you may not"]
        done = chartlake("aws", "status")
    assert done.code == 3
    assert f"cannot look at stack {name}: AWS does not allow it" in done.err
    assert "allow DescribeStacks" in done.err


def test_an_ended_sign_in(chartlake: Command, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeCloudFormation() as fake:
        reach(fake, monkeypatch)
        fake.answers["GetCallerIdentity"] = ["!ExpiredToken it has expired"]
        done = chartlake("aws", "destroy", "--yes")
    assert done.code == 3
    assert "the sign-in to AWS has ended" in done.err


def reach(fake: FakeCloudFormation, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same server answers for whose account it is."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", fake.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    who = {"Arn": "arn:aws:iam::123456789012:user/me", "UserId": "me", "Account": "123456789012"}
    fake.answers["GetCallerIdentity"] = [tags(**who)]


def test_without_boto(chartlake: Command, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    done = chartlake("aws", "status")
    assert done.code == 2
    assert "pip install 'chartlake[aws]'" in done.err


def test_status_tells_what_to_look_at(chartlake: Command, aws: str, name: str) -> None:
    assert chartlake("aws", "deploy", "--yes").code == 0
    session = open_session("eu-central-1")
    with closing(open_client(session, "sqs")) as sqs:
        url = sqs.get_queue_url(QueueName=f"{name}-dead-letters")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="lost")
    with closing(open_client(session, "glue")) as glue:
        for part, kind in (("curated", "bigint"), ("crawled", "int")):
            glue.create_database(DatabaseInput={"Name": f"{name}_{part}"})
            columns = {"Columns": [{"Name": "position", "Type": kind}]}
            table = {"Name": "entries", "StorageDescriptor": columns}
            glue.create_table(DatabaseName=f"{name}_{part}", TableInput=table)
    done = chartlake("aws", "status")
    assert done.code == 1
    assert f"1 messages in {name}-dead-letters" in done.err
    assert "what the template does not say" in done.err
    assert "bigint" in done.out
    told = chartlake("aws", "status", "--json")
    assert told.code == 1
    assert told.json()["dead_letters"] == {f"{name}-dead-letters": 1}


WELL: dict[str, Any] = {
    "stack": "chartlake",
    "region": "eu-central-1",
    "state": "UPDATE_COMPLETE",
    "reason": None,
    "runs": [],
    "alarms": [],
    "dead_letters": {},
    "schedules": [{"expression": "rate(1 day)", "timezone": "UTC", "state": "ENABLED"}],
    "sign_in_days": 12.4,
    "crawler": {"differences": [], "without_files": []},
    "unknown": {},
}
RUN = {"name": "one", "started_at": datetime(2026, 11, 20, 6, 5, tzinfo=UTC), "ended_at": None}
ALARM = {"name": "stale", "since": None, "reason": "too late"}


def test_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    aws_told.print_status(WELL)
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "stack      chartlake in eu-central-1: UPDATE_COMPLETE",
        "schedule   rate(1 day) UTC: enabled",
        "sign-in    12 days left of the one that ends first",
        "runs       none yet",
        "alarms     none",
        "crawler    the files are as the template says",
    ]
    assert said.err == ""
    assert aws_told.exit_code(WELL) == 0


@pytest.mark.parametrize(
    ("part", "value", "code", "words"),
    [
        ("alarms", [ALARM | {"state": "ALARM"}], 1, "too late"),
        ("alarms", [ALARM | {"state": "INSUFFICIENT_DATA"}], 0, "1 alarms have seen nothing yet"),
        ("alarms", None, 0, "runs       none yet"),
        ("runs", [RUN | {"status": "FAILED"}], 1, "2026-11-20 06:05"),
        ("runs", [RUN | {"status": "SUCCEEDED"}, RUN | {"status": "FAILED"}], 0, "SUCCEEDED"),
        ("state", "UPDATE_ROLLBACK_FAILED", 1, "UPDATE_ROLLBACK_FAILED"),
        ("reason", "because", 0, "because"),
        ("unknown", {"dead_letters": "not allowed"}, 0, "dead letters: not known: not allowed"),
        ("crawler", None, 0, "has seen nothing yet"),
    ],
)
def test_what_status_says(
    capsys: pytest.CaptureFixture[str], part: str, value: Any, code: int, words: str
) -> None:
    whole = WELL | {part: value}
    aws_told.print_status(whole)
    said = capsys.readouterr()
    assert words in said.out + said.err
    assert aws_told.exit_code(whole) == code


def test_a_change_that_could_lose_something(capsys: pytest.CaptureFixture[str]) -> None:
    change = {"action": "Modify", "resource": "Data", "type": "AWS::S3::Bucket"}
    change |= {"replacement": "Conditional", "warning": "Data may be replaced"}
    told: dict[str, Any] = {
        "stack": "x",
        "region": "r",
        "artefacts": [],
        "uploaded": [],
        "has_changes": True,
        "warnings": [],
    }
    told["was_proposed"] = True
    aws_told.print_prepared(told | {"changes": [change]})
    said = capsys.readouterr()
    assert "perhaps" in said.out
    assert "warning: Data may be replaced" in said.err
    assert "an earlier deploy ended before it was agreed to" in said.err


def test_who_gets_the_alarms_is_told_to_confirm(capsys: pytest.CaptureFixture[str]) -> None:
    aws_told.print_outputs({"Bucket": "b", "LakeUrl": "s3://b/lake"}, "me@example.org")
    said = capsys.readouterr()
    assert said.out == "Bucket   b\nLakeUrl  s3://b/lake\n"
    assert "me@example.org" in said.err


def test_a_setting_that_the_template_does_not_know(
    chartlake: Command, aws: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHARTLAKE_AWS__ALERT_EMAIL", "me@example.org")
    done = chartlake("aws", "deploy", "--yes")
    assert done.code == 2
    assert "aws.alert_email has no effect" in done.err
