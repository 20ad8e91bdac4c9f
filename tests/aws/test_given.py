"""The calendar and the choices without DuckDB are those that its warehouse holds."""

from __future__ import annotations

import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given as any_of
from hypothesis import settings
from hypothesis import strategies as st

from chartlake.aws.given import _small, given, waiting_since
from chartlake.aws.live import ATTEMPTS
from chartlake.model import Feed, naive_utc, slot_at
from chartlake.schema import TABLES
from chartlake.warehouse.choices import Choices
from chartlake.warehouse.given import given as by_duckdb

START = datetime(2026, 3, 20, tzinfo=UTC)  # clocks change in the weeks after it
NOW = START + timedelta(days=20, hours=5, minutes=7)
SCHEDULES = ["hourly", "daily", "weekly", "30 6 * * *", None]
ZONES = ["UTC", "Europe/Berlin", "America/New_York"]

ways = st.fixed_dictionaries(
    {
        "source": st.sampled_from(["playlist", "charts-csv"]),
        "source_id": st.sampled_from(["regional-is-daily", "regional-is-weekly", "P" * 22, "-a-"]),
        "schedule": st.sampled_from(SCHEDULES),
        "timezone": st.sampled_from(ZONES),
        "cadence": st.sampled_from(["edition", "day"]),
    }
)
slots = st.fixed_dictionaries(
    {"feed": st.sampled_from(["one", "two"]), "hour": st.integers(0, 500), "way": ways}
)


def rows_of(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row per slot; a feed keeps what it is for a while, as feeds do."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for each in sorted(found, key=lambda one: (one["feed"], one["hour"])):
        at = START + timedelta(hours=each["hour"])
        place = (each["feed"], str(slot_at(at)))
        rows[place] = {"feed": place[0], "slot": place[1], "scheduled_at": naive_utc(at)}
        rows[place] |= each["way"]
    return list(rows.values())


def attempts(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, ATTEMPTS)


def editions(rows: list[dict[str, Any]]) -> dict[str, pa.Table]:
    plain = {
        name: table.arrow for name, table in TABLES.items() if name in ("editions", "readings")
    }
    whole = [row | {"chart_date": row["scheduled_at"].date()} for row in rows]
    nullable = pa.schema([field.with_nullable(True) for field in plain["editions"]])
    filled = [
        {
            field.name: row.get(field.name, "x" if field.type == pa.string() else None)
            for field in nullable
        }
        | {"observed_at": naive_utc(NOW), "item_count": 0, "attempt_id": "a"}
        for row in whole
    ]
    return {
        "editions": pa.Table.from_pylist(filled, nullable),
        "readings": plain["readings"].empty_table(),
    }


@settings(max_examples=60, deadline=None)
@any_of(found=st.lists(slots, min_size=1, max_size=8))
def test_calendar_and_markets_are_those_of_the_warehouse(found: list[dict[str, Any]]) -> None:
    rows = rows_of(found)
    chosen = Choices(markets=(("two", "evening", "is"),))
    ours, theirs = given(attempts(rows), NOW, chosen), by_duckdb(editions(rows), {}, NOW, chosen)
    for name in ("due_editions", "feed_markets"):
        assert sorted(map(str, ours[name].to_pylist())) == sorted(
            map(str, theirs[name].to_pylist())
        ), name


def test_terms_are_those_of_the_warehouse() -> None:
    chosen = Choices(
        roster=(("name", "  ΣÍSYPHOS Σ\u00a0"), ("name", "İstanbul"), ("artist", "A" * 22)),
        excluded=(("name", "STRASSE ẞ"), ("kind", "Episode"), ("item", "X")),
        recordings="as-one",
    )
    ours, theirs = given(attempts([]), NOW, chosen), by_duckdb(editions([]), {}, NOW, chosen)
    for name in ("roster_terms", "excluded_terms", "chart_options", "due_editions"):
        assert ours[name].to_pylist() == theirs[name].to_pylist(), name


def test_letters_are_made_small_as_duckdb_makes_them() -> None:
    """But for those that one of the two does not know yet: each has a Unicode of its own."""
    letters = [chr(code) for code in range(1, sys.maxunicode) if not 0xD800 <= code < 0xE000]
    table = pa.table({"letter": [f"a{letter}b" for letter in letters]})
    with closing(duckdb.connect(":memory:")) as db:
        db.register("letters", table)
        theirs = [small for (small,) in db.execute("select lower(letter) from letters").fetchall()]
    differing = [
        letter
        for letter, small in zip(letters, theirs, strict=True)
        if _small(f"a{letter}b") != small
    ]
    assert len(differing) < 100
    assert not any(ord(letter) < 0x0500 for letter in differing)


@pytest.mark.parametrize(
    ("hours", "waits"), [(23, None), (24, 0), (25.5, 1.5), (49, 25)], ids=["not yet", *"abc"]
)
def test_an_edition_waits_from_when_it_was_due(hours: float, waits: float | None) -> None:
    daily = Feed(name="one", source="playlist", source_id="P" * 22, schedule="daily")
    row = {"feed": "one", "slot": str(slot_at(START)), "scheduled_at": naive_utc(START)}
    now = START + timedelta(hours=hours)
    since = waiting_since(attempts([row]), [daily], now)
    assert since == (None if waits is None else now - timedelta(hours=waits))
