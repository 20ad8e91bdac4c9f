"""A hypothesis strategy for worlds that have everything: lists, observations, choices.

`worlds.py` makes lists alone, with names of any characters; here the things are few (see
`catalogue.py`), so that all that may happen between them does happen within a few examples.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from hypothesis import strategies as st

from tests.oracle import catalogue
from tests.oracle.catalogue import NOW, Thing
from tests.oracle.facts import (
    UNAVAILABLE,
    Missed,
    OracleEdition,
    OracleEntry,
    OracleFeed,
    Reading,
    Seen,
    World,
)

STEPS = 18
LONGEST = 6
_LAGS = (timedelta(0), timedelta(seconds=90), timedelta(hours=3), timedelta(milliseconds=1500))
_SLOTS_OF_READINGS = tuple(range(6))
# few moments: two feeds that observe at the same time must be told apart by name
_MOMENTS = tuple(datetime(2020, 10, 15) + day * timedelta(days=1) for day in range(6))
_RELEASES = (
    (None, None),
    (date(2020, 10, 9), "day"),
    (date(2020, 9, 1), "month"),
    (date(1999, 1, 1), "year"),
    (date(2020, 12, 24), "day"),  # after all of its charts
)
_STREAMS = ("none", "all", "all", "some", "mixed")
_LENGTHS = (1, 2, 4, 7, 8, 9)  # seven editions are what streams are summed over
_REPORTED = st.none() | st.sampled_from((-1, 0, 1, 2, 3, 4, 9))


@st.composite
def whole_worlds(draw: st.DrawFn, *, max_feeds: int = 3, max_editions: int = 9) -> World:
    """Worlds of 1 to `max_feeds` lists, with all that was observed and chosen."""
    choice = [*catalogue.FEEDS, *catalogue.FEEDS, catalogue.ARTIST_FEED, catalogue.ALBUM_FEED]
    feeds = draw(st.lists(st.sampled_from(choice), min_size=1, max_size=max_feeds, unique_by=_name))
    editions: list[OracleEdition] = []
    missed: list[Missed] = []
    for feed in feeds:
        found = draw(_editions(feed, max_editions))
        editions += found
        missed += draw(_missed(feed, found))
    seen = draw(_seen(feeds, editions))
    readings = draw(_readings(seen))
    return World(
        feeds=(*feeds, *catalogue.READINGS),
        editions=tuple(editions),
        now=NOW,
        readings=tuple(readings),
        seen=tuple(seen),
        missed=tuple(missed),
        roster=tuple(draw(_some(catalogue.ROSTER, 4))),
        excluded=tuple(draw(st.just(()) | _some(catalogue.EXCLUDED, 2))),
        as_one=draw(st.booleans()),
    )


def _name(feed: OracleFeed) -> str:
    return feed.name


def _some(
    terms: Sequence[tuple[str, str]], most: int
) -> st.SearchStrategy[tuple[tuple[str, str], ...]]:
    return st.lists(st.sampled_from(terms), max_size=most, unique=True).map(tuple)


# --------------------------------------------------------------------------------- the lists


def _slot(feed: OracleFeed, step: int) -> datetime:
    if feed.cadence == "day":
        return feed.first_slot + 4 * step * catalogue.HOUR  # so that there are some days
    if feed.step is not None:
        return feed.first_slot + step * feed.step
    return feed.first_slot + step * step * timedelta(hours=7, seconds=11)


@st.composite
def _editions(draw: st.DrawFn, feed: OracleFeed, most: int) -> list[OracleEdition]:
    """The editions of a feed at some of its steps; two thirds of the feeds have few gaps."""
    numbers = st.integers(0, STEPS - 1)
    if draw(st.booleans()):
        steps = set(range(draw(st.sampled_from(_LENGTHS)) + most - max(_LENGTHS)))
        steps -= draw(st.just(frozenset()) | st.frozensets(numbers, max_size=2))
    else:
        steps = draw(st.sets(numbers, min_size=1, max_size=most))
    things = draw(_things(feed))
    streams = draw(st.sampled_from(_STREAMS))
    is_reported = feed.source == "charts-csv" and draw(st.booleans())
    editions = []
    for step in sorted(steps) or [0]:
        at = _slot(feed, step)
        entries = draw(_entries(feed, things, streams, is_reported=is_reported))
        lag = draw(st.sampled_from(_LAGS))
        editions.append(OracleEdition(feed.name, at, feed.date_of(at), entries, lag))
    return editions


def _things(feed: OracleFeed) -> st.SearchStrategy[Sequence[Thing]]:
    """What may stand on a feed's lists: few things, so that they meet again."""
    if feed is catalogue.ARTIST_FEED:
        return st.just(catalogue.ARTISTS)
    if feed is catalogue.ALBUM_FEED:
        return st.just(catalogue.ALBUMS)
    mixed = (*catalogue.TRACKS, *catalogue.OTHERS)
    any_of_them = st.lists(st.sampled_from(mixed), min_size=2, max_size=6, unique=True)
    return any_of_them | st.just(catalogue.ONE_SONG)


@st.composite
def _entries(
    draw: st.DrawFn,
    feed: OracleFeed,
    things: Sequence[Thing],
    streams: str,
    *,
    is_reported: bool,
) -> tuple[OracleEntry, ...]:
    """Positions from 1; in files now and then with a hole. Anything may stand twice, or never."""
    standing = draw(st.lists(st.sampled_from(things), max_size=LONGEST))
    hole = draw(st.sampled_from((0, 0, 1, 3))) if feed.source == "charts-csv" else 0
    if streams == "mixed":
        streams = draw(st.sampled_from(("none", "all", "some")))
    renamed = draw(st.sampled_from((None, None, None, "Renamed")))
    return tuple(
        _entry(
            place if hole == 0 or place < hole else place + 1,
            thing,
            draw(_streams(streams)),
            renamed,
            [draw(_REPORTED) if is_reported else None for _ in range(3)],
        )
        for place, thing in enumerate(standing, start=1)
    )


def _streams(mode: str) -> st.SearchStrategy[int | None]:
    """Small numbers, so that they tie; and such as no 32 bits hold."""
    if mode == "none":
        return st.none()
    counts = st.sampled_from((0, 100, 100, 250, 2**40))
    return counts if mode == "all" else st.none() | counts


def _entry(
    position: int,
    thing: Thing,
    streams: int | None,
    renamed: str | None,
    reported: list[int | None],
) -> OracleEntry:
    if thing.kind == UNAVAILABLE:
        return OracleEntry(position, UNAVAILABLE, None, None, None, None, streams)
    name = renamed if position == 1 and renamed else thing.name
    previous, peak, time = reported
    return OracleEntry(
        position,
        thing.kind,
        thing.key,
        thing.track_id,
        name,
        thing.artists,
        streams,
        previous_rank=previous,
        # what has no peak yet is no count either: sources give both from 1
        peak=peak if peak and peak > 0 else None,
        time_on_chart=time if time and time > 0 else None,
    )


@st.composite
def _missed(draw: st.DrawFn, feed: OracleFeed, editions: list[OracleEdition]) -> list[Missed]:
    """Of the due slots that are not there, some are known to be lost. Never of files."""
    if feed.step is None or feed.source == "charts-csv":
        return []
    there = {edition.scheduled_at for edition in editions}
    steps = sorted(draw(st.sets(st.integers(1, STEPS), max_size=3)))
    times = [_slot(feed, step) for step in steps]
    return [
        Missed(feed.name, at, feed.date_of(at))
        for at in times
        if at not in there and min(there) < at < NOW
    ]


# --------------------------------------------------------------------------- what was observed


@st.composite
def _seen(draw: st.DrawFn, feeds: list[OracleFeed], editions: list[OracleEdition]) -> list[Seen]:
    """Observations by the two feeds that fill up, and now and then by a list itself."""
    places = [(feed.name, _slot(feed, n)) for feed in catalogue.READINGS for n in range(6)]
    places += [(edition.feed, edition.scheduled_at) for edition in editions[:2]]
    found = draw(
        st.lists(_one_seen(places), max_size=16)
        | st.lists(_one_seen(places), min_size=12, max_size=16)
    )
    return list({(one.kind, one.feed, one.slot, one.key): one for one in found}.values())


@st.composite
def _one_seen(draw: st.DrawFn, places: Sequence[tuple[str, datetime]]) -> Seen:
    kind = draw(st.sampled_from(("track", "track", "track", "album", "artist")))
    feed, slot = draw(st.sampled_from(places))
    at = draw(st.sampled_from(_MOMENTS))
    name = draw(st.sampled_from((None, "Ann", "Ann", "ann")))
    popularity = draw(st.sampled_from((None, 0, 0, 55)))
    if kind == "artist":
        key = draw(st.sampled_from(catalogue.ARTIST_IDS))
        followers = draw(st.sampled_from((None, 7, 7, 2**40)))
        return Seen(kind, feed, slot, at, key, name, popularity, followers)
    credits = draw(st.sampled_from(catalogue.CREDITS))
    if kind == "album":
        key = draw(st.sampled_from(catalogue.ALBUM_IDS))
        released, precision = draw(st.sampled_from(_RELEASES))
        return Seen(
            kind,
            feed,
            slot,
            at,
            key,
            name,
            popularity,
            release_date=released,
            release_date_precision=precision,
            credits=credits,
        )
    key = draw(st.sampled_from([thing.key for thing in catalogue.TRACKS if thing.key]))
    return Seen(
        kind,
        feed,
        slot,
        at,
        key,
        name,
        popularity,
        album_id=draw(st.sampled_from((None, *catalogue.ALBUM_IDS))),
        isrc=draw(st.sampled_from(catalogue.ISRCS)),
        credits=credits,
    )


@st.composite
def _readings(draw: st.DrawFn, seen: list[Seen]) -> list[Reading]:
    """Every observation of a feed that fills up has its slot; and there may be empty ones."""
    found = []
    for feed in catalogue.READINGS:
        slots = {one.slot for one in seen if one.feed == feed.name}
        slots |= {_slot(feed, step) for step in draw(st.sets(st.integers(0, 5), max_size=2))}
        for at in sorted(slots):
            count = sum((one.feed, one.slot) == (feed.name, at) for one in seen)
            lag = draw(st.sampled_from(_LAGS))
            found.append(Reading(feed.name, at, feed.date_of(at), count, lag))
    return found
