"""A playlist, whole or not at all."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import httpx2
import pytest

from chartlake.errors import Deferred, Refused, SignInError, Unavailable
from chartlake.extract.due import DueSlot
from chartlake.extract.spotify.auth import GivenToken
from chartlake.extract.spotify.capabilities import MODE, playlist_fact
from chartlake.extract.spotify.client import SpotifyApi, SpotifyClient
from chartlake.extract.spotify.playlist import read_playlist
from chartlake.model import Feed, Slot, Snapshot
from tests.extract.server import Answer, Server, answer, error
from tests.extract.spotify.api import Time, open_api

NOW = datetime(2026, 3, 1, 4, 0, 7, tzinfo=UTC)
ID = "3cEYpjA9oz9GiPac4AsH4n"
FEED = Feed(name="finds", source="playlist", source_id=ID, schedule="daily")
SLOT, DAY = Slot("20260301T000000Z"), date(2026, 3, 1)
HERE, ITEMS, TRACKS = (
    f"/v1/playlists/{ID}",
    f"/v1/playlists/{ID}/items",
    f"/v1/playlists/{ID}/tracks",
)

Read = Callable[[], Snapshot]
Json = dict[str, Any]


@pytest.fixture
def time() -> Time:
    return Time(NOW)


@pytest.fixture
def api(server: Server, http: httpx2.Client, time: Time) -> SpotifyApi:
    return open_api(http, f"{server.url}/v1", time, time.retry(max_attempts=3))


@pytest.fixture
def read(api: SpotifyApi) -> Read:
    return lambda: read_playlist(SpotifyClient(api, GivenToken("t")), 7, DueSlot(FEED, SLOT, DAY))


def items(count: int, start: int = 0, key: str = "item") -> list[Json]:
    return [{key: {"id": f"{number:022d}"}} for number in range(start, start + count)]


def page(count: int, total: Any, start: int = 0, **more: Any) -> Json:
    return {"items": items(count, start), "total": total, "offset": start} | more


def playlist(version: str | None = "v1", **more: Any) -> Json:
    return {"name": "Finds", "snapshot_id": version} | more


def version(text: str | None) -> Answer:
    return answer({"snapshot_id": text})


def places(snapshot: Snapshot) -> list[tuple[str, int, int]]:
    return [(body.resource, body.first_item, len(body.content)) for body in snapshot.bodies]


# Whole ------------------------------------------------------------------------------------


def test_the_embedded_page_may_be_all(server: Server, read: Read) -> None:
    content = playlist(items=page(2, 2))
    server.script(HERE, answer(content))
    snapshot = read()
    assert (snapshot.feed, snapshot.slot, snapshot.chart_date) == (FEED, SLOT, DAY)
    assert snapshot.item_count == 2
    (body,) = snapshot.bodies
    assert (body.resource, body.status, body.received_at) == ("playlist", 200, NOW)
    assert json.loads(body.content) == content
    (request,) = server.requests
    assert (request.path, request.query) == (HERE, {"additional_types": "track,episode"})


def test_the_rest_is_asked_for_by_offset(server: Server, read: Read) -> None:
    answers = [answer(page(50, 120, 50)), answer(page(20, 120, 100))]
    server.script(HERE, answer(playlist(items=page(50, 120))), version("v1"))
    server.script(ITEMS, *answers)
    snapshot = read()
    assert snapshot.item_count == 120
    assert places(snapshot)[1:] == [
        ("playlist_items", 50, len(answers[0].body)),
        ("playlist_items", 100, len(answers[1].body)),
    ]
    assert [body.content for body in snapshot.bodies[1:]] == [a.body for a in answers]
    types = {"additional_types": "track,episode"}
    assert [(r.path, r.query) for r in server.requests] == [
        (HERE, types),
        (ITEMS, {"offset": "50", "limit": "50"} | types),
        (ITEMS, {"offset": "100", "limit": "50"} | types),
        (HERE, {"fields": "snapshot_id"}),
    ]


def test_the_shape_before_2026(server: Server, read: Read) -> None:
    server.script(HERE, answer(playlist(tracks=page(100, 101))), version("v1"))
    server.script(TRACKS, answer(page(1, 101, 100)))
    assert read().item_count == 101
    assert [r.query["limit"] for r in server.asked(TRACKS)] == ["100"]
    assert server.asked(ITEMS) == []


def test_both_keys_the_new_one_counts(server: Server, read: Read) -> None:
    server.script(HERE, answer(playlist(items=page(1, 1), tracks=page(2, 2))))
    assert read().item_count == 1


@pytest.mark.parametrize(
    "hidden",
    [
        {},
        {"items": None},
        {"items": None, "tracks": None},
        {"items": {}},
        {"items": {"href": "https://api.spotify.com/v1/x", "total": 2}},
        {"items": {"items": None, "total": 2}},
        {"items": 5},
        {"items": []},
        {"items": page(1, 2, 1)},  # a page that does not start at the top
    ],
)
def test_a_playlist_that_does_not_show_its_items(server: Server, read: Read, hidden: Json) -> None:
    server.script(HERE, answer(playlist(**hidden)), version("v1"))
    server.script(ITEMS, answer(page(2, 2)))
    snapshot = read()
    assert snapshot.item_count == 2
    assert [(body.resource, body.first_item) for body in snapshot.bodies] == [
        ("playlist", 0),
        ("playlist_items", 0),
    ]


def test_an_old_playlist_that_does_not_show_its_items(server: Server, read: Read) -> None:
    server.script(HERE, answer(playlist(tracks={"href": "x", "total": 2})), version("v1"))
    server.script(TRACKS, answer(page(2, 2)))
    assert read().item_count == 2


def test_an_empty_playlist_is_a_snapshot(server: Server, read: Read) -> None:
    server.script(HERE, answer(playlist(items=page(0, 0))))
    assert read().item_count == 0


def test_an_empty_playlist_in_pages(server: Server, read: Read) -> None:
    server.script(HERE, answer(playlist()), version("v1"))
    server.script(ITEMS, answer(page(0, 0)))
    assert read().item_count == 0
    assert len(server.asked(ITEMS)) == 1


def test_without_a_total_pages_are_read_until_one_is_empty(server: Server, read: Read) -> None:
    server.script(HERE, answer(playlist(items=page(2, None))), version("v1"))
    server.script(ITEMS, answer(page(1, None, 2)), answer(page(0, None, 3)))
    snapshot = read()
    assert snapshot.item_count == 3
    assert [r.query["offset"] for r in server.asked(ITEMS)] == ["2", "3"]


def test_pages_shorter_than_asked(server: Server, read: Read) -> None:
    server.script(HERE, answer(playlist(items=page(20, 27))), version("v1"))
    server.script(ITEMS, answer(page(5, 27, 20)), answer(page(2, 27, 25)))
    assert read().item_count == 27
    assert [r.query["offset"] for r in server.asked(ITEMS)] == ["20", "25"]


def test_null_items_count(server: Server, read: Read) -> None:
    content = {"items": [None, {"item": None}, {}], "total": 3}
    server.script(HERE, answer(playlist(items=content)))
    assert read().item_count == 3


def test_next_is_never_followed(server: Server, read: Read) -> None:
    other = Server()
    next_page = f"{other.url}{ITEMS}?offset=1"
    server.script(HERE, answer(playlist(items=page(1, 2, next=next_page))), version("v1"))
    server.script(ITEMS, answer(page(1, 2, 1, next=next_page)))
    assert read().item_count == 2
    other.close()
    assert other.requests == []


def test_the_same_key_twice_the_last_counts_everywhere(server: Server, read: Read) -> None:
    one, two = (json.dumps(page(count, count)) for count in (1, 2))
    server.script(HERE, Answer(f'{{"items": {one}, "items": {two}}}'.encode()))
    assert read().item_count == 2


# Not whole ----------------------------------------------------------------------------------


def test_fewer_items_than_the_total(server: Server, read: Read) -> None:
    server.script(HERE, answer(playlist(items=page(50, 80))), version("v1"))
    server.script(ITEMS, answer(page(29, 80, 50)), answer(page(0, 80, 79)))
    with pytest.raises(Unavailable, match=f"playlist {ID} gave 79 of 80 items") as problem:
        read()
    assert problem.value.fix == "run again; nothing of it was stored"


def test_more_items_than_the_total(server: Server, read: Read) -> None:
    server.script(HERE, answer(playlist(items=page(3, 2))))
    with pytest.raises(Unavailable, match="gave 3 of 2 items"):
        read()


def test_no_items_where_a_total_is_stated(server: Server, read: Read) -> None:
    server.script(HERE, answer(playlist()), version("v1"))
    server.script(ITEMS, answer(page(0, 40)))
    with pytest.raises(Unavailable, match="gave 0 of 40 items"):
        read()


def test_an_embedded_page_that_hides_its_items(server: Server, read: Read) -> None:
    server.script(HERE, answer(playlist(items=page(0, 2))), version("v1"))
    server.script(ITEMS, answer(page(2, 2)))
    assert read().item_count == 2


@pytest.mark.parametrize(
    "content", [[], None, "x", {}, {"items": None}, {"items": 5}, {"items": [], "total": "two"}]
)
def test_a_page_of_another_shape(server: Server, read: Read, content: Any) -> None:
    server.script(HERE, answer(playlist()))
    server.script(ITEMS, answer(content))
    with pytest.raises(Unavailable, match="has another shape than a playlist"):
        read()


@pytest.mark.parametrize("content", [[], None, 5, {"snapshot_id": 5}])
def test_a_playlist_of_another_shape(server: Server, read: Read, content: Any) -> None:
    server.script(HERE, answer(content))
    with pytest.raises(Unavailable, match="has another shape than a playlist"):
        read()


def test_a_page_that_is_lost_loses_all(server: Server, read: Read) -> None:
    server.script(HERE, answer(playlist(items=page(50, 120))))
    server.script(ITEMS, answer(page(50, 120, 50)), error(503))
    with pytest.raises(Unavailable, match="outage"):
        read()


def test_a_page_that_is_cut_is_read_again(server: Server, read: Read) -> None:
    whole = answer(page(1, 2, 1))
    server.script(HERE, answer(playlist(items=page(1, 2))), version("v1"))
    server.script(ITEMS, Answer(whole.body, sent=9), Answer(whole.body[:-1]), whole)
    assert read().item_count == 2


@pytest.mark.parametrize("total", [None, 10**9])
def test_a_list_without_end_is_given_up(server: Server, read: Read, total: int | None) -> None:
    """Spotify's playlists hold some 10,000 items: 200 pages. Only the test's script ends here."""
    server.script(HERE, answer(playlist(items=page(50, total))))
    server.script(ITEMS, *[answer(page(50, total, 50))] * 1000, error(404, "the script has ended"))
    with pytest.raises(Unavailable):
        read()


# Edited while it is read ------------------------------------------------------------------------


def test_an_edit_while_reading_is_read_again(server: Server, read: Read) -> None:
    server.script(HERE, answer(playlist("v1", items=page(1, 2))), version("v2"))
    server.script(HERE, answer(playlist("v2", items=page(1, 3))), version("v2"))
    server.script(ITEMS, answer(page(1, 2, 1)), answer(page(2, 3, 1)))
    snapshot = read()
    assert snapshot.item_count == 3
    assert json.loads(snapshot.bodies[0].content)["snapshot_id"] == "v2"
    assert len(snapshot.bodies) == 2


def test_three_edits_are_too_many(server: Server, read: Read) -> None:
    for number in range(3):
        content = playlist(f"v{number}", items=page(1, 2))
        server.script(HERE, answer(content), version(f"v{number + 1}"))
    server.script(ITEMS, answer(page(1, 2, 1)))
    with pytest.raises(Unavailable, match="was edited while it was read, 3 times") as problem:
        read()
    assert problem.value.fix == "run again"
    assert len(server.asked(HERE)) == 6


def test_an_edit_that_shortens_the_list_is_read_again(server: Server, read: Read) -> None:
    server.script(HERE, answer(playlist("v1", items=page(50, 52))), version("v2"))
    server.script(HERE, answer(playlist("v2", items=page(49, 49))))
    server.script(ITEMS, answer(page(0, 49, 50)))  # three were taken out meanwhile
    assert read().item_count == 49


def test_a_list_in_one_answer_cannot_be_torn(server: Server, read: Read) -> None:
    server.script(HERE, answer(playlist("v1", items=page(2, 2))))
    read()
    assert len(server.requests) == 1


def test_a_playlist_without_versions(server: Server, read: Read) -> None:
    server.script(HERE, answer(playlist(None, items=page(1, 2))), version(None))
    server.script(ITEMS, answer(page(1, 2, 1)))
    assert read().item_count == 2


# Refused ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "what"),
    [
        (404, f"Spotify does not show playlist {ID} to this app (404)"),
        (403, f"Spotify does not let this app read the items of playlist {ID} (403)"),
    ],
)
def test_a_refusal_is_explained(server: Server, read: Read, status: int, what: str) -> None:
    server.script(HERE, error(status))
    with pytest.raises(Refused) as problem:
        read()
    assert problem.value.what == what
    assert "quota" in str(problem.value.why) or "development mode" in str(problem.value.why)
    assert "chartlake import" in str(problem.value.fix)
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [403, 404])
def test_an_explained_refusal_keeps_its_status(server: Server, read: Read, status: int) -> None:
    """Two 404 in successive slots close a feed: who counts them asks for the status."""
    server.script(HERE, error(status))
    with pytest.raises(Refused) as problem:
        read()
    assert problem.value.status == status


def test_somebody_elses_playlist(server: Server, read: Read) -> None:
    server.script(HERE, answer(playlist()))
    server.script(ITEMS, error(403))
    with pytest.raises(Refused, match="read the items") as problem:
        read()
    assert "in development mode only its owner and collaborators may" in str(problem.value.why)
    assert "Spotify says: no" in str(problem.value.why)


def test_another_refusal_stays_as_it_is(server: Server, read: Read) -> None:
    server.script(HERE, error(400, "Invalid base62 id"))
    with pytest.raises(Refused) as problem:
        read()
    assert (problem.value.status, problem.value.why) == (400, "Invalid base62 id")


def test_an_expired_sign_in(server: Server, read: Read) -> None:
    server.script(HERE, error(401))
    with pytest.raises(SignInError):
        read()


def test_a_quota_that_ends_between_pages(server: Server, read: Read, time: Time) -> None:
    server.script(HERE, answer(playlist(items=page(50, 120))))
    server.script(ITEMS, answer(page(50, 120, 50)), error(429, Retry_After="52531"))
    with pytest.raises(Deferred, match=r"14\.6 hours"):
        read()
    assert time.slept == []


def test_a_short_wait_between_pages(server: Server, read: Read, time: Time) -> None:
    server.script(HERE, answer(playlist(items=page(1, 2))), version("v1"))
    server.script(ITEMS, error(429, Retry_After="2"), answer(page(1, 2, 1)))
    assert read().item_count == 2
    assert len(time.slept) == 1


# What was seen of the app -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "value", "mode"),
    [
        (403, "its items are not shown to this app", "development"),
        (404, "not shown to this app", None),
    ],
)
def test_a_refusal_is_remembered(
    server: Server, api: SpotifyApi, read: Read, status: int, value: str, mode: str | None
) -> None:
    server.script(HERE, error(status))
    with pytest.raises(Refused):
        read()
    assert api.capabilities.value(playlist_fact(ID)) == value
    assert api.capabilities.value(MODE) == mode


def test_a_playlist_that_was_read_is_readable(server: Server, api: SpotifyApi, read: Read) -> None:
    server.script(HERE, answer(playlist(items=page(1, 1))))
    read()
    assert api.capabilities.value(playlist_fact(ID)) == "readable"
    assert api.capabilities.value(MODE) is None


def test_an_outage_says_nothing_of_the_app(server: Server, api: SpotifyApi, read: Read) -> None:
    server.script(HERE, error(503))
    with pytest.raises(Unavailable):
        read()
    assert api.capabilities.facts() == {}


# Facts --------------------------------------------------------------------------------------------


def test_the_version_and_all_requests_are_handed_over(server: Server, read: Read) -> None:
    server.script(HERE, answer(playlist("v7", items=page(50, 60)), ETag='"a"'), version("v7"))
    server.script(ITEMS, error(503), answer(page(10, 60, 50)))
    snapshot = read()
    assert snapshot.version == "v7"
    assert snapshot.bodies[0].etag == '"a"'
    assert [request.status for request in snapshot.requests] == [200, 503, 200, 200]
    assert (snapshot.kept, snapshot.unchanged_from, snapshot.warning) == ((), None, None)
