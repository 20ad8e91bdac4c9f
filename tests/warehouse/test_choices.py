"""What the configuration says of charts: in the file's tables, at each load and before a reader."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from chartlake.errors import ConfigError, StorageError
from chartlake.settings import FILE_NAME, read_settings
from chartlake.warehouse import migrations, publish
from chartlake.warehouse.choices import Choices, changed, needs_marts, write
from chartlake.warehouse.duckdb import DuckDBWarehouse
from chartlake.warehouse.opening import Opener
from chartlake.warehouse.port import Loaded
from chartlake.wiring.choices import choices_of, limits_of
from tests.warehouse.test_gate import ahead, commit
from tests.warehouse.test_load import FEED, LAYOUT_1, chart
from tests.warehouse.test_publish import as_it_is
from tests.warehouse.worlds import NOW, WorldPipeline

ARTIST = "0C0XlULifJtAgn6ZNCW2eu"
MARKETS = "select * from feed_markets order by all"
LENIENT = Choices(as_warnings=frozenset({"no_date_from_the_future"}))
NOT_YET = "the edited lists do not count yet: check no_date_from_the_future fails; chartlake check"
EXCLUDED = Choices(excluded=(("item", "a" * 22),))
NAMES = "select item_name from chart_movements order by scheduled_at, position"


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty warehouse."""
    with closing(duckdb.connect()) as connection:
        migrations.prepare(connection, Path("warehouse.duckdb"), NOW)
        yield connection


@pytest.fixture
def here(tmp_path: Path) -> WorldPipeline:
    """A warehouse with two editions in it."""
    pipeline = WorldPipeline(tmp_path)
    pipeline.deliver([chart(1, "a", "b"), chart(2, "b", "a")])
    return pipeline


def with_choices(here: WorldPipeline, choices: Choices) -> DuckDBWarehouse:
    """The same file, as another configuration opens it."""
    return DuckDBWarehouse(here.warehouse.path, patience_seconds=0.2, choices=choices)


# The tables ---------------------------------------------------------------------------


def test_terms_are_written_as_the_marts_compare_them(db: duckdb.DuckDBPyConnection) -> None:
    chosen = Choices(
        roster=(("artist", ARTIST), ("name", " BEYONCÉ "), ("name", "Beyoncé")),
        excluded=(("kind", "episode"), ("name", "White Noise")),
        recordings="as-one",
    )
    assert write(db, chosen) == {"roster_terms", "excluded_terms", "chart_options"}
    assert db.execute("from roster_terms order by all").fetchall() == [
        ("artist", ARTIST),
        ("name", "beyoncé"),
    ]
    assert db.execute("from excluded_terms order by all").fetchall() == [
        ("kind", "episode"),
        ("name", "white noise"),
    ]
    assert db.execute("from chart_options").fetchall() == [("recordings", "as-one")]
    assert write(db, chosen) == changed(db, chosen) == frozenset()
    assert changed(db, Choices()) == {"roster_terms", "excluded_terms", "chart_options"}


def test_only_a_roster_needs_no_marts() -> None:
    assert not needs_marts(frozenset())
    assert not needs_marts(frozenset({"roster_terms"}))
    for name in ("excluded_terms", "feed_markets", "chart_options"):
        assert needs_marts(frozenset({"roster_terms", name}))


@pytest.mark.parametrize(
    ("source", "source_id", "market"),
    [
        ("charts-csv", "regional-us-weekly", ("regional-weekly", "us")),
        ("charts-csv", "viral-global-daily", ("viral-daily", "global")),
        ("charts-csv", "citypulse-los-angeles-daily", ("citypulse-daily", "los-angeles")),
        ("charts-csv", "my-own-list", None),
        ("charts-csv", "regional-weekly", None),
        ("playlist", "regional-us-weekly", None),
    ],
)
def test_a_charts_file_says_its_market(
    here: WorldPipeline, source: str, source_id: str, market: tuple[str, str] | None
) -> None:
    with duckdb.connect(str(here.warehouse.path)) as db:
        db.execute("update editions set source = ?, source_id = ?", [source, source_id])
        write(db, Choices())
        assert db.execute(MARKETS).fetchall() == ([(FEED, *market)] if market else [])


def test_the_configuration_wins_over_a_name(here: WorldPipeline) -> None:
    def markets(*configured: tuple[str, str, str]) -> list[tuple[str, ...]]:
        return with_choices(here, Choices(markets=configured)).query(MARKETS).rows

    mine, other = (FEED, "mine", "world"), ("other", "regional-daily", "global")
    assert markets() == [(FEED, "regional-daily", "global")]
    assert markets(mine) == [mine]
    assert markets(other) == [other]  # the place is taken
    assert markets(("other", "top-50", "global")) == [
        ("other", "top-50", "global"),
        (FEED, "regional-daily", "global"),
    ]


# Loads and readers --------------------------------------------------------------------


def test_a_load_takes_up_what_was_edited(here: WorldPipeline) -> None:
    edited = with_choices(here, EXCLUDED)
    loaded = edited.load(here.store, NOW)
    assert loaded[:2] == (0, 0)
    assert loaded.checks is not None  # its marts are others
    before = as_it_is(edited.path)
    assert edited.load(here.store, NOW) == Loaded(0, 0)
    assert edited.query(NAMES).rows == [("b",), ("b",)]
    assert as_it_is(edited.path) == before


def test_a_roster_makes_no_marts_and_needs_no_checks(here: WorldPipeline) -> None:
    edited = with_choices(here, Choices(roster=(("track", "a" * 22),)))
    assert edited.load(here.store, NOW) == Loaded(0, 0)
    assert edited.query("select kind from roster_terms").rows == [("track",)]


def test_a_reader_sees_at_once_what_was_edited(here: WorldPipeline) -> None:
    edited = with_choices(here, Choices(roster=(("track", "a" * 22),)))
    assert edited.query("select item_key, because from roster_items").rows == [("a" * 22, "track")]
    edited = with_choices(here, EXCLUDED)
    assert edited.query(NAMES).rows == [("b",), ("b",)]
    assert edited.query("from roster_terms").rows == []
    before = as_it_is(edited.path)
    assert edited.query(NAMES).rows == [("b",), ("b",)]
    assert as_it_is(edited.path) == before
    assert here.rows("select count(*) as n from chart_movements") == [{"n": 4}]


def test_where_nothing_can_be_written_the_former_lists_are_read(
    here: WorldPipeline, caplog: pytest.LogCaptureFixture
) -> None:
    """As on a read-only disk: the folder of the lock and the draft is in the way of both."""
    edited = with_choices(here, EXCLUDED)
    lock = edited.path.with_name(f".{edited.path.name}.lock")
    lock.unlink()
    lock.mkdir()
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert len(edited.query(NAMES).rows) == 4
    assert [r.getMessage().split(":")[0] for r in caplog.records] == [
        "what chartlake.toml says of charts was edited, and does not count yet"
    ]


def test_while_another_one_writes_the_former_lists_are_read(
    here: WorldPipeline, caplog: pytest.LogCaptureFixture
) -> None:
    edited = with_choices(here, EXCLUDED)
    with FileLock(edited.path.with_name(f".{edited.path.name}.lock")):
        assert len(edited.query(NAMES).rows) == 4
    assert "does not count yet" in caplog.text
    assert len(with_choices(here, EXCLUDED).query(NAMES).rows) == 2


def test_a_reader_is_no_way_around_the_checks(
    here: WorldPipeline, caplog: pytest.LogCaptureFixture
) -> None:
    """What is wrong in the file already stops marts that are made anew; it can still be read."""
    lenient = Choices(as_warnings=frozenset({"no_date_from_the_future"}))
    commit(here, ahead(3))
    with_choices(here, lenient).load(here.store, NOW)
    assert len(with_choices(here, EXCLUDED).query(NAMES).rows) == 6
    assert NOT_YET in caplog.text


# What the checks refuse ---------------------------------------------------------------


@pytest.fixture
def wrong(here: WorldPipeline) -> WorldPipeline:
    """A warehouse in which something is wrong already, so that no marts pass the checks."""
    commit(here, ahead(3))
    with_choices(here, LENIENT).load(here.store, NOW)
    return here


def note_of(here: WorldPipeline) -> Path:
    """Where a refusal is remembered."""
    return here.warehouse.path.with_name(f".{here.warehouse.path.name}.refused")


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was told since the last time."""
    messages = [record.getMessage() for record in caplog.records]
    caplog.clear()
    return messages


def test_what_was_refused_is_not_tried_again(
    wrong: WorldPipeline, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited = with_choices(wrong, EXCLUDED)
    for _ in range(2):
        assert len(edited.query(NAMES).rows) == 6
    assert said(caplog) == [NOT_YET]
    note, before = note_of(wrong).read_text(), as_it_is(edited.path)
    assert re.fullmatch(r"[0-9a-f]{64}\n[0-9a-f]{64}", note)
    # another process: nobody makes a draft
    monkeypatch.setattr(publish, "draft_of", None)
    assert len(with_choices(wrong, EXCLUDED).query(NAMES).rows) == 6
    assert said(caplog) == [NOT_YET]
    assert as_it_is(edited.path) == before


def test_other_lists_and_another_file_are_tried(
    wrong: WorldPipeline, caplog: pytest.LogCaptureFixture
) -> None:
    edited = with_choices(wrong, EXCLUDED)
    assert len(edited.query(NAMES).rows) == 6
    first = note_of(wrong).read_text()
    with_choices(wrong, Choices(recordings="as-one")).query(NAMES)
    assert note_of(wrong).read_text() != first
    said(caplog)
    with duckdb.connect(str(edited.path)) as db:
        db.execute("update editions set chart_date = cast(scheduled_at as date)")
    # the one that was refused before: the file is another
    assert edited.query(NAMES).rows == [("b",)] * 3
    assert [message.split()[-2:] for message in said(caplog)] == [["made", "anew"]]
    assert not note_of(wrong).exists()


def test_a_check_that_is_to_warn_now_is_tried(wrong: WorldPipeline) -> None:
    assert len(with_choices(wrong, EXCLUDED).query(NAMES).rows) == 6
    lenient = replace(EXCLUDED, as_warnings=LENIENT.as_warnings)
    assert len(with_choices(wrong, lenient).query(NAMES).rows) == 3


def test_a_roster_counts_whatever_else_is_refused(
    wrong: WorldPipeline, caplog: pytest.LogCaptureFixture
) -> None:
    roster = "select value from roster_terms"
    for name in "ab":
        edited = with_choices(wrong, replace(EXCLUDED, roster=(("track", name * 22),)))
        assert edited.query(roster).rows == [(name * 22,)]
        assert len(edited.query(NAMES).rows) == 6
        made_anew, not_yet = said(caplog)
        assert (made_anew.split()[-1], not_yet) == ("anew", NOT_YET)
        assert note_of(wrong).exists()  # of the file with this roster
    edited.query(NAMES)
    assert said(caplog) == []


def test_what_was_in_the_way_once_is_tried_again_with_the_next_file(
    here: WorldPipeline, caplog: pytest.LogCaptureFixture
) -> None:
    edited = with_choices(here, EXCLUDED)
    with FileLock(edited.path.with_name(f".{edited.path.name}.lock")):
        assert len(edited.query(NAMES).rows) == 4
    here.deliver([chart(3, "b")])
    assert edited.query(NAMES).rows == [("b",)] * 3


# Two of one file ----------------------------------------------------------------------


def test_a_reader_that_stays_open_leaves_the_lists_alone(here: WorldPipeline) -> None:
    path = here.warehouse.path
    stays = DuckDBWarehouse(path, choices=Choices(recordings="as-one"), takes_up_choices=False)
    before = as_it_is(path)
    assert len(stays.query(NAMES).rows) == 4
    assert as_it_is(path) == before
    assert len(with_choices(here, EXCLUDED).query(NAMES).rows) == 2
    assert stays.query(NAMES).rows == [("b",), ("b",)]
    with duckdb.connect(str(path)) as db:
        db.execute(LAYOUT_1)  # and where it has to bring the file up to date
    assert stays.query(NAMES).rows == [("b",), ("b",)]
    assert stays.query("select value from chart_options").rows == [("apart",)]


def test_two_projects_of_one_file_are_told(
    here: WorldPipeline, caplog: pytest.LogCaptureFixture
) -> None:
    for choices in (EXCLUDED, Choices()):
        with_choices(here, choices).query(NAMES)
        assert said(caplog) == [
            f"{here.warehouse.path} had other lists or [charts] than this project's "
            "chartlake.toml: made anew"
        ]


# From the settings --------------------------------------------------------------------


def test_choices_of_settings(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(
        f"""
        [warehouse]
        memory_limit = "300MB"
        threads = 1
        [roster]
        artists = ["spotify:artist:{ARTIST}"]
        tracks = ["{"t" * 22}"]
        albums = ["{"l" * 22}"]
        isrcs = ["us-rc1-76-07839"]
        names = ["Queen"]
        [exclude]
        items = ["spotify:local:a:b:c:1"]
        artists = ["{ARTIST}"]
        names = ["Rain"]
        kinds = ["episode"]
        [charts]
        recordings = "as-one"
        [checks]
        as_warnings = ["exits_balance"]
        [markets.top-50]
        us = "top-50-us"
        """
    )
    settings = read_settings(tmp_path)
    assert choices_of(settings) == Choices(
        roster=(
            ("artist", ARTIST),
            ("track", "t" * 22),
            ("album", "l" * 22),
            ("isrc", "USRC17607839"),
            ("name", "Queen"),
        ),
        excluded=(
            ("item", "spotify:local:a:b:c:1"),
            ("artist", ARTIST),
            ("name", "Rain"),
            ("kind", "episode"),
        ),
        markets=(("top-50-us", "top-50", "us"),),
        recordings="as-one",
        as_warnings=frozenset({"exits_balance"}),
    )
    assert limits_of(settings.warehouse) == {"memory_limit": "300MB", "threads": 1}


def test_a_check_that_nobody_knows(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('[checks]\nas_warnings = ["exit_balance"]')
    with pytest.raises(ConfigError, match="as_warnings: no check is named 'exit_balance'") as told:
        choices_of(read_settings(tmp_path))
    assert ", exits_balance, " in str(told.value.fix)


def test_without_settings_nothing_is_chosen(tmp_path: Path) -> None:
    settings = read_settings(tmp_path)
    assert choices_of(settings) == Choices()
    assert limits_of(settings.warehouse) == {}


def test_a_writer_keeps_to_its_limits(here: WorldPipeline, tmp_path: Path) -> None:
    limits: dict[str, str | int] = {"memory_limit": "40MB", "threads": 1}
    sql = "select current_setting('memory_limit'), current_setting('threads')"
    opener = Opener(here.warehouse.path, 1, limits)
    with closing(opener.write(tmp_path / "draft.duckdb")) as db:
        assert db.execute(sql).fetchall() == [("38.1 MiB", 1)]
    with closing(opener.read()) as db:
        assert db.execute(sql).fetchall() != [("38.1 MiB", 1)]
    commit(here, chart(3, "c"))
    too_little = DuckDBWarehouse(here.warehouse.path, limits={"memory_limit": "1KB"})
    with pytest.raises(StorageError, match="the warehouse"):
        too_little.load(here.store, NOW)
    assert len(too_little.query(NAMES).rows) == 4
