"""Where fuzzing begins: sound inputs, made by the simulated Spotify and by hand."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from chartlake.model import Build, BuiltFile, BuiltSlot
from chartlake.simulator import Mixtape, World
from chartlake.transform.piece import PARSE_BY_SOURCE
from tests.charts import WEEKLY_HEADER, old_chart, track_id
from tests.fuzz.targets import BETWEEN, CATALOG_KINDS, LIST_KINDS, true_manifest
from tests.simulator.service import SCOPES, Service, serving
from tests.transform.slots import SUNDAY_SLOT

__all__ = ["seeds_of_all"]

_TAPE = "2nWxVs7sKLqP7tqTZQv0Fa"
_ITEMS = 2
_UNREAD = ("available_markets", "markets", "href", "external_urls", "preview_url", "genres")


def seeds_of_all() -> dict[str, list[bytes]]:
    """The seeds of every target."""
    world = World(seed=1, days=2)
    world.mixtapes[_TAPE] = Mixtape(_TAPE, world.users[0].user_id, list(world.tracks[:_ITEMS]))
    with serving(world, "both") as service:
        return _of_spotify(service, world) | {
            "builds": [msgspec.json.encode(_build())],
            "charts_csv": _charts(),
            "manifests": [*_manifests()],
        }


def _of_spotify(service: Service, world: World) -> dict[str, list[bytes]]:
    owner = world.users[0].user_id

    def get(path: str, **query: str | int) -> bytes:
        answer = service.ask(path, owner, SCOPES, None, **query)
        assert answer.status_code == 200, answer.text
        return _small(answer.content)

    both = get(f"/playlists/{_TAPE}")
    tape, old = _without(both, "tracks", "track"), _without(both, "items", "item")
    page = get(f"/playlists/{_TAPE}/items", limit=1)
    lists = [
        get("/me/tracks", limit=2),
        get("/me/top/tracks", limit=2),
        get("/me/top/artists", limit=2),
    ]
    plays = get("/me/player/recently-played", limit=2)
    track = msgspec.json.decode(lists[0])["items"][0]["track"]
    song, artist, album = track["id"], track["artists"][0]["id"], track["album"]["id"]
    catalog = [
        get(f"/artists/{artist}"),
        get(f"/albums/{album}"),
        get(f"/tracks/{song}"),
        get("/artists", ids=artist),
        get("/albums", ids=album),
        get("/tracks", ids=song),
        get(f"/artists/{artist}/albums", limit=2),
        get(f"/albums/{album}/tracks", limit=2),
    ]
    return {
        "playlist": [both, tape, old, tape + BETWEEN + page],
        "account_lists": _numbered(lists, len(LIST_KINDS)),
        "recently_played": [plays, plays + BETWEEN + plays],
        "catalog": _numbered(catalog, len(CATALOG_KINDS)),
        "answers": _numbered([tape, lists[0], lists[1], plays], 4),
    }


def _numbered(contents: Iterable[bytes], kinds: int) -> list[bytes]:
    """Each after a digit that says (by its remainder) which kind it is."""
    first = 48 + -48 % kinds
    return [bytes([first + number]) + content for number, content in enumerate(contents)]


def _without(playlist: bytes, listing: str, item: str) -> bytes:
    """The playlist in one shape only, of the two in which it came."""
    fields = msgspec.json.decode(playlist)
    del fields[listing]
    for page in (fields.get("items"), fields.get("tracks")):
        for record in page["items"] if page else ():
            del record[item]
    return msgspec.json.encode(fields)


def _small(content: bytes) -> bytes:
    """The answer without what nothing reads, so that changes meet what is read."""

    def thinned(value: object) -> object:
        if isinstance(value, dict):
            return {k: thinned(v) for k, v in value.items() if k not in _UNREAD}
        return [thinned(each) for each in value] if isinstance(value, list) else value

    return msgspec.json.encode(thinned(msgspec.json.decode(content)))


def _charts() -> list[bytes]:
    link = f"spotify:track:{track_id('a')}"
    weekly = f"{WEEKLY_HEADER}\n1,{link},Artist,Song,Label,1,-1,3,1234\n"
    artists = f"rank,uri,artist_name,peak_rank\n1,spotify:artist:{track_id('b')},Artist,1\n"
    note = '"A note above",,,,\n'
    return [text.encode() for text in (old_chart("ab"), weekly, artists, note + old_chart("a"))]


def _manifests() -> Iterable[bytes]:
    """A true one, and those of other kinds of feeds over the same pages."""
    _, true = true_manifest()
    for source in PARSE_BY_SOURCE:
        feed = msgspec.structs.replace(true.feed, source=source)
        yield msgspec.json.encode(msgspec.structs.replace(true, feed=feed))


def _build() -> Build:
    slot = BuiltSlot(
        feed="finds",
        slot=SUNDAY_SLOT,
        revision=1,
        manifest_sha256="0" * 64,
        records=2,
        entries=2,
        rejects=0,
    )
    file = BuiltFile(table="entries", key="curated/entries/x", rows=2, size=3, sha256="1" * 64)
    return Build(build_id="2" * 64, attempt="a", transform_version=1, slots=(slot,), files=(file,))
