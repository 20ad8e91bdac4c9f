"""The simulator's answers against Spotify's own description of them.

Where the two differ on purpose, the difference stands in ``GAPS`` with its reason; one that no
longer occurs has to leave the list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from chartlake.simulator import Shape, World
from chartlake.simulator.entries import Entry, Episode, LocalFile, Unavailable
from chartlake.simulator.mixtapes import Mixtape
from chartlake.simulator.modes import Mode
from tests.conftest import SPEC
from tests.simulator.service import NOW, Json, Service, serving

pytestmark = pytest.mark.needs("spec")

TAKEN = "taken from apps in development mode in February 2026; the file still requires it"
LOCAL = "a local file has no such thing, and the file does not know local files"
GAPS = {
    "album lacks album_group": TAKEN,
    "album lacks available_markets": TAKEN,
    "album lacks label": TAKEN,
    "album lacks popularity": TAKEN,
    "show lacks available_markets": TAKEN,
    "item is null": "a track that is gone; the file does not let it be null",
    "track is null": "the same in the shape of 2024",
    "items[] is null": "a playlist that this app may not see; the file has no null in lists",
    "tracks[] is null": "an unknown id among many; the file has no null in lists",
    "albums[] is null": "the same for albums",
    "artists[] is null": "the same for artists",
    "context is null": "a track that was played from nowhere; the file does not let it be null",
    "cursors is null": "a page of plays without a play, as clients have seen it",
    "next is null": "the last page by cursor; the file does not let it be null",
    "after is null": "the same for its cursor",
    "id is null": LOCAL,
    "href is null": LOCAL,
    "uri is null": LOCAL,
    "album_type is null": LOCAL,
    "release_date is null": LOCAL,
    "release_date_precision is null": LOCAL,
    "album lacks total_tracks": LOCAL,
}


@cache
def spec() -> Json:
    """The file as JSON Schema understands it."""
    with SPEC.open(encoding="utf-8") as file:
        return dict(translated(yaml.load(file, yaml.CSafeLoader)))


def translated(node: Any) -> Any:
    """OpenAPI 3.0 in JSON Schema: ``nullable`` is a type, a discriminator an if."""
    if isinstance(node, list):
        return [translated(one) for one in node]
    if not isinstance(node, dict):
        return node
    node = {key: translated(value) for key, value in node.items()}
    if node.pop("nullable", False) is True:
        node["type"] = [node["type"], "null"]
    if "discriminator" in node and "oneOf" in node:
        track, episode = node.pop("oneOf")
        assert "Episode" in episode["$ref"]
        node["if"] = {"properties": {"type": {"const": "episode"}}, "required": ["type"]}
        node |= {"then": episode, "else": track, "type": "object"}
    return node


formats = FormatChecker()


@formats.checks("date-time", raises=ValueError)
def is_date_time(text: object) -> bool:
    return not isinstance(text, str) or datetime.fromisoformat(text).tzinfo is not None


def gaps_of(answer: Any, schema: Json) -> set[str]:
    whole = {**schema, "components": spec()["components"]}
    validator = Draft202012Validator(whole, format_checker=formats)
    return {named(error) for error in validator.iter_errors(answer)}


def named(error: ValidationError) -> str:
    """What is wrong, in words that do not depend on where in a list it was."""
    keys = [str(key) for key in error.absolute_path]
    place = keys[-1] if keys else "answer"
    if place.isdigit():
        place = f"{keys[-2]}[]"
    if missing := re.match(r"'(\w+)' is a required property", error.message):
        kind = error.instance.get("type", place) if isinstance(error.instance, dict) else place
        return f"{kind} lacks {missing[1]}"
    return f"{place} is null" if error.instance is None else f"{place}: {error.message}"


# What is asked ---------------------------------------------------------------


@pytest.fixture(scope="module")
def world() -> World:
    world = World()
    owner = world.users[0].user_id
    odd: list[Entry] = [
        *world.chart("Brazil", world.first_date)[:2],
        Unavailable(),
        LocalFile("Garagem 12", "Ensaios", "Demo", 203),
        Episode("0" * 22, "1" * 22, "Side 1", "Liner Notes", world.first_date, 2_184_000),
    ]
    for number in range(2):
        # one that can be read, and one that leaves a hole in the list of playlists
        tape = Mixtape(f"{number}" * 22, owner, odd, gone=bool(number))
        world.mixtapes[tape.playlist_id] = tape
    return world


def questions(world: World) -> Iterator[tuple[str, str]]:
    """Each path that is served, and what is asked of it."""
    album = next(a for a in world.albums if a.total_tracks > 5 and a.release_date <= NOW.date())
    found = world.find_album(album.album_id, NOW.date())
    assert found is not None
    track, artist = found[1][0], album.artists[0]
    tape, foreign = "0" * 22, next(iter(world.mixtapes))
    user = quote(world.users[2].user_id, safe="")
    unknown = "9" * 22
    yield "/tracks/{id}", f"/tracks/{track.track_id}"
    yield "/tracks/{id}", f"/tracks/{unknown}"
    yield "/tracks/{id}", "/tracks/x"
    yield "/tracks", f"/tracks?ids={track.track_id},{unknown}"
    yield "/albums/{id}", f"/albums/{album.album_id}"
    yield "/albums/{id}/tracks", f"/albums/{album.album_id}/tracks?limit=3"
    yield "/albums", f"/albums?ids={unknown},{album.album_id}"
    yield "/artists/{id}", f"/artists/{artist.artist_id}"
    yield "/artists/{id}/albums", f"/artists/{artist.artist_id}/albums?limit=5"
    yield "/artists/{id}/top-tracks", f"/artists/{artist.artist_id}/top-tracks"
    yield "/artists", f"/artists?ids={artist.artist_id},{unknown}"
    yield "/browse/new-releases", "/browse/new-releases?limit=3"
    yield "/markets", "/markets"
    yield "/search", "/search?q=a&type=track,album,artist&limit=3"
    yield "/search", "/search?q=a"
    yield "/playlists/{id}", f"/playlists/{tape}"
    yield "/playlists/{id}", f"/playlists/{foreign}"
    yield "/playlists/{id}", f"/playlists/{world.playlists[0].playlist_id}?fields=snapshot_id"
    yield "/playlists/{id}/items", f"/playlists/{tape}/items"
    yield "/playlists/{id}/items", f"/playlists/{foreign}/items?limit=2"
    yield "/playlists/{id}/tracks", f"/playlists/{tape}/tracks"
    yield "/me", "/me"
    yield "/me/playlists", "/me/playlists?limit=50"
    yield "/me/tracks", "/me/tracks?limit=3"
    yield "/me/albums", "/me/albums?limit=3"
    yield "/me/top/tracks", "/me/top/tracks?limit=3"
    yield "/me/top/artists", "/me/top/artists?limit=3&time_range=short_term"
    yield "/me/player/recently-played", "/me/player/recently-played?limit=50"
    yield "/me/player/recently-played", "/me/player/recently-played?before=1"
    yield "/me/following", "/me/following?type=artist&limit=3"
    yield "/me/following", "/me/following?type=artist&limit=50"
    yield "/users/{user_id}", f"/users/{user}"
    yield "/users/{user_id}/playlists", f"/users/{user}/playlists"


def described(path: str) -> Json:
    """The file's description of asking for a path."""
    by_form = {re.sub(r"\{\w+\}", "{}", one): found for one, found in spec()["paths"].items()}
    return dict(by_form[re.sub(r"\{\w+\}", "{}", path)]["get"])


def resolved(node: Json) -> Json:
    """What a reference points at."""
    while "$ref" in node:
        found = spec()
        for key in node["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        node = found
    return node


def schema_of(path: str, status: int) -> Json:
    responses = described(path)["responses"]
    # errors look alike, and the file names 400 and 404 almost nowhere
    response = resolved(responses.get(str(status)) or responses["403"])
    return dict(response["content"]["application/json"]["schema"])


def found_gaps(service: Service, world: World) -> Iterator[tuple[str, str]]:
    for path, question in questions(world):
        answer = service.ask(question, world.users[0].user_id)
        for gap in gaps_of(answer.json(), schema_of(path, answer.status_code)):
            yield gap, question


SHAPES: tuple[Shape, ...] = ("2026", "2024", "both")
MODES: tuple[Mode, ...] = ("development", "extended")


def test_answers_are_as_described_but_for_known_gaps(world: World) -> None:
    found: dict[str, str] = {}
    for shape in SHAPES:
        for mode in MODES:
            with serving(world, shape, mode) as service:
                found |= {gap: f"{shape} {mode} {q}" for gap, q in found_gaps(service, world)}

    assert {gap: where for gap, where in found.items() if gap not in GAPS} == {}
    assert GAPS.keys() - found.keys() == set(), "take these from the list: they no longer occur"


def test_every_path_is_asked_and_described(world: World) -> None:
    with serving(world) as service:
        assert {path for path, _ in questions(world)} == set(service.api.paths)
    for path, _ in questions(world):
        assert described(path)["responses"]["200"]


def test_pages_are_as_large_as_described(world: World) -> None:
    checked = 0
    with serving(world, "both", "development") as new, serving(world, "both", "extended") as old:
        for path, question in questions(world):
            largest = largest_page(path)
            service = old if new.ask(question, world.users[0].user_id).status_code == 403 else new
            if largest is None or service.ask(question, world.users[0].user_id).is_error:
                continue
            bare = re.sub(r"&?limit=\d+", "", question)
            for limit, status in ((largest, 200), (largest + 1, 400), (0, 400)):
                asked = f"{bare}{'&' if '?' in bare else '?'}limit={limit}"
                assert service.ask(asked, world.users[0].user_id).status_code == status, asked
            checked += 1
    assert checked > 10


def largest_page(path: str) -> int | None:
    for parameter in map(resolved, described(path).get("parameters", [])):
        if parameter["name"] == "limit":
            return int(parameter["schema"]["maximum"])
    return None


def test_the_check_can_fail() -> None:
    good = {"id": "x", "type": "artist", "popularity": 3}
    schema = {"$ref": "#/components/schemas/ArtistObject"}
    assert gaps_of(good, schema) == set()
    assert gaps_of({**good, "popularity": None}, schema) == {"popularity is null"}
    assert len(gaps_of({**good, "name": 7, "type": "song"}, schema)) == 2
    play = {"played_at": "yesterday"}
    assert gaps_of(play, {"$ref": "#/components/schemas/PlayHistoryObject"})
