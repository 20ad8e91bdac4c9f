"""What counts in a world: ranked editions, items, recordings, credits and exclusions."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.oracle.facts import (
    UNAVAILABLE,
    Credit,
    OracleEdition,
    OracleEntry,
    Row,
    World,
    slot_name,
)


@dataclass(frozen=True)
class Artist:
    """An artist of an item: `key` is the id where it is known, else the text."""

    key: str
    artist_id: str | None
    text: str | None


def normal(text: str | None) -> str:
    """A name as it is compared: lower case, without blanks around it."""
    return (text or "").strip(" ").lower()


# ----------------------------------------------------------------------------------- editions


def ranked(world: World) -> list[OracleEdition]:
    """The editions that count: all, or of cadence day the last of each chart date."""
    return [
        edition
        for edition in sorted(world.editions, key=lambda one: (one.feed, one.scheduled_at))
        if world.feed(edition.feed).cadence == "edition"
        or not any(
            other.feed == edition.feed
            and other.chart_date == edition.chart_date
            and other.scheduled_at > edition.scheduled_at
            for other in world.editions
        )
    ]


def counted(world: World) -> list[OracleEdition]:
    """The same as the marts see them: what is excluded is no item, one recording has one key.

    An entry that is no item keeps its position and its streams.
    """
    key_of = {}
    if world.as_one:
        key_of = {row["track_id"]: row["counted_as"] for row in recordings(world)}
    return [
        replace(edition, entries=tuple(_counted(world, key_of, e) for e in edition.entries))
        for edition in ranked(world)
    ]


def _counted(world: World, key_of: dict[str, str], entry: OracleEntry) -> OracleEntry:
    key = key_of.get(entry.track_id or "")
    # whoever excludes the id that a recording counts as means all of its ids
    forms = [entry] if key is None else [entry, replace(entry, item_key=key, track_id=key)]
    if entry.item_key is None or any(is_excluded(world, form) for form in forms):
        return OracleEntry(entry.position, UNAVAILABLE, None, None, None, None, entry.streams)
    return replace(entry, item_key=key or entry.item_key)


# ------------------------------------------------------------------------------------ credits


def credits_of(world: World, entry: OracleEntry) -> list[Credit]:
    """Who is credited on an item, in order: known credits, else its artist text, whole."""
    if entry.item_kind == "artist":
        return [Credit(entry.item_key, entry.item_name)]
    found: tuple[Credit, ...] = ()
    if entry.track_id is not None:
        found = _latest_credits(world, "track", entry.track_id)
    elif entry.item_kind == "album" and entry.item_key is not None:
        found = _latest_credits(world, "album", entry.item_key)
    return list(found) or [Credit(None, entry.artist_names)]


def _latest_credits(world: World, kind: str, key: str) -> tuple[Credit, ...]:
    told = [one.credits for one in world.of(kind, key) if one.credits]
    return told[-1] if told else ()


def artists_of(world: World, entry: OracleEntry) -> list[Artist]:
    """The artists of an item, each as often as it is credited; one without id and text is none."""
    return [
        Artist(credit.artist_id or credit.artist_name or "", credit.artist_id, credit.artist_name)
        for credit in credits_of(world, entry)
        if credit.artist_id is not None or credit.artist_name is not None
    ]


def is_excluded(world: World, entry: OracleEntry) -> bool:
    """Whether the world's owner does not want to see it."""
    if not world.excluded:
        return False
    facts = {
        ("item", entry.item_key),
        ("kind", entry.item_kind),
        ("name", normal(entry.artist_names)),
    }
    for credit in credits_of(world, entry):
        facts |= {("artist", credit.artist_id), ("name", normal(credit.artist_name))}
    return bool(facts & set(world.excluded))


# --------------------------------------------------------------------------------- recordings


def recordings(world: World) -> list[Row]:
    """One row per track_id that was in a list or observed: which recording it is."""
    places: dict[str, list[_Place]] = {one.key: [] for one in world.seen if one.kind == "track"}
    for edition in world.editions:
        for entry in edition.entries:
            if entry.track_id is not None:
                place = (slot_name(edition.scheduled_at), edition.feed, entry)
                places.setdefault(entry.track_id, []).append(place)
    ids = sorted(places)
    facts = {track_id: _Facts.of(world, track_id, places[track_id]) for track_id in ids}
    keys = {track_id: _recording_key(facts, track_id) for track_id in ids}
    return [_recording(facts, keys, track_id) for track_id in ids]


# slot, feed and what stood there
_Place = tuple[str, str, OracleEntry]


@dataclass(frozen=True)
class _Facts:
    """What is known of a track by which it may be recognised."""

    isrc: str | None
    item_name: str | None
    artist_names: str | None
    text: str | None
    first_slot: str

    @staticmethod
    def of(world: World, track_id: str, places: list[_Place]) -> _Facts:
        named = [
            (slot, feed, entry)
            for slot, feed, entry in places
            if entry.item_name is not None and entry.artist_names is not None
        ]
        # the latest slot; within it the first feed, and there the first in the alphabet
        latest = max((slot for slot, _, _ in named), default=None)
        last = sorted(
            (feed, str(entry.item_name), str(entry.artist_names))
            for slot, feed, entry in named
            if slot == latest
        )
        name, artists = last[0][1:] if last else (None, None)
        slots = [slot for slot, _, _ in places]
        slots += [slot_name(one.slot) for one in world.of("track", track_id)]
        text = None
        if name is not None and artists is not None:
            text = f"{_plain(name)}|{_plain(artists)}"
        return _Facts(_isrc(world, track_id), name, artists, text, min(slots))


def _plain(text: str) -> str:
    return normal(text).replace("\u2019", "'").replace("`", "'")


def _isrc(world: World, track_id: str) -> str | None:
    isrc = world.latest("track", track_id, "isrc")
    return normal_isrc(isrc) or None if isrc is not None else None


def normal_isrc(isrc: str) -> str:
    """An ISRC without the hyphens and blanks that people put in."""
    return isrc.upper().replace("-", "").replace(" ", "")


def _recording_key(facts: dict[str, _Facts], track_id: str) -> tuple[str, str]:
    mine = facts[track_id]
    if mine.isrc is not None:
        return f"isrc:{mine.isrc}", "isrc"
    if mine.text is None:
        return f"id:{track_id}", "id"
    theirs = {one.isrc for one in facts.values() if one.text == mine.text and one.isrc is not None}
    if len(theirs) == 1:
        return f"isrc:{theirs.pop()}", "text"
    return f"text:{mine.text}", "text"


def _recording(facts: dict[str, _Facts], keys: dict[str, tuple[str, str]], track_id: str) -> Row:
    mine = facts[track_id]
    key, matched_by = keys[track_id]
    same = [other for other in facts if keys[other][0] == key]
    return {
        "track_id": track_id,
        "recording_key": key,
        "matched_by": matched_by,
        "counted_as": min(same, key=lambda other: (facts[other].first_slot, other)),
        "track_ids": len(same),
        "isrc": mine.isrc,
        "item_name": mine.item_name,
        "artist_names": mine.artist_names,
        "first_slot": mine.first_slot,
    }
