"""The sections of chartlake.toml other than feeds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from chartlake.errors import ConfigError
from chartlake.lake.places import places_of
from chartlake.lake.store import SCHEMES

__all__ = [
    "AuthSettings",
    "Engine",
    "LakeSettings",
    "RetentionSettings",
    "Section",
    "SpotifySettings",
    "TransformSettings",
    "WarehouseSettings",
]

Engine = Literal["local", "spark"]
_MEMORY = re.compile(r"[0-9]+(\.[0-9]+)? ?[KMGT]i?B", re.IGNORECASE)


def _lake_url(text: str) -> str:
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

    store: Literal["auto", "keyring", "file"] = "auto"
    folder: Path | None = None
