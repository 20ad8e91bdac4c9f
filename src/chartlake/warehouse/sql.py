"""The SQL files of this package, in the order in which they build on each other.

The first comment lines of a file say what one must know to run it:

    -- one row per feed and item_key: its whole time on the chart so far      its grain
    -- key: feed, item_key                                                    what tells rows apart
    -- anew: touched_items (feed, item_key)                                   what is made again
    -- scope: credits                                                         see `refresh`

A state, one of the small relations that say what is to be made again, has instead of these

    -- of: chart_movements     the table at which it looks, before and after that is made again
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Literal, NamedTuple

from chartlake.schema import TABLES, Table

__all__ = ["GIVEN", "MARTS", "STEPS", "VIEWS", "Check", "SqlFile", "checks"]

_QUALIFIER = re.compile(r"\b[a-z]+\.")

Kind = Literal["table", "view", "state"]

GIVEN = {
    "touched_slots": "feed varchar, slot varchar",
    "touched_feeds": "feed varchar",
    "moved_feeds": "feed varchar",
    "scope": "feed varchar, first_ordinal bigint, first_at timestamp, first_date date",
    "item_states": "feed varchar, ordinal bigint, item_key varchar, position bigint, "
    "streams bigint, peak_position bigint, peak_date date, debut_date date, "
    "debut_position bigint, editions_on_chart bigint, streak bigint, editions_at_one bigint, "
    "streams_total bigint",
}
"""Relations that are there before any state or mart is made, and their columns.

Slots and feeds that were touched; feeds that are another market's now; the feeds whose lists are
computed, each from an edition on; and the state of items before that. When all is made anew they
hold all slots and feeds, each feed from ordinal 1 on (``first_at`` and ``first_date`` in the year
1), and no state.
"""


class SqlFile(NamedTuple):
    """One SELECT with what its first lines say of it."""

    name: str
    text: str
    kind: Kind

    @property
    def grain(self) -> str:
        """The first line without the comment's dashes."""
        return self.text.splitlines()[0].removeprefix("--").strip()

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that tell its rows apart."""
        return _names(self.said("key"))

    @property
    def order(self) -> str:
        """The columns by which its rows are sorted, as its SELECT ends."""
        return _QUALIFIER.sub("", self.text.rpartition("\norder by ")[2].strip())

    @property
    def anew(self) -> str:
        """What is made again where something was touched.

        ``all``; or ``editions``, ``weeks`` or ``feeds`` (of those in scope, from the first that
        was touched on); or the name of the state whose keys are made again.
        """
        return self.said("anew").split()[0]

    @property
    def anew_by(self) -> tuple[str, ...]:
        """The columns by which it is joined with that state."""
        return _names(self.said("anew").partition("(")[2].rstrip(")"))

    @property
    def scope(self) -> str:
        """Which changes it follows: of entries, and beside them of credits or recordings."""
        return self.said("scope") or "entries"

    @property
    def of(self) -> str:
        """Of a state: the mart at which it looks; ``tables`` for the curated ones."""
        return self.said("of")

    @property
    def in_scope(self) -> bool:
        """Whether it computes the feeds in ``scope`` only."""
        return "join scope " in self.text

    def said(self, word: str) -> str:
        """What a header line says, such as ``-- key: feed, slot``; nothing where there is none."""
        mark = f"-- {word}:"
        lines = (line for line in self.text.splitlines() if line.startswith(mark))
        return next(lines, mark).removeprefix(mark).strip()


class Check(NamedTuple):
    """One SELECT that must return no rows; its first line gives severity and statement."""

    name: str
    severity: Literal["error", "warning"]
    statement: str
    text: str


_FOLDERS: dict[Kind, str] = {"view": "views", "table": "marts", "state": "state"}


def _read(kind: Kind, *names: str) -> tuple[SqlFile, ...]:
    place = files("chartlake.warehouse") / _FOLDERS[kind]
    return tuple(
        SqlFile(name, (place / f"{name}.sql").read_text(encoding="utf-8"), kind) for name in names
    )


VIEWS = _read("view", "live_attempts", "slots")
"""Views over the loaded tables, in order of dependence."""

STEPS = (
    *_read("state", "touched_tracks", "touched_albums", "touched_artists", "touched_entries"),
    *_read("state", "touched_accounts", "touched_things", "touched_credits"),
    # what is told of slots, items and people
    *_read("table", "slot_contents", "entry_forms", "tracks", "albums", "artists"),
    *_read("table", "track_credits", "album_credits", "item_credits"),
    *_read("table", "track_identities"),
    *_read("state", "touched_texts", "touched_keys"),
    *_read("table", "recording_keys"),
    *_read("state", "touched_recordings"),
    *_read("table", "recordings"),
    *_read("view", "merged_tracks", "excluded_items"),
    # lists, from the first edition that was touched on
    *_read("table", "timeline", "chart_editions", "chart_movements"),
    *_read("state", "touched_items"),
    *_read("table", "chart_exits"),
    *_read("view", "chart_credits", "chart_returns"),
    *_read("table", "chart_turnover", "artist_editions"),
    *_read("state", "touched_charting_artists"),
    *_read("table", "artist_momentum"),
    # what they add up to
    *_read("table", "item_forms", "item_profiles"),
    *_read("state", "touched_markets", "touched_releases"),
    *_read("table", "artist_profiles", "chart_records", "market_spread", "release_age"),
    *_read("table", "attribute_history", "reported_differences", "listening_plays"),
    *_read("table", "catalog_releases", "data_health"),
    *_read("view", "roster_items"),
)
"""States, marts, and views over them, in order of dependence."""

MARTS = tuple(step for step in STEPS if step.kind != "state")
"""Marts, and the views over them."""

(ITEM_STATES,) = _read("state", "item_states")
"""What fills ``item_states``, where not all is made anew."""


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


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


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
