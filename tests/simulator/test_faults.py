"""The fault script over a real socket: each kind does what it says, to the requests it names."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from chartlake.errors import ConfigError
from chartlake.simulator import Shape, Simulator, World
from chartlake.simulator.faults import (
    MUTATIONS,
    Fault,
    drip,
    html,
    huge,
    late,
    mutated,
    quota_exceeded,
    read_faults,
    reset,
    shortened,
    status,
    too_many,
    truncated,
)
from chartlake.simulator.faults.script import KINDS

NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
Json = dict[str, Any]


class App:
    """A client with a token of the app's own; what goes wrong goes wrong at once."""

    def __init__(self, spotify: Simulator, world: World) -> None:
        self.spotify = spotify
        self.http = httpx2.Client(trust_env=False)
        self.headers = {"Authorization": f"Bearer {self.token().json()['access_token']}"}
        chart = world.chart("Global", NOW.date())
        self.playlist = f"/playlists/{world.playlists[0].playlist_id}"
        self.track = f"/tracks/{chart[0].track_id}"
        self.tracks = f"/tracks?ids={chart[0].track_id},{chart[1].track_id}"
        self.album = f"/albums/{chart[0].album.album_id}"
        self.artist = f"/artists/{chart[0].artists[0].artist_id}"

    def token(self) -> httpx2.Response:
        secret = ("simulated-client", "simulated-secret")
        form = {"grant_type": "client_credentials"}
        return self.http.post(self.spotify.token_url, auth=secret, data=form)

    def get(self, path: str, timeout: float = 5) -> httpx2.Response:
        return self.http.get(self.spotify.api_url + path, headers=self.headers, timeout=timeout)

    def stream(self, path: str) -> AbstractContextManager[httpx2.Response]:
        return self.http.stream("GET", self.spotify.api_url + path, headers=self.headers)

    def true_and_changed(self, path: str, fault: Fault) -> tuple[Json, Json]:
        """The answer without the fault, then with it."""
        true = self.get(path)
        self.spotify.faults.add(fault)
        changed = self.get(path)
        assert (true.status_code, changed.status_code) == (200, 200), changed.text
        return true.json(), changed.json()


Open = Callable[..., App]


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture
def open_app(world: World) -> Iterator[Open]:
    running: list[App] = []

    def start(*faults: Fault, shape: Shape = "2026") -> App:
        spotify = Simulator(world, lambda: NOW, shape=shape)
        running.append(App(spotify.start(), world))
        for fault in faults:
            spotify.faults.add(fault)
        return running[-1]

    yield start
    for app in running:
        app.http.close()
        app.spotify.stop()


# Which requests ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "struck"),
    [
        ({}, [1]),
        ({"nth": 3}, [3]),
        ({"nth": 3, "times": 2}, [3, 4]),
        ({"times": 4}, [1, 2, 3, 4]),
        ({"every": 1}, [1, 2, 3, 4, 5, 6, 7, 8]),
        ({"every": 3}, [3, 6]),
        ({"every": 3, "nth": 1}, [1, 4, 7]),
        ({"every": 2, "times": 2}, [2, 4]),
    ],
)
def test_requests_are_counted_from_one(open_app: Open, when: Any, struck: list[int]) -> None:
    app = open_app(status(503, **when))
    statuses = [app.get(app.track).status_code for _ in range(8)]
    assert [number for number, code in enumerate(statuses, start=1) if code == 503] == struck
    assert app.spotify.request_count == 8


def test_only_requests_whose_path_fits_are_met_and_counted(open_app: Open) -> None:
    app = open_app(status(503, path="/v1/albums/*", nth=2))
    paths = [app.track, app.album, app.track, app.track, app.album, app.album]
    assert [app.get(path).status_code for path in paths] == [200, 200, 200, 200, 503, 200]
    assert app.spotify.faults.struck == (("status 503", f"/v1{app.album}"),)


def test_sign_in_is_met_only_where_it_is_named(open_app: Open) -> None:
    app = open_app(status(503), status(500, path="/api/token"))
    assert app.token().status_code == 500
    assert app.token().status_code == 200
    assert app.get(app.track).status_code == 503


def test_several_faults_meet_one_request(open_app: Open) -> None:
    app = open_app(mutated("total_null"), drip(0.05, pieces=3))
    assert app.get(app.playlist).json()["items"]["total"] is None
    assert [name for name, _ in app.spotify.faults.struck] == ["total_null", "drip"]


def test_faults_can_be_given_at_the_start_and_taken_back(world: World) -> None:
    with Simulator(world, lambda: NOW, faults=[status(503, every=1)]) as spotify:
        assert httpx2.get(spotify.api_url + "/me", trust_env=False).status_code == 503
        spotify.faults.clear()
        assert httpx2.get(spotify.api_url + "/me", trust_env=False).status_code == 401


# What happens -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (401, "The access token expired"),
        (403, "Forbidden"),
        (404, "Resource not found"),
        (429, "API rate limit exceeded"),
        (500, "Server error"),
        (503, "Service temporarily unavailable"),
        (504, "Gateway Timeout"),
    ],
)
def test_status(open_app: Open, code: int, message: str) -> None:
    app = open_app(status(code), status(code, "In my own words", nth=2))
    answer = app.get(app.track)
    assert answer.status_code == code
    assert answer.json() == {"error": {"status": code, "message": message}}
    assert ("www-authenticate" in answer.headers) == (code == 401)
    assert app.get(app.track).json()["error"]["message"] == "In my own words"
    assert app.get(app.track).status_code == 200


def test_a_gateway_answers_in_html(open_app: Open) -> None:
    app = open_app(status(502))
    answer = app.get(app.track)
    assert answer.status_code == 502
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.content.startswith(b"<html>")


@pytest.mark.parametrize(
    ("fault", "seconds", "error"),
    [
        (too_many(7), "7", {"status": 429, "message": "API rate limit exceeded"}),
        (too_many(79_892), "79892", {"status": 429, "message": "API rate limit exceeded"}),
        (
            quota_exceeded(),
            "86400",
            {"status": 429, "message": "Too many requests", "reason": "QUOTA_EXCEEDED"},
        ),
    ],
)
def test_too_many(open_app: Open, fault: Fault, seconds: str, error: Json) -> None:
    app = open_app(fault)
    answer = app.get(app.track)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, seconds)
    assert answer.json() == {"error": error}


def test_a_reset_comes_before_the_answer(open_app: Open) -> None:
    app = open_app(reset())
    with pytest.raises(httpx2.ReadError):
        app.get(app.track)
    assert app.get(app.track).status_code == 200


def test_a_reset_comes_amid_the_answer(open_app: Open) -> None:
    app = open_app(reset(at=100))
    with app.stream(app.track) as answer, pytest.raises(httpx2.ReadError):
        answer.read()
    assert answer.status_code == 200
    assert app.get(app.track).status_code == 200


def test_a_late_answer(open_app: Open) -> None:
    app = open_app(late(0.6, times=2))
    with pytest.raises(httpx2.ReadTimeout):
        app.get(app.track, timeout=0.1)
    began = time.perf_counter()
    assert app.get(app.track).status_code == 200
    assert time.perf_counter() - began >= 0.6


def test_a_slow_drip_passes_a_timeout_that_only_watches_for_silence(open_app: Open) -> None:
    app = open_app()
    true = app.get(app.playlist).content
    app.spotify.faults.add(drip(1.0, pieces=5))
    began = time.perf_counter()
    slow = app.get(app.playlist, timeout=0.8)
    assert time.perf_counter() - began >= 1.0
    assert slow.content == true


def test_a_stop_ends_what_drips(open_app: Open) -> None:
    app = open_app(drip(6000, pieces=2), late(6000, nth=2))
    with app.stream(app.track) as answer:
        assert answer.status_code == 200
        began = time.perf_counter()
        app.spotify.stop()
        with pytest.raises(httpx2.TransportError):
            answer.read()
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("at", [0, 1, 500])
def test_truncated(open_app: Open, at: int) -> None:
    app = open_app()
    true = app.get(app.track).content
    app.spotify.faults.add(truncated(at))
    received: list[bytes] = []
    with app.stream(app.track) as answer, pytest.raises(httpx2.RemoteProtocolError):
        received.extend(answer.iter_bytes())
    assert answer.headers["content-length"] == str(len(true))
    assert b"".join(received) == true[:at]
    assert app.get(app.track).content == true


@pytest.mark.parametrize("at", [0, 1, 500])
def test_shortened(open_app: Open, at: int) -> None:
    app = open_app()
    true = app.get(app.track).content
    app.spotify.faults.add(shortened(at))
    short = app.get(app.track)
    assert (short.status_code, short.headers["content-length"]) == (200, str(at))
    assert short.content == true[:at]


def test_html(open_app: Open) -> None:
    app = open_app(html())
    answer = app.get(app.track)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")


def test_huge(open_app: Open) -> None:
    app = open_app()
    true = app.get(app.track)
    app.spotify.faults.add(huge())
    blown_up = app.get(app.track)
    assert len(blown_up.content) == 20_000_000
    assert blown_up.headers["content-type"] == true.headers["content-type"]
    assert blown_up.json() == true.json()


# Mutations --------------------------------------------------------------------

LISTS: dict[Shape, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "2026": (("items",), ("item",)),
    "2024": (("tracks",), ("track",)),
    "both": (("items", "tracks"), ("item", "track")),
}
shapes = pytest.mark.parametrize("shape", list(LISTS))


def changed_entries(
    app: App, shape: Shape, mutation: str, item: int = 2
) -> list[tuple[Json, Json]]:
    """An item of the playlist before and after, in each of its lists; all others stay."""
    true, changed = app.true_and_changed(app.playlist, mutated(mutation, item))
    pairs = []
    for key in LISTS[shape][0]:
        before, after = true[key]["items"], changed[key]["items"]
        others = [place for place in range(len(before)) if place != item]
        assert [before[place] for place in others] == [after[place] for place in others]
        pairs.append((before[item], after[item]))
    return pairs


@shapes
def test_an_item_of_a_playlist_is_null(open_app: Open, shape: Shape) -> None:
    keys = LISTS[shape][1]
    for before, after in changed_entries(open_app(shape=shape), shape, "null_item"):
        assert after == before | dict.fromkeys(keys)


@shapes
def test_an_entry_is_null(open_app: Open, shape: Shape) -> None:
    for _, after in changed_entries(open_app(shape=shape), shape, "null_entry"):
        assert after is None


@shapes
def test_an_item_is_missing(open_app: Open, shape: Shape) -> None:
    keys = LISTS[shape][1]
    for before, after in changed_entries(open_app(shape=shape), shape, "no_item"):
        assert after == {key: value for key, value in before.items() if key not in keys}


@shapes
def test_a_track_has_no_id(open_app: Open, shape: Shape) -> None:
    for before, after in changed_entries(open_app(shape=shape), shape, "null_id"):
        for key in LISTS[shape][1]:
            assert after[key] == before[key] | {"id": None}


@shapes
def test_a_local_file_takes_a_place(open_app: Open, shape: Shape) -> None:
    for before, after in changed_entries(open_app(shape=shape), shape, "local_file"):
        assert after["is_local"] is True
        for key in LISTS[shape][1]:
            file = after[key]
            assert (file["is_local"], file["id"], file["href"]) == (True, None, None)
            assert file["uri"].startswith("spotify:local:")
            assert file["name"] == before[key]["name"]
            assert (file["album"]["id"], file["album"]["release_date"]) == (None, None)
            assert [artist["id"] for artist in file["artists"]] == [None]


@shapes
def test_an_episode_takes_a_place(open_app: Open, shape: Shape) -> None:
    for before, after in changed_entries(open_app(shape=shape), shape, "episode"):
        for key in LISTS[shape][1]:
            episode = after[key]
            assert episode["type"] == "episode"
            assert episode["uri"] == f"spotify:episode:{before[key]['id']}"
            assert not {"artists", "album"} & episode.keys()
            assert episode.get("track", False) is False


def test_a_day_of_adding_that_no_calendar_has(open_app: Open) -> None:
    for _, after in changed_entries(open_app(), "2026", "odd_added_at"):
        assert after["added_at"] == "2019-13-45T25:61:00Z"


@shapes
def test_release_dates_that_no_calendar_has(open_app: Open, shape: Shape) -> None:
    app = open_app(shape=shape)
    _, changed = app.true_and_changed(app.playlist, mutated("odd_dates"))
    for list_key in LISTS[shape][0]:
        for item_key in LISTS[shape][1]:
            items = changed[list_key]["items"]
            dates = {item[item_key]["album"]["release_date"] for item in items}
            assert dates == {"0000", "2019-13-45"}


@shapes
def test_pages_without_a_total(open_app: Open, shape: Shape) -> None:
    app = open_app(shape=shape)
    true, changed = app.true_and_changed(app.playlist, mutated("total_null"))
    for key in LISTS[shape][0]:
        assert changed[key] == true[key] | {"total": None}


@shapes
def test_next_leads_to_another_host(open_app: Open, shape: Shape) -> None:
    app = open_app(shape=shape)
    true, changed = app.true_and_changed(app.playlist, mutated("next_elsewhere"))
    for key in LISTS[shape][0]:
        there = urlsplit(changed[key]["next"])
        here = urlsplit(true[key]["next"] or true[key]["href"])
        assert there.hostname == "elsewhere.invalid"
        assert (there.path, there.query) == (here.path, here.query)


@pytest.mark.parametrize("what", ["playlist", "track", "tracks", "album", "artist"])
def test_undocumented_fields(open_app: Open, what: str) -> None:
    app = open_app()
    true, changed = app.true_and_changed(getattr(app, what), mutated("unknown_field"))
    assert changed.pop("undocumented") == {"since": 2027, "kinds": [1]}
    if what == "playlist":
        assert "undocumented" in changed["items"]["items"][0]["item"]
    if what in ("track", "artist"):
        assert changed == true


def test_one_object_is_mutated_like_an_item(open_app: Open) -> None:
    app = open_app()
    true, changed = app.true_and_changed(app.track, mutated("null_id"))
    assert changed == true | {"id": None}
    _, changed = app.true_and_changed(app.track, mutated("odd_dates"))
    assert changed["album"]["release_date"] == "0000"
    _, changed = app.true_and_changed(app.album, mutated("odd_dates", path="/v1/albums/*"))
    assert changed["release_date"] == "0000"


def test_a_list_of_things_is_mutated_like_a_list_of_items(open_app: Open) -> None:
    app = open_app()
    albums = f"{app.artist}/albums"
    true, changed = app.true_and_changed(albums, mutated("null_entry"))
    assert changed["items"] == [None, *true["items"][1:]]
    true, changed = app.true_and_changed(albums, mutated("null_id"))
    assert changed["items"] == [true["items"][0] | {"id": None}, *true["items"][1:]]


@pytest.mark.parametrize(
    ("path", "fault", "says"),
    [
        ("track", mutated("total_null"), "total_null cannot happen"),
        ("playlist", mutated("null_item", item=50), "null_item cannot happen"),
        ("playlist", mutated("null_entry", item=50), "null_entry cannot happen"),
        ("artist", mutated("local_file"), "local_file cannot happen"),
        ("artist", mutated("odd_dates"), "odd_dates cannot happen"),
        ("track", truncated(10_000_000), "cannot cut"),
        ("track", shortened(10_000_000), "cannot cut"),
        ("track", reset(10_000_000), "cannot cut"),
    ],
)
def test_a_fault_that_cannot_happen_does_not_pass_unseen(
    open_app: Open, path: str, fault: Fault, says: str
) -> None:
    app = open_app(fault)
    answer = app.get(getattr(app, path))
    assert answer.status_code == 500
    assert says in answer.json()["error"]["message"]


def test_an_error_has_nothing_to_mutate(open_app: Open) -> None:
    app = open_app(mutated("null_id"))
    message = app.get("/tracks/nonsense").json()["error"]["message"]
    assert message.endswith("the true answer is 400")


# As a file --------------------------------------------------------------------

SCRIPT = """
[[fault]]
kind = "too_many"
seconds = 3
path = "/v1/tracks/*"
nth = 2

[[fault]]
kind = "late"
seconds = 0
path = "/v1/albums/*"

[[fault]]
kind = "mutated"
mutation = "null_id"
path = "/v1/artists/*"
every = 1
times = 1
"""


def test_a_script(open_app: Open) -> None:
    app = open_app(*read_faults(SCRIPT, "faults.toml"))
    paths = [app.track, app.track, app.album, app.artist, app.artist]
    answers = [app.get(path) for path in paths]
    assert [answer.status_code for answer in answers] == [200, 429, 200, 200, 200]
    assert [answer.json()["id"] is None for answer in answers[3:]] == [True, False]
    names = [name for name, _ in app.spotify.faults.struck]
    assert names == ["too_many 3", "late", "null_id"]


def test_every_kind_can_be_written() -> None:
    arguments = {
        "status": "code = 503",
        "too_many": "seconds = 3",
        "late": "seconds = 0.5",
        "drip": "seconds = 1",
        "truncated": "at = 1",
        "shortened": "at = 1",
        "mutated": 'mutation = "episode"',
    }
    tables = [f'[[fault]]\nkind = "{kind}"\n{arguments.get(kind, "")}\n' for kind in KINDS]
    assert len(read_faults("".join(tables), "faults.toml")) == len(KINDS) == 11
    assert read_faults("", "faults.toml") == ()


@pytest.mark.parametrize(
    ("text", "what", "fix"),
    [
        ("kind = ", "f.toml: not valid TOML", None),
        ('kind = "status"', "f.toml: unknown key 'kind'", "begin each fault with a line [[fault]]"),
        ('[fault]\nkind = "html"', "f.toml: fault is no list", "begin each fault with"),
        ("fault = [1]", "f.toml: fault is no list of tables", "begin each fault with"),
        ("[[fault]]", "f.toml: fault 1: kind is missing", "valid: status, too_many, "),
        (
            '[[fault]]\nkind = "html"\n[[fault]]\nkind = "flood"',
            "f.toml: fault 2: unknown kind 'flood'",
            "valid: status, too_many, ",
        ),
        ('[[fault]]\nkind = ["status"]', "f.toml: fault 1: unknown kind ['status']", "valid: "),
        ('[[fault]]\nkind = "status"', "f.toml: fault 1: code is missing", "status needs it"),
        (
            '[[fault]]\nkind = "status"\ncode = "503"',
            "f.toml: fault 1: code: expected `int`, got `str`",
            None,
        ),
        (
            '[[fault]]\nkind = "html"\nseconds = 1',
            "f.toml: fault 1: seconds: unknown key",
            "valid here: path, nth, every, times",
        ),
        ('[[fault]]\nkind = "html"\nnth = true', "fault 1: nth: expected `int`, got `bool`", None),
        ('[[fault]]\nkind = "html"\nnth = 0', "fault 1: nth is 0: it counts from 1", None),
        ('[[fault]]\nkind = "status"\ncode = 200', "fault 1: code is 200: it is an error", None),
        ('[[fault]]\nkind = "drip"\nseconds = 1\npieces = 0', "pieces is 0: there is", None),
        ('[[fault]]\nkind = "truncated"\nat = -1', "fault 1: at is -1", None),
        (
            '[[fault]]\nkind = "mutated"\nmutation = "odd"',
            "mutation is 'odd': there are null",
            None,
        ),
    ],
)
def test_a_wrong_script_is_refused(text: str, what: str, fix: str | None) -> None:
    with pytest.raises(ConfigError) as caught:
        read_faults(text, "f.toml")
    assert what in caught.value.what
    assert (caught.value.fix or "").startswith(fix or "")
    assert (caught.value.fix is None) == (fix is None)


def test_every_mutation_says_what_it_is() -> None:
    assert all(mutation.__doc__ for mutation in MUTATIONS.values())
