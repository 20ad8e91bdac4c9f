"""The small tables that no SELECT makes, without DuckDB: the calendar, and what is configured.

The calendar is computed as a load does it (`chartlake.warehouse.calendar`), from what each slot
says of its feed. A test compares all of it with what DuckDB's warehouse holds.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from chartlake import schedule
from chartlake.model import Feed, Slot, slot_time
from chartlake.warehouse.calendar import Stretch, due_in
from chartlake.warehouse.choices import OF_A_MARKET, Choices, Term

__all__ = ["given", "waiting_since"]

# as DuckDB trims and makes letters small: see docs/sql.md
_SPACES = "\u0020\u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u202f\u205f\u3000"
_SMALL = str.maketrans("Σİ", "σi")
_DUE = pa.schema(
    [("feed", pa.string()), ("scheduled_at", pa.timestamp("us")), ("chart_date", pa.date32())]
)
_SAID = ("source", "source_id", "schedule", "timezone", "cadence")


def given(attempts: pa.Table, now: datetime, chosen: Choices) -> dict[str, pa.Table]:
    """The tables by name; ``attempts`` are the live ones (`chartlake.aws.live.ATTEMPTS`)."""
    timed = attempts.filter(pc.is_valid(attempts["scheduled_at"]))
    due = [row for feed in _by_feed(timed) for row in due_in(list(_stretches(feed, now)))]
    return {
        "due_editions": _table(_DUE, due),
        "roster_terms": _texts(("kind", "value"), _terms(chosen.roster)),
        "excluded_terms": _texts(("kind", "value"), _terms(chosen.excluded)),
        "feed_markets": _texts(("feed", "family", "market"), _markets(attempts, chosen.markets)),
        "chart_options": _texts(("name", "value"), {("recordings", chosen.recordings)}),
    }


def waiting_since(attempts: pa.Table, feeds: Collection[Feed], now: datetime) -> datetime | None:
    """When the edition was due that has been waiting longest for being published; None: none."""
    last = _last_slots(attempts)
    since = [
        next(schedule.due(feed, last[feed.name] + timedelta(microseconds=1), now), None)
        for feed in feeds
        if feed.schedule and feed.name in last
    ]
    return min(filter(None, since), default=None)


def _last_slots(attempts: pa.Table) -> dict[str, datetime]:
    """The time of each feed's last slot, be it one that was missed."""
    last = attempts.group_by("feed").aggregate([("slot", "max")])
    times = {
        feed: slot_time(Slot(slot))
        for feed, slot in zip(last["feed"].to_pylist(), last["slot_max"].to_pylist(), strict=True)
    }
    return {feed: at for feed, at in times.items() if at}


def _by_feed(timed: pa.Table) -> Iterator[list[dict[str, Any]]]:
    """The slots at which a feed is another than before, of one feed after another; in order."""
    columns = ["feed", *_SAID]
    firsts = timed.group_by(columns).aggregate([("scheduled_at", "min")])
    rows = firsts.rename_columns([*columns, "scheduled_at"]).to_pylist()
    rows.sort(key=lambda row: (row["feed"], row["scheduled_at"]))
    for feed, some in groupby(rows, key=lambda row: row["feed"]):
        ways = list(some)
        yield ways if len(ways) == 1 else _changes(timed, feed)


def _changes(timed: pa.Table, feed: str) -> list[dict[str, Any]]:
    """A feed that changed may have changed back: slot after slot is compared."""
    mine = timed.filter(pc.equal(timed["feed"], feed)).sort_by("scheduled_at").to_pylist()
    others = (later for before, later in pairwise(mine) if _said(before) != _said(later))
    return [mine[0], *others]


def _said(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in _SAID)


def _stretches(ways: list[dict[str, Any]], now: datetime) -> Iterator[Stretch]:
    nexts: list[datetime | None] = [row["scheduled_at"] for row in ways[1:]]
    for row, following in zip(ways, [*nexts, None], strict=True):
        feed = Feed(name=row["feed"], **{name: row[name] for name in _SAID})
        until = following.replace(tzinfo=UTC) - timedelta(microseconds=1) if following else now
        yield feed, row["scheduled_at"].replace(tzinfo=UTC), min(until, now)


def _terms(terms: Collection[Term]) -> set[tuple[str, ...]]:
    return {(kind, _small(value) if kind == "name" else value) for kind, value in terms}


def _small(name: str) -> str:
    return "".join(letter.lower() for letter in name.strip(_SPACES).translate(_SMALL))


def _markets(
    attempts: pa.Table, configured: Collection[tuple[str, str, str]]
) -> set[tuple[str, ...]]:
    """What is configured, and what charts files say by their names where that says nothing."""
    markets = set(configured)
    feeds = {feed for feed, _, _ in configured}
    places = {(family, market) for _, family, market in configured}
    for feed, source_id in sorted(_charts_files(attempts).items()):
        if named := re.fullmatch(OF_A_MARKET, source_id):
            chart, market, period = named.groups()
            if feed not in feeds and (f"{chart}-{period}", market) not in places:
                markets.add((feed, f"{chart}-{period}", market))
    return set(markets)


def _charts_files(attempts: pa.Table) -> dict[str, str]:
    """Of each feed of charts files, what its last slot was a file of."""
    files = attempts.filter(pc.equal(attempts["source"], "charts-csv")).sort_by("slot")
    return dict(zip(files["feed"].to_pylist(), files["source_id"].to_pylist(), strict=True))


def _texts(columns: tuple[str, ...], rows: Collection[tuple[str, ...]]) -> pa.Table:
    return _table(pa.schema([(name, pa.string()) for name in columns]), sorted(rows))


def _table(schema: pa.Schema, rows: Collection[tuple[Any, ...]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema)
