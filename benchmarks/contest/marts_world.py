"""A world of charts for the marts: curated Parquet of daily top 200s, by feed and year.

26 million entries are 70 markets over 1,826 days from 2017-01-01 on, as the public archive of
Spotify's daily charts has them. Songs come out every day, worldwide or in one market; they climb
or start high, decay, drop out and come back, and Christmas songs do so every year. Of a day's
entries some 6% were not there the day before, and as many leave. One song in 60 changes its id
when it is a month old; one edition in 300 is missing.

All is made from hashes, so one version of DuckDB makes the same rows of the same size.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from chartlake.schema import TABLES

LENGTH = 200
_MOST_DAYS, _MOST_MARKETS = 1826, 70
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SORTED_BY = [pq.SortingColumn(0), pq.SortingColumn(1)]  # feed, slot
_MADE_BY = 1
"""Raised when the same size gives other rows."""

_MACROS = """
create macro uniform(song, salt) as (hash(song, salt) % 1000000 + 0.5) / 1000000;
create macro spotify_id(text) as left(md5(text), 16) || right(md5(text || 'x'), 6);
create macro artist(song, salt) as
    'Artist ' || floor(1500 * pow(uniform(song, salt), 2.5))::int;
create macro on_day(day) as date '2017-01-01' + day::int;
"""
# strength is Pareto's; a song climbs for some multiple of `rise` days and fades with `life`
_SONGS = """
create or replace temp table songs as
with born as (
    select 'worldwide ' || n as song, true as is_worldwide, n // 3 - 400 as day_one
    from range(3 * ({days} + 400)) r(n)
    union all
    select 'market {market} ' || n, false, n // 4 - 400 from range(4 * ({days} + 400)) r(n)
    union all
    select 'christmas ' || n, true, null from range(90) r(n)
)
select
    song, day_one,
    uniform(song, 'changes id') < 1 / 60 as changes_id,
    pow(uniform(song, 'strength'), -0.45)
        * case when is_worldwide then 0.2 + 1.3 * uniform(song, {market}) else 0.9 end as strength,
    8 + 400 * pow(uniform(song, 'life'), 4) as life,
    case when uniform(song, 'climbs') < 0.4 then 2 + 25 * uniform(song, 'rise') else 0.2 end as rise
from born
"""
_RANKED = """
create or replace temp table ranked as
with wanted as (
    select d.day, s.song, s.changes_id and d.day >= s.day_one + 30 as has_changed, s.strength
        * exp(-(d.day - s.day_one) / s.life) * (1 - exp(-(d.day - s.day_one + 1) / s.rise)) as score
    from songs s
    inner join range({first}, {days}) d(day)
        on d.day >= s.day_one and d.day < s.day_one + s.life * ln(s.strength / 0.4)
    union all
    select d.day, s.song, false,
        s.strength * 4 * exp(-pow((dayofyear(on_day(d.day)) - 357) / 11.0, 2))
    from songs s
    inner join range({first}, {days}) d(day) on s.day_one is null and dayofyear(on_day(d.day)) > 320
),
heard as (
    select *, score * (0.92 + 0.16 * uniform(song, day * 100 + {market} + {take})) as score_of_day
    from wanted
)
select day, song, has_changed, score_of_day as score,
    row_number() over (partition by day order by score_of_day desc, song) as position
from heard
where day = 0 or {first} > 0 or hash(day, {market}, 'missing') % 300 > 0
qualify position <= {length}
"""
_ENTRIES = """
select
    '{feed}' as feed, strftime(on_day(r.day), '%Y%m%dT000000Z') as slot,
    'generated' as attempt_id, r.position, 'track' as item_kind,
    spotify_id(r.song || case when r.has_changed then ' again' else '' end) as item_key,
    item_key as track_id,
    'Song ' || upper(left(md5(r.song), 7)) as item_name,
    artist(r.song, 'lead') || case
        when uniform(r.song, 'features') < 0.3 then ', ' || artist(r.song, 'guest') else ''
    end as artist_names,
    (r.score * 1e5 / (1 + {market}) * (0.9 + 0.2 * uniform(r.day, {market})))::bigint as streams,
    0 as page, r.position - 1 as item, year(on_day(r.day)) as year
from ranked r
order by r.day, r.position
"""
_EDITIONS = """
select
    '{feed}' as feed, strftime(on_day(day), '%Y%m%dT000000Z') as slot,
    'generated' as attempt_id, on_day(day)::timestamp as scheduled_at, on_day(day) as chart_date,
    timestamp '2022-01-01' as observed_at, 'charts-csv' as source, '{feed}' as source_id,
    'daily' as schedule, 'UTC' as timezone, 'edition' as cadence, count(*) as item_count,
    year(on_day(day)) as year
from ranked
group by day
order by day
"""


class Made(NamedTuple):
    """What lies in a folder."""

    entries: int
    editions: int
    markets: int
    days: int
    megabytes: float
    asked_for: int
    made_by: int = _MADE_BY


def shape(entries: int) -> tuple[int, int]:
    """How many markets over how many days have about so many entries."""
    days = min(_MOST_DAYS, max(10, entries // 1000))
    return min(_MOST_MARKETS, max(2, round(entries / LENGTH / days))), days


def make_world(folder: Path, entries: int, tell: Callable[[str], None] = lambda _: None) -> Made:
    """The world in an empty or new folder; nothing is done where it is there already."""
    note = folder / "made.json"
    if note.exists():
        found = Made(*msgspec.json.decode(note.read_bytes()))
        if (found.asked_for, found.made_by) == (entries, _MADE_BY):
            return found
        shutil.rmtree(folder / "curated")
        note.unlink()
    elif folder.exists() and any(folder.iterdir()):
        raise SystemExit(f"{folder} holds something else; give an empty folder or a new one")
    markets, days = shape(entries)
    with duckdb.connect(config={"threads": 2}) as db:
        db.execute(_MACROS)
        for market in range(markets):
            _make_market(db, folder / "curated", market, days)
            tell(f"{market + 1} of {markets} markets")
    made = Made(*_counted(folder), markets, days, _megabytes(folder), entries)
    note.write_bytes(msgspec.json.encode(made))
    return made


def feed_of(market: int) -> str:
    """The name of a market's chart."""
    return f"regional-{_LETTERS[market // 26]}{_LETTERS[market % 26]}-daily"


def edition(market: int, day: int, take: int = 0) -> dict[str, pa.Table]:
    """The rows of one edition by table, be it missing in the world or to come.

    Another ``take`` has another order: what a source gives when it corrects itself.
    """
    with duckdb.connect(config={"threads": 2}) as db:
        db.execute(_MACROS)
        made = _rows(db, market, day, day + 1, take * 1_000_000)
        return {table: _in_shape(table, rows) for table, rows in made.items()}


def _rows(
    db: duckdb.DuckDBPyConnection, market: int, first: int, days: int, take: int = 0
) -> dict[str, pa.Table]:
    """Of a market from a day on, which misses editions if that is the world's first."""
    said: dict[str, int | str] = {"market": market, "first": first, "days": days, "take": take}
    said |= {"length": LENGTH, "feed": feed_of(market)}
    for sql in (_SONGS, _RANKED):
        db.execute(sql.format(**said))
    tables = {"entries": _ENTRIES, "editions": _EDITIONS}
    return {name: db.sql(sql.format(**said)).to_arrow_table() for name, sql in tables.items()}


def _make_market(db: duckdb.DuckDBPyConnection, folder: Path, market: int, days: int) -> None:
    feed = feed_of(market)
    for table, rows in _rows(db, market, 0, days).items():
        years = rows["year"]
        for year in pc.unique(years).to_pylist():
            of_year = _in_shape(table, rows.filter(pc.equal(years, year)))
            file = folder / table / f"{feed}-{year}.parquet"
            file.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(
                of_year, file, compression="zstd", sorting_columns=_SORTED_BY, store_schema=False
            )


def _in_shape(table: str, rows: pa.Table) -> pa.Table:
    """All columns of the curated table, of which the world leaves some null."""
    shape = TABLES[table].arrow
    columns = [
        rows[field.name].cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(len(rows), field.type)
        for field in shape
    ]
    return pa.table(columns, schema=shape)


def _counted(folder: Path) -> tuple[int, int]:
    """The rows of both tables."""
    entries, editions = (
        sum(pq.read_metadata(file).num_rows for file in (folder / "curated" / table).iterdir())
        for table in ("entries", "editions")
    )
    return entries, editions


def _megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in (folder / "curated").rglob("*.parquet")) / 1e6
