"""The SQL files of this package, in the order in which they build on each other."""

from __future__ import annotations

from importlib.resources import files
from typing import Literal, NamedTuple

from chartlake.schema import TABLES, Table

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


VIEWS = _read("views", "live_attempts", "slots", "tracks", "albums", "artists", "track_credits")
"""Views over the loaded tables, in order of dependence."""

MARTS = _read(
    "marts",
    "timeline",
    "chart_editions",
    "chart_movements",
    "chart_exits",
    "chart_turnover",
    "artist_momentum",
    "listening_plays",
    "catalog_releases",
    "data_health",
)
"""Marts, in order of dependence."""


def checks() -> list[Check]:
    """All checks by name: the files of checks/, and for every table its key and its liveness.

    A file's first line reads ``-- error: an edition is there once``.
    """
    folder = files("chartlake.warehouse") / "checks"
    written = [_check(place.name, place.read_text(encoding="utf-8")) for place in folder.iterdir()]
    derived = [
        check for table in TABLES.values() for check in (_key_check(table), _live_check(table))
    ]
    return sorted([*written, *derived], key=lambda check: check.name)


def _check(file_name: str, text: str) -> Check:
    severity, _, statement = text.splitlines()[0].removeprefix("--").partition(":")
    return Check(
        file_name.removesuffix(".sql"),
        "error" if severity.strip() == "error" else "warning",
        statement.strip(),
        text,
    )


def _key_check(table: Table) -> Check:
    key = ", ".join(table.key)
    sql = f"select {key}, count(*) as times from {table.name} group by {key} having count(*) > 1"
    return Check(
        f"{table.name}_are_unique", "error", f"{table.name}: each {key} is there once", sql
    )


def _live_check(table: Table) -> Check:
    sql = f"""
        select r.feed, r.slot, r.attempt_id, count(*) as records
        from {table.name} r
        left join live_attempts l
            on l.feed = r.feed and l.slot = r.slot and l.attempt_id = r.attempt_id
        where l.feed is null
        group by r.feed, r.slot, r.attempt_id
        """
    statement = f"{table.name}: every row comes from the live attempt of its slot"
    return Check(f"{table.name}_are_live", "error", statement, sql)
