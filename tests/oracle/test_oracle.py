"""The oracle against rows worked out by hand, and against real charts counted by other means."""

import re
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle.charts import read_chart_csv
from tests.oracle.movements import (
    EDITION_COLUMNS,
    EXIT_COLUMNS,
    MOVEMENT_COLUMNS,
    TURNOVER_COLUMNS,
    OracleEdition,
    OracleEntry,
    Row,
    chart_editions,
    exits,
    movements,
    turnover,
)
from tests.oracle.worlds import EPISODE_IDS, FEEDS, TRACK_IDS, chart_worlds, due_in_worlds

A, B, C = "A" * 22, "B" * 22, "C" * 22
GONE = None  # an unavailable entry


def entry(position: int, key: str | None, streams: int | None = None) -> OracleEntry:
    if key is None:
        return OracleEntry(position, "unavailable", None, None, None, None, None)
    return OracleEntry(position, "track", key, key, f"Song {key[0]}", f"By {key[0]}", streams)


def edition(day: int, *keys: str | None, feed: str = "f") -> OracleEdition:
    """The edition of a day of January 2024, with these items at positions 1, 2, 3 ..."""
    entries = tuple(entry(position, key) for position, key in enumerate(keys, start=1))
    return OracleEdition(feed, datetime(2024, 1, day), date(2024, 1, day), entries)


def pick(rows: list[Row], *columns: str) -> list[tuple[object, ...]]:
    """These columns of the rows; ids by their first letter and days of January by number."""
    return [tuple(_short(row[column]) for column in columns) for row in rows]


def _short(value: object) -> object:
    if value in (A, B, C):
        return str(value)[0]
    return value.day if isinstance(value, date) else value


def of(key: str, rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["item_key"] == key]


# ----------------------------------------------------------------------------------- whole rows


def test_whole_rows_with_every_column_in_order() -> None:
    one = OracleEdition(
        "f", datetime(2024, 1, 1, 4), date(2023, 12, 31), (entry(1, A, 900), entry(2, B, 800))
    )
    two = OracleEdition("f", datetime(2024, 1, 2, 4), date(2024, 1, 1), (entry(1, B, 950),))
    first = {
        "feed": "f",
        "scheduled_at": datetime(2024, 1, 1, 4),
        "chart_date": date(2023, 12, 31),
        "ordinal": 1,
    }
    second = {
        "feed": "f",
        "scheduled_at": datetime(2024, 1, 2, 4),
        "chart_date": date(2024, 1, 1),
        "ordinal": 2,
    }
    song_a = {
        "item_kind": "track",
        "item_key": "AAAAAAAAAAAAAAAAAAAAAA",
        "track_id": "AAAAAAAAAAAAAAAAAAAAAA",
        "item_name": "Song A",
        "artist_names": "By A",
    }
    song_b = {
        "item_kind": "track",
        "item_key": "BBBBBBBBBBBBBBBBBBBBBB",
        "track_id": "BBBBBBBBBBBBBBBBBBBBBB",
        "item_name": "Song B",
        "artist_names": "By B",
    }

    assert movements([one, two]) == [
        {
            **first,
            **song_a,
            "position": 1,
            "previous_position": None,
            "change": None,
            "movement": "first",
            "peak_position": 1,
            "peak_date": date(2023, 12, 31),
            "debut_date": date(2023, 12, 31),
            "debut_position": 1,
            "editions_on_chart": 1,
            "streak": 1,
            "editions_at_one": 1,
            "chart_points": 1.0,
            "streams": 900,
            "streams_change": None,
            "streams_change_percent": None,
            "streams_7": None,
            "streams_total": 900,
            "streams_share": 900 / 1700,
        },
        {
            **first,
            **song_b,
            "position": 2,
            "previous_position": None,
            "change": None,
            "movement": "first",
            "peak_position": 2,
            "peak_date": date(2023, 12, 31),
            "debut_date": date(2023, 12, 31),
            "debut_position": 2,
            "editions_on_chart": 1,
            "streak": 1,
            "editions_at_one": 0,
            "chart_points": 0.5,
            "streams": 800,
            "streams_change": None,
            "streams_change_percent": None,
            "streams_7": None,
            "streams_total": 800,
            "streams_share": 800 / 1700,
        },
        {
            **second,
            **song_b,
            "position": 1,
            "previous_position": 2,
            "change": 1,
            "movement": "up",
            "peak_position": 1,
            "peak_date": date(2024, 1, 1),
            "debut_date": date(2023, 12, 31),
            "debut_position": 2,
            "editions_on_chart": 2,
            "streak": 2,
            "editions_at_one": 1,
            "chart_points": 1.0,
            "streams": 950,
            "streams_change": 150,
            "streams_change_percent": 18.75,
            "streams_7": None,
            "streams_total": 1750,
            "streams_share": 1.0,
        },
    ]
    assert exits([one, two]) == [
        {
            **second,
            **song_a,
            "last_chart_date": date(2023, 12, 31),
            "last_position": 1,
            "peak_position": 1,
            "peak_date": date(2023, 12, 31),
            "debut_date": date(2023, 12, 31),
            "editions_on_chart": 1,
            "run_length": 1,
        }
    ]
    assert chart_editions([one, two], lambda feed, after, before: 0) == [
        {
            **first,
            "previous_scheduled_at": None,
            "previous_chart_date": None,
            "days_since_previous": None,
            "missing_before": 0,
            "missed_before": 0,
            "entry_count": 2,
            "length": 2,
            "streams": 1700,
        },
        {
            **second,
            "previous_scheduled_at": datetime(2024, 1, 1, 4),
            "previous_chart_date": date(2023, 12, 31),
            "days_since_previous": 1,
            "missing_before": 0,
            "missed_before": 0,
            "entry_count": 1,
            "length": 1,
            "streams": 950,
        },
    ]
    counts = ("new_entries", "re_entries", "exits", "climbers", "fallers", "unchanged")
    nothing = dict.fromkeys(counts, 0)
    assert turnover([one, two]) == [
        {**first, "missing_before": None, "items": 2, **nothing, "turnover": None},
        {
            **second,
            "missing_before": None,
            "items": 1,
            **nothing,
            "exits": 1,
            "climbers": 1,
            "turnover": 0.5,
        },
    ]


def test_the_columns_are_those_of_the_marts() -> None:
    world = [edition(1, A), edition(2, B)]
    assert tuple(movements(world)[0]) == MOVEMENT_COLUMNS
    assert tuple(exits(world)[0]) == EXIT_COLUMNS
    assert tuple(chart_editions(world, None)[0]) == EDITION_COLUMNS
    assert tuple(turnover(world)[0]) == TURNOVER_COLUMNS


def test_no_editions_no_rows() -> None:
    assert movements([]) == exits([]) == chart_editions([], None) == turnover([]) == []


# ------------------------------------------------------------------------------------ movements

MOVE = ("chart_date", "item_key", "position", "previous_position", "change", "movement")


def test_first_new_up_down_and_same() -> None:
    rows = movements([edition(1, A, B, C), edition(2, B, A, C, "D" * 22)])
    assert pick(rows, *MOVE) == [
        (1, "A", 1, None, None, "first"),
        (1, "B", 2, None, None, "first"),
        (1, "C", 3, None, None, "first"),
        (2, "B", 1, 2, 1, "up"),
        (2, "A", 2, 1, -1, "down"),
        (2, "C", 3, 3, 0, "same"),
        (2, "D" * 22, 4, None, None, "new"),
    ]


def test_a_re_entry_was_there_before_and_absent_at_the_previous_edition() -> None:
    rows = movements([edition(1, A, B), edition(2, A), edition(3, B, A), edition(4, B, A)])
    assert pick(of(B, rows), *MOVE) == [
        (1, "B", 2, None, None, "first"),
        (3, "B", 1, None, None, "re_entry"),
        (4, "B", 1, 1, 0, "same"),
    ]


def test_new_in_a_later_edition_can_re_enter_too() -> None:
    rows = movements([edition(1, A), edition(2, A, B), edition(3, A), edition(4, B)])
    assert pick(of(B, rows), "chart_date", "movement") == [(2, "new"), (4, "re_entry")]


def test_a_re_entry_after_many_editions_remembers_its_earlier_runs() -> None:
    rows = movements(
        [edition(1, A), edition(2, B), edition(3, B), edition(4, B), edition(5, B, C, A)]
    )
    assert pick(of(A, rows)[1:], *MOVE, "peak_position", "peak_date", "editions_at_one") == [
        (5, "A", 3, None, None, "re_entry", 1, 1, 1)
    ]


def test_a_streak_starts_again_at_a_re_entry_and_the_count_goes_on() -> None:
    rows = movements([edition(1, A), edition(2, A), edition(3, B), edition(4, A), edition(5, B, A)])
    columns = ("chart_date", "editions_on_chart", "streak", "editions_at_one")
    assert pick(of(A, rows), *columns) == [(1, 1, 1, 1), (2, 2, 2, 2), (4, 3, 1, 3), (5, 4, 2, 3)]
    assert pick(of(B, rows), *columns) == [(3, 1, 1, 1), (5, 2, 1, 2)]


def test_a_missing_edition_neither_breaks_nor_lengthens_a_streak() -> None:
    rows = movements([edition(1, A, B), edition(2, B, A), edition(20, A, B)])
    assert pick(of(A, rows), *MOVE, "streak", "editions_on_chart") == [
        (1, "A", 1, None, None, "first", 1, 1),
        (2, "A", 2, 1, -1, "down", 2, 2),
        (20, "A", 1, 2, 1, "up", 3, 3),
    ]
    assert exits([edition(1, A), edition(20, A)]) == []


def test_the_peak_is_the_best_so_far_and_its_date_the_first_time() -> None:
    rows = movements(
        [
            edition(1, C, B, A),
            edition(2, C, A, B),
            edition(3, C, B, A),
            edition(4, B, A, C),  # A equals its peak: the date stays
            edition(5, B, C),
            edition(6, B, A),  # and again at a re-entry
            edition(7, A, B),
            edition(8, B, A),
        ]
    )
    assert pick(of(A, rows), "chart_date", "position", "peak_position", "peak_date") == [
        (1, 3, 3, 1),
        (2, 2, 2, 2),
        (3, 3, 2, 2),
        (4, 2, 2, 2),
        (6, 2, 2, 2),
        (7, 1, 1, 7),
        (8, 2, 1, 7),
    ]


def test_an_item_that_stands_twice_counts_once_with_its_best_entry() -> None:
    worse = OracleEntry(3, "track", A, A, "worse", "worse", 5)
    better = OracleEntry(2, "track", A, A, "better", "better", 6)
    one = OracleEdition("f", datetime(2024, 1, 1), date(2024, 1, 1), (worse, entry(1, B), better))
    two = edition(2, A, B, A)
    rows = of(A, movements([one, two]))
    assert pick(rows, *MOVE) == [(1, "A", 2, None, None, "first"), (2, "A", 1, 2, 1, "up")]
    assert pick(rows, "item_name", "artist_names", "streams")[0] == ("better", "better", 6)
    assert pick(rows, "editions_on_chart", "streak", "editions_at_one") == [(1, 1, 0), (2, 2, 1)]
    assert pick(chart_editions([one, two], None), "entry_count") == [(3,), (3,)]
    assert pick(turnover([one, two]), "items") == [(2,), (2,)]
    # losing one of its two places is not an exit
    assert exits([two, edition(3, B, A)]) == []


def test_an_unavailable_entry_keeps_its_position_and_is_no_item() -> None:
    world = [edition(1, GONE, A, GONE, B), edition(2, A, GONE, B), edition(3, GONE, A)]
    assert pick(movements(world), *MOVE) == [
        (1, "A", 2, None, None, "first"),
        (1, "B", 4, None, None, "first"),
        (2, "A", 1, 2, 1, "up"),
        (2, "B", 3, 4, 1, "up"),
        (3, "A", 2, 1, -1, "down"),
    ]
    assert pick(exits(world), "chart_date", "item_key") == [(3, "B")]
    assert pick(chart_editions(world, None), "entry_count") == [(4,), (3,), (2,)]
    assert pick(turnover(world), "items") == [(2,), (2,), (1,)]


def test_positions_are_never_renumbered() -> None:
    holes = OracleEdition("f", datetime(2024, 1, 2), date(2024, 1, 2), (entry(2, A), entry(200, B)))
    rows = movements([edition(1, A, B), holes])
    assert pick(rows[2:], *MOVE, "editions_at_one") == [
        (2, "A", 2, 1, -1, "down", 1),
        (2, "B", 200, 2, -198, "down", 0),
    ]


def test_an_empty_edition_in_the_middle_is_an_edition() -> None:
    world = [edition(1, A, B), edition(2), edition(3, B, C)]
    assert pick(movements(world), *MOVE, "editions_on_chart", "streak") == [
        (1, "A", 1, None, None, "first", 1, 1),
        (1, "B", 2, None, None, "first", 1, 1),
        (3, "B", 1, None, None, "re_entry", 2, 1),
        (3, "C", 2, None, None, "new", 1, 1),
    ]
    assert pick(exits(world), "chart_date", "item_key", "last_position") == [
        (2, "A", 1),
        (2, "B", 2),
    ]
    assert pick(chart_editions(world, None), "chart_date", "ordinal", "entry_count") == [
        (1, 1, 2),
        (2, 2, 0),
        (3, 3, 2),
    ]


def test_an_empty_first_edition_is_the_first_edition() -> None:
    world = [edition(1), edition(2, A)]
    assert pick(movements(world), *MOVE) == [(2, "A", 1, None, None, "new")]
    assert pick(turnover(world), "chart_date", "items", "new_entries") == [(1, 0, 0), (2, 1, 1)]


def test_an_item_that_is_no_track_has_a_key_and_no_track_id() -> None:
    podcast = OracleEntry(1, "episode", A, None, "Talk", None, None)
    one = OracleEdition("f", datetime(2024, 1, 1), date(2024, 1, 1), (podcast,))
    columns = ("item_kind", "item_key", "track_id", "item_name", "artist_names")
    expected = [("episode", "A", None, "Talk", None)]
    assert pick(movements([one]), *columns) == expected
    assert pick(exits([one, edition(2)]), *columns) == expected


# ---------------------------------------------------------------------------------------- exits


def test_an_exit_is_dated_by_the_first_edition_without_the_item() -> None:
    world = [
        edition(1, A, B),
        edition(2, B, A),
        edition(9, B),  # A leaves, seen a week later
        edition(10, A, B),
        edition(11, C),  # A leaves again, and B
    ]
    columns = ("chart_date", "item_key", "last_position", "editions_on_chart", "run_length")
    assert pick(exits(world), *columns) == [
        (9, "A", 2, 2, 2),
        (11, "A", 1, 3, 1),
        (11, "B", 2, 4, 4),
    ]


def test_an_exit_has_the_names_of_the_items_last_edition() -> None:
    def named(day: int, name: str) -> OracleEdition:
        only = OracleEntry(1, "track", A, A, name, f"by {name}", None)
        return OracleEdition("f", datetime(2024, 1, day), date(2024, 1, day), (only,))

    world = [named(1, "old"), named(2, "new"), edition(3)]
    assert pick(exits(world), "item_name", "artist_names") == [("new", "by new")]
    assert pick(movements(world), "item_name") == [("old",), ("new",)]


def test_nothing_leaves_after_the_last_edition_or_twice() -> None:
    assert exits([edition(1, A)]) == []
    assert pick(exits([edition(1, A), edition(2), edition(3)]), "chart_date") == [(2,)]


# --------------------------------------------------------------------------- editions, turnover


def test_missing_before_counts_the_due_editions_strictly_between() -> None:
    def daily(feed: str, after: datetime, before: datetime) -> int:
        assert feed == "f"
        return (before - after).days - 1

    world = [edition(1, A), edition(2), edition(6, A)]
    columns = ("chart_date", "ordinal", "previous_chart_date", "missing_before")
    assert pick(chart_editions(world, daily), *columns) == [
        (1, 1, None, 0),
        (2, 2, 1, 0),
        (6, 3, 2, 3),
    ]
    assert pick(chart_editions(world, None), *columns) == [
        (1, 1, None, None),
        (2, 2, 1, None),
        (6, 3, 2, None),
    ]


def test_turnover_counts_each_kind() -> None:
    d, e = "D" * 22, "E" * 22
    world = [edition(1, A, B, C, d), edition(2, B, A, C, e), edition(3, d, B, C)]
    kinds = ("new_entries", "re_entries", "exits", "climbers", "fallers", "unchanged")
    assert pick(turnover(world), "chart_date", "items", *kinds) == [
        (1, 4, 0, 0, 0, 0, 0, 0),
        (2, 4, 1, 0, 1, 1, 1, 1),
        (3, 3, 0, 1, 2, 0, 1, 1),
    ]


# -------------------------------------------------------------------------------- order and feeds


def test_feeds_are_apart_and_the_order_of_delivery_does_not_matter() -> None:
    world = [
        edition(3, A, B, feed="g"),
        edition(2, B, A, feed="f"),
        edition(1, A, feed="f"),
        edition(2, B, feed="g"),
    ]
    assert pick(movements(world), "feed", *MOVE, "editions_on_chart") == [
        ("f", 1, "A", 1, None, None, "first", 1),
        ("f", 2, "B", 1, None, None, "new", 1),
        ("f", 2, "A", 2, 1, -1, "down", 2),
        ("g", 2, "B", 1, None, None, "first", 1),
        ("g", 3, "A", 1, None, None, "new", 1),
        ("g", 3, "B", 2, 1, -1, "down", 2),
    ]
    assert exits(world) == []
    assert pick(chart_editions(world, None), "feed", "chart_date", "ordinal") == [
        ("f", 1, 1),
        ("f", 2, 2),
        ("g", 2, 1),
        ("g", 3, 2),
    ]
    assert pick(turnover(world), "feed", "items") == [("f", 1), ("f", 2), ("g", 1), ("g", 2)]


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="two editions"):
        movements([edition(1, A), edition(1, B)])
    with pytest.raises(ValueError, match="position stands twice"):
        OracleEdition("f", datetime(2024, 1, 1), date(2024, 1, 1), (entry(1, A), entry(1, B)))
    with pytest.raises(ValueError, match="start at 1"):
        entry(0, A)
    with pytest.raises(ValueError, match="unavailable"):
        OracleEntry(1, "track", None, None, "a", "b", None)


# ---------------------------------------------------------------------------------- chart files

NOTE = ',,,"Note that these figures are generated using a formula.",\n'
OLD_HEADER = 'Position,"Track Name",Artist,Streams,URL\n'
OLD_ROW = f'1,"Say ""Hi"", Bob","Tyler, The Creator",6155025,https://open.spotify.com/track/{A}\n'
NEW_HEADER = "rank,uri,artist_names,track_name,source,peak_rank,previous_rank,{}_on_chart,streams\n"
NEW_ROW = f'1,spotify:track:{A},"Tyler, The Creator","Say ""Hi"", Bob",Label,1,-1,1,6155025\n'
ENTRY = OracleEntry(1, "track", A, A, 'Say "Hi", Bob', "Tyler, The Creator", 6155025)


@pytest.mark.parametrize(
    ("name", "text", "feed", "chart_date"),
    [
        pytest.param(
            "regional-us-weekly-2019-01-04--2019-01-11.csv",
            OLD_HEADER + OLD_ROW,
            "regional-us-weekly",
            date(2019, 1, 10),
            id="old weekly",
        ),
        pytest.param(
            "regional-global-daily-2020-02-29.csv",
            NOTE + OLD_HEADER + OLD_ROW,
            "regional-global-daily",
            date(2020, 2, 29),
            id="old daily with a note",
        ),
        pytest.param(
            "regional-us-weekly-2023-03-02.csv",
            "\ufeff" + NEW_HEADER.format("weeks") + NEW_ROW,
            "regional-us-weekly",
            date(2023, 3, 2),
            id="new weekly with a BOM",
        ),
        pytest.param(
            "regional-de-daily-2023-03-02.csv",
            (NEW_HEADER.format("days") + NEW_ROW).replace("\n", "\r\n"),
            "regional-de-daily",
            date(2023, 3, 2),
            id="new daily with CRLF",
        ),
    ],
)
def test_reading_a_chart_file(
    tmp_path: Path, name: str, text: str, feed: str, chart_date: date
) -> None:
    path = tmp_path / name
    path.write_bytes(text.encode())
    midnight = datetime(chart_date.year, chart_date.month, chart_date.day)
    assert read_chart_csv(path) == OracleEdition(feed, midnight, chart_date, (ENTRY,))


def test_reading_a_viral_chart_without_streams(tmp_path: Path) -> None:
    path = tmp_path / "viral-global-daily-2023-03-02.csv"
    header = "rank,uri,artist_names,track_name,source,peak_rank,previous_rank,days_on_chart\n"
    path.write_text(header + f"7,spotify:track:{A},Ann,Tune,Label,1,-1,1\n", encoding="utf-8")
    assert read_chart_csv(path).entries == (OracleEntry(7, "track", A, A, "Tune", "Ann", None),)


def test_reading_a_file_without_entries_and_a_missing_track(tmp_path: Path) -> None:
    path = tmp_path / "regional-us-daily-2020-01-01.csv"
    path.write_text(NOTE + OLD_HEADER, encoding="utf-8")
    assert read_chart_csv(path).entries == ()
    path.write_text(OLD_HEADER + "1,,,12,\n", encoding="utf-8")
    unavailable = OracleEntry(1, "unavailable", None, None, None, None, 12)
    assert read_chart_csv(path).entries == (unavailable,)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("charts.csv", OLD_HEADER, "not the name"),
        ("regional-us-daily-2020-01-01--2020-01-08.csv", OLD_HEADER, "only a weekly"),
        ("regional-us-daily-2020-01-01.csv", "", "no header"),
        ("regional-us-daily-2020-01-01.csv", OLD_ROW, "no header"),
        ("regional-us-daily-2020-01-01.csv", OLD_HEADER + "1,Tune,Ann,12,\n", "not a link"),
        ("regional-us-daily-2020-01-01.csv", OLD_HEADER + "1,Tune\n", "shorter"),
    ],
)
def test_a_file_that_is_not_understood_is_refused(
    tmp_path: Path, name: str, text: str, reason: str
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=reason):
        read_chart_csv(path)


# ------------------------------------------------------------------------------------- worlds


def test_the_ids_of_worlds_are_spotify_ids_in_form() -> None:
    for key in (*TRACK_IDS, *EPISODE_IDS):
        assert re.fullmatch("[A-Za-z0-9]{22}", key)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(world=chart_worlds(), data=st.data())
def test_what_holds_in_every_world(world: list[OracleEdition], data: st.DataObject) -> None:
    moved, left = movements(world), exits(world)
    changed, numbered = turnover(world), chart_editions(world, due_in_worlds)
    shuffled = data.draw(st.permutations(world))
    assert (movements(shuffled), exits(shuffled)) == (moved, left)
    assert len(numbered) == len(changed) == len(world)

    grain = [(row["feed"], row["scheduled_at"], row["item_key"]) for row in moved]
    assert len(set(grain)) == len(grain)
    for row in moved:
        compared = row["movement"] in ("up", "down", "same")
        assert compared == (row["previous_position"] is not None) == (row["change"] is not None)
        assert (row["streak"] > 1) == compared
        assert 1 <= row["streak"] <= row["editions_on_chart"]
        assert row["peak_position"] <= row["position"]
        assert row["peak_date"] <= row["chart_date"]
        assert (row["peak_position"] == 1) == (row["editions_at_one"] > 0)

    # who is there is who was there, less who left, and who came
    items = 0
    for row, number in zip(changed, numbered, strict=True):
        if number["ordinal"] > 1:
            assert row["items"] == items - row["exits"] + row["new_entries"] + row["re_entries"]
        items = row["items"]
    # every run but the last of an item ends in one exit
    begins = Counter((r["feed"], r["item_key"]) for r in moved if r["streak"] == 1)
    ends = Counter((r["feed"], r["item_key"]) for r in left)
    assert set(ends) <= set(begins)
    assert all(begins[who] - ends[who] in (0, 1) for who in begins)


def test_due_in_worlds_counts_strictly_between() -> None:
    weekly = FEEDS[0].name
    first, third = datetime(2020, 11, 5), datetime(2020, 11, 19)
    assert due_in_worlds(weekly, first, third) == 1
    assert due_in_worlds(weekly, first, datetime(2020, 11, 12)) == 0


# --------------------------------------------------------------------------------- real charts


@pytest.mark.needs("real-data")
def test_two_years_of_real_weeks(real_data: Path) -> None:
    """Literals counted with grep, sort, uniq and comm over the files, not by this code."""
    weeks = [read_chart_csv(path) for path in (real_data / "charts" / "us-weekly").glob("*.csv")]
    moved, left = movements(weeks), exits(weeks)

    assert {week.feed for week in weeks} == {"regional-us-weekly"}
    assert {week.chart_date.isoweekday() for week in weeks} == {4}
    numbered = chart_editions(weeks, lambda feed, after, before: (before - after).days // 7 - 1)
    assert len(numbered) == 102
    assert numbered[0]["chart_date"] == date(2019, 1, 10)
    assert numbered[-1]["chart_date"] == date(2020, 12, 17)
    assert {(row["entry_count"], row["missing_before"]) for row in numbered} == {(200, 0)}

    # no week has a track twice, so movements are entries
    assert len(moved) == 20_400
    assert len({row["item_key"] for row in moved}) == 2_549
    words = Counter(row["movement"] for row in moved)
    # 2,549 tracks, of which 200 in the first week; every place that is left is taken again
    assert (words["first"], words["new"]) == (200, 2_349)
    assert len(left) == 2_909 == words["new"] + words["re_entry"]
    assert sum(row["exits"] for row in turnover(weeks)) == 2_909

    last = [row for row in moved if row["chart_date"] == date(2020, 12, 17)]
    assert [row["position"] for row in last] == list(range(1, 201))
    number_one = last[0]
    assert number_one["item_name"] == "willow"
    assert number_one["artist_names"] == "Taylor Swift"
    assert number_one["item_key"] == "3Uo7WG0vmLQ07WB4BDwy7D"
    assert number_one["streams"] == 13_281_290
    always = [row["item_key"] for row in last if row["streak"] == 102]
    assert sorted(always) == [
        "0rKtyWc8bvkriBthvHKY8d",
        "285pBltuF7vW8TeWk8hdRR",
        "7m9OqQk4RVRkw9JJdeAw96",
    ]
    assert max(row["editions_at_one"] for row in moved) == 13  # The Box
    assert of("0nbXyq5TXYPCO7pr3N8S4I", moved)[-1]["editions_at_one"] == 13


@pytest.mark.needs("real-data")
def test_a_real_song_that_comes_back_each_winter(real_data: Path) -> None:
    """All I Want for Christmas Is You: its lines as grep shows them, the rest worked by hand."""
    weeks = [read_chart_csv(path) for path in (real_data / "charts" / "us-weekly").glob("*.csv")]
    song = "0bYg9bo50gSsH3LtXe2SQn"
    columns = ("position", "change", "movement", "peak_position", "editions_on_chart", "streak")
    assert pick(of(song, movements(weeks)), *columns) == [
        (113, None, "new", 113, 1, 1),
        (68, 45, "up", 68, 2, 2),
        (62, 6, "up", 62, 3, 3),
        (38, 24, "up", 38, 4, 4),
        (9, 29, "up", 9, 5, 5),
        (13, -4, "down", 9, 6, 6),
        (10, 3, "up", 9, 7, 7),
        (2, 8, "up", 2, 8, 8),
        (111, None, "re_entry", 2, 9, 1),
        (55, 56, "up", 2, 10, 2),
        (23, 32, "up", 2, 11, 3),
        (11, 12, "up", 2, 12, 4),
        (2, 9, "up", 2, 13, 5),
        (1, 1, "up", 1, 14, 6),
        (9, -8, "down", 1, 15, 7),
    ]
    rows = {row["chart_date"]: row for row in of(song, movements(weeks))}
    assert rows[date(2020, 12, 3)]["peak_date"] == date(2019, 12, 26)  # equalled, not moved
    assert rows[date(2020, 12, 17)]["peak_date"] == date(2020, 12, 10)
    (gone,) = of(song, exits(weeks))
    assert (gone["chart_date"], gone["last_position"]) == (date(2020, 1, 2), 2)
    assert (gone["editions_on_chart"], gone["run_length"]) == (8, 8)


@pytest.mark.needs("real-data")
def test_real_days_under_a_note_line(real_data: Path) -> None:
    folder = real_data / "charts" / "global-daily"
    days = [read_chart_csv(path) for path in sorted(folder.glob("*.csv"))]
    assert [day.chart_date.month for day in days] == [1, 2, 3, 4, 5]
    assert {(day.feed, len(day.entries)) for day in days} == {("regional-global-daily", 200)}
    ones = [day.entries[0] for day in days]
    assert [one.item_name for one in ones] == [
        "Dance Monkey",
        "Dance Monkey",
        "Blinding Lights",
        "Blinding Lights",
        "Toosie Slide",
    ]
    # the same song under another id is another item
    assert [one.item_key for one in ones[2:4]] == [
        "0sf12qNH5qcw8qpgymFOqD",
        "0VjIjW4GlUZAMYd2vXMi3b",
    ]
    daily = chart_editions(days, lambda feed, after, before: (before - after).days - 1)
    assert [row["missing_before"] for row in daily] == [0, 30, 28, 30, 29]
