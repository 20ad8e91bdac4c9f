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
from typing import Any

from dotenv import dotenv_values
from pydantic import BaseModel, PrivateAttr
from pydantic_core import ErrorDetails, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from chartlake.errors import ConfigError
from chartlake.schedule import WORDS
from chartlake.settings.charts import (
    ChartsSettings,
    ChecksSettings,
    ExcludeSettings,
    Markets,
    RosterSettings,
)
from chartlake.settings.feeds import FEED_SETTINGS, FeedName, FeedSettings
from chartlake.settings.sections import (
    AuthSettings,
    AwsSettings,
    Engine,
    LakeSettings,
    RetentionSettings,
    SpotifySettings,
    TransformSettings,
    WarehouseSettings,
)

__all__ = [
    "FILE_NAME",
    "AuthSettings",
    "AwsSettings",
    "ChartsSettings",
    "ChecksSettings",
    "Engine",
    "ExcludeSettings",
    "FeedSettings",
    "LakeSettings",
    "RetentionSettings",
    "RosterSettings",
    "Settings",
    "SpotifySettings",
    "TransformSettings",
    "WarehouseSettings",
    "read_settings",
]

FILE_NAME = "chartlake.toml"
PREFIX = "CHARTLAKE_"
_OTHER_VARIABLES = {"CHARTLAKE_PROJECT"}
_SECRETS = {"client_secret", "access_token"}


class Settings(BaseSettings):
    """All settings of a project; ``project`` is its folder."""

    # lines of .env that are for others are none of our business; ours are checked by name
    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="ignore", frozen=True
    )

    lake: LakeSettings = LakeSettings()
    warehouse: WarehouseSettings = WarehouseSettings()
    retention: RetentionSettings = RetentionSettings()
    transform: TransformSettings = TransformSettings()
    spotify: SpotifySettings = SpotifySettings()
    auth: AuthSettings = AuthSettings()
    aws: AwsSettings = AwsSettings()
    charts: ChartsSettings = ChartsSettings()
    roster: RosterSettings = RosterSettings()
    exclude: ExcludeSettings = ExcludeSettings()
    checks: ChecksSettings = ChecksSettings()
    markets: Markets = {}
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
        # a key that is misspelt is missing too: the first says more
        first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
        raise _explained(first, variables, file) from None
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
    source = place.pop(2) if place[0] == "feeds" and len(place) > 3 else None  # of which kind
    # a variable holds a whole list, of which the last part may name one value
    key, held = ".".join(place), place[:-1] if place[-1].isdigit() else place
    variable = PREFIX + "__".join(held).upper()
    where = f"{variables[variable]} ({variable})" if variable in variables else str(file)
    if error["type"].startswith("union_tag"):
        said = error["ctx"].get("tag") if "ctx" in error else None
        what = f"{said!r} is no source" if said else "key 'source' is missing"
        return ConfigError(f"{where}: {key}: {what}", fix=f"valid: {', '.join(FEED_SETTINGS)}")
    valid = list(_model_at(place[:-1], source).model_fields)
    if error["type"] == "extra_forbidden":
        return _unknown(f"{where}: unknown key {key!r}", valid)
    if error["type"] == "missing":
        return _unknown(f"{where}: key {key!r} is missing", valid)
    problem = error["msg"].removeprefix("Value error, ")
    return ConfigError(f"{where}: {key}: {problem}", fix=_valid_values(place))


def _valid_values(place: list[str]) -> str | None:
    if place[0] == "feeds" and place[-1] == "schedule":
        return f"valid: {', '.join(WORDS)}, or a cron line such as '30 6 * * *'"
    return None


def _model_at(place: list[str], source: str | None) -> type[BaseModel]:
    if source in FEED_SETTINGS:
        return FEED_SETTINGS[source]
    field = Settings.model_fields.get(place[0]) if place else None
    model = field.annotation if field else None
    return model if isinstance(model, type) and issubclass(model, BaseModel) else Settings
