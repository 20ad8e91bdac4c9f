"""Playlists and their pages as JSON bytes; those of charts are encoded once per day."""

from datetime import date, timedelta
from functools import lru_cache
from hashlib import sha256

import msgspec

from chartlake.simulator.entries import Entry
from chartlake.simulator.mixtapes import Mixtape
from chartlake.simulator.modes import Mode
from chartlake.simulator.paging import Part, page
from chartlake.simulator.payloads import Json, Payloads, Shape, links
from chartlake.simulator.profiles import user_links
from chartlake.simulator.world import Playlist, World

# Spotify renamed the list and the thing in it in February 2026; answers of March had both names
_LIST_KEYS: dict[Shape, tuple[str, ...]] = {
    "2026": ("items",),
    "2024": ("tracks",),
    "both": ("items", "tracks"),
}
_ITEM_KEYS: dict[Shape, tuple[str, ...]] = {
    "2026": ("item",),
    "2024": ("track",),
    "both": ("item", "track"),
}
_TAPED_AT = "2025-06-01T19:30:00Z"


class Lists:
    """The playlists of a world in one shape, as seen under ``base_url``."""

    def __init__(self, world: World, shape: Shape, base_url: str, mode: Mode) -> None:
        """Keep what was encoded: a chart is asked for often and changes once a day."""
        self._world = world
        self._keys = _LIST_KEYS[shape]
        self._item_keys = _ITEM_KEYS[shape]
        self._base_url = base_url
        self._payloads = Payloads(world, shape, base_url)
        # the path of 2024 went with the mode and not with the shape
        self.paths = ("items",) if mode == "development" else self._keys
        self._largest = 100 if shape == "2024" and mode == "extended" else 50
        self._chart_items = lru_cache(maxsize=32)(self._encode_chart_items)
        self._chart = lru_cache(maxsize=64)(self._encode_chart)
        self._chart_page = lru_cache(maxsize=256)(self._encode_chart_page)

    def snapshot(self, playlist: Playlist | Mixtape, day: date) -> bytes:
        """The playlist object reduced to its version."""
        return msgspec.json.encode({"snapshot_id": self._version(playlist, day)})

    def playlist(self, playlist: Playlist | Mixtape, day: date, opens: bool) -> bytes:
        """The playlist object, with its first page for those to whom it ``opens``."""
        if isinstance(playlist, Playlist):
            return self._chart(playlist, day, opens)
        if not opens:
            return msgspec.json.encode(self._full(playlist, day))
        version, items = playlist.read()
        payload = self._full(playlist, day) | {"snapshot_id": version}
        for key in self._keys:
            payload[key] = self._tape_page(playlist, items, key, Part(0, self._largest), day)
        return msgspec.json.encode(payload)

    def page(self, playlist: Playlist | Mixtape, day: date, key: str, part: Part) -> bytes:
        """A page of items."""
        if isinstance(playlist, Playlist):
            return self._chart_page(playlist, day, key, part)
        _, items = playlist.read()
        return msgspec.json.encode(self._tape_page(playlist, items, key, part, day))

    def simplified(self, playlist: Playlist | Mixtape, day: date) -> Json:
        """The playlist object as it stands in lists of playlists: its items are only counted."""
        if isinstance(playlist, Playlist):
            total = len(self._chart_items(playlist, day))
        else:
            total = len(playlist.items)
        counted = {key: {"href": self._url(playlist, key), "total": total} for key in self._keys}
        return {**self._described(playlist, day), **counted}

    def _encode_chart(self, playlist: Playlist, day: date, opens: bool) -> bytes:
        payload = self._full(playlist, day)
        for key in self._keys if opens else ():
            first = self._chart_page(playlist, day, key, Part(0, self._largest))
            payload[key] = msgspec.Raw(first)
        return msgspec.json.encode(payload)

    def _encode_chart_page(self, playlist: Playlist, day: date, key: str, part: Part) -> bytes:
        items = self._chart_items(playlist, day)
        return msgspec.json.encode(page(self._url(playlist, key), items, part, msgspec.Raw))

    def _encode_chart_items(self, playlist: Playlist, day: date) -> list[bytes]:
        # a chart of the day is put together the evening before
        added_at = f"{day - timedelta(days=1)}T22:05:31Z"
        entries = self._world.entries(playlist, day)
        items = (self._item(entry, added_at, playlist.owner_id, day) for entry in entries)
        return [msgspec.json.encode(item) for item in items]

    def _tape_page(
        self, tape: Mixtape, items: tuple[Entry, ...], key: str, part: Part, day: date
    ) -> Json:
        def write(numbered: tuple[int, Entry]) -> object:
            position, entry = numbered
            item = self._item(entry, _TAPED_AT, tape.owner_id, day)
            return tape.spoil(position, item) if tape.spoil else item

        return page(self._url(tape, key), list(enumerate(items)), part, write)

    def _item(self, entry: Entry, added_at: str, added_by: str, day: date) -> Json:
        thing = self._payloads.entry(entry, day)
        return {
            "added_at": added_at,
            "added_by": user_links(added_by),
            "is_local": thing is not None and thing.get("is_local", False),
            "primary_color": None,
            **dict.fromkeys(self._item_keys, thing),
            "video_thumbnail": {"url": None},
        }

    def _full(self, playlist: Playlist | Mixtape, day: date) -> Json:
        if isinstance(playlist, Playlist):
            total = self._world.playlist_followers(playlist, day)
        else:
            total = len(playlist.followers)
        followers = {"href": None, "total": total}
        return {**self._described(playlist, day), "followers": followers}

    def _described(self, playlist: Playlist | Mixtape, day: date) -> Json:
        cover = sha256(playlist.playlist_id.encode()).hexdigest()[:24]
        owner = self._world.find_user(playlist.owner_id)
        name = owner.display_name if owner else playlist.owner_id.title()
        return {
            "collaborative": bool(playlist.collaborators),
            "description": _description(playlist),
            **links("playlist", playlist.playlist_id),
            "images": [
                {
                    "height": None,
                    "url": f"https://image-cdn-ak.spotifycdn.com/image/ab67706c0000da84{cover}",
                    "width": None,
                }
            ],
            "name": playlist.name,
            "owner": {**user_links(playlist.owner_id), "display_name": name},
            "primary_color": None,
            "public": playlist.public,
            "snapshot_id": self._version(playlist, day),
        }

    def _version(self, playlist: Playlist | Mixtape, day: date) -> str:
        if isinstance(playlist, Playlist):
            return self._world.snapshot_id(playlist, day)
        return playlist.snapshot_id

    def _url(self, playlist: Playlist | Mixtape, key: str) -> str:
        path = key if key in self.paths else self.paths[0]
        return f"{self._base_url}/v1/playlists/{playlist.playlist_id}/{path}"


def _description(playlist: Playlist | Mixtape) -> str:
    if isinstance(playlist, Mixtape):
        return ""
    place = "around the world" if playlist.market == "Global" else f"in {playlist.market}"
    return f"The songs played most {place}, every day anew."
