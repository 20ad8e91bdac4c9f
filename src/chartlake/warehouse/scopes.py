"""From which edition on the lists of a feed are computed again.

That is the lowest that was touched: by an edition that came, went or was replaced, by one that is
due and missing, or by what is told of an item that stands in it: whom it is by, which recording
it is, whether it is excluded.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple

import duckdb

from chartlake.warehouse.sql import SqlFile

__all__ = [
    "SQL",
    "FeedFrom",
    "FeedScope",
    "all_feeds",
    "look_after",
    "look_at_exclusions",
    "look_before",
    "looked_at",
    "nothing_changed",
    "touched",
]


class FeedScope(NamedTuple):
    """A feed, from which edition on (its number, time and date), and how many entries that is."""

    feed: str
    first_ordinal: int
    first_at: datetime
    first_date: date
    entries: int


class FeedFrom(NamedTuple):
    """A feed, and from which slot and time on its rows may be others, or what they come after."""

    feed: str
    slot: str
    at: datetime


_WATCHED = {
    "timeline": "*",
    "item_credits": "*",
    "artists": "artist_id, artist_name",
    "recordings": "track_id, recording_key, counted_as, track_ids > 1 as has_others",
}
"""Marts whose changes touch editions, and the columns in which."""

_ALL_FEEDS = """
select s.feed, 1, timestamp '0001-01-01', date '0001-01-01', coalesce(n.entries, 0)
from (select distinct feed from slots) s
left join (select feed, count(*) as entries from entries group by feed) n on n.feed = s.feed
order by s.feed
"""

_FIRST = (
    "min(ordinal) as first_ordinal, min(scheduled_at) as first_at, min(chart_date) as first_date"
)

_TOUCHED_EDITIONS = f"""
create or replace temp table touched_editions as
select feed, {_FIRST} from (
    from changed_timeline
    union all
    from (from former_timeline union all from timeline) semi join touched_slots using (feed, slot)
)
where is_edition group by feed
"""

# what is told of an item counts from where it stood first
_OF_ITEMS = f"""
select t.feed, {_FIRST} from (
    select f.feed, min(f.first_slot) as slot from entry_forms f {{}} group by f.feed
) i
inner join timeline t on t.feed = i.feed and t.slot >= i.slot and t.is_edition
group by t.feed
"""
_COUNTED_OTHERWISE = _OF_ITEMS.format(
    "semi join (select distinct track_id from changed_recordings where exists "
    "(from chart_options where name = 'recordings' and value = 'as-one')) using (track_id)"
)
# where another id of a recording is excluded, all that count as that id are
_EXCLUDED = (
    "where {} in (select item_key from changed_exclusions union select m.track_id "
    "from merged_tracks m inner join changed_exclusions x on x.item_key = m.counted_as)"
)
_EXCLUDED_OTHERWISE = _OF_ITEMS.format(_EXCLUDED.format("item_key"))
_TRACK_EXCLUDED_OTHERWISE = _OF_ITEMS.format(_EXCLUDED.format("track_id"))
_CREDITED_OTHERWISE = _OF_ITEMS.format(
    "where coalesce(track_id, item_key) in (select item_id from changed_item_credits)"
)
# another id of a recording explains something only where the feed has both
_RECORDED_OTHERWISE = _OF_ITEMS.format(
    """
    inner join changed_recordings c on c.track_id = f.track_id
    inner join (
        select track_id, recording_key from recordings semi join touched_recordings
        using (recording_key)
        union
        select track_id, recording_key from changed_recordings
    ) o on o.recording_key = c.recording_key and o.track_id <> c.track_id
    inner join entry_forms g on g.feed = f.feed and g.track_id = o.track_id
    """
)
_NAMED_OTHERWISE = f"""
select t.feed, {_FIRST} from (
    select feed, min(first_chart_date) as date from artist_profiles
    semi join changed_artists using (artist_id) group by feed
) a
inner join timeline t on t.feed = a.feed and t.chart_date >= a.date and t.is_edition
group by t.feed
"""
_CAUSES = {
    "entries": (
        "from touched_editions",
        _COUNTED_OTHERWISE,
        _EXCLUDED_OTHERWISE,
        _TRACK_EXCLUDED_OTHERWISE,
    ),
    "credits": (_CREDITED_OTHERWISE, _NAMED_OTHERWISE),
    "recordings": (_RECORDED_OTHERWISE,),
}
_SCOPES = {
    "entries": ("entries",),
    "credits": ("entries", "credits"),
    "recordings": ("entries", "recordings"),
    "any": tuple(_CAUSES),
}
_PARTS = "\nunion all\n".join(
    f"(select '{cause}' as cause, * from ({part}))"
    for cause, parts in _CAUSES.items()
    for part in parts
)
_FIRSTS = f"""
with firsts as (
    select
        cause, feed, min(first_ordinal) as first_ordinal, min(first_at) as first_at,
        min(first_date) as first_date
    from ({_PARTS})
    group by cause, feed
)
select s.*, coalesce(sum(n.records), 0)
from firsts s
left join timeline t on t.feed = s.feed and t.ordinal >= s.first_ordinal
left join slot_contents n on n.feed = t.feed and n.slot = t.slot
group by s.cause, s.feed, s.first_ordinal, s.first_at, s.first_date
"""


# an edition is compared with the one before it; each day another day is due of every feed, which
# changes none of their rows
_LOOKED_AT = """
with firsts as (
    select feed, min(slot) as slot
    from (
        select t.feed, t.slot
        from timeline t
        inner join scope s on s.feed = t.feed and t.ordinal >= s.first_ordinal - 1
        union all
        select feed, slot from touched_slots
        union all
        select feed, '' as slot from moved_feeds
    )
    group by feed
)
-- the time has to be that of the slot: rows that belong together are seen together
select f.feed, f.slot, coalesce(min(t.scheduled_at), timestamp '9999-12-31')
from firsts f
left join timeline t on t.feed = f.feed and t.slot >= f.slot
group by f.feed, f.slot
"""

SQL = "\n".join((*map(str, _WATCHED.items()), _TOUCHED_EDITIONS, _FIRSTS, _LOOKED_AT))
"""All that says how far a change reaches."""


def all_feeds(db: duckdb.DuckDBPyConnection) -> list[FeedScope]:
    """Every feed from its first edition on."""
    return [FeedScope(*row) for row in db.execute(_ALL_FEEDS).fetchall()]


def touched(db: duckdb.DuckDBPyConnection) -> dict[str, list[FeedScope]]:
    """By scope name: the feeds with their lowest edition that was touched; "any" by all of them.

    For when the timeline was made again, and what is told of items.
    """
    db.execute(_TOUCHED_EDITIONS)
    _tell_changes(db, "exclusions", "from excluded_items")
    found = [(cause, FeedScope(*row)) for cause, *row in db.execute(_FIRSTS).fetchall()]
    return {
        name: _lowest(scope for cause, scope in found if cause in causes)
        for name, causes in _SCOPES.items()
    }


def looked_at(db: duckdb.DuckDBPyConnection) -> list[FeedFrom]:
    """What checks have to look at again, with all feeds that were touched in scope."""
    return [FeedFrom(*row) for row in db.execute(_LOOKED_AT).fetchall()]


def _lowest(found: Iterable[FeedScope]) -> list[FeedScope]:
    """Each feed once, in order, from the first of its editions on."""
    in_order = sorted(found)
    return [next(scopes) for _, scopes in groupby(in_order, key=lambda scope: scope.feed)]


def look_at_exclusions(db: duckdb.DuckDBPyConnection) -> None:
    """Keep which items were excluded, before it is known anew whom they are by."""
    db.execute("create or replace temp table former_exclusions as from excluded_items")


def look_before(db: duckdb.DuckDBPyConnection, mart: SqlFile) -> None:
    """Keep the rows of a mart that will be made again, where their changes touch editions."""
    if mart.name in _WATCHED:
        db.execute(f"create or replace temp table former_{mart.name} as {_watched(mart)}")


def look_after(db: duckdb.DuckDBPyConnection, mart: SqlFile) -> None:
    """Tell which rows are not the same now."""
    if mart.name in _WATCHED:
        _tell_changes(db, mart.name, _watched(mart))


def nothing_changed(db: duckdb.DuckDBPyConnection, mart: SqlFile) -> None:
    """The mart stays as it is."""
    if mart.name in _WATCHED:
        for word in ("former", "changed"):
            db.execute(
                f"create or replace temp table {word}_{mart.name} as "
                f"select {_WATCHED[mart.name]} from {mart.name} limit 0"
            )


def _tell_changes(db: duckdb.DuckDBPyConnection, name: str, now: str) -> None:
    """Which rows are not the same as those that were kept."""
    former = f"from former_{name}"
    db.execute(
        f"create or replace temp table changed_{name} as "
        f"({former} except {now}) union all ({now} except {former})"
    )


def _watched(mart: SqlFile) -> str:
    columns, by = _WATCHED[mart.name], ", ".join(mart.anew_by)
    return f"(select {columns} from {mart.name} semi join {mart.anew} using ({by}))"
