"""The SQL files of this package, in the order in which they build on each other."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Literal, NamedTuple

__all__ = ["MARTS", "VIEWS", "Check", "SqlFile", "checks"]


class SqlFile(NamedTuple):
    """One SELECT; its first comment line states the grain."""

    name: str
    text: str

    @property
    def grain(self) -> str:
        """The first line without the comment's dashes."""
        return self.text.splitlines()[0].removeprefix("--").strip()


class Check(NamedTuple):
    """One SELECT that must return no rows; its first line gives severity and statement."""

    name: str
    severity: Literal["error", "warning"]
    statement: str
    text: str


def _read(folder: str, *names: str) -> tuple[SqlFile, ...]:
    place = files("chartlake.warehouse") / folder
    return tuple(
        SqlFile(name, (place / f"{name}.sql").read_text(encoding="utf-8")) for name in names
    )


VIEWS = _read("views", "live_attempts", "tracks", "albums", "artists", "track_credits")
"""Views over the loaded tables, in order of dependence."""

MARTS = _read(
    "marts",
    "chart_editions",
    "chart_movements",
    "chart_exits",
    "chart_turnover",
    "artist_momentum",
    "data_health",
)
"""Marts, in order of dependence."""


def checks() -> Iterator[Check]:
    """All checks, by name. A first line reads ``-- error: keys are unique``."""
    folder = files("chartlake.warehouse") / "checks"
    for place in sorted(folder.iterdir(), key=lambda file: file.name):
        if place.name.endswith(".sql"):
            text = place.read_text(encoding="utf-8")
            severity, _, statement = text.splitlines()[0].removeprefix("--").partition(":")
            yield Check(
                place.name.removesuffix(".sql"),
                "error" if severity.strip() == "error" else "warning",
                statement.strip(),
                text,
            )
