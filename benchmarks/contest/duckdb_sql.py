"""DuckDB on two threads: the same tables by SQL. Words: FORM FOLDER FILE…

Forms, of which the fastest counts:

- ``sliced``: two databases of one thread each take the files in slices of so many days; each
  unnests a slice into one flat table and writes all tables from it.
- ``whole``: one database with two threads, all files at once.
- ``entries``: one query, entries alone, as students mostly do; nothing else is declared.

Tried, and slower or no faster: tables kept as structs; one COPY for each table straight from
read_json; lateral unnest; DISTINCT ON and GROUP BY hash(…) for GROUP BY; any_value of whole structs
(four times); two COPYs at the same time; slices with two threads; from_json on JSON text; the
distinct texts of tracks decoded once (a fifth faster in reading where tracks repeat, slower in the
whole, half again as slow where none do). One line for each item instead of each page reads 8%
faster, but nobody is given it. Nothing is auto-detected, markets are not declared.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb

THREADS = 2
_DAYS_IN_SLICE = 8
_ARTISTS = "STRUCT(id VARCHAR, name VARCHAR)[]"
_ALBUM = f"""STRUCT(
    id VARCHAR, name VARCHAR, album_type VARCHAR, total_tracks BIGINT, release_date VARCHAR,
    release_date_precision VARCHAR, images STRUCT(url VARCHAR, width BIGINT)[],
    artists {_ARTISTS})"""
_TRACK = f"""STRUCT(
    id VARCHAR, name VARCHAR, artists {_ARTISTS}, album {_ALBUM}, external_ids STRUCT(isrc VARCHAR),
    disc_number BIGINT, track_number BIGINT, duration_ms BIGINT, explicit BOOLEAN,
    popularity BIGINT)"""
_ITEMS = f"""
CREATE OR REPLACE TABLE items AS
SELECT
    feed, slot, observed_at, first_item + n AS "position", first_item // 50 AS page, n - 1 AS item,
    i.added_at::TIMESTAMP AS added_at,
    i.track.id AS track_id, i.track.name AS track_name, i.track.artists AS artists,
    i.track.external_ids.isrc AS isrc, i.track.disc_number AS disc_number,
    i.track.track_number AS track_number, i.track.duration_ms AS duration_ms,
    i.track.explicit AS explicit, i.track.popularity AS popularity,
    i.track.album.id AS album_id, i.track.album.name AS album_name,
    i.track.album.album_type AS album_type, i.track.album.total_tracks AS total_tracks,
    i.track.album.release_date AS release_date_text,
    i.track.album.release_date_precision AS release_date_precision,
    i.track.album.artists AS album_artists,
    list_reduce(
        i.track.album.images, lambda a, b: CASE WHEN b.width > a.width THEN b ELSE a END
    ).url AS image_url
FROM (
    SELECT feed, slot, observed_at, first_item, unnest(items) AS i,
        generate_subscripts(items, 1) AS n
    FROM read_json(
        FILES, format = 'newline_delimited',
        columns = {{feed: 'VARCHAR', slot: 'VARCHAR', observed_at: 'TIMESTAMP',
            first_item: 'INTEGER', items: 'STRUCT(added_at VARCHAR, track {_TRACK})[]'}}
    )
)"""

_ENTRIES_ALONE = f"""
SELECT feed, slot, first_item + n AS "position", i.track.id AS track_id, i.track.name AS item_name,
    array_to_string([a.name for a in i.track.artists], ', ') AS artist_names,
    i.added_at::TIMESTAMP AS added_at
FROM (
    SELECT feed, slot, first_item, unnest(items) AS i, generate_subscripts(items, 1) AS n
    FROM read_json(
        FILES, format = 'newline_delimited',
        columns = {{feed: 'VARCHAR', slot: 'VARCHAR', first_item: 'INTEGER', items: 'STRUCT(
            added_at VARCHAR, track STRUCT(id VARCHAR, name VARCHAR, artists {_ARTISTS}))[]'}}
    )
)"""


def _any(*columns: str) -> str:
    """In the same slot the same thing is told alike."""
    return ", ".join(f"any_value({column}) AS {column}" for column in columns)


def _credits(thing: str, artists: str) -> str:
    return f"""
    SELECT feed, slot, 'a' AS attempt_id, {thing}, n AS artist_position, a.id AS artist_id,
        a.name AS artist_name
    FROM (
        SELECT feed, slot, {thing}, unnest({artists}) AS a, generate_subscripts({artists}, 1) AS n
        FROM (SELECT DISTINCT ON (feed, slot, {thing}) feed, slot, {thing}, {artists} FROM items)
    )"""


TABLES = {
    "entries": """
    SELECT feed, slot, 'a' AS attempt_id, "position", 'track' AS item_kind, track_id AS item_key,
        track_id, track_name AS item_name,
        array_to_string([a.name for a in artists], ', ') AS artist_names, added_at,
        NULL::VARCHAR AS "label", NULL::BIGINT AS streams, NULL::BIGINT AS reported_rank,
        NULL::BIGINT AS reported_previous_rank, NULL::BIGINT AS reported_peak,
        NULL::BIGINT AS reported_time_on_chart, page, item
    FROM items""",
    "track_observations": f"""
    SELECT feed, slot, 'a' AS attempt_id, track_id,
        {_any("track_name", "album_id", "isrc", "disc_number", "track_number", "duration_ms")},
        {_any("explicit", "popularity")}, max(observed_at) AS observed_at
    FROM items GROUP BY feed, slot, track_id""",
    "album_observations": f"""
    SELECT feed, slot, 'a' AS attempt_id, album_id,
        {_any("album_name", "album_type", "total_tracks")},
        try_cast(rpad(any_value(release_date_text), 10, '-01-01') AS DATE) AS release_date,
        {_any("release_date_text", "release_date_precision")}, NULL::VARCHAR AS upc,
        NULL::VARCHAR AS "label", NULL::BIGINT AS popularity, {_any("image_url")},
        max(observed_at) AS observed_at
    FROM items GROUP BY feed, slot, album_id""",
    "artist_observations": """
    SELECT feed, slot, 'a' AS attempt_id, a.id AS artist_id, any_value(a.name) AS artist_name,
        NULL::BIGINT AS popularity, NULL::BIGINT AS followers, NULL::VARCHAR AS image_url,
        max(observed_at) AS observed_at
    FROM (
        SELECT feed, slot, observed_at, unnest(list_concat(artists, album_artists)) AS a FROM items
    )
    GROUP BY feed, slot, a.id""",
    "track_artists": _credits("track_id", "artists"),
    "album_artists": _credits("album_id", "album_artists"),
}


def sliced(folder: Path, files: list[str]) -> None:
    """Two databases side by side, a slice of the files at a time."""
    mine, days = threading.local(), min(_DAYS_IN_SLICE, -(-len(files) // THREADS))

    def build(begin: int) -> None:
        if not hasattr(mine, "database"):
            mine.database = _open(threads=1)
        _build(mine.database, folder, files[begin : begin + days], begin)

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(build, range(0, len(files), days)))


def whole(folder: Path, files: list[str]) -> None:
    """All files at once."""
    _build(_open(THREADS), folder, files)


def entries(folder: Path, files: list[str]) -> None:
    """All files at once, into one table."""
    _copy(_open(THREADS), _ENTRIES_ALONE.replace("FILES", repr(files)), folder / "entries.parquet")


def _open(threads: int) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": threads, "preserve_insertion_order": False})


def _build(
    database: duckdb.DuckDBPyConnection, folder: Path, files: list[str], number: int = 0
) -> None:
    database.execute(_ITEMS.replace("FILES", repr(files)))
    for table, query in TABLES.items():
        _copy(database, query, folder / f"{table}-{number}.parquet")


def _copy(database: duckdb.DuckDBPyConnection, query: str, target: Path) -> None:
    database.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")


def main() -> None:
    form, folder, *files = sys.argv[1:]
    begun = time.perf_counter()
    {"sliced": sliced, "whole": whole, "entries": entries}[form](Path(folder), files)
    seconds = time.perf_counter() - begun
    size = sum(file.stat().st_size for file in Path(folder).iterdir())
    sys.stdout.write(json.dumps({"seconds": seconds, "bytes": size}) + "\n")


if __name__ == "__main__":
    main()
