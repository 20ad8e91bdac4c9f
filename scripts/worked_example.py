"""The world of docs/example.toml in a warehouse of its own, which is gone after use."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from chartlake.schema import TABLES
from chartlake.warehouse import migrations
from chartlake.warehouse.refresh import refresh_marts
from chartlake.warehouse.rows import insert

_FILE = Path(__file__).resolve().parent.parent / "docs" / "example.toml"
_WEEK = timedelta(days=7)
_ENTRY = re.compile(r"(?P<letter>[A-Z])(?P<copy>\d?) (?P<streams>\d+)")
Row = dict[str, Any]


@contextmanager
def worked_example() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a warehouse with the world's tables and all marts."""
    world = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    with closing(duckdb.connect()) as db:
        migrations.prepare(db, Path("example"), datetime(2026, 2, 1, tzinfo=UTC))
        for table, rows in _tables(world).items():
            _insert(db, table, rows)
        refresh_marts(db)
        yield db


def _tables(world: Mapping[str, Any]) -> dict[str, list[Row]]:
    charts = {
        (feed, date.fromisoformat(day)): text
        for feed, editions in world["charts"].items()
        for day, text in editions.items()
    }
    return {
        "editions": [
            _edition(feed, day, text.count(",") + 1)
            for feed, day in charts
            for text in [charts[feed, day]]
        ],
        "entries": [
            row for (feed, day), text in charts.items() for row in _entries(world, feed, day, text)
        ],
        "due_editions": list(_due(charts)),
        "feed_markets": [
            {"feed": feed, "family": "regional-weekly", "market": feed.split("-")[1]}
            for feed in world["charts"]
        ],
        "chart_options": [{"name": "recordings", "value": "apart"}],
        "roster_terms": world["roster_terms"],
        **{
            table: [_observation(charts, row) for row in rows]
            for table, rows in world["observed"].items()
        },
    }


def _edition(feed: str, day: date, items: int) -> Row:
    at = datetime.combine(day, datetime.min.time())
    return {
        **_common(feed, day),
        "scheduled_at": at,
        "chart_date": day,
        "observed_at": at + timedelta(days=1),
        "source": "charts-csv",
        "source_id": feed,
        "schedule": "weekly",
        "timezone": "UTC",
        "cadence": "edition",
        "item_count": items,
    }


def _entries(world: Mapping[str, Any], feed: str, day: date, text: str) -> Iterator[Row]:
    reported = world["reported"].get(feed, {}).get(str(day), {})
    for position, written in enumerate(text.split(", "), start=1):
        match = _ENTRY.fullmatch(written)
        assert match, written
        letter, copy = match["letter"], match["copy"]
        key = (letter * 21 + copy) if copy else letter * 22
        said = reported.get(letter, {})
        yield {
            **_common(feed, day),
            "position": position,
            "item_kind": "track",
            "item_key": key,
            "track_id": key,
            "item_name": f"Song {letter}",
            "artist_names": f"Artist {letter}",
            "streams": int(match["streams"]),
            "reported_peak": said.get("peak"),
            "reported_time_on_chart": said.get("time"),
            "reported_previous_rank": said.get("previous"),
            "page": 0,
            "item": position - 1,
        }


def _due(charts: Mapping[tuple[str, date], str]) -> Iterator[Row]:
    for feed in sorted({feed for feed, _ in charts}):
        days = [day for of_feed, day in charts if of_feed == feed]
        day = min(days)
        while day <= max(days):
            at = datetime.combine(day, datetime.min.time())
            yield {"feed": feed, "scheduled_at": at, "chart_date": day}
            day += _WEEK


def _observation(charts: Mapping[tuple[str, date], str], row: Mapping[str, Any]) -> Row:
    """Made in the slot of the last edition before it."""
    feed, day = max(
        (place for place in charts if place[1] <= row["observed_at"].date()), key=lambda at: at[1]
    )
    ids = {name: value * 22 for name, value in row.items() if name in ("track_id", "album_id")}
    return {**_common(feed, day), **row, **ids}


def _common(feed: str, day: date) -> Row:
    return {"feed": feed, "slot": f"{day:%Y%m%d}T000000Z", "attempt_id": "example"}


def _insert(db: duckdb.DuckDBPyConnection, table: str, rows: list[Row]) -> None:
    schema = TABLES[table].arrow if table in TABLES else None
    known = [{name: row.get(name) for name in schema.names} for row in rows] if schema else rows
    insert(db, table, pa.Table.from_pylist(known, schema=schema))
