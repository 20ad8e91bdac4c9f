"""The paths below ``/me``, but for playlists: what somebody keeps, plays and likes."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from urllib.parse import unquote

from chartlake.simulator.access import Caller
from chartlake.simulator.answers import Refusal, Request
from chartlake.simulator.listening import RANGE_DAYS, Play, TimeRange
from chartlake.simulator.paging import asked_part, page, whole
from chartlake.simulator.payloads import Json, Payloads, links
from chartlake.simulator.profiles import private_profile, public_profile
from chartlake.simulator.records import Album, Track
from chartlake.simulator.routes import Route, known
from chartlake.simulator.users import User
from chartlake.simulator.world import World

T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_LATEST = 10**15 - 1


class Me:
    """What belongs to the user for whom the app asks."""

    def __init__(self, world: World, payloads: Payloads, base_url: str) -> None:
        """Serve the users of ``world``."""
        self._world = world
        self._payloads = payloads
        self._url = f"{base_url}/v1/me"

    def routes(self) -> tuple[Route, ...]:
        """Which path gets which answer."""
        recent, keeps = "user-read-recently-played", "user-library-read"
        return (
            Route("/me", self._me),
            Route("/me/tracks", self._saved_tracks, keeps),
            Route("/me/albums", self._saved_albums, keeps),
            Route("/me/top/tracks", self._top_tracks, "user-top-read"),
            Route("/me/top/artists", self._top_artists, "user-top-read"),
            Route("/me/player/recently-played", self._recently_played, recent),
            Route("/me/following", self._following, "user-follow-read"),
            Route("/users/{user_id}", self._user),
        )

    def _me(self, request: Request, caller: Caller) -> Json:
        user = current_user(self._world, caller)
        return private_profile(user, self._payloads.shape, caller.scopes)

    def _user(self, request: Request, caller: Caller, quoted_id: str) -> Json:
        user = known(self._world.find_user(unquote(quoted_id)))
        return public_profile(user, self._payloads.shape)

    def _saved_tracks(self, request: Request, caller: Caller) -> Json:
        def write(saved: tuple[datetime, Track]) -> Json:
            track = self._payloads.track(saved[1], request.now.date())
            return {"added_at": f"{saved[0]:%Y-%m-%dT%H:%M:%SZ}", "track": track}

        user = current_user(self._world, caller)
        saved = self._world.library.tracks(user, request.now)
        return page(f"{self._url}/tracks", saved, asked_part(request, 20, 50), write)

    def _saved_albums(self, request: Request, caller: Caller) -> Json:
        def write(saved: tuple[datetime, Album]) -> Json:
            day = request.now.date()
            album, tracks = known(self._world.find_album(saved[1].album_id, day))
            payload = self._payloads.album(album, tracks, day)
            return {"added_at": f"{saved[0]:%Y-%m-%dT%H:%M:%SZ}", "album": payload}

        user = current_user(self._world, caller)
        saved = self._world.library.albums(user, request.now)
        return page(f"{self._url}/albums", saved, asked_part(request, 20, 50), write)

    def _top_tracks(self, request: Request, caller: Caller) -> Json:
        user, day = current_user(self._world, caller), request.now.date()
        tracks = self._world.listening.top_tracks(user, _time_range(request), day)
        payloads = self._payloads
        return self._top(request, "tracks", tracks, lambda track: payloads.track(track, day))

    def _top_artists(self, request: Request, caller: Caller) -> Json:
        user, day = current_user(self._world, caller), request.now.date()
        artists = self._world.listening.top_artists(user, _time_range(request), day)
        payloads = self._payloads
        return self._top(request, "artists", artists, lambda artist: payloads.artist(artist, day))

    def _top(
        self, request: Request, kind: str, things: Sequence[T], write: Callable[[T], Json]
    ) -> Json:
        query = f"&time_range={_time_range(request)}"
        return page(f"{self._url}/top/{kind}", things, asked_part(request, 20, 50), write, query)

    def _recently_played(self, request: Request, caller: Caller) -> Json:
        user = current_user(self._world, caller)
        limit = whole(request, "limit", 20, 1, 50)
        visible = self._world.listening.recent(user, request.now)
        found, cursor = _cut(request, visible, limit)
        url = f"{self._url}/player/recently-played"
        payload: Json = {
            "items": [self._play(play, request.now) for play in found],
            "next": None,
            "cursors": None,
            "limit": limit,
            "href": f"{url}?{cursor}limit={limit}",
        }
        if found:
            newest, oldest = str(_milliseconds(found[0])), str(_milliseconds(found[-1]))
            onward = f"after={newest}" if cursor.startswith("after") else f"before={oldest}"
            payload["cursors"] = {"after": newest, "before": oldest}
            payload["next"] = f"{url}?{onward}&limit={limit}"
        return payload

    def _play(self, play: Play, now: datetime) -> Json:
        context = links(*play.context) if play.context else None
        if context:
            del context["id"]
        return {
            "track": self._payloads.track(play.track, now.date()),
            "played_at": play.played_at.isoformat(timespec="milliseconds")[:-6] + "Z",
            "context": context,
        }

    def _following(self, request: Request, caller: Caller) -> Json:
        if request.query.get("type") != "artist":
            raise Refusal(400, "Invalid type")
        user, limit = current_user(self._world, caller), whole(request, "limit", 20, 1, 50)
        followed = self._world.library.followed(user)
        ids = [artist.artist_id for artist in followed]
        after = request.query.get("after")
        start = ids.index(after) + 1 if after in ids else 0
        shown, more = followed[start : start + limit], start + limit < len(followed)
        last = shown[-1].artist_id if more else None
        url = f"{self._url}/following?type=artist"
        artists = {
            "href": f"{url}{f'&after={after}' if after else ''}&limit={limit}",
            "items": [self._payloads.artist(artist, request.now.date()) for artist in shown],
            "limit": limit,
            "next": f"{url}&after={last}&limit={limit}" if more else None,
            "cursors": {"after": last},
            "total": len(followed),
        }
        return {"artists": artists}


def current_user(world: World, caller: Caller) -> User:
    """For whom the app asks; refused to an app on its own."""
    if caller.user_id is None:
        raise Refusal(401, "This request requires user authentication.")
    user = world.find_user(caller.user_id)
    if user is None:
        raise Refusal(403, "User not registered in the Developer Dashboard")
    return user


def _time_range(request: Request) -> TimeRange:
    text = request.query.get("time_range", "medium_term")
    for known_range in RANGE_DAYS:
        if text == known_range:
            return known_range
    raise Refusal(400, "Invalid time range")


def _cut(request: Request, visible: list[Play], limit: int) -> tuple[list[Play], str]:
    """The plays on one side of the cursor, those next to it, and how the cursor was written."""
    if {"after", "before"} <= request.query.keys():
        raise Refusal(400, "Only one of after and before can be specified")
    if "after" in request.query:
        after = whole(request, "after", 0, 0, _LATEST)
        newer = [play for play in visible if _milliseconds(play) > after]
        return newer[-limit:], f"after={after}&"
    if "before" in request.query:
        before = whole(request, "before", 0, 0, _LATEST)
        older = [play for play in visible if _milliseconds(play) < before]
        return older[:limit], f"before={before}&"
    return visible[:limit], ""


def _milliseconds(play: Play) -> int:
    return (play.played_at - _EPOCH) // _MILLISECOND
