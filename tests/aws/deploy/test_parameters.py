"""Settings as the template's parameters."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import ValidationError

from chartlake.aws.deploy.deployment import Deployment
from chartlake.aws.deploy.parameters import NAMES, parameters_for, wanted_by
from chartlake.errors import ConfigError
from chartlake.settings import AwsSettings
from tests.conftest import ROOT

TEMPLATE = ROOT / "src" / "chartlake" / "aws" / "template.yaml"
ASKED: list[dict[str, Any]] = [
    {"ParameterKey": "ArtefactsBucket"},
    {"ParameterKey": "CodeKey"},
    {"ParameterKey": "LakePrefix", "DefaultValue": "lake"},
    {"ParameterKey": "ScheduleExpression", "DefaultValue": "cron(5 * * * ? *)"},
    {"ParameterKey": "AlertEmail", "DefaultValue": ""},
]
ARTEFACTS = {"ArtefactsBucket": "b", "CodeKey": "lambda/1.zip", "Template": "template/1.yaml"}


def test_only_what_the_template_asks_for_is_given() -> None:
    assert parameters_for(ASKED, Deployment(lake_prefix="music"), ARTEFACTS) == [
        {"ParameterKey": "ArtefactsBucket", "ParameterValue": "b"},
        {"ParameterKey": "CodeKey", "ParameterValue": "lambda/1.zip"},
        {"ParameterKey": "LakePrefix", "ParameterValue": "music"},
        {"ParameterKey": "ScheduleExpression", "ParameterValue": "cron(5 * * * ? *)"},
    ]


def test_a_setting_without_effect_is_told() -> None:
    with pytest.raises(ConfigError, match=r"aws\.kms_key has no effect.* KmsKeyArn"):
        parameters_for(ASKED, Deployment(kms_key="arn:aws:kms:x"), ARTEFACTS)


def test_what_nobody_gives_is_told() -> None:
    with pytest.raises(ConfigError, match="asks for what is not there: CodeKey, GlueScriptKey"):
        parameters_for(
            [*ASKED, {"ParameterKey": "GlueScriptKey"}], Deployment(), {"ArtefactsBucket": "b"}
        )


def test_values_are_written_as_the_template_reads_them() -> None:
    wanted = wanted_by(
        Deployment(
            bucket="mine",
            curated_bucket="create",
            subnets=("subnet-1", "subnet-2"),
            monthly_budget=20.0,
            scan_limit_gb=0.5,
            stale_after_hours=12,
            glue_workers=10,
            log_retention_days=90,
        )
    )
    defaults = wanted_by(Deployment())
    assert {key: text for key, text in wanted.items() if key not in defaults} == {
        "ExistingBucket": "mine",
        "CuratedBucket": "yes",
        "SubnetIds": "subnet-1,subnet-2",
        "MonthlyBudget": "20",
        "ScanLimit": "536870912",
        "StaleAfterHours": "12",
        "GlueWorkers": "10",
        "LogRetentionDays": "90",
    }


@pytest.mark.parametrize(
    ("deployment", "hours"),
    [
        (Deployment(), None),
        (Deployment(schedule="cron(30 6 * * ? *)"), "26"),
        (Deployment(schedule="rate(1 day)"), "26"),
        (Deployment(schedule="rate(6 hours)"), None),
        (Deployment(schedule="rate(1 day)", stale_after_hours=30), "30"),
    ],
)
def test_hours_of_alarms_follow_a_daily_schedule(deployment: Deployment, hours: str | None) -> None:
    asked = [*ASKED, {"ParameterKey": "StaleAfterHours", "DefaultValue": "3"}]
    given = {
        each["ParameterKey"]: each["ParameterValue"]
        for each in parameters_for(asked, deployment, ARTEFACTS)
    }
    assert given.get("StaleAfterHours") == hours


def test_a_template_without_such_alarms_can_run_daily() -> None:
    parameters_for(ASKED, Deployment(schedule="rate(1 day)"), ARTEFACTS)


@pytest.mark.parametrize("hours", [26.5, 1, 169])
def test_hours_that_no_alarm_could_have(hours: float) -> None:
    with pytest.raises(ValidationError):
        AwsSettings(stale_after_hours=hours)  # type: ignore[arg-type]  # as a file may say it


def test_every_setting_is_known_here() -> None:
    """But for those that say how AWS is reached, and the stack's own."""
    own = {"name", "region", "profile", "tags", "workgroup"}
    assert NAMES.keys() == AwsSettings.model_fields.keys() - own


@pytest.mark.skipif(not TEMPLATE.exists(), reason="the template is not there yet")
def test_every_setting_has_its_parameter_in_the_template() -> None:
    section = re.split(r"^(?=\S)", TEMPLATE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    (parameters,) = (part for part in section if part.startswith("Parameters:"))
    assert set(NAMES.values()) <= set(re.findall(r"^  (\w+):$", parameters, re.MULTILINE))
