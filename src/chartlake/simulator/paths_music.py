"""The paths of tracks, albums and artists, one or many at once, and the search among them."""

from collections.abc import Callable
from datetime import date
from urllib.parse import quote_plus

from chartlake.simulator.access import Caller
from chartlake.simulator.answers import Refusal, Request
from chartlake.simulator.modes import PAGES, Mode
from chartlake.simulator.paging import Part, asked_part, page
from chartlake.simulator.payloads import MARKET_CODES, Json, Payloads
from chartlake.simulator.records import Album, Artist
from chartlake.simulator.routes import Route, checked_id, known
from chartlake.simulator.search import KINDS, Found, search
from chartlake.simulator.world import World

_GROUPS = ("album", "single", "compilation", "appears_on")


class Music:
    """What everybody may see of the records of a world."""

    def __init__(self, world: World, payloads: Payloads, base_url: str, mode: Mode) -> None:
        """Serve the records of ``world``."""
        self._world = world
        self._payloads = payloads
        self._url = f"{base_url}/v1"
        self._page_sizes = PAGES[mode]

    def routes(self) -> tuple[Route, ...]:
        """Which path gets which answer."""
        return (
            Route("/tracks/{id}", self._track),
            Route("/tracks", self._tracks),
            Route("/albums/{id}", self._album),
            Route("/albums/{id}/tracks", self._album_tracks),
            Route("/albums", self._albums),
            Route("/artists/{id}", self._artist),
            Route("/artists/{id}/albums", self._artist_albums),
            Route("/artists/{id}/top-tracks", self._top_tracks),
            Route("/artists", self._artists),
            Route("/browse/new-releases", self._new_releases),
            Route("/markets", self._markets),
            Route("/search", self._search),
        )

    def _track(self, request: Request, caller: Caller, track_id: str) -> Json:
        return known(self._find_track(track_id, request.now.date()))

    def _tracks(self, request: Request, caller: Caller) -> Json:
        return {"tracks": _many(request, 50, self._find_track)}

    def _album(self, request: Request, caller: Caller, album_id: str) -> Json:
        return known(self._find_album(album_id, request.now.date()))

    def _albums(self, request: Request, caller: Caller) -> Json:
        return {"albums": _many(request, 20, self._find_album)}

    def _artist(self, request: Request, caller: Caller, artist_id: str) -> Json:
        return known(self._find_artist(artist_id, request.now.date()))

    def _artists(self, request: Request, caller: Caller) -> Json:
        return {"artists": _many(request, 50, self._find_artist)}

    def _album_tracks(self, request: Request, caller: Caller, album_id: str) -> Json:
        _, tracks = known(self._world.find_album(album_id, request.now.date()))
        url = f"{self._url}/albums/{album_id}/tracks"
        return page(url, tracks, asked_part(request, 20, 50), self._payloads.simple_track)

    def _artist_albums(self, request: Request, caller: Caller, artist_id: str) -> Json:
        artist = known(self._world.find_artist(artist_id))
        groups = request.query.get("include_groups")
        wanted = _words(groups, _GROUPS, "include_groups") if groups else _GROUPS
        albums = self._world.artist_albums(artist, request.now.date())
        return page(
            f"{self._url}/artists/{artist_id}/albums",
            [pair for pair in albums if pair[0] in wanted],
            asked_part(request, *self._page_sizes),
            lambda pair: self._payloads.simple_album(pair[1], pair[0]),
            f"&include_groups={','.join(wanted)}",
        )

    def _top_tracks(self, request: Request, caller: Caller, artist_id: str) -> Json:
        artist, day = known(self._world.find_artist(artist_id)), request.now.date()
        tracks = self._world.top_tracks(artist, day)
        return {"tracks": [self._payloads.track(track, day) for track in tracks]}

    def _new_releases(self, request: Request, caller: Caller) -> Json:
        out = [album for album in self._world.albums if album.release_date <= request.now.date()]
        out.sort(key=lambda album: (album.release_date, album.album_id), reverse=True)
        url, part = f"{self._url}/browse/new-releases", asked_part(request, 20, 50)
        return {"albums": page(url, out[:100], part, self._payloads.simple_album)}

    def _markets(self, request: Request, caller: Caller) -> Json:
        return {"markets": list(MARKET_CODES)}

    def _search(self, request: Request, caller: Caller) -> Json:
        kinds = _words(request.query.get("type", ""), KINDS, "type")
        if not request.query.get("q"):
            raise Refusal(400, "No search query")
        day, part = request.now.date(), asked_part(request, *self._page_sizes, furthest=1000)
        return {f"{kind}s": self._hits(request, kind, day, part) for kind in kinds}

    def _hits(self, request: Request, kind: str, day: date, part: Part) -> Json:
        def write(thing: Found) -> object:
            match thing:
                case Artist():
                    return self._payloads.artist(thing, day)
                case Album():
                    return self._payloads.simple_album(thing)
            return self._payloads.track(thing, day)

        q = request.query["q"]
        query = f"&q={quote_plus(q)}&type={kind}"
        return page(f"{self._url}/search", search(self._world, q, kind, day), part, write, query)

    def _find_track(self, track_id: str, day: date) -> Json | None:
        track = self._world.find_track(track_id, day)
        return self._payloads.track(track, day) if track else None

    def _find_album(self, album_id: str, day: date) -> Json | None:
        found = self._world.find_album(album_id, day)
        return self._payloads.album(*found, day) if found else None

    def _find_artist(self, artist_id: str, day: date) -> Json | None:
        artist = self._world.find_artist(artist_id)
        return self._payloads.artist(artist, day) if artist else None


def _many(
    request: Request, most: int, find: Callable[[str, date], Json | None]
) -> list[Json | None]:
    ids = request.query.get("ids", "").split(",")
    if len(ids) > most:
        raise Refusal(400, "Too many ids requested")
    day = request.now.date()
    return [find(checked_id(one), day) for one in ids]


def _words(text: str, choice: tuple[str, ...], name: str) -> tuple[str, ...]:
    words = tuple(text.split(","))
    if not set(words) <= set(choice):
        raise Refusal(400, f"Invalid {name}")
    return words
