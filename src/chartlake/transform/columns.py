"""The columns of Spotify Charts files, in lower case, and our names for them."""

from __future__ import annotations

__all__ = ["COLUMNS"]

COLUMNS = {
    "position": "position",
    "rank": "position",
    "track name": "track",
    "track_name": "track",
    "album_name": "album",
    "artist": "artists",
    "artist_name": "artists",
    "artist_names": "artists",
    "url": "uri",
    "uri": "uri",
    "source": "label",
    "label": "label",
    "streams": "streams",
    "peak_rank": "peak",
    "previous_rank": "previous",
    "days_on_chart": "time_on_chart",
    "weeks_on_chart": "time_on_chart",
}
