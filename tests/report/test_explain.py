"""Any number back to its origin, and what is told where a link of the chain is broken."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest

from chartlake.errors import StorageError, UsageError
from chartlake.lake import keys, raw
from chartlake.lake.retention import Mark
from chartlake.lake.store import open_store
from chartlake.model import Body, Feed, Snapshot, slot_at
from chartlake.report.explain import Explanation, explain
from chartlake.transform.build import build_slots, unbuilt
from chartlake.transform.engine import LocalEngine
from chartlake.transform.slices import place_of
from chartlake.warehouse.duckdb import DuckDBWarehouse
from tests.charts import old_chart, track_id

DAY = date(2026, 3, 1)
LIST = Feed(name="finds", source="playlist", source_id="P" * 22, schedule="daily")
HOURLY = Feed(name="finds", source="playlist", source_id="P" * 22, schedule="hourly", cadence="day")


class Lake:
    """A lake and its warehouse, into which slots are put by hand."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.folder = folder / "lake"
        self.store = open_store(url or str(self.folder))
        self.warehouse = DuckDBWarehouse(folder / "warehouse.duckdb")

    def put(
        self,
        feed: Feed,
        at: datetime,
        pages: Sequence[tuple[str, bytes]],
        counts: Sequence[int],
        **facts: Any,
    ) -> None:
        media_type = "text/csv" if feed.source == "charts-csv" else "application/json"
        bodies = tuple(
            Body(
                content=content,
                resource=resource,
                media_type=media_type,
                received_at=at,
                first_item=sum(counts[:number]),
                url=f"https://api.test/{resource}?offset={sum(counts[:number])}",
                status=200,
            )
            for number, (resource, content) in enumerate(pages)
        )
        revision = facts.pop("revision", 1)
        facts = {"bodies": bodies, "item_count": sum(counts), "observed_at": at, **facts}
        snapshot = Snapshot(feed=feed, slot=slot_at(at), chart_date=at.date(), **facts)
        raw.commit(self.store, snapshot, revision)

    def put_list(self, day: int, *names: str, feed: Feed = LIST, hour: int = 0) -> None:
        """A playlist, in which a name is a track of its own and a space is nothing."""
        content = playlist([listed(name) for name in names])
        self.put(feed, moment(day, hour), [("playlist", content)], [len(names)])

    def fill(self) -> None:
        """Transform and load what was put, as one build."""
        done = build_slots(self.store, LocalEngine(), unbuilt(self.store), moment(30))
        assert not done.failed, done.failed
        self.warehouse.load(self.store, moment(30))

    def explain(
        self, day: int, item: str, feed: str = "finds", slot: str | None = None
    ) -> Explanation:
        return explain(self.warehouse, self.store, place_of, feed, moment(day).date(), item, slot)


def moment(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 3, 1, hour, tzinfo=UTC) + timedelta(days=day - 1)


def track(name: str) -> dict[str, Any]:
    return {"type": "track", "id": track_id(name), "name": f"Song {name}", "artists": []}


def listed(name: str) -> dict[str, Any]:
    return {"item": track(name) if name.strip() else None}


def playlist(records: Sequence[Any]) -> bytes:
    return json.dumps({"items": {"offset": 0, "items": list(records)}}, indent=1).encode()


def page(records: Sequence[Any]) -> bytes:
    return json.dumps({"items": list(records)}).encode()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


@pytest.fixture
def three_days(lake: Lake) -> Lake:
    """b leaves on the third day; e is new on it; d comes back."""
    lake.put_list(1, *"abcd")
    lake.put_list(2, *"bac")
    lake.put_list(3, *"caed")
    lake.fill()
    return lake


def bytes_of(found: Explanation, lake: Lake) -> bytes:
    """The record's bytes, cut out of the page by hand."""
    link, record = found.chain.page, found.chain.record
    assert link
    assert record
    assert found.row
    manifest = raw.committed(lake.store, found.row["feed"], found.row["slot"])
    assert manifest
    return raw.read_page(lake.store, manifest, link.number)[record.start : record.end]


# What is found ----------------------------------------------------------------


def test_a_position_down_to_its_bytes(three_days: Lake) -> None:
    found = three_days.explain(3, "#1")

    assert found.problems == []
    assert found.item_key == track_id("c")
    assert found.row
    assert (found.row["position"], found.row["page"], found.row["item"]) == (1, 0, 0)
    build, manifest, link = found.chain.build, found.chain.manifest, found.chain.page
    assert build
    assert build.file
    assert build.key in list(three_days.store.keys("builds/"))
    assert (build.slots_covered, build.file.rows, build.file.verified) == (3, 11, True)
    assert manifest
    assert manifest.key == "manifests/finds/2026-03/20260303T000000Z.r1.json"
    assert (manifest.verified, manifest.records, manifest.pages) == (True, 4, 1)
    assert link
    assert (link.url, link.status) == ("https://api.test/playlist?offset=0", 200)
    assert (link.offset, link.verified) == (0, True)
    assert json.loads(bytes_of(found, three_days)) == listed("c")
    assert found.chain.record
    assert found.chain.record.text == bytes_of(found, three_days).decode()


def test_the_editions_that_numbers_come_from(three_days: Lake) -> None:
    number = three_days.explain(3, "Song c").number
    assert number
    assert number.row["movement"] == "up"
    places = {name: (o.chart_date.day, o.position) for name, o in number.origins.items()}
    assert places == {
        "previous_position": (2, 3),
        "peak_position": (3, 1),
        "streak": (1, 3),
        "editions_on_chart": (1, 3),
    }


def test_one_that_came_back_has_no_previous_position(three_days: Lake) -> None:
    number = three_days.explain(3, track_id("d")).number
    assert number
    assert number.row["movement"] == "re_entry"
    places = {name: (o.chart_date.day, o.position) for name, o in number.origins.items()}
    assert places == {"peak_position": (1, 4), "streak": (3, 4), "editions_on_chart": (1, 4)}


def test_an_exit_is_explained_by_the_edition_before(three_days: Lake) -> None:
    found = three_days.explain(3, "Song b")
    assert found.problems == []
    assert found.has_left
    assert found.row
    assert (found.row["slot"], found.row["position"]) == ("20260302T000000Z", 1)
    assert json.loads(bytes_of(found, three_days)) == listed("b")


@pytest.mark.parametrize(
    "item",
    [
        track_id("e"),
        f"spotify:track:{track_id('e')}",
        f"https://open.spotify.com/intl-de/track/{track_id('e')}?si=x",
        "song E",
        "3",
        " #3 ",
    ],
)
def test_ways_to_name_an_item(three_days: Lake, item: str) -> None:
    assert three_days.explain(3, item).item_key == track_id("e")


def test_of_several_names_the_one_that_is_there(lake: Lake) -> None:
    lake.put_list(1, "a", "b")
    lake.put_list(2, "b")
    lake.fill()
    assert lake.explain(2, "song").item_key == track_id("b")
    with pytest.raises(UsageError, match="can be 2 items of finds") as error:
        lake.explain(1, "song")
    assert error.value.fix
    assert f"{track_id('a')}  #1  Song a" in error.value.fix


def test_a_number_that_is_no_position_may_be_a_name(lake: Lake) -> None:
    record = {"item": track("x") | {"name": "1999"}}
    lake.put(LIST, moment(1), [("playlist", playlist([record]))], [1])
    lake.fill()
    assert lake.explain(1, "1999").item_key == track_id("x")
    assert lake.explain(1, "1").item_key == track_id("x")


def test_an_item_that_stands_there_twice(lake: Lake) -> None:
    lake.put_list(1, *"aba")
    lake.fill()
    by_name, by_place = lake.explain(1, "Song a"), lake.explain(1, "#3")
    assert by_name.row
    assert by_name.row["position"] == 1
    assert by_place.row
    assert by_place.number
    assert (by_place.row["item"], by_place.number.row["position"]) == (2, 1)
    assert by_name.problems == by_place.problems == []


def test_what_names_nothing_has_a_record_too(lake: Lake) -> None:
    lake.put_list(1, "a", " ")
    lake.fill()
    found = lake.explain(1, "2")
    assert (found.item_key, found.number, found.problems) == (None, None, [])
    assert json.loads(bytes_of(found, lake)) == {"item": None}


def test_further_pages(lake: Lake) -> None:
    pages = [
        ("playlist", playlist([listed("a"), listed("b")])),
        ("playlist_items", page([listed("c")])),
        ("playlist_items", page([listed("d"), listed("e")])),
    ]
    lake.put(LIST, moment(1), pages, [2, 1, 2])
    lake.fill()
    for place, name in enumerate("abcde", start=1):
        found = lake.explain(1, f"#{place}")
        assert found.problems == []
        assert json.loads(bytes_of(found, lake)) == listed(name)
        assert found.chain.page
        assert found.chain.page.number == {"a": 0, "b": 0, "c": 1}.get(name, 2)


def test_an_unchanged_slot_leads_to_the_page_of_another(lake: Lake) -> None:
    lake.put_list(1, *"ab")
    before = raw.committed(lake.store, "finds", slot_at(moment(1)))
    assert before
    kept = {"kept": raw.pages_to_keep(before), "unchanged_from": before.slot, "item_count": 2}
    lake.put(LIST, moment(2), [], [], **kept)
    lake.fill()
    found = lake.explain(2, "#2")
    assert found.problems == []
    assert found.chain.manifest
    assert found.chain.manifest.unchanged_from == before.slot
    assert found.chain.page
    assert found.chain.page.raw_key == before.raw_key
    assert json.loads(bytes_of(found, lake)) == listed("b")


@pytest.mark.parametrize(
    ("source", "resource", "record"),
    [
        ("saved-tracks", "saved_tracks", {"track": track("a")}),
        ("top-items", "top_tracks", track("a")),
        ("top-items", "top_artists", {"id": track_id("a"), "name": "Song a"}),
    ],
)
def test_lists_of_an_account(
    lake: Lake, source: str, resource: str, record: dict[str, Any]
) -> None:
    feed = Feed(name="mine", source=source, source_id="me", schedule="daily")
    lake.put(feed, moment(1), [(resource, page([record]))], [1])
    lake.fill()
    found = lake.explain(1, "song a", "mine")
    assert found.problems == []
    assert json.loads(bytes_of(found, lake)) == record


def test_a_charts_file_and_its_correction(lake: Lake) -> None:
    feed = Feed(name="charts", source="charts-csv", source_id="charts", schedule="daily")
    for revision, names in ((1, "ab"), (2, "ba")):
        content = b"\xef\xbb\xbf" + old_chart(names).replace("Song a", "Song\na").encode()
        lake.put(feed, moment(1), [("charts_csv", content)], [2], revision=revision)
        lake.fill()
        found = lake.explain(1, "#1", "charts")
        assert found.problems == []
        assert found.chain.manifest
        assert found.chain.manifest.revision == revision
        assert found.chain.record
        assert found.chain.record.header == old_chart("a").splitlines()[0]
    expected = old_chart("ba").splitlines()[1]
    assert bytes_of(found, lake).decode() == expected
    assert b"Song\na" in bytes_of(lake.explain(1, "#2", "charts"), lake)


def test_a_play(lake: Lake) -> None:
    feed = Feed(name="plays", source="recently-played", source_id="me", schedule="hourly")
    plays = [
        {"track": track(name), "played_at": f"2026-03-01T0{hour}:00:00Z"}
        for name, hour in (("b", 2), ("a", 1))
    ]
    lake.put(feed, moment(1, 3), [("recently_played", page(plays))], [2])
    lake.fill()
    found = lake.explain(1, "song a", "plays")
    assert found.problems == []
    assert found.number
    assert found.number.mart == "listening_plays"
    assert json.loads(bytes_of(found, lake)) == plays[1]


def test_of_several_slots_a_day_the_ranked_one(lake: Lake) -> None:
    for hour, names in ((1, "ab"), (2, "ba"), (3, "ca")):
        lake.put_list(1, *names, feed=HOURLY, hour=hour)
    lake.fill()
    ranked = lake.explain(1, "#1")
    assert ranked.item_key == track_id("c")
    assert ranked.about.ordinal == 1
    assert len(ranked.about.same_day) == 3
    earlier = lake.explain(1, "song b", slot="20260301T020000Z")
    assert earlier.row
    assert (earlier.row["position"], earlier.number, earlier.problems) == (1, None, [])
    with pytest.raises(UsageError, match="no slot 20260301T090000Z") as error:
        lake.explain(1, "#1", slot="20260301T090000Z")
    assert "20260301T020000Z" in str(error.value.fix)


def test_bytes_that_are_no_utf8_come_as_base64(lake: Lake) -> None:
    content = playlist([listed("a") | {"unread": "@"}]).replace(b"@", b"\xff")
    lake.put(LIST, moment(1), [("playlist", content)], [1])
    lake.fill()
    record = lake.explain(1, "#1").chain.record
    assert record
    assert record.text is None
    assert record.base64


def test_a_build_in_another_month_than_its_slot(lake: Lake) -> None:
    lake.put_list(1, "a")
    lake.put_list(40, "a")
    lake.fill()
    build = lake.explain(1, "#1").chain.build
    assert build
    assert build.key
    assert build.key.startswith("builds/2026-04/")
    assert build.file
    assert build.file.key.startswith("curated/entries/slot_month=2026-03/")


def test_a_lake_on_s3(tmp_path: Path, s3_url: str) -> None:
    lake = Lake(tmp_path, s3_url)
    lake.put_list(1, *"ab")
    lake.fill()
    found = lake.explain(1, "#2")
    assert found.problems == []
    assert json.loads(bytes_of(found, lake)) == listed("b")


# What is not there ------------------------------------------------------------


def test_an_item_that_was_never_there(three_days: Lake) -> None:
    with pytest.raises(UsageError, match="finds never had an item 'Song z'"):
        three_days.explain(3, "Song z")


def test_an_item_that_was_there_at_other_times(three_days: Lake) -> None:
    with pytest.raises(UsageError, match="was not in finds on 2026-03-01") as error:
        three_days.explain(1, "Song e")
    assert error.value.fix == "it was there after, on 2026-03-03"


def test_a_position_at_which_nothing_stands(lake: Lake) -> None:
    records = [listed("a"), {"item": {"type": "track", "id": "too short"}}]
    lake.put(LIST, moment(1), [("playlist", playlist(records))], [2])
    lake.fill()
    with pytest.raises(UsageError, match="nothing stands at #2") as error:
        lake.explain(1, "#2")
    assert "record 1 of page 0: track id 'too short'" in str(error.value.why)


def test_a_date_and_a_feed_that_are_not_there(three_days: Lake) -> None:
    with pytest.raises(UsageError, match="no edition of finds of 2026-03-04 was") as error:
        three_days.explain(4, "#1")
    assert "2026-03-03" in str(error.value.fix)
    with pytest.raises(UsageError, match="there is no feed 'lost'") as error:
        three_days.explain(3, "#1", "lost")
    assert "finds" in str(error.value.fix)


def test_a_feed_that_is_no_list(lake: Lake) -> None:
    feed = Feed(name="names", source="hydration", source_id="names", schedule="daily")
    content = json.dumps({"tracks": [track("a")]}).encode()
    lake.put(feed, moment(1), [("tracks", content)], [1])
    lake.fill()
    with pytest.raises(UsageError, match="names is no list"):
        lake.explain(1, "#1", "names")


# What is broken ---------------------------------------------------------------


def only(lake: Lake, folder: str) -> Path:
    (file,) = (file for file in (lake.folder / folder).rglob("*") if file.is_file())
    return file


@pytest.fixture
def one_day(lake: Lake) -> Lake:
    lake.put_list(1, *"ab")
    lake.fill()
    return lake


def test_a_flipped_byte_of_raw_is_told(one_day: Lake) -> None:
    file, whole = only(one_day, "raw"), only(one_day, "raw").read_bytes()
    as_received = one_day.explain(1, "#1").chain.record
    told = 0
    for place in range(0, len(whole), 12):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        found = one_day.explain(1, "#1")
        told += bool(found.problems)
        # in a frame's header are bits that change nothing: then the page is as it was received
        assert found.chain.record == (None if found.problems else as_received)
    assert told >= len(range(0, len(whole), 12)) - 1


def test_a_page_whose_bytes_changed(one_day: Lake) -> None:
    file = only(one_day, "raw")
    whole = file.read_bytes()
    file.write_bytes(whole[:-5] + bytes([whole[-5] ^ 1]) + whole[-4:])
    found = one_day.explain(1, "#1")
    assert len(found.problems) == 1
    assert str(found.chain.page.raw_key if found.chain.page else "-") in found.problems[0]
    assert found.chain.page
    assert not found.chain.page.verified
    assert found.chain.record is None
    assert found.chain.manifest
    assert found.chain.manifest.verified


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-3])


def empty(file: Path) -> None:
    file.write_bytes(b"")


def change(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"2026-03-01", b"2026-03-02", 1))


@pytest.mark.parametrize(
    ("folder", "harm", "told"),
    [
        ("raw", Path.unlink, "is gone"),
        ("raw", cut, "raw/finds"),
        ("raw", empty, "is cut short"),
        ("manifests", Path.unlink, "is gone"),
        ("manifests", cut, "is not a manifest"),
        ("manifests", change, "is not the manifest that the build was made from"),
        ("builds", Path.unlink, "is gone, which committed the row"),
        ("builds", cut, "is not a build"),
        ("curated/entries", Path.unlink, "is gone"),
        ("curated/entries", cut, "does not match its hash"),
    ],
)
def test_what_is_damaged_is_told_and_the_rest_shown(
    one_day: Lake, folder: str, harm: Callable[[Path], Any], told: str
) -> None:
    harm(only(one_day, folder))
    found = one_day.explain(1, "#1")
    (problem,) = found.problems
    assert told in problem
    chain = found.chain
    reached = [chain.build, chain.manifest, chain.page, chain.record]
    assert [link is not None for link in reached] == {
        "raw": [True, True, True, False],
        "manifests": [True, harm is change, harm is change, harm is change],
    }.get(folder, [True, True, True, True])


def test_a_page_that_was_given_up_for_its_age_is_not_called_lost(one_day: Lake) -> None:
    only(one_day, "raw").unlink()
    mark = Mark(feed="finds", slot=slot_at(moment(1)), at=moment(9), raw_days=7)
    one_day.store.create(keys.expired(mark.feed, mark.slot), msgspec.json.encode(mark))
    (problem,) = one_day.explain(1, "#1").problems
    assert problem.endswith("was given up for its age: its bytes can't be shown any more")


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("update entries set streams = 5", "entries has streams 5"),
        (
            "update chart_movements set peak_position = 9",
            "says peak_position 9, the entries give 1",
        ),
        ("update entries set attempt_id = 'x'", "not of the live attempt"),
        ("update entries set page = 4", "the manifest has no page 4"),
        ("update entries set item = 7", "no record 7"),
    ],
)
def test_a_warehouse_that_was_tampered_with(one_day: Lake, sql: str, told: str) -> None:
    with duckdb.connect(str(one_day.warehouse.path)) as db:
        db.execute(sql)
    assert any(told in problem for problem in one_day.explain(1, "#1").problems)


def test_a_store_that_cannot_be_read_is_no_finding(one_day: Lake, tmp_path: Path) -> None:
    broken = open_store("s3://nowhere-at-all/x")
    with pytest.raises(StorageError):
        explain(one_day.warehouse, broken, place_of, "finds", DAY, "#1")
