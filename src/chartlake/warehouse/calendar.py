"""The calendar: which editions were due, as the feeds' own slots tell.

A load writes it as ``due_editions``, from the ``slots`` that the file holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from chartlake import schedule
from chartlake.model import Feed, naive_utc
from chartlake.warehouse.rows import as_table, insert

if TYPE_CHECKING:  # what has no DuckDB, such as a function in AWS, reads the rest
    import duckdb

__all__ = ["Stretch", "changed", "due_in", "write"]

Due = list[tuple[str, datetime, date]]
"""Feed, time (UTC) and chart date of due editions, in order."""

Stretch = tuple[Feed, datetime, datetime]
"""A feed as it was from one time (with zone) until another."""

_BEFORE_ALL = datetime(1, 1, 1)

# of each feed the last that was due before its last day, and all that were due on that day
_TAILS = """
with days as (select feed, max(chart_date) as day from due_editions group by feed),
befores as (
    select d.feed, max(d.scheduled_at) filter (d.chart_date < l.day) as at_last
    from due_editions d inner join days l on l.feed = d.feed
    group by d.feed
),
tails as (select feed, coalesce(at_last, timestamp '0001-01-01') as after from befores)
select t.feed, t.after, list((d.feed, d.scheduled_at, d.chart_date) order by d.scheduled_at)
from tails t inner join due_editions d on d.feed = t.feed and d.scheduled_at > t.after
group by t.feed, t.after
"""

# most feeds never change: only of those that did, slot after slot is compared
_STRETCHES = """
with ways as (
    select feed, source, source_id, schedule, timezone, cadence, min(scheduled_at) as first
    from slots where scheduled_at is not null
    group by all
),
changing as (select feed from ways group by feed having count(*) > 1),
marked as (
    select s.*, case when (schedule, timezone, cadence) is distinct from lag(
        (schedule, timezone, cadence)
    ) over (partition by feed order by scheduled_at) then 1 else 0 end as changed
    from slots s semi join changing using (feed) where scheduled_at is not null
),
numbered as (
    select *, sum(changed) over (partition by feed order by scheduled_at) as stretch from marked
)
select feed, source, source_id, schedule, timezone, cadence, min(scheduled_at) as first,
    lead(min(scheduled_at)) over (partition by feed order by min(scheduled_at)) as next
from numbered
group by feed, source, source_id, schedule, timezone, cadence, stretch
union all
select ways.*, null from ways anti join changing using (feed)
order by feed, first
"""


def changed(db: duckdb.DuckDBPyConnection, now: datetime) -> bool:
    """Whether the calendar is another one than the file holds."""
    return bool(_ends(db, now))


def write(db: duckdb.DuckDBPyConnection, now: datetime) -> set[str]:
    """Write what has changed of the calendar; of which feeds."""
    ends = _ends(db, now)
    for feed, end in ends.items():
        db.execute(
            "delete from due_editions where feed = ? and scheduled_at > ?", [feed, end.after]
        )
        db.execute("delete from calendars where feed = ?", [feed])
        if end.said:
            db.execute("insert into calendars values (?, ?)", [feed, end.said])
    due = [edition for end in ends.values() for edition in end.due]
    if due:
        insert(db, "due_editions", as_table(("feed", "scheduled_at", "chart_date"), due))
    return set(ends)


class _End(NamedTuple):
    """What is due of a feed after a time, and the schedules of which that is so."""

    after: datetime
    due: Due
    said: str


def _ends(db: duckdb.DuckDBPyConnection, now: datetime) -> dict[str, _End]:
    """The feeds whose calendar changed, each with its new end.

    As long as a feed's schedules stay the same, only what is due from its last day on is
    computed: that may have been half over.
    """
    said = dict(db.execute("select feed, said from calendars").fetchall())
    tails = {feed: (after, known) for feed, after, known in db.execute(_TAILS).fetchall()}
    ends = {}
    stretches = {
        feed: list(group)
        for feed, group in groupby(_stretches(db, now), key=lambda found: found[0].name)
    }
    for feed in sorted(said.keys() - stretches.keys()):
        ends[feed] = _End(_BEFORE_ALL, [], "")
    for feed, found in stretches.items():
        text = _said(found)
        after, known = _BEFORE_ALL, None
        if said.get(feed) == text and feed in tails:
            after, known = tails[feed]
            if known[-1][1] > naive_utc(now):  # a clock was ahead then
                after, known = _BEFORE_ALL, None
        due = due_in(found, after)
        if due != known and (due or feed in tails or text != said.get(feed)):
            ends[feed] = _End(after, due, text)
    return ends


def due_in(stretches: Sequence[Stretch], after: datetime = _BEFORE_ALL) -> Due:
    """What is due of one feed in these stretches, after a time."""
    name = stretches[0][0].name
    since = after.replace(tzinfo=UTC) + timedelta(microseconds=1)
    return sorted(
        (name, naive_utc(at), day)
        for feed, first, end in stretches
        if since <= end
        for at, day in schedule.due_editions(feed, max(first, since), end)
    )


def _said(stretches: Sequence[Stretch]) -> str:
    """The schedules of a feed, each from when on it holds."""
    return "; ".join(
        f"{feed.schedule} {feed.timezone} {feed.cadence} from {first.isoformat()}"
        for feed, first, _ in stretches
    )


def _stretches(db: duckdb.DuckDBPyConnection, now: datetime) -> Iterator[Stretch]:
    """The feeds as their slots had them, each from its first such slot until the next change.

    A schedule that changes must not rewrite what was due before.
    """
    rows = db.execute(_STRETCHES).fetchall()
    for name, source, source_id, when, zone, cadence, first, following in rows:
        feed = Feed(
            name=name,
            source=source,
            source_id=source_id,
            schedule=when,
            timezone=zone,
            cadence=cadence,
        )
        until = following.replace(tzinfo=UTC) - timedelta(microseconds=1) if following else now
        yield feed, first.replace(tzinfo=UTC), min(until, now)
