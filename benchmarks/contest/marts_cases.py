"""What comes after a world was loaded: a small lake with a build of the slots that are new.

The world's own builds are in it by name only: a load lists them, and has looked at them before.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa

from chartlake.lake import builds, curated, keys
from chartlake.lake.store import Store, open_store
from chartlake.model import BuiltSlot, Slot, sha256, slot_month
from chartlake.schema import TABLES

from .marts_duckdb import the_next_day
from .marts_world import Made, edition, feed_of

Rows = dict[str, pa.Table]

_ABSENT = """
select d.feed, d.chart_date
from due_editions d anti join editions e using (feed, scheduled_at)
where d.scheduled_at < (select max(scheduled_at) from editions)
order by abs(date_diff('day', $middle::date, d.chart_date)), d.feed
limit 1
"""
# all ids of a song come together, as they would of a recording
_SONGS = """
create temp table asked as
select track_id, item_name, artist_names, upper(left(md5(text_key), 10)) as code
from track_identities where hash(text_key) % 100 = 0
"""
_WHEN = "'hydrated' as feed, $slot as slot, 'generated' as attempt_id"
_TOLD = {
    "readings": f"""
select {_WHEN}, $at as scheduled_at, $at::date as chart_date, $at as observed_at,
    'hydration' as source, 'tracks' as source_id, 'UTC' as timezone, 'edition' as cadence,
    count(*) as item_count
from asked""",
    "track_observations": f"""
select {_WHEN}, track_id, item_name as track_name, concat('QZ', code) as isrc,
    200000 as duration_ms, false as explicit, $at as observed_at
from asked order by track_id""",
    "track_artists": f"""
select {_WHEN}, track_id, n as artist_position, left(md5(name), 22) as artist_id,
    name as artist_name
from (
    select track_id, unnest(string_split(artist_names, ', ')) as name,
        generate_subscripts(string_split(artist_names, ', '), 1) as n
    from asked
) order by track_id, n""",
}


class Case(NamedTuple):
    """Something that comes; ``days`` says how many days the calendar has gone on."""

    name: str
    rows: Callable[[duckdb.DuckDBPyConnection, Made], Rows]
    revision: int = 0
    days: int = 0
    as_one: bool = False


def _one_more(_: duckdb.DuckDBPyConnection, made: Made) -> Rows:
    return edition(made.markets // 2, made.days)


def _one_more_each(_: duckdb.DuckDBPyConnection, made: Made) -> Rows:
    found = [edition(market, made.days) for market in range(made.markets)]
    return {table: pa.concat_tables([rows[table] for rows in found]) for table in found[0]}


def _backfill(db: duckdb.DuckDBPyConnection, made: Made) -> Rows:
    """The missing edition that is nearest to the middle."""
    return edition(*_absent(db, made))


def _revision(db: duckdb.DuckDBPyConnection, made: Made) -> Rows:
    """The edition after that one, in another order."""
    market, day = _absent(db, made)
    return edition(market, day + 1, take=1)


def _absent(db: duckdb.DuckDBPyConnection, made: Made) -> tuple[int, int]:
    first = date(2017, 1, 1)
    middle = first + timedelta(days=made.days // 2)
    ((feed, day),) = db.execute(_ABSENT, {"middle": middle}).fetchall()
    return [feed_of(market) for market in range(made.markets)].index(feed), (day - first).days


def _dimension(db: duckdb.DuckDBPyConnection, _: Made) -> Rows:
    """The ISRC and the artists of a hundredth of all songs, which nothing was told of before."""
    at = the_next_day(db).replace(tzinfo=None)
    said = {"slot": f"{at:%Y%m%dT%H%M%SZ}", "at": at}
    db.execute(_SONGS)
    return {
        table: _shaped(table, db.execute(sql, _used(sql, said)).to_arrow_table())
        for table, sql in _TOLD.items()
    }


def _used(sql: str, said: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in said.items() if f"${name}" in sql}


def _shaped(table: str, rows: pa.Table) -> pa.Table:
    shape = TABLES[table].arrow
    columns = [
        rows[field.name].cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(len(rows), field.type)
        for field in shape
    ]
    return pa.table(columns, schema=shape)


CASES = {
    case.name: case
    for case in (
        Case("one more edition", _one_more),
        Case("the first of its day", _one_more, days=1),
        Case("one more of each feed", _one_more_each),
        Case("a backfill in the middle", _backfill),
        Case("a revision in the middle", _revision, revision=1),
        Case("1% of items", _dimension),
        Case("1% of items, as one", _dimension, as_one=True),
    )
}


def lay_out(case: Case, file: Path, folder: Path, made: Made) -> datetime:
    """Make the lake of a case beside the file to which it will come; returns the time to load."""
    with duckdb.connect(file, read_only=True) as db:
        rows = case.rows(db, made)
        known = db.execute("select build_key from seen_builds").fetchall()
        now = the_next_day(db) + timedelta(days=case.days)
    store = open_store(str(folder))
    for (key,) in known:
        store.create(key, b"{}")
    _commit(store, rows, case.revision)
    return now.astimezone(UTC)


def _commit(store: Store, rows: Rows, revision: int) -> None:
    slots = tuple(_slots(rows, revision))
    month = slot_month(slots[-1].slot)
    attempt = keys.new_attempt()
    files = curated.write_tables(
        store, {(table, month): some for table, some in rows.items()}, attempt
    )
    builds.commit(store, 1, slots, files, attempt)


def _slots(rows: Rows, revision: int) -> list[BuiltSlot]:
    whole = rows["editions"] if "editions" in rows else rows["readings"]
    found = whole.select(["feed", "slot", "item_count"]).to_pylist()
    return [
        BuiltSlot(
            feed=row["feed"],
            slot=Slot(row["slot"]),
            revision=revision,
            manifest_sha256=sha256(f"{row['feed']} {row['slot']} {revision}".encode()),
            records=row["item_count"],
            entries=row["item_count"] if "entries" in rows else 0,
            rejects=0,
        )
        for row in found
    ]
