"""The declared tables: what every engine will make of them."""

from datetime import date, datetime

import pyarrow as pa
import pytest

from chartlake.schema import COMMON, TABLES, Entry, SlotRows, Table

NAMES = [
    "editions",
    "readings",
    "entries",
    "play_observations",
    "track_observations",
    "album_observations",
    "artist_observations",
    "track_artists",
    "album_artists",
    "rejects",
    "missed_slots",
]
EVERY_TABLE = pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))


def test_the_tables_in_their_order() -> None:
    assert list(TABLES) == NAMES
    assert [table.name for table in TABLES.values()] == NAMES
    assert list(vars(SlotRows())) == NAMES


@EVERY_TABLE
def test_every_table_states_its_grain(table: Table) -> None:
    assert table.grain.startswith("One row per feed")
    for column in table.key:
        words = {"feed": "feed", "slot": "slot"}
        assert words.get(column, column) in table.grain.replace("page and item", "page, item")


@EVERY_TABLE
def test_every_column_says_what_it_means(table: Table) -> None:
    for column in table.columns:
        assert column.meaning.strip(), f"{table.name}.{column.name}"
        assert not column.meaning.endswith("."), f"{table.name}.{column.name}"


@EVERY_TABLE
def test_every_table_starts_with_feed_slot_and_attempt(table: Table) -> None:
    assert table.columns[:3] == COMMON
    assert [column.name for column in COMMON] == ["feed", "slot", "attempt_id"]


@EVERY_TABLE
def test_keys_are_columns_that_are_never_null(table: Table) -> None:
    columns = {column.name: column for column in table.columns}
    assert table.key[:2] == ("feed", "slot")
    assert all(not columns[name].nullable for name in table.key)
    assert len(set(columns)) == len(table.columns)


@EVERY_TABLE
def test_the_arrow_schema_is_made_of_the_columns(table: Table) -> None:
    assert table.arrow.names == [column.name for column in table.columns]
    assert [(f.type, f.nullable) for f in table.arrow] == [
        (column.type, column.nullable) for column in table.columns
    ]
    assert {str(column.type) for column in table.columns} <= {
        "string",
        "int64",
        "bool",
        "date32[day]",
        "timestamp[us]",
    }


@EVERY_TABLE
def test_an_empty_table_can_be_made(table: Table) -> None:
    assert table.arrow.empty_table().num_rows == 0


def test_keys_of_the_tables() -> None:
    assert {name: table.key[2:] for name, table in TABLES.items()} == {
        "editions": (),
        "readings": (),
        "entries": ("position",),
        "play_observations": ("position",),
        "track_observations": ("track_id",),
        "album_observations": ("album_id",),
        "artist_observations": ("artist_id",),
        "track_artists": ("track_id", "artist_position"),
        "album_artists": ("album_id", "artist_position"),
        "rejects": ("page", "item"),
        "missed_slots": (),
    }


def test_entries_in_full() -> None:
    string, number, time = pa.string(), pa.int64(), pa.timestamp("us")
    assert TABLES["entries"].row is Entry
    assert TABLES["entries"].arrow == pa.schema(
        [
            pa.field("feed", string, False),
            pa.field("slot", string, False),
            pa.field("attempt_id", string, False),
            pa.field("position", number, False),
            pa.field("item_kind", string, False),
            pa.field("item_key", string),
            pa.field("track_id", string),
            pa.field("item_name", string),
            pa.field("artist_names", string),
            pa.field("added_at", time),
            pa.field("label", string),
            pa.field("streams", number),
            pa.field("reported_rank", number),
            pa.field("reported_previous_rank", number),
            pa.field("reported_peak", number),
            pa.field("reported_time_on_chart", number),
            pa.field("page", number, False),
            pa.field("item", number, False),
        ]
    )


def test_times_are_without_zone_and_dates_are_dates() -> None:
    editions = TABLES["editions"].arrow
    assert editions.field("scheduled_at") == pa.field("scheduled_at", pa.timestamp("us"))
    assert editions.field("observed_at") == pa.field("observed_at", pa.timestamp("us"), False)
    assert editions.field("chart_date") == pa.field("chart_date", pa.date32())
    held = pa.table(
        {"at": pa.array([datetime(2026, 3, 1, 4)], pa.timestamp("us")), "day": [date(2026, 3, 1)]}
    )
    assert held.to_pylist() == [{"at": datetime(2026, 3, 1, 4), "day": date(2026, 3, 1)}]


def test_what_must_not_be_null_is_declared_so() -> None:
    required = {
        name: [c.name for c in table.columns[3:] if not c.nullable]
        for name, table in TABLES.items()
    }
    assert required == {
        "editions": ["observed_at", "source", "source_id", "timezone", "cadence", "item_count"],
        "readings": ["observed_at", "source", "source_id", "timezone", "cadence", "item_count"],
        "entries": ["position", "item_kind", "page", "item"],
        "play_observations": ["position", "account", "played_at", "item_kind", "page", "item"],
        "track_observations": ["track_id", "observed_at"],
        "album_observations": ["album_id", "observed_at"],
        "artist_observations": ["artist_id", "observed_at"],
        "track_artists": ["track_id", "artist_position"],
        "album_artists": ["album_id", "artist_position"],
        "rejects": ["page", "item", "reason", "payload"],
        "missed_slots": ["scheduled_at", "noted_at", "source", "why"],
    }


def test_a_slots_rows_start_empty_and_apart() -> None:
    one, other = SlotRows(), SlotRows()
    assert one == other
    assert all(rows == [] for rows in vars(one).values())
    assert one.entries is not other.entries
