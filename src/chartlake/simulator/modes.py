"""Quota modes: what an app in development mode may no longer do, as of March 2026.

A removed path answers 403 "Forbidden": users reported that body in 2026 for the batch paths, for
an artist's top tracks and for a playlist's ``tracks``, also with a token of the app alone. (Some
paths that had gone in 2024 answered 404 then; the reports of 2026 have 403 for them as well.)
Spotify's own playlists answer 404, as they do for every app without older rights.
"""

import re
from typing import Literal

Mode = Literal["development", "extended"]

_REMOVED = re.compile(
    "|".join(
        (
            r"/v1/(tracks|albums|artists|shows|episodes|audiobooks|chapters)",  # many at once
            r"/v1/artists/[^/]+/(top-tracks|related-artists)",
            r"/v1/browse/.+",
            r"/v1/markets",
            r"/v1/users/.+",
            r"/v1/playlists/[^/]+/tracks",
            r"/v1/(audio-features|audio-analysis|recommendations)(/.+)?",
        )
    )
)

# the default and the largest page, where the mode makes a difference
PAGES: dict[Mode, tuple[int, int]] = {"development": (5, 10), "extended": (20, 50)}


def is_removed(path: str, mode: Mode) -> bool:
    """Whether the path was taken from apps in this mode."""
    return mode == "development" and bool(_REMOVED.fullmatch(path))


def is_spotifys(playlist_id: str) -> bool:
    """Whether a playlist is Spotify's own, by its id."""
    return playlist_id.startswith("37i9")
