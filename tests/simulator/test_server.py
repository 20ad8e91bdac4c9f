"""The simulated Web API over a real socket."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from chartlake.simulator import Blemishes, Playlist, Shape, Simulator, Spot, World

NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
DAY = timedelta(days=1)
Json = dict[str, Any]


class MovedClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class Caller:
    """A client with a token, which counts nothing and repeats nothing."""

    def __init__(self, spotify: Simulator) -> None:
        self.spotify = spotify
        self.http = httpx2.Client(trust_env=False)
        self.headers = {"Authorization": f"Bearer {self.token()}"}

    def token(self) -> str:
        answer = self.http.post(
            self.spotify.token_url,
            auth=("simulated-client", "simulated-secret"),
            data={"grant_type": "client_credentials"},
        )
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def get(self, path: str, **query: str | int) -> httpx2.Response:
        url = path if path.startswith("http") else self.spotify.api_url + path
        return self.http.get(url, params=query or None, headers=self.headers)


Connect = Callable[..., Caller]


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def connect(world: World, clock: MovedClock) -> Iterator[Connect]:
    running: list[Caller] = []

    def start(shape: Shape = "2026", *, of: World = world, **options: Any) -> Caller:
        caller = Caller(Simulator(of, clock, shape=shape, **options).start())
        running.append(caller)
        return caller

    yield start
    for caller in running:
        caller.http.close()
        caller.spotify.stop()


def of_market(world: World, market: str) -> Playlist:
    return next(playlist for playlist in world.playlists if playlist.market == market)


def path_of(world: World, market: str = "Global") -> str:
    return f"/playlists/{of_market(world, market).playlist_id}"


def all_items(caller: Caller, first: Json) -> list[Json]:
    items, page = list(first["items"]), first
    while page["next"]:
        page = caller.get(page["next"]).json()
        items += page["items"]
    assert len(items) == first["total"]
    return items


def error_of(answer: httpx2.Response) -> tuple[int, str]:
    error = answer.json()["error"]
    assert error["status"] == answer.status_code
    return answer.status_code, error["message"]


@pytest.mark.parametrize(
    ("shape", "list_keys", "item_keys", "embedded"),
    [
        ("2026", {"items"}, {"item"}, 50),
        ("2024", {"tracks"}, {"track"}, 60),
        ("both", {"items", "tracks"}, {"item", "track"}, 50),
    ],
)
def test_paging_to_the_end_equals_the_chart(
    connect: Connect,
    world: World,
    shape: Shape,
    list_keys: set[str],
    item_keys: set[str],
    embedded: int,
) -> None:
    caller = connect(shape)
    playlist = caller.get(path_of(world)).json()
    assert {"items", "tracks"} & playlist.keys() == list_keys
    chart = [track.track_id for track in world.chart("Global", NOW.date())]
    for list_key in list_keys:
        first = playlist[list_key]
        assert (len(first["items"]), first["total"]) == (embedded, 60)
        items = all_items(caller, first)
        for item_key in item_keys:
            assert [item[item_key]["id"] for item in items] == chart
        assert {"item", "track"} & items[0].keys() == item_keys


def test_the_shape_of_2026_lacks_what_was_taken_away(connect: Connect, world: World) -> None:
    caller = connect("2026")
    item = caller.get(path_of(world)).json()["items"]["items"][0]
    track = item["item"]
    for missing in ("popularity", "available_markets", "preview_url", "track", "episode"):
        assert missing not in track
    assert track["external_ids"]["isrc"]
    assert "available_markets" not in track["album"]
    album = caller.get(f"/albums/{track['album']['id']}").json()
    assert not {"label", "popularity", "available_markets"} & album.keys()
    assert album["external_ids"]["upc"]
    artist = caller.get(f"/artists/{track['artists'][0]['id']}").json()
    assert not {"followers", "popularity"} & artist.keys()


def test_the_shape_of_2024_has_it_all(connect: Connect, world: World) -> None:
    caller = connect("2024")
    track = caller.get(path_of(world)).json()["tracks"]["items"][0]["track"]
    assert (track["track"], track["episode"]) == (True, False)
    assert 0 < track["popularity"] <= 100
    assert "DE" in track["available_markets"]
    album = caller.get(f"/albums/{track['album']['id']}").json()
    assert album["label"]
    assert album["tracks"]["items"][0]["id"] == track["id"]
    artist = caller.get(f"/artists/{track['artists'][0]['id']}").json()
    assert artist["followers"]["total"] > 0


def test_a_relinked_track_names_its_single(connect: Connect, world: World) -> None:
    caller = connect("2024")
    again = next(t for t in world.tracks if t.single and t.album.release_date <= NOW.date())
    assert again.single is not None
    track = caller.get(f"/tracks/{again.track_id}").json()
    assert track["linked_from"]["id"] == again.single.track_id


def test_one_track(connect: Connect, world: World) -> None:
    caller = connect()
    expected = world.chart("Japan", NOW.date())[0]
    track = caller.get(f"/tracks/{expected.track_id}").json()
    assert track["name"] == expected.name
    assert track["duration_ms"] == expected.duration_ms
    assert track["uri"] == f"spotify:track:{expected.track_id}"
    assert [artist["name"] for artist in track["artists"]] == [a.name for a in expected.artists]


def test_a_track_to_come_is_not_there_yet(
    connect: Connect, world: World, clock: MovedClock
) -> None:
    caller = connect()
    future = next(t for t in world.tracks if t.album.release_date > NOW.date())
    for path in (f"/tracks/{future.track_id}", f"/albums/{future.album.album_id}"):
        assert error_of(caller.get(path)) == (404, "Resource not found")
    clock.now = datetime.combine(future.album.release_date, NOW.timetz())
    caller.headers["Authorization"] = f"Bearer {caller.token()}"
    assert caller.get(f"/tracks/{future.track_id}").status_code == 200


def test_the_clock_chooses_the_chart(connect: Connect, world: World, clock: MovedClock) -> None:
    caller = connect()
    clock.now = NOW - 30 * DAY
    caller.headers["Authorization"] = f"Bearer {caller.token()}"
    playlist = caller.get(path_of(world)).json()
    number_one = world.chart("Global", clock.now.date())[0]
    assert playlist["items"]["items"][0]["item"]["id"] == number_one.track_id
    snapshot_id = world.snapshot_id(world.playlists[0], clock.now.date())
    assert playlist["snapshot_id"] == snapshot_id


def test_the_snapshot_filter_answers_that_key_only(connect: Connect, world: World) -> None:
    caller = connect()
    snapshot_id = world.snapshot_id(world.playlists[0], NOW.date())
    answer = caller.get(path_of(world), fields="snapshot_id")
    assert answer.json() == {"snapshot_id": snapshot_id}
    status, message = error_of(caller.get(path_of(world), fields="name"))
    assert status == 400
    assert "fields=snapshot_id" in message


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"limit": 0}, "Invalid limit"),
        ({"limit": 51}, "Invalid limit"),
        ({"limit": "many"}, "Invalid limit"),
        ({"limit": "\u0661"}, "Invalid limit"),
        ({"limit": ""}, "Invalid limit"),
        ({"offset": -1}, "Invalid offset"),
        ({"offset": "1_0"}, "Invalid offset"),
    ],
)
def test_limits_of_items(connect: Connect, world: World, query: Json, message: str) -> None:
    answer = connect().get(f"{path_of(world)}/items", **query)
    assert error_of(answer) == (400, message)


def test_pages_know_their_neighbours(connect: Connect, world: World) -> None:
    caller = connect()
    page = caller.get(f"{path_of(world)}/items").json()
    assert (page["limit"], page["offset"], len(page["items"])) == (20, 0, 20)
    assert page["previous"] is None
    page = caller.get(f"{path_of(world)}/items", offset=30, limit=25).json()
    assert page["next"].startswith(caller.spotify.api_url)
    assert page["next"].endswith("?offset=55&limit=25")
    assert page["previous"].endswith("?offset=5&limit=25")
    beyond = caller.get(f"{path_of(world)}/items", offset=500).json()
    assert (beyond["items"], beyond["next"], beyond["total"]) == ([], None, 60)


def test_the_path_of_2024(connect: Connect, world: World) -> None:
    old = connect("2024")
    assert len(old.get(f"{path_of(world)}/tracks").json()["items"]) == 60
    assert error_of(old.get(f"{path_of(world)}/tracks", limit=101))[0] == 400
    assert error_of(old.get(f"{path_of(world)}/items"))[0] == 404
    assert error_of(connect("2026").get(f"{path_of(world)}/tracks"))[0] == 404
    assert len(connect("both").get(f"{path_of(world)}/tracks").json()["items"]) == 60


@pytest.mark.parametrize("kind", ["tracks", "albums", "artists", "playlists"])
def test_unknown_and_malformed_ids(connect: Connect, kind: str) -> None:
    caller = connect()
    assert error_of(caller.get(f"/{kind}/{'0' * 22}")) == (404, "Resource not found")
    for malformed in ("x", "0" * 23, "-" * 22, "%20"):
        assert error_of(caller.get(f"/{kind}/{malformed}")) == (400, "Invalid base62 id")


def test_unknown_paths_and_methods(connect: Connect, world: World) -> None:
    caller = connect()
    assert error_of(caller.get("/browse/categories")) == (404, "Service not found")
    assert caller.http.get(caller.spotify.url + "/").status_code == 404
    url = caller.spotify.api_url + path_of(world)
    assert caller.http.post(url, headers=caller.headers, content=b"{}").status_code == 405
    refused = caller.http.request("PATCH", url, headers=caller.headers)
    assert refused.status_code == 501
    assert refused.json()["error"]["status"] == 501


def test_headers(connect: Connect, world: World) -> None:
    answer = connect().get(path_of(world))
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["cache-control"]
    assert answer.headers["date"] == "Fri, 20 Nov 2026 04:00:00 GMT"


@pytest.mark.parametrize(
    ("client_id", "secret", "grant", "error"),
    [
        ("simulated-client", "wrong", "client_credentials", "invalid_client"),
        ("nobody", "simulated-secret", "client_credentials", "invalid_client"),
        ("simulated-client", "simulated-secret", "password", "unsupported_grant_type"),
    ],
)
def test_token_refused(
    connect: Connect, client_id: str, secret: str, grant: str, error: str
) -> None:
    caller = connect()
    answer = caller.http.post(
        caller.spotify.token_url, auth=(client_id, secret), data={"grant_type": grant}
    )
    assert answer.status_code == 400
    assert answer.json()["error"] == error
    assert answer.json()["error_description"]


@pytest.mark.parametrize("header", [None, "Basic Og==", "Basic ???", "Nonsense"])
def test_token_without_client(connect: Connect, header: str | None) -> None:
    caller = connect()
    headers = {"Authorization": header} if header else {}
    data = {"grant_type": "client_credentials"}
    answer = caller.http.post(caller.spotify.token_url, headers=headers, data=data)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")


def test_token_answer(connect: Connect) -> None:
    caller = connect()
    answer = caller.http.post(
        caller.spotify.token_url,
        auth=("simulated-client", "simulated-secret"),
        data={"grant_type": "client_credentials"},
    )
    assert answer.json().keys() == {"access_token", "token_type", "expires_in"}
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 3600)
    assert caller.http.get(caller.spotify.token_url).status_code == 405


def test_without_a_valid_token_nothing(connect: Connect, world: World) -> None:
    caller = connect()
    for header in ("", "Bearer", "Bearer nonsense", "Basic abc"):
        caller.headers["Authorization"] = header
        answer = caller.get(path_of(world))
        assert error_of(answer)[0] == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_token_expires_by_the_clock(connect: Connect, world: World, clock: MovedClock) -> None:
    caller = connect()
    clock.now += timedelta(seconds=3599)
    assert caller.get(path_of(world)).status_code == 200
    clock.now += timedelta(seconds=1)
    assert error_of(caller.get(path_of(world))) == (401, "The access token expired")
    caller.headers["Authorization"] = f"Bearer {caller.token()}"
    assert caller.get(path_of(world)).status_code == 200


def test_the_window_fills_and_rolls(connect: Connect, world: World) -> None:
    caller = connect(window_seconds=0.6, window_requests=3)
    began = time.monotonic()
    assert [caller.get(path_of(world)).status_code for _ in range(3)] == [200] * 3
    refused = caller.get(path_of(world))
    assert error_of(refused)[0] == 429
    assert refused.headers["retry-after"] == "1"
    time.sleep(max(0.0, 0.7 - (time.monotonic() - began)))
    assert caller.get(path_of(world)).status_code == 200


def test_requests_are_counted(connect: Connect, world: World) -> None:
    caller = connect(window_requests=1)
    for _ in range(3):
        caller.get(path_of(world))
    assert caller.spotify.request_count == 3
    assert caller.spotify.token_request_count == 1


def test_an_outage_lasts_a_day(connect: Connect, world: World, clock: MovedClock) -> None:
    clock.now = NOW - 41 * DAY
    caller = connect()
    japan = path_of(world, "Japan")
    for path in (japan, f"{japan}/items", f"{japan}?fields=snapshot_id"):
        assert error_of(caller.get(path))[0] == 503
    assert caller.get(path_of(world)).status_code == 200
    clock.now += DAY
    caller.headers["Authorization"] = f"Bearer {caller.token()}"
    assert caller.get(japan).status_code == 200


@pytest.mark.parametrize(("shape", "key"), [("2026", "item"), ("2024", "track")])
def test_blemished_items(
    connect: Connect, world: World, clock: MovedClock, shape: Shape, key: str
) -> None:
    clock.now = NOW - 29 * DAY
    caller = connect(shape)
    page = caller.get(path_of(world, "Brazil")).json()["tracks" if shape == "2024" else "items"]
    items = all_items(caller, page)
    assert items[17][key] is None
    local, episode = items[43], items[51][key]
    assert (local["is_local"], local[key]["id"]) == (True, None)
    assert re.fullmatch(r"spotify:local:[^:]*:[^:]*:[^:]*:\d+", local[key]["uri"])
    assert episode["type"] == "episode"
    assert "artists" not in episode


def test_a_malformed_item(connect: Connect, world: World, clock: MovedClock) -> None:
    clock.now = NOW - 23 * DAY
    items = connect().get(path_of(world, "Mexico")).json()["items"]["items"]
    broken = [item["item"]["id"] for item in items if not isinstance(item["item"]["id"], str)]
    assert len(broken) == 1
    assert isinstance(items[32]["item"]["id"], dict)


def test_a_world_can_be_blemished_at_will(connect: Connect) -> None:
    flaws = Blemishes(outages=(Spot("Global", 0),))
    world = World(blemishes=flaws)
    assert connect(of=world).get(path_of(world)).status_code == 503


def test_many_threads_at_once(connect: Connect, world: World) -> None:
    caller = connect("both")
    statuses: list[int] = []

    def ask() -> None:
        with httpx2.Client(trust_env=False) as http:
            for market in ("Global", "India", "Germany"):
                url = caller.spotify.api_url + path_of(world, market)
                statuses.append(http.get(url, headers=caller.headers).status_code)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 24


def test_no_answer_waits_for_a_delayed_acknowledgement(connect: Connect, world: World) -> None:
    caller = connect()
    caller.get(path_of(world))
    began = time.perf_counter()
    for _ in range(100):
        caller.get(path_of(world))
    assert time.perf_counter() - began < 2  # 40 ms each would make 4


def test_start_stop_and_start_again(world: World, clock: MovedClock) -> None:
    spotify = Simulator(world, clock)
    with pytest.raises(RuntimeError, match="call start"):
        _ = spotify.url
    with spotify:
        caller = Caller(spotify)
        url = spotify.api_url + path_of(world)
        assert caller.get(url).status_code == 200
        with pytest.raises(RuntimeError, match="already listens"):
            spotify.start()
    with closing(caller.http), pytest.raises(httpx2.TransportError):
        caller.get(url)
    spotify.stop()
    with spotify:
        again = Caller(spotify)
        with closing(again.http):
            assert again.get(path_of(world)).status_code == 200


def test_an_unknown_shape_is_named(world: World, clock: MovedClock) -> None:
    with pytest.raises(ValueError, match="'2025' is not one of 2026, 2024, both"):
        Simulator(world, clock, shape="2025")  # type: ignore[arg-type]


def test_a_fault_of_its_own_is_logged_and_answered(
    connect: Connect, world: World, clock: MovedClock, caplog: pytest.LogCaptureFixture
) -> None:
    caller = connect()
    clock.now = datetime(1, 1, 1, tzinfo=UTC)  # the evening before does not exist
    caller.headers["Authorization"] = f"Bearer {caller.token()}"
    assert error_of(caller.get(path_of(world)))[0] == 500
    assert "no answer to GET" in caplog.text


def test_what_the_asker_has_is_not_sent_again(connect: Connect, world: World) -> None:
    caller = connect()
    first = caller.get(path_of(world))
    caller.headers["If-None-Match"] = first.headers["etag"]
    for _ in range(2):  # the connection goes on after an answer without a body
        again = caller.get(path_of(world))
        assert (again.status_code, again.content) == (304, b"")
        assert not {"content-type", "content-length"} & set(again.headers)
    assert "etag" not in connect(etags=False).get(path_of(world)).headers


def test_an_app_in_development_mode_reads_no_items_on_its_own(
    connect: Connect, world: World
) -> None:
    caller = connect(mode="development")
    assert caller.get(f"{path_of(world)}/items").status_code == 403
    assert caller.get("/artists").status_code == 403
    assert connect(mode="extended").get(f"{path_of(world)}/items").status_code == 200
