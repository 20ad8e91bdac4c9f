"""What people write for things of Spotify and of their own, read into one form."""

from __future__ import annotations

import re
from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chartlake.model import FEED_NAME, SPOTIFY_ID

__all__ = ["isrc", "item", "name_of", "spotify_id", "time_zone", "words"]

_ITEMS = "track|album|artist|episode|show|chapter|audiobook"
_ITEM = re.compile(
    rf"(?:https?://open\.spotify\.com/(?:intl-\w+/)?(?:{_ITEMS})/|spotify:(?:{_ITEMS}):)?"
    r"([A-Za-z0-9]{22})(?:\?.*)?"
)
_NO_ID = re.compile(r"spotify:local:.+|text:[0-9a-f]{32}")
_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")


def spotify_id(kind: str) -> Callable[[str], str]:
    """Reads the id of such a thing from its link, its URI or itself."""
    link = re.compile(
        rf"(?:https?://open\.spotify\.com/(?:intl-\w+/)?{kind}/|spotify:{kind}:)?(\w+)(?:\?.*)?"
    )

    def read(text: str) -> str:
        match = link.fullmatch(text.strip())
        if not match or not SPOTIFY_ID.fullmatch(match[1]):
            article = "an" if kind[0] in "aeiou" else "a"
            raise ValueError(
                f"{text!r} is not {article} {kind}: give its link, its URI, or its id of 22 "
                "letters and digits"
            )
        return match[1]

    return read


def item(text: str) -> str:
    """The item_key of anything that can stand in a list: an id, or what stands for it."""
    told = text.strip()
    if match := _ITEM.fullmatch(told):
        return match[1]
    if _NO_ID.fullmatch(told):
        return told
    raise ValueError(
        f"{text!r} is no item: give its link, its URI, its id of 22 letters and digits, or its "
        "item_key as chartlake query shows it"
    )


def isrc(text: str) -> str:
    """An ISRC in capitals, without hyphens and blanks."""
    told = text.replace("-", "").replace(" ", "").upper()
    if not _ISRC.fullmatch(told):
        raise ValueError(
            f"{text!r} is no ISRC: it has two letters, three letters or digits, and seven digits, "
            "as in US-RC1-76-07839"
        )
    return told


def words(text: str) -> str:
    """A name as credited, without blanks around it; an empty one would fit nothing."""
    if not text.strip():
        raise ValueError("an empty name")
    return text.strip()


def name_of(thing: str) -> Callable[[str], str]:
    """Reads the name of something of ours, such as ``a feed's``."""

    def check(text: str) -> str:
        if not FEED_NAME.fullmatch(text):
            raise ValueError(f"{text!r}: {thing} name has small letters, digits and single hyphens")
        return text

    return check


def time_zone(text: str) -> str:
    """A name of a time zone; ValueError for any other text."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{text!r} is not a time zone such as UTC or Europe/Berlin") from error
    return text
