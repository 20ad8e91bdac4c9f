"""The SQL files of this package, in the order in which they build on each other."""

from __future__ import annotations

from importlib.resources import files
from typing import Literal, NamedTuple

from chartlake.schema import TABLES, Table

__all__ = ["MARTS", "VIEWS", "Check", "SqlFile", "checks"]


class SqlFile(NamedTuple):
    """One SELECT; its first comment line states the grain, the second line its key."""

    name: str
    text: str
    kind: Literal["table", "view"]

    @property
    def grain(self) -> str:
        """The first line without the comment's dashes."""
        return self.text.splitlines()[0].removeprefix("--").strip()

    @property
    def in_scope(self) -> bool:
        """Whether it computes the feeds in ``scope`` only."""
        return "join scope " in self.text

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that tell its rows apart: the second line reads ``-- key: feed, slot``."""
        said = self.text.splitlines()[1].removeprefix("-- key:")
        return tuple(column.strip() for column in said.split(","))


class Check(NamedTuple):
    """One SELECT that must return no rows; its first line gives severity and statement."""

    name: str
    severity: Literal["error", "warning"]
    statement: str
    text: str


def _read(folder: Literal["views", "marts"], *names: str) -> tuple[SqlFile, ...]:
    place = files("chartlake.warehouse") / folder
    kind: Literal["table", "view"] = "view" if folder == "views" else "table"
    return tuple(
        SqlFile(name, (place / f"{name}.sql").read_text(encoding="utf-8"), kind) for name in names
    )


VIEWS = _read(
    "views",
    "live_attempts",
    "slots",
    "tracks",
    "albums",
    "artists",
    "track_credits",
    "album_credits",
    "item_credits",
)
"""Views over the loaded tables, in order of dependence."""

MARTS = (
    *_read("marts", "timeline", "chart_editions", "recordings"),
    *_read("views", "merged_tracks", "excluded_items"),
    *_read("marts", "chart_movements", "chart_exits"),
    *_read("views", "chart_credits", "chart_returns"),
    *_read(
        "marts",
        "chart_turnover",
        "artist_editions",
        "artist_momentum",
        "item_forms",
        "item_profiles",
        "artist_profiles",
        "chart_records",
        "market_spread",
        "release_age",
        "attribute_history",
        "reported_differences",
        "listening_plays",
        "catalog_releases",
        "data_health",
    ),
    *_read("views", "roster_items"),
)
"""Marts, and the views over them, in order of dependence."""


def checks() -> list[Check]:
    """All checks by name: the files of checks/; each table's key and liveness, each mart's key.

    A file's first line reads ``-- error: an edition is there once``.
    """
    folder = files("chartlake.warehouse") / "checks"
    written = [_check(place.name, place.read_text(encoding="utf-8")) for place in folder.iterdir()]
    derived = [_key_check(table.name, table.key) for table in TABLES.values()]
    derived += [_live_check(table) for table in TABLES.values()]
    derived += [_key_check(mart.name, mart.key) for mart in MARTS if mart.kind == "table"]
    return sorted([*written, *derived], key=lambda check: check.name)


def _check(file_name: str, text: str) -> Check:
    severity, _, statement = text.splitlines()[0].removeprefix("--").partition(":")
    return Check(
        file_name.removesuffix(".sql"),
        "error" if severity.strip() == "error" else "warning",
        statement.strip(),
        text,
    )


def _key_check(name: str, columns: tuple[str, ...]) -> Check:
    key = ", ".join(columns)
    sql = f"select {key}, count(*) as times from {name} group by {key} having count(*) > 1"
    return Check(f"{name}_are_unique", "error", f"{name}: each {key} is there once", sql)


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
