"""Hydration: the most charted first, within a budget, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import httpx2
import msgspec
import pytest

from chartlake.extract.due import DueSlot
from chartlake.extract.spotify.allowance import Allowance
from chartlake.extract.spotify.capabilities import BATCH
from chartlake.extract.spotify.client import SpotifyClient
from chartlake.extract.spotify.hydration import Wanted, read_hydration
from chartlake.model import Feed, Snapshot
from chartlake.simulator import Mode, World
from chartlake.simulator.faults import status, too_many
from tests.extract.spotify.api import Time
from tests.extract.spotify.simulated import As, Runs, Spotify, simulated
from tests.extract.spotify.test_catalogue import NOBODY, ids_of

FEED = Feed(name="fill", source="hydration", source_id="wanted", schedule="daily")


class Wishes:
    """What is wanted, and what was told to be missing."""

    def __init__(self, ids: Sequence[tuple[str, str]]) -> None:
        self.ids = list(ids)
        self.missing: dict[str, date] = {}
        self.asked_on: list[date] = []

    def on(self, day: date) -> Sequence[tuple[str, str]]:
        self.asked_on.append(day)
        return self.ids

    def mark(self, ids: Iterable[str], day: date) -> None:
        self.missing |= dict.fromkeys(ids, day)


def runs_of(
    http: httpx2.Client,
    spotify: Spotify,
    time: Time,
    wishes: Wishes,
    daily_requests: int = 200,
    budget: int | None = None,
) -> Runs:
    def read(client: SpotifyClient, due: DueSlot) -> Snapshot:
        allowance = Allowance(runs.store, FEED.name, daily_requests)
        return read_hydration(client, Wanted(wishes.on, wishes.mark), allowance, due)

    runs = Runs(http, spotify.url, time, FEED, read, As(None), budget=lambda: budget)
    return runs


def wanted(world: World, **counts: int) -> list[tuple[str, str]]:
    return [(kind, each) for kind, count in counts.items() for each in ids_of(world, kind, count)]


def filled_in(runs: Runs) -> list[str]:
    """The ids of the records of the slot, in the order of its pages."""
    found: list[dict[str, str]] = []
    for page, content in zip(runs.manifest().pages, runs.contents(), strict=True):
        answer = msgspec.json.decode(content)
        found += answer[page.resource] if page.resource.endswith("s") else [answer]
    return [record["id"] for record in found if record]


@pytest.mark.parametrize(
    ("mode", "paths"),
    [("extended", ["/tracks", "/tracks", "/albums", "/artists"]), ("development", None)],
)
def test_everything_is_filled_in(
    http: httpx2.Client, world: World, today: Time, mode: Mode, paths: list[str] | None
) -> None:
    wishes = Wishes(wanted(world, track=60, album=3, artist=2))
    with simulated(world, today, mode=mode) as spotify:
        runs = runs_of(http, spotify, today, wishes)
        manifest = runs.run_well()
        # the first request finds out whether batches are allowed
        found_out, *asked = spotify.paths()
    assert found_out == "/tracks"
    assert asked == (paths or [f"/{kind}s/{each}" for kind, each in wishes.ids])
    assert filled_in(runs) == [each for _, each in wishes.ids]
    assert (manifest.item_count, manifest.warning) == (65, None)
    assert wishes.asked_on == [date(2026, 11, 20)]
    assert wishes.missing == {}


def test_what_is_known_of_the_mode_is_not_asked_again(
    http: httpx2.Client, world: World, today: Time
) -> None:
    with simulated(world, today) as spotify:
        runs = runs_of(http, spotify, today, Wishes(wanted(world, track=2)))
        runs.run_well()
        runs.later(1)
        spotify.paths()
        runs.run_well()
        assert spotify.paths() == ["/tracks"]


@pytest.mark.parametrize(("daily", "budget"), [(11, None), (200, 11)])
def test_the_budget_goes_to_the_most_charted(
    http: httpx2.Client, world: World, today: Time, daily: int, budget: int | None
) -> None:
    wishes = Wishes(wanted(world, artist=8, track=8))
    with simulated(world, today, mode="development") as spotify:
        runs = runs_of(http, spotify, today, wishes, daily, budget)
        runs.run_well()
        assert len(spotify.paths()) == 11
        assert filled_in(runs) == [each for _, each in wishes.ids[:10]]
        runs.later(1)
        wishes.ids = wishes.ids[10:]
        runs.run_well()
        assert len(spotify.paths()) == 6  # it is known now that there are no batches
        assert filled_in(runs) == [each for _, each in wishes.ids]


def test_a_batch_is_as_urgent_as_its_first(http: httpx2.Client, world: World, today: Time) -> None:
    albums, tracks = ids_of(world, "album", 21), ids_of(world, "track", 51)
    mixed = [("album", albums[0]), ("track", tracks[0])]
    mixed += [("album", each) for each in albums[1:]] + [("track", each) for each in tracks[1:]]
    with simulated(world, today) as spotify:
        runs = runs_of(http, spotify, today, Wishes(mixed), daily_requests=4)
        runs.run_well()
        assert spotify.paths() == ["/tracks", "/albums", "/tracks", "/albums"]
    assert filled_in(runs) == [*albums[:20], *tracks[:50], albums[20]]


def test_nothing_wanted_costs_nothing(http: httpx2.Client, world: World, today: Time) -> None:
    with simulated(world, today) as spotify:
        runs = runs_of(http, spotify, today, Wishes([]))
        manifest = runs.run_well()
        assert spotify.paths() == []
    assert (manifest.item_count, manifest.pages, manifest.observed_at) == (0, (), today.now())
    assert runs.run().status == "present"


def test_no_budget_left_is_a_slot_without_pages(
    http: httpx2.Client, world: World, today: Time
) -> None:
    hourly = msgspec.structs.replace(FEED, schedule="hourly")
    with simulated(world, today, mode="development") as spotify:
        runs = runs_of(http, spotify, today, Wishes(wanted(world, track=9)), daily_requests=5)
        runs.feed = hourly
        assert len(runs.run_well().pages) == 4
        runs.later(1 / 24)
        spotify.paths()
        assert runs.run_well().pages == ()
        assert spotify.paths() == []
        runs.later(1)
        assert len(runs.run_well().pages) == 5


@pytest.mark.parametrize("mode", ["extended", "development"])
def test_what_spotify_does_not_know_is_marked(
    http: httpx2.Client, world: World, today: Time, mode: Mode
) -> None:
    known = ids_of(world, "track", 2)
    ids = [known[0], NOBODY, known[1]]
    wishes = Wishes([("track", each) for each in ids])
    with simulated(world, today, mode=mode) as spotify:
        runs = runs_of(http, spotify, today, wishes)
        runs.run_well()
    assert wishes.missing == {NOBODY: date(2026, 11, 20)}
    assert filled_in(runs) == known


def test_only_what_nobody_knows(http: httpx2.Client, world: World, today: Time) -> None:
    wishes = Wishes([("artist", NOBODY)])
    with simulated(world, today, mode="development") as spotify:
        runs = runs_of(http, spotify, today, wishes)
        assert runs.run_well().pages == ()
    assert wishes.missing == {NOBODY: date(2026, 11, 20)}


def test_a_break_in_the_middle_keeps_what_there_is(
    http: httpx2.Client, world: World, today: Time
) -> None:
    wishes = Wishes([("track", NOBODY), *wanted(world, track=8)])
    with simulated(world, today, mode="development") as spotify:
        runs = runs_of(http, spotify, today, wishes)
        spotify.fail(too_many(86_400, nth=6))
        result = runs.run()
        assert result.status == "new"
        assert "broken off: Spotify asks to wait 24.0 hours (429)" in str(result.warning)
        assert len(spotify.paths()) == 6
    manifest = runs.manifest()
    assert manifest.warning == result.warning
    assert filled_in(runs) == [each for _, each in wishes.ids[1:4]]
    assert [request.status for request in manifest.requests] == [403, 404, 200, 200, 200, 429]
    assert list(wishes.missing) == [NOBODY]
    assert runs.state().spent == {"2026-11-20T04": 6}


def test_a_break_at_the_beginning_is_no_slot(
    http: httpx2.Client, world: World, today: Time
) -> None:
    wishes = Wishes(wanted(world, track=8))
    with simulated(world, today, mode="development") as spotify:
        runs = runs_of(http, spotify, today, wishes)
        spotify.fail(too_many(3600, nth=2))
        assert runs.run().status == "deferred"
        assert runs.state().spent == {"2026-11-20T04": 2}
        assert runs.seen().value(BATCH) == "no"
        runs.later(0.1)
        runs.run_well()
    assert len(filled_in(runs)) == 8


def test_an_outage_is_a_failure_and_marks_nothing(
    http: httpx2.Client, world: World, today: Time
) -> None:
    wishes = Wishes([("track", NOBODY), *wanted(world, track=8)])
    with simulated(world, today, mode="development") as spotify:
        runs = runs_of(http, spotify, today, wishes)
        spotify.fail(status(503, nth=4, every=1))
        assert runs.run().status == "failed"
    assert wishes.missing == {}
    assert runs.state().spent == {"2026-11-20T04": 5}


def test_batches_that_are_lost_do_not_break_the_budget(
    http: httpx2.Client, world: World, today: Time
) -> None:
    """Fifty ids of a batch are then fifty requests."""
    wishes = Wishes(wanted(world, track=200))
    with simulated(world, today) as spotify:
        runs = runs_of(http, spotify, today, wishes, daily_requests=20)
        spotify.fail(status(403, path="/v1/tracks", nth=3, every=1))
        runs.run_well()
        assert len(spotify.paths()) <= 20 + 50
