"""A long list on the simulated Spotify: skipped, torn, broken off and picked up again."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import msgspec
import pytest

from chartlake.errors import Deferred, Unavailable
from chartlake.extract.due import DueSlot
from chartlake.extract.spotify.client import SpotifyClient
from chartlake.extract.spotify.playlist import read_playlist
from chartlake.lake import raw
from chartlake.lake.state import FeedState, Held, change_state, feed_state
from chartlake.model import Feed, Page, Slot, Snapshot, sha256
from chartlake.simulator import Mixtape, World
from chartlake.simulator.faults import quota_exceeded, reset, status, too_many
from chartlake.simulator.records import Track
from tests.extract.spotify.api import Time
from tests.extract.spotify.simulated import As, Runs, Spotify, simulated

ID = "2nWxVs7sKLqP7tqTZQv0Fa"
FEED = Feed(name="tape", source="playlist", source_id=ID, schedule="daily")
SLOT = Slot("20261120T000000Z")
HERE, ITEMS = f"/playlists/{ID}", f"/playlists/{ID}/items"
VERSION = f"{HERE} fields=snapshot_id"
# the first answer holds items 0 to 49
REST = [f"{ITEMS} offset={offset}" for offset in (50, 100, 150, 200)]
WHOLE = [HERE, *REST, VERSION]


@pytest.fixture
def tracks(world: World) -> list[Track]:
    return [t for t in world.tracks if t.album.release_date <= world.first_date]


@pytest.fixture
def tape(world: World, tracks: list[Track]) -> Mixtape:
    tape = Mixtape(ID, world.users[0].user_id, tracks[:230])
    world.mixtapes[ID] = tape
    return tape


@pytest.fixture
def spotify(world: World, tape: Mixtape, today: Time) -> Iterator[Spotify]:
    with simulated(world, today) as spotify:
        yield spotify


@pytest.fixture
def runs(http: httpx2.Client, spotify: Spotify, today: Time, world: World) -> Runs:
    return runs_of(http, spotify, today, world)


def runs_of(http: httpx2.Client, spotify: Spotify, time: Time, world: World) -> Runs:
    def read(client: SpotifyClient, due: DueSlot) -> Snapshot:
        return read_playlist(client, 4, due)

    return Runs(http, spotify.url, time, FEED, read, As(world.users[0].user_id))


def held(runs: Runs) -> Held | None:
    return runs.state().held


def ids(runs: Runs) -> list[str]:
    """The tracks of the slot that is due now, in order."""
    first, *others = map(msgspec.json.decode, runs.contents())
    pages = [first["items"], *others]
    return [item["item"]["id"] for page in pages for item in page["items"]]


def ids_of(tracks: list[Track]) -> list[str]:
    return [track.track_id for track in tracks]


def places(pages: tuple[Page, ...]) -> list[tuple[str, int]]:
    return [(page.resource, page.first_item) for page in pages]


# Unchanged ----------------------------------------------------------------------------------


def test_a_first_run_reads_all(
    runs: Runs, spotify: Spotify, tape: Mixtape, tracks: list[Track]
) -> None:
    manifest = runs.run_well()
    assert spotify.paths() == WHOLE
    assert (manifest.item_count, len(manifest.pages)) == (230, 5)
    assert (manifest.version, manifest.unchanged_from) == (tape.snapshot_id, None)
    assert ids(runs) == ids_of(tracks[:230])
    assert [request.status for request in manifest.requests] == [200] * 6


@pytest.mark.parametrize(("etags", "answered"), [(True, 304), (False, 200)])
def test_an_unchanged_list_takes_one_request_and_keeps_the_pages(
    http: httpx2.Client, world: World, tape: Mixtape, today: Time, etags: bool, answered: int
) -> None:
    with simulated(world, today, etags=etags) as spotify:
        runs = runs_of(http, spotify, today, world)
        first = runs.run_well()
        before = runs.contents()
        spotify.paths()
        raw_objects = list(runs.store.keys("raw/"))
        for number in (1, 2, 3):
            runs.later(1)
            result = runs.run()
            assert (result.status, result.unchanged, result.records) == ("new", True, 230)
            again = runs.manifest()
            assert spotify.paths() == [HERE]
            assert [request.status for request in again.requests] == [answered]
            assert (again.unchanged_from, again.unchanged_count) == (SLOT, number)
            assert (again.item_count, again.version) == (230, first.version)
            assert again.observed_at == today.now()
            assert runs.contents() == before
            assert again.pages == first.pages
            assert again.raw_key == first.raw_key
        assert list(runs.store.keys("raw/")) == raw_objects


def test_every_so_often_it_is_read_whole_all_the_same(runs: Runs, spotify: Spotify) -> None:
    """A version is a hint: here it tells nothing of an edit."""
    runs.run_well()
    requests = []
    for _ in range(9):
        runs.later(1)
        spotify.paths()
        runs.run_well()
        requests.append(len(spotify.paths()))
    assert requests == [1, 1, 1, 6, 1, 1, 1, 6, 1]
    assert runs.manifest().unchanged_from == Slot("20261128T000000Z")


def test_an_edit_without_a_version_shows_at_the_next_full_read(
    runs: Runs, tape: Mixtape, tracks: list[Track]
) -> None:
    runs.run_well()
    tape.items = tracks[1:231]  # the version stays
    seen = []
    for _ in range(4):
        runs.later(1)
        runs.run_well()
        seen.append(ids(runs)[0] == tracks[1].track_id)
    # the etag covers the first page, so that the server itself finds the edit; the version does not
    assert seen == [False, False, False, True]


def test_a_version_that_changes_without_a_change(
    runs: Runs, spotify: Spotify, tape: Mixtape
) -> None:
    runs.run_well()
    before = ids(runs)
    runs.later(1)
    tape.touch()
    spotify.paths()
    manifest = runs.run_well()
    assert spotify.paths() == WHOLE
    assert (manifest.unchanged_from, manifest.version) == (None, tape.snapshot_id)
    assert ids(runs) == before


def test_an_edit_is_read_whole_and_skipped_after_it(
    runs: Runs, spotify: Spotify, tape: Mixtape, tracks: list[Track]
) -> None:
    runs.run_well()
    runs.later(1)
    tape.edit(tracks[5:35])
    spotify.paths()
    assert runs.run_well().item_count == 30
    assert spotify.paths() == [HERE]  # one answer cannot be torn
    runs.later(1)
    assert runs.run_well().unchanged_from == Slot("20261121T000000Z")
    assert spotify.paths() == [HERE]


def test_unchanged_is_against_the_last_slot_however_long_ago(runs: Runs, spotify: Spotify) -> None:
    runs.run_well()
    runs.later(40)
    spotify.paths()
    assert runs.run_well().unchanged_from == SLOT
    assert spotify.paths() == [HERE]


# Edited between pages ---------------------------------------------------------------------------


def test_an_edit_between_pages_is_read_again(
    runs: Runs, spotify: Spotify, tape: Mixtape, tracks: list[Track]
) -> None:
    tape.on_read = lambda tape: tape.edit(tracks[1:231]) if tape.reads == 2 else None
    manifest = runs.run_well()
    assert spotify.paths() == [*WHOLE, *WHOLE]
    assert ids(runs) == ids_of(tracks[1:231])
    assert manifest.version == tape.snapshot_id
    assert len(manifest.requests) == 12
    assert held(runs) is None


def test_three_edits_are_too_many(runs: Runs, spotify: Spotify, tape: Mixtape) -> None:
    tape.on_read = lambda tape: tape.touch()
    result = runs.run()
    assert isinstance(result.error, Unavailable)
    assert "was edited while it was read, 3 times in a row" in result.error.what
    assert spotify.paths() == WHOLE * 3
    assert list(runs.store.keys("manifests/")) == []
    assert held(runs) is None
    tape.on_read = None
    runs.run_well()


def test_an_edit_that_comes_after_the_last_page_is_seen(
    runs: Runs, spotify: Spotify, tape: Mixtape, tracks: list[Track]
) -> None:
    tape.on_read = lambda tape: tape.edit(tracks[:230]) if tape.reads == 5 else None
    runs.run_well()
    assert len(spotify.paths()) == 12


# Broken off -------------------------------------------------------------------------------------

BREAKS = {
    "rate limit": lambda nth: too_many(3600, nth=nth),
    "quota": lambda nth: quota_exceeded(3600, nth=nth),
    "outage": lambda nth: status(503, nth=nth, times=2),
    "reset": lambda nth: reset(nth=nth, times=2),
}


@pytest.mark.parametrize("read", range(1, 6))
@pytest.mark.parametrize("how", BREAKS)
def test_what_was_read_is_held_and_only_the_rest_is_asked_for(
    runs: Runs, spotify: Spotify, tape: Mixtape, tracks: list[Track], how: str, read: int
) -> None:
    spotify.fail(BREAKS[how](read + 1))
    result = runs.run()
    assert result.status == ("deferred" if how in ("rate limit", "quota") else "failed")
    assert list(runs.store.keys("manifests/")) == []
    part = held(runs)
    assert part is not None
    assert (part.slot, part.version, len(part.pages)) == (SLOT, tape.snapshot_id, read)
    assert places(part.pages)[1:] == [("playlist_items", n * 50) for n in range(1, read)]
    assert {page.raw_key for page in part.pages} == set(runs.store.keys("raw/"))
    contents = [raw.read_kept(runs.store, page, page.raw_key or "") for page in part.pages]
    assert [sha256(content) for content in contents] == [page.sha256 for page in part.pages]

    runs.later(0.1)
    spotify.paths()
    manifest = runs.run_well()
    assert spotify.paths() == [VERSION, *WHOLE[read:]]
    assert runs.contents()[:read] == contents
    assert ids(runs) == ids_of(tracks[:230])
    assert held(runs) is None
    # all requests for the slot are told, also those of the run that was broken off
    attempts = 2 if how in ("outage", "reset") else 1
    assert len(manifest.requests) == read + attempts + 1 + 6 - read


def test_nothing_is_held_before_the_first_answer(runs: Runs, spotify: Spotify) -> None:
    spotify.fail(too_many(3600, nth=1))
    assert runs.run().status == "deferred"
    assert held(runs) is None
    assert list(runs.store.keys("raw/")) == []


@pytest.mark.parametrize("second", range(2, 6))
def test_a_second_break_loses_nothing(runs: Runs, spotify: Spotify, second: int) -> None:
    spotify.fail(too_many(3600, nth=3))
    runs.run()
    before = held(runs)
    assert before is not None
    runs.later(0.1)
    # it begins with the version; then come pages 3, 4 and 5, and the version
    spotify.fail(too_many(3600, nth=second))
    assert runs.run().status == "deferred"
    after = held(runs)
    assert after is not None
    assert len(after.pages) == 2 + (second - 2)
    assert [p.sha256 for p in after.pages[:2]] == [p.sha256 for p in before.pages]
    runs.later(0.1)
    spotify.paths()
    runs.run_well()
    assert spotify.paths() == [VERSION, *WHOLE[second:]]


def test_a_break_at_the_first_request_keeps_what_is_held(runs: Runs, spotify: Spotify) -> None:
    spotify.fail(too_many(3600, nth=3))
    runs.run()
    before = held(runs)
    runs.later(0.1)
    spotify.fail(too_many(3600, nth=1))
    assert runs.run().status == "deferred"
    assert held(runs) == before is not None


def test_a_list_that_changed_meanwhile_is_started_over(
    runs: Runs, spotify: Spotify, tape: Mixtape, tracks: list[Track]
) -> None:
    spotify.fail(too_many(3600, nth=4))
    runs.run()
    runs.later(0.1)
    tape.edit(tracks[2:232])
    spotify.paths()
    runs.run_well()
    assert spotify.paths() == [VERSION, *WHOLE]
    assert ids(runs) == ids_of(tracks[2:232])
    assert held(runs) is None


def test_a_new_beginning_that_is_broken_off_earlier_is_held_instead(
    runs: Runs, spotify: Spotify, tape: Mixtape, tracks: list[Track]
) -> None:
    spotify.fail(too_many(3600, nth=5))
    runs.run()
    runs.later(0.1)
    tape.edit(tracks[2:232])
    spotify.fail(too_many(3600, nth=4))  # the version, two answers, and no more
    runs.run()
    part = held(runs)
    assert part is not None
    assert (len(part.pages), part.version) == (2, tape.snapshot_id)
    runs.later(0.1)
    spotify.paths()
    runs.run_well()
    assert spotify.paths() == [VERSION, *WHOLE[2:]]
    assert ids(runs) == ids_of(tracks[2:232])


def test_another_slot_starts_over(runs: Runs, spotify: Spotify) -> None:
    spotify.fail(too_many(20 * 3600, nth=4))
    assert runs.run().status == "deferred"
    runs.later(20 / 24)
    spotify.paths()
    manifest = runs.run_well()
    assert manifest.slot == Slot("20261121T000000Z")
    assert spotify.paths() == WHOLE
    assert len(manifest.requests) == 6
    assert held(runs) is None


def test_held_pages_that_are_gone_are_read_again(runs: Runs, spotify: Spotify) -> None:
    spotify.fail(too_many(3600, nth=4))
    runs.run()
    for key in list(runs.store.keys("raw/")):
        runs.store.delete(key)
    runs.later(0.1)
    spotify.paths()
    runs.run_well()
    assert spotify.paths() == WHOLE


def test_held_pages_that_were_damaged_are_read_again(runs: Runs, spotify: Spotify) -> None:
    spotify.fail(too_many(3600, nth=4))
    runs.run()
    (key,) = runs.store.keys("raw/")
    content = runs.store.get(key)
    runs.store.delete(key)
    runs.store.create(key, bytes(len(content)))
    runs.later(0.1)
    spotify.paths()
    runs.run_well()
    assert spotify.paths() == WHOLE


def test_a_list_that_has_no_version_is_not_held_on_to(
    runs: Runs, spotify: Spotify, tape: Mixtape
) -> None:
    spotify.fail(too_many(3600, nth=4))
    runs.run()
    part = held(runs)
    assert part is not None
    without = msgspec.structs.replace(part, version=None)
    change_state(runs.store, feed_state("tape"), FeedState, lambda _: FeedState(held=without))
    runs.later(0.1)
    spotify.paths()
    runs.run_well()
    assert spotify.paths() == WHOLE


def test_two_feeds_of_one_playlist_hold_their_own(
    http: httpx2.Client, world: World, runs: Runs, spotify: Spotify, today: Time
) -> None:
    other = runs_of(http, spotify, today, world)
    other.store, other.feed = runs.store, msgspec.structs.replace(FEED, name="tape-2")
    spotify.fail(too_many(3600, nth=4))
    runs.run()
    assert isinstance(other.run().error, Deferred)
    assert held(other) is None
    runs.later(0.1)
    spotify.paths()
    other.run_well()
    assert spotify.paths() == WHOLE
    runs.run_well()
    assert spotify.paths() == [VERSION, *WHOLE[3:]]
