"""The sections of chartlake.toml other than feeds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from chartlake.errors import ConfigError
from chartlake.lake.places import places_of
from chartlake.lake.store import SCHEMES
from chartlake.settings.names import time_zone

__all__ = [
    "AuthSettings",
    "AwsSettings",
    "CredentialKind",
    "Engine",
    "LakeSettings",
    "RetentionSettings",
    "Section",
    "SpotifySettings",
    "TransformSettings",
    "WarehouseSettings",
]

Engine = Literal["local", "spark"]
CredentialKind = Literal["auto", "keyring", "file", "aws"]
_MEMORY = re.compile(r"[0-9]+(\.[0-9]+)? ?[KMGT]i?B", re.IGNORECASE)


def _lake_url(text: str) -> str:
    if not text.strip():
        raise ValueError("no place is named: a folder, or s3://bucket/prefix")
    scheme = urlsplit(text).scheme
    if scheme and scheme not in SCHEMES:
        raise ValueError(f"{text!r}: use a folder, or one of {', '.join(SCHEMES)} and ://")
    try:
        places_of(text)
    except ConfigError as error:
        raise ValueError(f"{error.what}; valid: {error.fix}") from error
    return text


def _web_url(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a URL: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{text!r} is not a URL that starts with https:// (or http://)")
    if parts.username is not None:
        raise ValueError("a URL must hold no user name and no password: it is recorded")
    return text


def _memory(text: str) -> str:
    if not _MEMORY.fullmatch(text.strip()):
        raise ValueError(f"{text!r} is no amount of memory such as 4GB or 512MB")
    return text.strip()


class Section(BaseModel):
    """A table of chartlake.toml: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LakeSettings(Section):
    """Where the lake is: a folder, or s3://bucket/prefix (its tables in another: ?curated=s3://…)."""

    url: Annotated[str, AfterValidator(_lake_url)] = "chartlake-data/lake"


class WarehouseSettings(Section):
    """Where the warehouse is: a DuckDB file; and what DuckDB may take while it writes it."""

    path: Path = Path("chartlake-data/warehouse.duckdb")
    memory_limit: Annotated[str, AfterValidator(_memory)] | None = None
    threads: Annotated[int, Field(ge=1, le=1024)] | None = None


class RetentionSettings(Section):
    """How long answers of a web API are kept as they came."""

    raw_days: Annotated[int, Field(ge=0, le=36_500)] = 400


class TransformSettings(Section):
    """Where raw pages become tables: in processes of this machine, or on Spark."""

    engine: Engine = "local"
    processes: Annotated[int, Field(ge=1, le=61)] | None = None
    spark_master: str | None = None


class SpotifySettings(Section):
    """How Spotify is reached: by a given access token, else a sign-in, else client credentials."""

    client_id: str | None = None
    client_secret: SecretStr | None = None
    access_token: SecretStr | None = None
    api_url: Annotated[str, AfterValidator(_web_url)] = "https://api.spotify.com/v1"
    token_url: Annotated[str, AfterValidator(_web_url)] = "https://accounts.spotify.com/api/token"
    authorize_url: Annotated[str, AfterValidator(_web_url)] = (
        "https://accounts.spotify.com/authorize"
    )
    redirect_port: Annotated[int, Field(ge=0, le=65535)] = 0
    daily_requests: Annotated[int, Field(ge=1)] | None = None
    workers: Annotated[int, Field(ge=1, le=16)] = 4
    longest_run_minutes: Annotated[float, Field(gt=0)] = 30


class AuthSettings(Section):
    """Where sign-ins are kept; without a folder, in the user's folder for configuration."""

    store: CredentialKind = "auto"
    folder: Path | None = None


def _stack_name(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9]{1,19}", text):
        raise ValueError(f"{text!r}: 2 to 20 small letters and digits, a letter first")
    return text


def _prefix(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", text):
        raise ValueError(f"{text!r}: small letters, digits, _ and - only, such as lake")
    return text


def _bucket(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", text):
        raise ValueError(f"{text!r} is no name of a bucket: only the name, without s3://")
    return text


def _kms_key(text: str) -> str:
    if not re.fullmatch(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+", text):
        raise ValueError(f"{text!r} is no key's ARN, arn:aws:kms:REGION:ACCOUNT:key/ID")
    return text


def _aws_schedule(text: str) -> str:
    cron = re.fullmatch(r"cron\((.+)\)", text)
    rate = re.fullmatch(r"rate\([1-9][0-9]* (minute|hour|day)s?\)", text)
    if not rate and (not cron or len(cron[1].split()) != 6):
        raise ValueError(f"{text!r} is none of AWS: rate(1 hour), or cron(5 * * * ? *) of 6 fields")
    return text


def _mail(text: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text):
        raise ValueError(f"{text!r} is no mail address")
    return text


_Bucket = Annotated[str, AfterValidator(_bucket)]


class AwsSettings(Section):
    """What `chartlake aws deploy` makes, and where; what is not given is the template's default."""

    name: Annotated[str, AfterValidator(_stack_name)] = "chartlake"
    region: str | None = None
    profile: str | None = None
    bucket: _Bucket | None = None
    curated_bucket: _Bucket | None = None
    lake_prefix: Annotated[str, AfterValidator(_prefix)] = "lake"
    kms_key: Annotated[str, AfterValidator(_kms_key)] | None = None
    permissions_boundary: str | None = None
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    schedule: Annotated[str, AfterValidator(_aws_schedule)] = "cron(5 * * * ? *)"
    timezone: Annotated[str, AfterValidator(time_zone)] = "UTC"
    alert_email: Annotated[str, AfterValidator(_mail)] | None = None
    monthly_budget: Annotated[float, Field(gt=0)] | None = None
    scan_limit_gb: Annotated[float, Field(gt=0)] | None = None
    log_retention_days: Annotated[int, Field(ge=1)] | None = None
    stale_after_hours: Annotated[int, Field(ge=2, le=168)] | None = None
    glue_workers: Annotated[int, Field(ge=2)] | None = None
    workgroup: str | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if bool(self.subnets) != bool(self.security_groups):
            raise ValueError("subnets and security_groups are given together, or neither")
        if self.monthly_budget and not self.alert_email:
            raise ValueError("monthly_budget needs alert_email: who is told of it")
        return self
