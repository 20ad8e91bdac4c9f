"""Spotify's objects as dictionaries of what is used of them; WrongType for what is no such object.

A member that comes twice has to be right each time, and the last one counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.transform.oracle.text import Node, WrongType

Json = dict[str, Any]
Read = Callable[[Node], Any]


def _of_kind(kind: str) -> Read:
    def read(node: Node) -> Any:
        if node.kind not in (kind, "null"):
            raise WrongType(f"{node.text[:40]} is no {kind}")
        return node.value

    return read


def _anything(node: Node) -> Any:
    return node.plain


def _or_null(read: Read) -> Read:
    return lambda node: None if node.kind == "null" else read(node)


def _object(**members: Read) -> Read:
    def read(node: Node) -> Json:
        if node.kind != "object":
            raise WrongType(f"{node.text[:40]} is no object")
        found: Json = {}
        for name, read_member in members.items():
            values = [read_member(member) for member in node.all_of(name)]
            found[name] = values[-1] if values else None
        return found

    return read


def _list_of(read: Read) -> Read:
    def read_list(node: Node) -> list[Any]:
        if node.kind != "array":
            raise WrongType(f"{node.text[:40]} is no list")
        return [read(each) for each in node.value]

    return read_list


def _itself(node: Node) -> Node:
    return node


_TEXT, _FLAG = _of_kind("str"), _of_kind("bool")

offset = _object(offset=_anything)
page = _object(items=_list_of(_itself), offset=_anything)
playlist = _object(
    name=_TEXT,
    owner=_or_null(_object(id=_TEXT, display_name=_TEXT)),
    snapshot_id=_TEXT,
    items=_itself,
    tracks=_itself,
)
artist = _object(
    id=_TEXT, uri=_TEXT, name=_TEXT, popularity=_anything, followers=_anything, images=_anything
)
_artists = _or_null(_list_of(artist))
album = _object(
    id=_TEXT,
    name=_TEXT,
    artists=_artists,
    album_type=_anything,
    total_tracks=_anything,
    release_date=_anything,
    release_date_precision=_anything,
    external_ids=_anything,
    label=_anything,
    popularity=_anything,
    images=_anything,
    tracks=_itself,
)
item = _object(
    id=_TEXT,
    uri=_TEXT,
    type=_TEXT,
    name=_TEXT,
    artists=_artists,
    album=_or_null(album),
    show=_or_null(_object(name=_TEXT)),
    is_local=_FLAG,
    external_ids=_anything,
    disc_number=_anything,
    track_number=_anything,
    duration_ms=_anything,
    explicit=_anything,
    popularity=_anything,
)
item_or_null = _or_null(item)
listed = _object(added_at=_anything, is_local=_FLAG, item=item_or_null, track=item_or_null)
play = _object(played_at=_anything, track=item_or_null, context=_anything)
