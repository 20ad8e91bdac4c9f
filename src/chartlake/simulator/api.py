"""The paths of the Web API: which request gets which answer."""

import re
from collections.abc import Callable
from datetime import date
from typing import TypeVar

import msgspec

from chartlake.simulator.access import Tokens, Window
from chartlake.simulator.answers import Answer, Refusal, Request
from chartlake.simulator.lists import LIST_KEYS, Lists
from chartlake.simulator.payloads import Payloads, Shape
from chartlake.simulator.world import Playlist, World

T = TypeVar("T")

_ID = re.compile(r"[A-Za-z0-9]{22}")
# largest and default page, by the name of the list
_LIMITS = {"items": (50, 20), "tracks": (100, 100)}


class Api:
    """Answers requests to ``/v1``: first who asks, then how often, then what."""

    def __init__(
        self, world: World, shape: Shape, base_url: str, tokens: Tokens, window: Window
    ) -> None:
        """Serve ``world`` in ``shape`` to whoever holds one of ``tokens``."""
        self._world = world
        self._shape: Shape = shape
        self._base_url = base_url
        self._tokens = tokens
        self._window = window
        self._payloads = Payloads(world, shape)
        self._lists = Lists(world, shape, base_url)
        self._routes: tuple[tuple[re.Pattern[str], Callable[..., bytes]], ...] = (
            (re.compile(r"/v1/playlists/([^/]+)"), self._playlist),
            (re.compile(r"/v1/playlists/([^/]+)/(items|tracks)"), self._page),
            (re.compile(r"/v1/tracks/([^/]+)"), self._track),
            (re.compile(r"/v1/albums/([^/]+)"), self._album),
            (re.compile(r"/v1/artists/([^/]+)"), self._artist),
        )

    def answer(self, request: Request) -> Answer:
        """The answer to a request, also when it is a refusal."""
        try:
            self._tokens.check(request)
            self._window.enter()
            return Answer(200, self._body(request))
        except Refusal as refusal:
            return refusal.to_answer()

    def _body(self, request: Request) -> bytes:
        for pattern, handle in self._routes:
            if match := pattern.fullmatch(request.path):
                if request.method != "GET":
                    raise Refusal(405, "Method not allowed", Allow="GET")
                if not _ID.fullmatch(match[1]):
                    raise Refusal(400, "Invalid base62 id")
                return handle(request, *match.groups())
        raise Refusal(404, "Service not found")

    def _playlist(self, request: Request, playlist_id: str) -> bytes:
        playlist, day = self._found(playlist_id, request), request.now.date()
        fields = request.query.get("fields")
        if fields == "snapshot_id":
            return self._lists.snapshot(playlist, day)
        if fields is not None:
            # a filter that is quietly ignored would teach the wrong thing
            raise Refusal(400, "The simulator knows one filter only: fields=snapshot_id")
        return self._lists.playlist(playlist, day)

    def _page(self, request: Request, playlist_id: str, key: str) -> bytes:
        if key not in LIST_KEYS[self._shape]:
            raise Refusal(404, "Resource not found")
        playlist = self._found(playlist_id, request)
        largest, default = _LIMITS[key]
        limit = _whole(request, "limit", default, 1, largest)
        offset = _whole(request, "offset", 0, 0, 100_000)
        return self._lists.page(playlist, request.now.date(), key, offset, limit)

    def _found(self, playlist_id: str, request: Request) -> Playlist:
        playlist = _known(self._world.find_playlist(playlist_id))
        if self._world.is_out(playlist, request.now.date()):
            raise Refusal(503, "Service temporarily unavailable")
        return playlist

    def _track(self, request: Request, track_id: str) -> bytes:
        day = request.now.date()
        track = _known(self._world.find_track(track_id, day))
        return msgspec.json.encode(self._payloads.track(track, day))

    def _album(self, request: Request, album_id: str) -> bytes:
        day: date = request.now.date()
        album, tracks = _known(self._world.find_album(album_id, day))
        return msgspec.json.encode(self._payloads.album(album, tracks, day, self._base_url))

    def _artist(self, request: Request, artist_id: str) -> bytes:
        artist = _known(self._world.find_artist(artist_id))
        return msgspec.json.encode(self._payloads.artist(artist, request.now.date()))


def _known(thing: T | None) -> T:
    if thing is None:
        raise Refusal(404, "Resource not found")
    return thing


def _whole(request: Request, name: str, default: int, lowest: int, highest: int) -> int:
    text = request.query.get(name, str(default))
    # int() would also take "1_0", " 7" and other digits than 0 to 9
    if not re.fullmatch(r"[0-9]{1,6}", text) or not lowest <= int(text) <= highest:
        raise Refusal(400, f"Invalid {name}")
    return int(text)
