"""The paths of playlists: who may see one, who its items, and which ones somebody has."""

from collections.abc import Sequence
from urllib.parse import unquote

from chartlake.simulator.access import Caller
from chartlake.simulator.answers import Refusal, Request
from chartlake.simulator.lists import Lists
from chartlake.simulator.mixtapes import Mixtape
from chartlake.simulator.modes import Mode, is_spotifys
from chartlake.simulator.paging import asked_part, page
from chartlake.simulator.paths_me import current_user
from chartlake.simulator.payloads import Json
from chartlake.simulator.routes import Route, known
from chartlake.simulator.users import User
from chartlake.simulator.world import Playlist, World

# largest and default page, by the name of the list
_LIMITS = {"items": (50, 20), "tracks": (100, 100)}


class Playlists:
    """Playlists and their pages.

    In development mode only the owner and those who work on a playlist get its items; others get
    the playlist without them, and 403 for its pages.
    """

    def __init__(self, world: World, lists: Lists, base_url: str, mode: Mode) -> None:
        """Serve the charts and mixtapes of ``world``."""
        self._world = world
        self._url = f"{base_url}/v1"
        self._lists = lists
        self._mode: Mode = mode

    def routes(self) -> tuple[Route, ...]:
        """Which path gets which answer."""
        return (
            Route("/playlists/{id}", self._playlist),
            Route("/playlists/{id}/items", self._items),
            Route("/playlists/{id}/tracks", self._tracks),
            Route("/me/playlists", self._mine, "playlist-read-private"),
            Route("/users/{user_id}/playlists", self._theirs),
        )

    def _playlist(self, request: Request, caller: Caller, playlist_id: str) -> bytes:
        playlist, day = self._found(playlist_id, request, caller), request.now.date()
        fields = request.query.get("fields")
        if fields == "snapshot_id":
            return self._lists.snapshot(playlist, day)
        if fields is not None:
            # a filter that is quietly ignored would teach the wrong thing
            raise Refusal(400, "The simulator knows one filter only: fields=snapshot_id")
        return self._lists.playlist(playlist, day, self._opens(playlist, caller))

    def _items(self, request: Request, caller: Caller, playlist_id: str) -> bytes:
        return self._page(request, caller, playlist_id, "items")

    def _tracks(self, request: Request, caller: Caller, playlist_id: str) -> bytes:
        return self._page(request, caller, playlist_id, "tracks")

    def _page(self, request: Request, caller: Caller, playlist_id: str, key: str) -> bytes:
        # `fields` is unreliable here with Spotify, so it does nothing at all
        if key not in self._lists.paths:
            raise Refusal(404, "Resource not found")
        playlist = self._found(playlist_id, request, caller)
        if not self._opens(playlist, caller):
            raise Refusal(403, "Forbidden")
        largest, default = _LIMITS[key]
        part = asked_part(request, default, largest)
        return self._lists.page(playlist, request.now.date(), key, part)

    def _mine(self, request: Request, caller: Caller) -> Json:
        user = current_user(self._world, caller)
        shared = "playlist-read-collaborative" in caller.scopes
        playlists = [
            playlist
            for playlist in self._of(user)
            if shared or user.user_id not in playlist.collaborators
        ]
        return self._listed(request, f"{self._url}/me/playlists", playlists)

    def _theirs(self, request: Request, caller: Caller, quoted_id: str) -> Json:
        user = known(self._world.find_user(unquote(quoted_id)))
        public = [playlist for playlist in self._of(user) if playlist.public]
        return self._listed(request, f"{self._url}/users/{quoted_id}/playlists", public)

    def _of(self, user: User) -> list[Playlist | Mixtape]:
        """What somebody owns, works on or follows."""
        found: list[Playlist | Mixtape] = [*self._world.playlists, *self._world.mixtapes.values()]
        return [one for one in found if one.opens_to(user.user_id) or user.user_id in one.followers]

    def _listed(self, request: Request, url: str, playlists: Sequence[Playlist | Mixtape]) -> Json:
        def write(playlist: Playlist | Mixtape) -> Json | None:
            # what is not for this app leaves a hole in the list
            return None if self._hides(playlist) else self._lists.simplified(playlist, day)

        day = request.now.date()
        return page(url, playlists, asked_part(request, 20, 50), write)

    def _hides(self, playlist: Playlist | Mixtape) -> bool:
        is_closed = self._mode == "development" and is_spotifys(playlist.playlist_id)
        return playlist.gone or is_closed

    def _found(self, playlist_id: str, request: Request, caller: Caller) -> Playlist | Mixtape:
        playlist = self._world.find_playlist(playlist_id)
        if playlist is None or self._hides(playlist):
            raise Refusal(404, "Resource not found")
        if not playlist.public:
            _check_private(playlist, caller)
        if isinstance(playlist, Playlist) and self._world.is_out(playlist, request.now.date()):
            raise Refusal(503, "Service temporarily unavailable")
        return playlist

    def _opens(self, playlist: Playlist | Mixtape, caller: Caller) -> bool:
        return self._mode == "extended" or playlist.opens_to(caller.user_id)


def _check_private(playlist: Playlist | Mixtape, caller: Caller) -> None:
    if not playlist.opens_to(caller.user_id):
        raise Refusal(404, "Resource not found")
    owns = caller.user_id == playlist.owner_id
    scope = "playlist-read-private" if owns else "playlist-read-collaborative"
    if scope not in caller.scopes:
        raise Refusal(403, "Insufficient client scope")
