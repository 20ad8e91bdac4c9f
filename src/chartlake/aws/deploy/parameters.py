"""What is wanted, as the parameters that the template asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chartlake.aws.deploy.deployment import Deployment
from chartlake.errors import ConfigError

__all__ = ["NAMES", "parameters_for", "wanted_by"]

NAMES = {
    "bucket": "Bucket",
    "curated_bucket": "CuratedBucket",
    "lake_prefix": "LakePrefix",
    "kms_key": "KmsKey",
    "permissions_boundary": "PermissionsBoundary",
    "subnets": "Subnets",
    "security_groups": "SecurityGroups",
    "schedule": "ScheduleExpression",
    "timezone": "ScheduleTimezone",
    "alert_email": "AlertEmail",
    "monthly_budget": "MonthlyBudget",
    "scan_limit_gb": "ScanLimitGb",
    "log_retention_days": "LogRetentionDays",
    "stale_after_hours": "StaleAfterHours",
    "workgroup": "Workgroup",
}
"""The parameter of each setting; what has none (name, tags) is the stack's own."""


def wanted_by(deployment: Deployment) -> dict[str, str]:
    """The parameters that settings give, by name; what is not set is the template's default."""
    values = {name: getattr(deployment, setting) for setting, name in NAMES.items()}
    return {name: _text(value) for name, value in values.items() if value not in (None, ())}


def _text(value: str | float | tuple[str, ...]) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    return value if isinstance(value, str) else f"{value:g}"


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
    given = {key: text for key, text in {**settings, **artefacts}.items() if key in names}
    needed = {str(each["ParameterKey"]) for each in asked if each.get("DefaultValue") is None}
    if missing := sorted(needed - given.keys()):
        raise ConfigError(
            f"the template asks for what is not there: {', '.join(missing)}",
            why="an artefact was not made, or a setting is not known here",
        )
    return [{"ParameterKey": key, "ParameterValue": given[key]} for key in sorted(given)]
