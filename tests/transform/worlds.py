"""A hypothesis strategy for worlds of raw pages: a few feeds over a few days.

Most records of a day are, byte for byte, those of the day before. Tracks move, come and go, stand
twice in a list, in several feeds, and change their popularity alone; one may be seen in other
words within one slot. Some records and pages are as nobody should write them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st

from chartlake.lake import raw
from chartlake.lake.store import Store
from chartlake.model import Body, Feed, Manifest, Snapshot, slot_at
from tests.transform.oracle.slots import count
from tests.transform.pages import chart, in_mixed_style, page, playlist
from tests.transform.songs import (
    ODD_POPULARITIES,
    POPULARITIES,
    album,
    artist,
    listed,
    odd_track,
    play,
    refused_track,
    spotify_id,
    track,
)
from tests.transform.written import COMPACT, STYLES, Style, written

FIRST_DAY = date(2026, 2, 26)  # the third is of another month
SOURCES = (
    *("playlist", "playlist", "playlist", "saved-tracks", "top-tracks", "top-artists"),
    *("recently-played", "artist-catalog", "hydration", "charts-csv"),
)


@dataclass(frozen=True)
class WorldSlot:
    """A slot of a feed on a day; without bodies it has the pages of the slot before, or none."""

    feed: Feed
    day: date
    at: datetime
    bodies: tuple[Body, ...]
    miscounted: int = 0
    missed: bool = False


@dataclass(frozen=True)
class World:
    """What these numbers make: ``odd`` 1 has odd records, 2 odd pages too, 3 such as fail."""

    seed: int
    feeds: int
    days: int
    odd: int

    @property
    def slots(self) -> list[WorldSlot]:
        """The slots of all feeds, day after day."""
        random = Random(f"{self.seed} {self.odd}")
        songs = _Songs(random, self.odd)
        lists = [
            _List(Random(f"{self.seed} {number}"), songs, number, self.odd)
            for number in range(self.feeds)
        ]
        found: list[WorldSlot] = []
        for day in range(self.days):
            songs.pass_a_day()
            found += [each.on(FIRST_DAY + timedelta(days=day)) for each in lists]
        return found

    def commit(self, store: Store) -> list[Manifest]:
        """The slots as they stand in a lake."""
        found: dict[tuple[str, date], Manifest] = {}
        for slot in self.slots:
            before = found.get((slot.feed.name, slot.day - timedelta(days=1)))
            found[slot.feed.name, slot.day] = _committed(store, slot, before)
        return list(found.values())


def worlds(*, feeds: int = 3, days: int = 5) -> st.SearchStrategy[World]:
    """Worlds of up to so many feeds and days; a seed says the rest, quickly."""
    return st.builds(
        World,
        seed=st.integers(0, 2**32 - 1),
        feeds=st.integers(1, feeds),
        days=st.integers(1, days),
        odd=st.integers(0, 3),
    )


def _committed(store: Store, slot: WorldSlot, before: Manifest | None) -> Manifest:
    feed, at = slot.feed, slot_at(slot.at)
    if slot.missed:
        raw.mark_missed(store, feed, at, slot.day, "the power was out", slot.at)
        return raw.read_manifest(store, feed.name, at, 1)
    is_same = not slot.bodies and before and not before.missed
    snapshot = _unchanged(slot, before) if is_same and before else _snapshot(slot)
    return raw.commit(store, snapshot)[0]


def _snapshot(slot: WorldSlot) -> Snapshot:
    records = sum(body.content.count(b"spotify:track:") for body in slot.bodies)
    if slot.feed.source != "charts-csv":
        records = count((body.resource, body.content) for body in slot.bodies)
    return Snapshot(
        feed=slot.feed,
        slot=slot_at(slot.at),
        chart_date=slot.day,
        bodies=slot.bodies,
        item_count=records + slot.miscounted,
        observed_at=slot.at,
        since=datetime(2026, 2, 27, 5, tzinfo=UTC) if slot.feed.source.startswith("rec") else None,
    )


def _unchanged(slot: WorldSlot, before: Manifest) -> Snapshot:
    return Snapshot(
        feed=slot.feed,
        slot=slot_at(slot.at),
        chart_date=slot.day,
        bodies=(),
        kept=raw.pages_to_keep(before),
        item_count=before.item_count,
        observed_at=slot.at,
        unchanged_from=before.slot,
    )


class _Songs:
    """The tracks of a world as they are on a day."""

    COUNT = 14

    def __init__(self, random: Random, odd: int) -> None:
        self._random = random
        self.style = random.choice(STYLES) if odd and random.randrange(3) == 0 else COMPACT
        self._popularity: dict[int, Any] = {
            number: random.choice(POPULARITIES) for number in range(self.COUNT)
        }
        self._whole: dict[int, Any] = {}
        for number in range(self.COUNT):
            if odd and random.randrange(4) == 0:
                self._whole[number] = odd_track(random, number)
        if odd and random.randrange(2):
            number = random.randrange(self.COUNT)
            self._whole[number] = refused_track(random, number)

    def pass_a_day(self) -> None:
        for number in self._popularity:
            if self._random.randrange(3) == 0:
                choices = POPULARITIES if self._random.randrange(4) else ODD_POPULARITIES[:-1]
                self._popularity[number] = self._random.choice(choices)

    def __getitem__(self, number: int) -> Any:
        if number in self._whole:
            return self._whole[number]
        return track(number, popularity=self._popularity[number])


class _List:
    """A feed of a world from day to day."""

    def __init__(self, random: Random, songs: _Songs, number: int, odd: int) -> None:
        self._random = random
        self._songs = songs
        self._odd = odd
        self._numbers = [random.randrange(songs.COUNT) for _ in range(random.randrange(14))]
        self._style = random.choice(STYLES) if odd and random.randrange(3) == 0 else songs.style
        self._kind = random.randrange(3) if odd else 0
        name = random.choice(SOURCES)
        source = "top-items" if name.startswith("top") else name
        self._what = name
        self._feed = Feed(name=f"f{number}-{name}", source=source, source_id="me", schedule="daily")

    def on(self, day: date) -> WorldSlot:
        """The feed's slot of a day, after some moves."""
        random = self._random
        for _ in range(random.randrange(4)):
            self._numbers.insert(random.randrange(15), random.randrange(self._songs.COUNT))
            self._numbers.pop(random.randrange(len(self._numbers)))
        at = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
        slot = WorldSlot(self._feed, day, at, ())
        if random.randrange(8) == 0:
            return replace(slot, missed=random.randrange(4) == 0)
        miscounted = self._odd == 3 and random.randrange(10) == 0
        return replace(slot, bodies=self._bodies(at), miscounted=int(miscounted))

    def _bodies(self, at: datetime) -> tuple[Body, ...]:
        if self._what == "charts-csv":
            return (self._body("charts_csv", chart(self._numbers or [0]), 0, None, at),)
        if self._feed.source in ("artist-catalog", "hydration"):
            return tuple(self._body(*each, at) for each in self._catalog())
        found, first = [], 0
        for place, numbers in enumerate(self._parts()):
            records = [self._record(number) for number in numbers]
            resource, content = self._page(place, records, first)
            found.append(self._body(resource, content, first, None, at))
            first += len(records) if not (resource == "playlist" and self._kind == 2) else 0
        return tuple(found)

    def _parts(self) -> list[list[int]]:
        """The list in pages."""
        if not self._random.randrange(3):
            return [self._numbers]
        end = self._random.randrange(len(self._numbers) + 1)
        shows_none = self._what == "playlist" and self._kind == 2
        parts = [self._numbers[:end], self._numbers[end:]]
        return [[], *parts] if shows_none else parts

    def _record(self, number: int) -> Any:
        """Each day the same, but for the track itself."""
        own = Random(f"{self._feed.name} {number}" if self._odd else "usual")
        item = self._in_other_words(number)
        if self._what == "top-artists":
            return artist(number, whole=number % 2 == 0) if self._odd or number else None
        if self._what == "top-tracks":
            return item
        if self._what == "recently-played":
            return play(own, item, number)
        return listed(own, item, self._kind) if self._odd else listed(_Never(), item)

    def _in_other_words(self, number: int) -> Any:
        item = self._songs[number]
        if not isinstance(item, dict) or not self._odd or self._random.randrange(12):
            return item
        changes: list[Any] = [
            {"name": f"another {number}"},
            {"name": None, "artists": [], "album": None},
            {"popularity": None},
            {"album": album(number // 2, whole=True)},
            {"artists": [artist(number, whole=True)]},
        ]
        return item | self._random.choice(changes)

    def _page(self, place: int, records: list[Any], first: int) -> tuple[str, str]:
        random, style = self._random, self._todays_style()
        whole = in_mixed_style(random, records, style) if self._odd > 1 else records
        if self._what == "playlist" and place == 0:
            return "playlist", playlist(random, whole, style, self._kind, self._odd)
        name = {"playlist": "playlist_items"}.get(self._what, self._what).replace("-", "_")
        return name, page(random, whole, style, self._odd, first)

    def _todays_style(self) -> Style:
        other = self._odd > 1 and self._random.randrange(6) == 0
        return self._random.choice(STYLES) if other else self._style

    def _catalog(self) -> list[tuple[str, str, int, str | None]]:
        random, style = self._random, self._todays_style()
        found: list[tuple[str, str, int, str | None]] = []
        numbers = self._numbers or [0]
        lists = {
            "artists": [artist(n, whole=n % 2 == 0) for n in numbers],
            "albums": [album(n // 2, whole=True) if n % 5 else None for n in numbers],
            "tracks": [self._songs[n] if n % 7 else None for n in numbers],
        }
        for name, records in lists.items():
            if random.randrange(2):
                found.append((name, page(random, records, style, self._odd, 0, name), 0, None))
        singles = {"artist": artist(numbers[0], whole=True), "album": album(1, whole=True)}
        found += [(name, written(one, style), 0, None) for name, one in singles.items()]
        shorts: list[Any] = [album(n) for n in numbers]
        found.append(("artist_albums", page(random, shorts, style, self._odd, 0), 0, None))
        for n in numbers[:3]:
            url = f"https://api.test/v1/albums/{spotify_id('A', n)}/tracks?offset=0&limit=50"
            inside = [track(each, album=...) for each in numbers[:4]]
            found.append(("album_tracks", page(random, inside, style, self._odd, 0), 0, url))
        return found

    def _body(self, resource: str, content: str, first: int, url: str | None, at: datetime) -> Body:
        random = self._random
        if self._odd == 3 and random.randrange(25) == 0:
            content = content[: random.randrange(len(content))]
        if self._odd == 3 and random.randrange(25) == 0:
            first += random.choice([-1, 1]) if first else 1
        minutes = random.choice([0, 0, 1, -1440]) if self._odd else 0
        return Body(
            content=content.encode(),
            resource=resource,
            media_type="text/csv" if resource == "charts_csv" else "application/json",
            received_at=at + timedelta(minutes=minutes),
            url=url,
            first_item=first,
        )


class _Never(Random):
    """Chooses nothing odd."""

    def randrange(self, start: int, stop: int | None = None, step: int = 1) -> int:
        return start - 1 if stop is None else stop - 1
