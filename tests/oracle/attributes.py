"""What names, popularity and followers were over time, from all that was observed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.oracle.facts import Row, World, slot_name

_ATTRIBUTES = (
    ("track", "name"),
    ("track", "popularity"),
    ("album", "name"),
    ("album", "popularity"),
    ("artist", "name"),
    ("artist", "popularity"),
    ("artist", "followers"),
)


def attribute_history(world: World) -> list[Row]:
    """One row per thing, attribute and stretch of time in which the value stayed."""
    return [
        row
        for kind, attribute in _ATTRIBUTES
        for key in sorted({one.key for one in world.seen if one.kind == kind})
        for row in _stretches(kind, key, attribute, _values(world, kind, key, attribute))
    ]


def _values(world: World, kind: str, key: str, attribute: str) -> list[tuple[datetime, Any]]:
    """The values that count by time: of several at one time the first feed's, then slot's."""
    told = [
        (one.observed_at, one.feed, slot_name(one.slot), getattr(one, attribute))
        for one in world.seen
        if (one.kind, one.key) == (kind, key) and getattr(one, attribute) is not None
    ]
    at_times: dict[datetime, Any] = {}
    for observed_at, _, _, value in sorted(told, key=lambda row: row[:3]):
        at_times.setdefault(observed_at, value)
    return list(at_times.items())


def _stretches(
    kind: str, key: str, attribute: str, values: list[tuple[datetime, Any]]
) -> list[Row]:
    stretches: list[list[tuple[datetime, Any]]] = []
    for at, value in values:
        if stretches and stretches[-1][-1][1] == value:
            stretches[-1].append((at, value))
        else:
            stretches.append([(at, value)])
    following_ones = [*stretches[1:], None][: len(stretches)]
    return [
        {
            "entity_kind": kind,
            "entity_id": key,
            "attribute": attribute,
            "value": str(stretch[0][1]),
            "value_number": None if attribute == "name" else stretch[0][1],
            "valid_from": stretch[0][0],
            "valid_to": following[0][0] if following else None,
            "last_observed_at": stretch[-1][0],
            "observations": len(stretch),
        }
        for stretch, following in zip(stretches, following_ones, strict=True)
    ]
