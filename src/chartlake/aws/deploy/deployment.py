"""What is wanted in AWS, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Deployment"]


@dataclass(frozen=True)
class Deployment:
    """A stack that is wanted: the table [aws] of chartlake.toml. None is the template's default.

    ``curated_bucket`` is the name of one that exists, or "create".
    """

    name: str = "chartlake"
    bucket: str | None = None
    curated_bucket: str | None = None
    lake_prefix: str = "lake"
    kms_key: str | None = None
    permissions_boundary: str | None = None
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    schedule: str = "cron(5 * * * ? *)"
    timezone: str = "UTC"
    alert_email: str | None = None
    monthly_budget: float | None = None
    scan_limit_gb: float | None = None
    log_retention_days: int | None = None
    stale_after_hours: int | None = None
    glue_workers: int | None = None
