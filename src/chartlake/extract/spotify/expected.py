"""How many requests the next reading of a feed will take, told without asking anybody."""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

from chartlake.model import Manifest

__all__ = ["Expected", "of_catalog", "of_hydration", "of_list", "of_plays", "of_top_items"]

_PAGE = 50


class Expected(NamedTuple):
    """The fewest and the most requests; None where nothing bounds them yet."""

    least: int
    most: int | None


def of_list(previous: Manifest | None, full_read_every: int) -> Expected:
    """One where it is unchanged; else as many as it had pages, and one for its version."""
    if previous is None:
        return Expected(1, None)
    whole = len(previous.pages) + (len(previous.pages) > 1)
    is_due_whole = not previous.version or previous.unchanged_count + 1 >= full_read_every
    return Expected(whole if is_due_whole else 1, whole)


def of_top_items(length: int) -> Expected:
    """One for each page."""
    return Expected(1, ceil(length / _PAGE))


def of_plays() -> Expected:
    """One, and one more where the last plays known are not among the first 50."""
    return Expected(1, 2)


def of_catalog(previous: Manifest | None, artists: int, daily_requests: int) -> Expected:
    """Each artist and the first page of their albums; then as many as are allowed."""
    listed = (
        sum(page.resource in ("artist", "artists", "artist_albums") for page in previous.pages)
        if previous
        else 0
    )
    least = max(listed, artists + 1)
    return Expected(least, max(least, daily_requests))


def of_hydration(wanted: int, batch: bool | None, daily_requests: int) -> Expected:
    """One for each id, or for 50 where batch reads are allowed; as many as are allowed."""
    least, most = ceil(wanted / _PAGE), wanted
    if batch is not None:
        least = most = least if batch else most
    return Expected(min(least, daily_requests), min(most, daily_requests))
