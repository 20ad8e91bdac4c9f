"""What is wanted, as the parameters that the template asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chartlake.aws.deploy.deployment import Deployment
from chartlake.aws.deploy.schedule import usual_hours
from chartlake.errors import ConfigError

__all__ = ["NAMES", "parameters_for", "wanted_by"]

NAMES = {
    "bucket": "ExistingBucket",
    "curated_bucket": "CuratedBucket",
    "lake_prefix": "LakePrefix",
    "kms_key": "KmsKeyArn",
    "permissions_boundary": "PermissionsBoundaryArn",
    "subnets": "SubnetIds",
    "security_groups": "SecurityGroupIds",
    "schedule": "ScheduleExpression",
    "timezone": "ScheduleTimezone",
    "alert_email": "AlertEmail",
    "monthly_budget": "MonthlyBudget",
    "scan_limit_gb": "ScanLimit",
    "log_retention_days": "LogRetentionDays",
    "stale_after_hours": "StaleAfterHours",
    "glue_workers": "GlueWorkers",
}
"""The parameter of each setting; what has none (name, tags) is the stack's own."""

_GB = 1024**3


def wanted_by(deployment: Deployment) -> dict[str, str]:
    """The parameters that settings give, by name; what is not set is the template's default."""
    values = {name: getattr(deployment, setting) for setting, name in NAMES.items()}
    if deployment.scan_limit_gb is not None:
        values["ScanLimit"] = int(deployment.scan_limit_gb * _GB)
    if deployment.curated_bucket == "create":
        values["CuratedBucket"] = "yes"
    return {name: _text(value) for name, value in values.items() if value not in (None, ())}


def _derived(deployment: Deployment) -> dict[str, str]:
    """What follows from other settings where it is not set itself."""
    hours = usual_hours(deployment.schedule)
    return {} if hours is None else {"StaleAfterHours": str(hours)}


def _text(value: str | float | tuple[str, ...]) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    is_whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if is_whole else value)


def parameters_for(
    asked: Sequence[Mapping[str, Any]],
    deployment: Deployment,
    artefacts: Mapping[str, str],
) -> list[dict[str, str]]:
    """The parameters of a change set, of those that the template asks for.

    ``asked`` is CloudFormation's own summary of the template, ``artefacts`` has the keys that
    were uploaded and their bucket. ConfigError where a setting would have no effect, or where
    the template needs what nobody gives.
    """
    names = {str(each["ParameterKey"]) for each in asked}
    settings = wanted_by(deployment)
    defaults = wanted_by(Deployment())
    for setting, name in NAMES.items():
        is_chosen = name in settings and settings[name] != defaults.get(name)
        if is_chosen and name not in names:
            raise ConfigError(
                f"aws.{setting} has no effect: the template has no parameter {name}",
                fix="remove it from chartlake.toml",
            )
    values = {**_derived(deployment), **settings, **artefacts}
    given = {key: text for key, text in values.items() if key in names}
    needed = {str(each["ParameterKey"]) for each in asked if each.get("DefaultValue") is None}
    if missing := sorted(needed - given.keys()):
        raise ConfigError(
            f"the template asks for what is not there: {', '.join(missing)}",
            why="an artefact was not made, or a setting is not known here",
        )
    return [{"ParameterKey": key, "ParameterValue": given[key]} for key in sorted(given)]
