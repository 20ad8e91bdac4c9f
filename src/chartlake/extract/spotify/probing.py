"""What an app may do, found out by asking: a request for each thing, remembered as seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

from chartlake.errors import Refused, SignInError
from chartlake.extract.spotify.capabilities import MODE, playlist_fact
from chartlake.extract.spotify.catalogue import ask_batch_allowed, read_by_id
from chartlake.extract.spotify.client import SpotifyClient
from chartlake.extract.spotify.versioned import decode

__all__ = [
    "LISTENER_PATHS",
    "Seen",
    "probe_app",
    "probe_artists",
    "probe_listener",
    "probe_playlist",
]

LISTENER_PATHS = {
    "top-items": "/me/top/tracks",
    "recently-played": "/me/player/recently-played",
    "saved-tracks": "/me/tracks",
}
"""What each kind of feed asks of a listener."""

_FEW = 5
_LOG_IN = "chartlake login, and agree to all that is asked for"


class Seen(NamedTuple):
    """One thing that the app may or may not do, and what to do about it."""

    level: Literal["ok", "warn", "fail"]
    what: str
    state: str
    fix: str | None = None


def probe_app(client: SpotifyClient) -> Iterator[Seen]:
    """The app's mode, told by whether it has batch reads."""
    batch = ask_batch_allowed(client, anew=True)
    if client.capabilities.value(MODE) == "extended":
        yield Seen("ok", "mode", "extended quota")
    else:
        yield Seen(
            "ok",
            "mode",
            "development: owned playlists only, some 1,000 requests a day, no popularity",
            "docs/spotify-account.md tells what this mode can and can't do",
        )
    state = "allowed: 50 ids with one request" if batch else "not allowed: one request for each id"
    yield Seen("ok", "batch reads", state)


def probe_playlist(client: SpotifyClient, playlist_id: str) -> Seen:
    """Whether a playlist's items can be read."""
    what = playlist_fact(playlist_id)
    try:
        found = decode(client.get(f"/playlists/{playlist_id}", "playlist"), dict[str, Any])
        if not isinstance(found.get("items") or found.get("tracks"), dict):
            client.get(f"/playlists/{playlist_id}/items", "playlist_items", {"limit": "1"})
    except Refused as refusal:
        return _refused(client, what, refusal)
    client.capabilities.note(what, "readable")
    return Seen("ok", what, "readable")


def probe_listener(client: SpotifyClient, source: str) -> Seen:
    """Whether what a feed asks of a listener can be read."""
    try:
        client.get(LISTENER_PATHS[source], source, {"limit": "1"})
    except Refused as refusal:
        return Seen("fail", source, _state(refusal), _LOG_IN)
    except SignInError as error:
        return Seen("fail", source, error.what, error.fix)
    return Seen("ok", source, "readable")


def probe_artists(client: SpotifyClient, artists: Sequence[str]) -> Seen:
    """Whether the artists of a catalog are known; the first few of many."""
    some = list(artists)[:_FEW]
    unknown = [each for got in read_by_id(client, "artist", some) for each in got.unknown]
    what = f"artist-catalog of {len(artists)}"
    if unknown:
        fix = "give the artist's link, from its page on Spotify"
        return Seen("fail", what, f"no artist has the id {', '.join(unknown)}", fix)
    return Seen("ok", what, "readable" if len(some) == len(artists) else f"{_FEW} tried: readable")


def _refused(client: SpotifyClient, what: str, refusal: Refused) -> Seen:
    if refusal.status == 404:
        client.capabilities.note(what, "not shown to this app")
        return Seen(
            "fail",
            what,
            "not shown to this app (404): gone, or Spotify's own",
            "use a playlist of your own, or import the chart's CSV",
        )
    client.capabilities.note(what, "its items are not shown to this app")
    return Seen(
        "fail",
        what,
        _state(refusal),
        "development mode reads only what the signed-in user owns: sign in as its owner "
        "(chartlake login), or copy it into a playlist of your own",
    )


def _state(refusal: Refused) -> str:
    return f"refused ({refusal.status})" + (f": {refusal.why}" if refusal.why else "")
