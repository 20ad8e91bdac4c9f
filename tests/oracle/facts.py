"""What a world is: all that was ever collected and configured, as values.

A world is what the oracle reads. Nothing here is of `chartlake`: the records are named for what
they are, and `tests/warehouse/straight.py` and `worlds.py` say which rows of which tables they
become.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]

UNAVAILABLE = "unavailable"


@dataclass(frozen=True)
class OracleEntry:
    """One position of an edition, as received; at the end what the source says of it itself."""

    position: int
    item_kind: str
    item_key: str | None
    track_id: str | None
    item_name: str | None
    artist_names: str | None
    streams: int | None
    previous_rank: int | None = None
    peak: int | None = None
    time_on_chart: int | None = None

    def __post_init__(self) -> None:
        if self.position < 1:
            raise ValueError(f"positions start at 1, not {self.position}")
        if (self.item_kind == UNAVAILABLE) != (self.item_key is None):
            raise ValueError(f"item_key is null exactly for kind 'unavailable': {self}")


@dataclass(frozen=True)
class OracleEdition:
    """A snapshot of a ranked list; it may have no entries and is an edition all the same."""

    feed: str
    scheduled_at: datetime
    chart_date: date
    entries: tuple[OracleEntry, ...]
    lag: timedelta = timedelta(0)  # from the time it was due until it was read

    def __post_init__(self) -> None:
        if self.scheduled_at.tzinfo is not None:
            raise ValueError("scheduled_at is UTC without a time zone attached")
        positions = [entry.position for entry in self.entries]
        if len(set(positions)) != len(positions):
            raise ValueError(f"a position stands twice: {self.feed} {self.scheduled_at}")

    @property
    def observed_at(self) -> datetime:
        """When it was read."""
        return self.scheduled_at + self.lag


@dataclass(frozen=True)
class OracleFeed:
    """How a feed is followed; `step` None is a feed without a schedule.

    A feed that `ranks` has editions, another one readings.
    """

    name: str
    first_slot: datetime
    step: timedelta | None
    schedule: str | None
    source: str = "playlist"
    source_id: str = "a list"
    timezone: str = "UTC"
    cadence: str = "edition"
    family: str | None = None
    market: str | None = None
    ranks: bool = True

    def date_of(self, moment: datetime) -> date:
        """The date in the feed's time zone of a time in UTC."""
        return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(self.timezone)).date()

    def due(self, first: datetime, last: datetime) -> list[datetime]:
        """The times in [first, last] at which it is due; of cadence day the last of each date."""
        if self.step is None:
            return []
        times, at = [], self.first_slot
        while at <= last:
            if at >= first:
                times.append(at)
            at += self.step
        if self.cadence == "edition":
            return times
        return list({self.date_of(at): at for at in times}.values())


@dataclass(frozen=True)
class Credit:
    """Who is credited, as it stands there."""

    artist_id: str | None
    artist_name: str | None


@dataclass(frozen=True)
class Reading:
    """A slot of a feed that ranks nothing: here one that fills up what is known of ids."""

    feed: str
    scheduled_at: datetime
    chart_date: date
    item_count: int
    lag: timedelta = timedelta(0)

    @property
    def observed_at(self) -> datetime:
        """When it was read."""
        return self.scheduled_at + self.lag


@dataclass(frozen=True)
class Seen:
    """What a slot of a feed saw of a track, an album or an artist.

    Which of the attributes there are is up to the kind; credits are of tracks and albums.
    """

    kind: str
    feed: str
    slot: datetime
    observed_at: datetime
    key: str
    name: str | None = None
    popularity: int | None = None
    followers: int | None = None
    album_id: str | None = None
    isrc: str | None = None
    release_date: date | None = None
    release_date_precision: str | None = None
    credits: tuple[Credit, ...] = ()


@dataclass(frozen=True)
class Missed:
    """A slot that was due and that nobody read while it could be read."""

    feed: str
    scheduled_at: datetime
    chart_date: date


@dataclass(frozen=True, repr=False)
class World:
    """All of it. `roster` and `excluded` are pairs of kind and value."""

    feeds: tuple[OracleFeed, ...]
    editions: tuple[OracleEdition, ...]
    now: datetime
    readings: tuple[Reading, ...] = ()
    seen: tuple[Seen, ...] = ()
    missed: tuple[Missed, ...] = ()
    roster: tuple[tuple[str, str], ...] = ()
    excluded: tuple[tuple[str, str], ...] = ()
    as_one: bool = False

    def __repr__(self) -> str:
        """Short, since a world's records written out in full fill pages."""
        lines = [f"as_one={self.as_one} excluded={self.excluded} roster={self.roster}"]
        for edition in self.editions:
            entries = ", ".join(map(_short, edition.entries))
            lines.append(f"{edition.feed} {edition.scheduled_at}: {entries}")
        for one in self.seen:
            known = [one.name, one.popularity, one.followers, one.album_id, one.isrc]
            who = [(credit.artist_id, credit.artist_name) for credit in one.credits]
            place = f"{one.feed} {one.slot} at {one.observed_at} saw {one.kind} {one.key}"
            lines.append(f"{place}: {known} {one.release_date} {who}")
        lines += [f"{one.feed} {one.scheduled_at} missed" for one in self.missed]
        return "World of\n  " + "\n  ".join(lines)

    def feed(self, name: str) -> OracleFeed:
        """The feed of this name."""
        (found,) = [feed for feed in self.feeds if feed.name == name]
        return found

    def of(self, kind: str, key: str | None) -> list[Seen]:
        """All that was seen of one thing; of several at a time the first feed's is last.

        So the last one of the list is the latest, and goes before others of its time.
        """
        found = [one for one in self.seen if (one.kind, one.key) == (kind, key)]
        found.sort(key=lambda one: (one.feed, one.slot), reverse=True)
        return sorted(found, key=lambda one: one.observed_at)

    def latest(self, kind: str, key: str | None, attribute: str) -> Any:
        """The latest value that was seen of an attribute; a null never wins."""
        values = [getattr(one, attribute) for one in self.of(kind, key)]
        known = [value for value in values if value is not None]
        return known[-1] if known else None


def slot_name(moment: datetime) -> str:
    """How a slot is written."""
    return f"{moment:%Y%m%dT%H%M%SZ}"


def _short(entry: OracleEntry) -> str:
    told = [entry.item_name, entry.artist_names, entry.streams]
    told += [entry.previous_rank, entry.peak, entry.time_on_chart]
    return f"{entry.position} {entry.item_kind} {entry.item_key} {told}"
