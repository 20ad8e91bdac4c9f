"""Configuration: chartlake.toml, overridden by .env, overridden by the environment.

Environment variables are named CHARTLAKE_, then the keys joined by two
underscores: CHARTLAKE_LAKE__URL, CHARTLAKE_SPOTIFY__CLIENT_ID. Secrets belong
in the environment or .env, never in the TOML file. Relative paths are relative
to the project's folder.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv import dotenv_values
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PrivateAttr,
    SecretStr,
)
from pydantic_core import ErrorDetails, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from chartlake.errors import ConfigError
from chartlake.lake.store import SCHEMES
from chartlake.model import FEED_NAME, SPOTIFY_ID, Cadence
from chartlake.schedule import WORDS, check_schedule

__all__ = ["FILE_NAME", "FeedSettings", "Settings", "read_settings"]

FILE_NAME = "chartlake.toml"
PREFIX = "CHARTLAKE_"
_OTHER_VARIABLES = {"CHARTLAKE_PROJECT"}
_SECRETS = {"client_secret", "access_token"}
_PLAYLIST = re.compile(
    r"(?:https?://open\.spotify\.com/(?:intl-\w+/)?playlist/|spotify:playlist:)?(\w+)(?:\?.*)?"
)


def _playlist_id(text: str) -> str:
    match = _PLAYLIST.fullmatch(text.strip())
    if not match or not SPOTIFY_ID.fullmatch(match[1]):
        raise ValueError(f"{text!r} is not a playlist: give its link, its URI or its id")
    return match[1]


def _schedule(text: str) -> str:
    check_schedule(text)
    return text


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{text!r} is not a time zone such as UTC or Europe/Berlin") from error
    return text


def _feed_name(text: str) -> str:
    if not FEED_NAME.fullmatch(text):
        raise ValueError(f"{text!r}: a feed's name has small letters, digits and single hyphens")
    return text


def _lake_url(text: str) -> str:
    scheme = urlsplit(text).scheme
    if scheme and scheme not in SCHEMES:
        raise ValueError(f"{text!r}: use a folder, or one of {', '.join(SCHEMES)} and ://")
    return text


def _web_url(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a URL: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{text!r} is not a URL that starts with https:// (or http://)")
    return text


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LakeSettings(_Section):
    """Where the lake is: a folder, or s3://bucket/prefix."""

    url: Annotated[str, AfterValidator(_lake_url)] = "chartlake-data/lake"


class WarehouseSettings(_Section):
    """Where the warehouse is: a DuckDB file."""

    path: Path = Path("chartlake-data/warehouse.duckdb")


class SpotifySettings(_Section):
    """How Spotify is reached. An access token is used as it is; else client credentials."""

    client_id: str | None = None
    client_secret: SecretStr | None = None
    access_token: SecretStr | None = None
    api_url: Annotated[str, AfterValidator(_web_url)] = "https://api.spotify.com/v1"
    token_url: Annotated[str, AfterValidator(_web_url)] = "https://accounts.spotify.com/api/token"


class FeedSettings(_Section):
    """One feed to follow."""

    source: Literal["playlist"]
    playlist: Annotated[str, AfterValidator(_playlist_id)]
    schedule: Annotated[str, AfterValidator(_schedule)] | None = None
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    cadence: Cadence = "edition"


FeedName = Annotated[str, BeforeValidator(_feed_name)]


class Settings(BaseSettings):
    """All settings of a project; ``project`` is its folder."""

    # lines of .env that are for others are none of our business; ours are checked by name
    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="ignore", frozen=True
    )

    lake: LakeSettings = LakeSettings()
    warehouse: WarehouseSettings = WarehouseSettings()
    spotify: SpotifySettings = SpotifySettings()
    feeds: dict[FeedName, FeedSettings] = {}

    _project: Path = PrivateAttr(default=Path())

    @property
    def project(self) -> Path:
        """The project's folder; relative paths start there."""
        return self._project

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment over .env over what chartlake.toml gave to the constructor."""
        return env_settings, dotenv_settings, init_settings

    @property
    def lake_url(self) -> str:
        """The lake's URL; a folder as an absolute path."""
        url = self.lake.url
        return url if "://" in url else str((self.project / Path(url).expanduser()).resolve())

    @property
    def warehouse_path(self) -> Path:
        """The warehouse's file as an absolute path."""
        return (self.project / self.warehouse.path.expanduser()).resolve()


def read_settings(project: Path) -> Settings:
    """The settings of the project in a folder; ConfigError names file, key and valid ones.

    Without a chartlake.toml everything has its default: data in ``chartlake-data/``.
    """
    if not project.is_dir():
        raise ConfigError(f"--project {project}: there is no such folder")
    file, dotenv = project / FILE_NAME, project / ".env"
    written = _read_toml(file)
    variables = _read_variables(dotenv)
    try:
        settings = Settings(_env_file=dotenv, **written)  # type: ignore[call-arg]  # a documented keyword of pydantic-settings
    except ValidationError as error:
        raise _explained(error.errors()[0], variables, file) from None
    except SettingsError as error:
        raise _no_section(str(error), variables) from None
    settings._project = project.resolve()
    return settings


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        written = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file}: not valid TOML", why=str(error)) from error
    valid = list(Settings.model_fields)
    for key in written:
        if key not in valid:
            raise _unknown(f"{file}: unknown key {key!r}", valid)
    spotify = written.get("spotify")
    for secret in _SECRETS & set(spotify if isinstance(spotify, dict) else ()):
        raise ConfigError(
            f"{file}: spotify.{secret} is a secret",
            why="this file is made to be committed and shared",
            fix=f"set {PREFIX}SPOTIFY__{secret.upper()} in .env or the environment",
        )
    return written


def _read_variables(dotenv: Path) -> dict[str, str]:
    """Our variables by name in capitals, each with where it stands; unknown ones are told.

    Pydantic ignores variables of unknown sections, so that a typing error there would go unseen.
    """
    try:
        in_file = dotenv_values(dotenv) if dotenv.exists() else {}
    except (OSError, ValueError) as error:
        raise ConfigError(f"{dotenv}: cannot be read", why=str(error)) from error
    places = {name.upper(): str(dotenv) for name in in_file}
    places |= {name.upper(): "environment" for name in os.environ}
    valid = [f"{PREFIX}{section.upper()}" for section in Settings.model_fields]
    ours = {name: where for name, where in places.items() if name.startswith(PREFIX)}
    for name, where in ours.items():
        if name.split("__")[0] not in valid and name not in _OTHER_VARIABLES:
            raise _unknown(f"{where}: unknown variable {name}", [f"{known}__…" for known in valid])
    return ours


def _unknown(what: str, valid: list[str]) -> ConfigError:
    return ConfigError(what, fix=f"valid here: {', '.join(valid)}")


def _no_section(said: str, variables: Mapping[str, str]) -> ConfigError:
    """A variable names a section as a whole; its value is not shown, it may be a secret."""
    found = re.search(r'field "(\w+)"', said)
    name = f"{PREFIX}{found[1].upper()}" if found else PREFIX
    return ConfigError(
        f"{variables.get(name, 'environment')}: {name} names a whole section",
        fix=f"set one key of it: {name}__…",
    )


def _explained(error: ErrorDetails, variables: Mapping[str, str], file: Path) -> ConfigError:
    place = [str(part) for part in error["loc"] if part != "[key]"]
    key, variable = ".".join(place), PREFIX + "__".join(place).upper()
    where = f"{variables[variable]} ({variable})" if variable in variables else str(file)
    valid = list(_model_at(place[:-1]).model_fields)
    if error["type"] == "extra_forbidden":
        return _unknown(f"{where}: unknown key {key!r}", valid)
    if error["type"] == "missing":
        return _unknown(f"{where}: key {key!r} is missing", valid)
    problem = error["msg"].removeprefix("Value error, ")
    return ConfigError(f"{where}: {key}: {problem}", fix=_valid_values(place[-1]))


def _valid_values(key: str) -> str | None:
    if key == "schedule":
        return f"valid: {', '.join(WORDS)}, or a cron line such as '30 6 * * *'"
    return None


def _model_at(place: list[str]) -> type[BaseModel]:
    sections: dict[str, type[BaseModel]] = {
        "lake": LakeSettings,
        "warehouse": WarehouseSettings,
        "spotify": SpotifySettings,
        "feeds": FeedSettings,
    }
    return sections.get(place[0], Settings) if place else Settings
