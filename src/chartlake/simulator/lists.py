"""Playlists and their pages as JSON bytes, encoded once per day."""

from datetime import date, timedelta
from functools import lru_cache
from hashlib import sha256

import msgspec

from chartlake.simulator.names import OWNER_NAME
from chartlake.simulator.payloads import Json, Payloads, Shape, links
from chartlake.simulator.world import Playlist, World

# Spotify renamed the list and the thing in it in February 2026; answers of March had both names
LIST_KEYS: dict[Shape, tuple[str, ...]] = {
    "2026": ("items",),
    "2024": ("tracks",),
    "both": ("items", "tracks"),
}
_ITEM_KEYS: dict[Shape, tuple[str, ...]] = {
    "2026": ("item",),
    "2024": ("track",),
    "both": ("item", "track"),
}


class Lists:
    """The playlists of a world in one shape, as seen under ``base_url``."""

    def __init__(self, world: World, shape: Shape, base_url: str) -> None:
        """Keep what was encoded: a chart is asked for often and changes once a day."""
        self._world = world
        self._shape: Shape = shape
        self._base_url = base_url
        self._payloads = Payloads(world, shape)
        self._items = lru_cache(maxsize=32)(self._encode_items)
        self.playlist = lru_cache(maxsize=64)(self._encode_playlist)
        self.page = lru_cache(maxsize=256)(self._encode_page)

    def snapshot(self, playlist: Playlist, day: date) -> bytes:
        """The playlist object reduced to its version."""
        return msgspec.json.encode({"snapshot_id": self._world.snapshot_id(playlist, day)})

    def _encode_playlist(self, playlist: Playlist, day: date) -> bytes:
        followers = self._world.playlist_followers(playlist, day)
        place = "around the world" if playlist.market == "Global" else f"in {playlist.market}"
        cover = sha256(playlist.playlist_id.encode()).hexdigest()[:24]
        payload = {
            "collaborative": False,
            "description": f"The songs played most {place}, every day anew.",
            **links("playlist", playlist.playlist_id),
            "followers": {"href": None, "total": followers},
            "images": [
                {
                    "height": None,
                    "url": f"https://image-cdn-ak.spotifycdn.com/image/ab67706c0000da84{cover}",
                    "width": None,
                }
            ],
            "name": playlist.name,
            "owner": {**links("user", playlist.owner_id), "display_name": OWNER_NAME},
            "primary_color": None,
            "public": True,
            "snapshot_id": self._world.snapshot_id(playlist, day),
        }
        limit = 100 if self._shape == "2024" else 50
        for key in LIST_KEYS[self._shape]:
            payload[key] = msgspec.Raw(self.page(playlist, day, key, 0, limit))
        return msgspec.json.encode(payload)

    def _encode_page(
        self, playlist: Playlist, day: date, key: str, offset: int, limit: int
    ) -> bytes:
        items = self._items(playlist, day)
        here = f"{self._base_url}/v1/playlists/{playlist.playlist_id}/{key}"
        before, after = max(0, offset - limit), offset + limit
        payload = {
            "href": f"{here}?offset={offset}&limit={limit}",
            "items": items[offset:after],
            "limit": limit,
            "next": f"{here}?offset={after}&limit={limit}" if after < len(items) else None,
            "offset": offset,
            "previous": f"{here}?offset={before}&limit={limit}" if offset else None,
            "total": len(items),
        }
        return msgspec.json.encode(payload)

    def _encode_items(self, playlist: Playlist, day: date) -> list[msgspec.Raw]:
        # a chart of the day is put together the evening before
        added_at = f"{day - timedelta(days=1)}T22:05:31Z"
        items = []
        for entry in self._world.entries(playlist, day):
            thing = self._payloads.entry(entry, day)
            item: Json = {
                "added_at": added_at,
                "added_by": links("user", playlist.owner_id),
                "is_local": thing is not None and thing.get("is_local", False),
                "primary_color": None,
                **dict.fromkeys(_ITEM_KEYS[self._shape], thing),
                "video_thumbnail": {"url": None},
            }
            items.append(msgspec.Raw(msgspec.json.encode(item)))
        return items
