"""A hypothesis strategy for small worlds: what a few feeds saw over a few editions.

Small on purpose: with few ids and many editions, everything that can happen to an item (entering,
leaving, coming back, standing twice, becoming unavailable) happens within a few examples.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import strategies as st

from tests.oracle.movements import UNAVAILABLE, OracleEdition, OracleEntry


@dataclass(frozen=True)
class WorldFeed:
    """How a feed of a world dates its editions; the same in every world."""

    name: str
    first_slot: datetime
    step: timedelta
    # chart_date is the slot's date in the feed's time zone: this many days from the UTC date
    chart_date_shift: int = 0


FEEDS = (
    WorldFeed("regional-us-weekly", datetime(2020, 11, 5), timedelta(days=7)),  # Thursdays
    WorldFeed("regional-global-daily", datetime(2020, 2, 20), timedelta(days=1)),  # a leap day
    WorldFeed("top-50", datetime(2020, 12, 24, 4), timedelta(days=1)),  # a turn of the year
    # 04:00Z is the evening before in America/Los_Angeles, in summer and in winter
    WorldFeed("top-50-la", datetime(2020, 10, 25, 4), timedelta(days=1), chart_date_shift=-1),
)
# 12 editions within 20 steps: most worlds have gaps, of one step and of many
STEPS = 20

# Spotify ids are case-sensitive and only look like text: two differ by case alone, one is all
# digits with leading zeros, one reads as a number with an exponent.
TRACK_IDS = (
    "4uLU6hMCjMI75M1A2tKUQC",
    "4ulu6hmcjmi75m1a2tkuqc",
    "0000000000000000000017",
    "1e00000000000000000009",
    "7m9OqQk4RVRkw9JJdeAw9x",
    "NULLnullNaNtruefalse00",
)
# no track_id: item_key alone says who they are
EPISODE_IDS = ("5Xt5DXGzch68nYYamXrNxZ",)

NASTY_NAMES = (
    "Tyler, The Creator",
    'Fire On Fire - From "Watership Down"',
    "'tis the damn season; DROP TABLE entries; --",
    "Beyoncé",
    "Beyonce\u0301",  # the same to the eye, another string
    "꿈 夢 حلم 🎵",
    "<script>alert(1)</script>",
    "back\\slash %s {0} _%",
    " spaces around ",
    "NULL",
    "1e5",
)

# control characters and lone surrogates cannot stand in every format a name passes through
NAMES = st.sampled_from(NASTY_NAMES) | st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp")), min_size=1, max_size=8
)
STREAMS = st.none() | st.integers(min_value=0, max_value=2**40)


def chart_worlds(
    *, max_feeds: int = 3, max_editions: int = 12, tracks_only: bool = False
) -> st.SearchStrategy[list[OracleEdition]]:
    """Lists of editions of 1 to `max_feeds` feeds, in any order of delivery.

    `tracks_only` leaves out episodes, for those who write the world as chart files.
    """
    entry_kinds = _item_kinds(tracks_only)
    feeds = st.lists(
        st.sampled_from(FEEDS), min_size=1, max_size=max_feeds, unique_by=lambda feed: feed.name
    )
    return feeds.flatmap(
        lambda chosen: st.tuples(
            *(_feed_editions(feed, max_editions, entry_kinds) for feed in chosen)
        )
    ).flatmap(lambda lists: st.permutations([edition for one in lists for edition in one]))


def _item_kinds(tracks_only: bool) -> tuple[tuple[str, str | None], ...]:
    """What may stand at a position: kind and key; an id is of one kind wherever it stands."""
    tracks = tuple(("track", key) for key in TRACK_IDS)
    episodes = () if tracks_only else tuple(("episode", key) for key in EPISODE_IDS)
    return (*tracks, *episodes, (UNAVAILABLE, None))


@st.composite
def _feed_editions(
    draw: st.DrawFn,
    feed: WorldFeed,
    max_editions: int,
    entry_kinds: tuple[tuple[str, str | None], ...],
) -> list[OracleEdition]:
    """The editions of one feed, at some of its scheduled times."""
    steps = st.integers(min_value=0, max_value=STEPS - 1)
    taken = draw(st.sets(steps, min_size=1, max_size=min(max_editions, STEPS)))
    result: list[OracleEdition] = []
    for number in sorted(taken):
        slot = feed.first_slot + number * feed.step
        chart_date = (slot + timedelta(days=feed.chart_date_shift)).date()
        result.append(OracleEdition(feed.name, slot, chart_date, draw(_entries(entry_kinds))))
    return result


@st.composite
def _entries(
    draw: st.DrawFn, entry_kinds: tuple[tuple[str, str | None], ...]
) -> tuple[OracleEntry, ...]:
    """Positions 1 to n, now and then with holes; each filled with anything, repeats included."""
    length = draw(st.integers(min_value=0, max_value=7))
    positions = range(1, length + 1)
    holes = draw(st.just(frozenset[int]()) | st.frozensets(st.integers(1, 7), max_size=2))
    return tuple(
        draw(_entry(position, entry_kinds)) for position in positions if position not in holes
    )


@st.composite
def _entry(
    draw: st.DrawFn, position: int, entry_kinds: tuple[tuple[str, str | None], ...]
) -> OracleEntry:
    kind, key = draw(st.sampled_from(entry_kinds))
    if kind == UNAVAILABLE:
        return OracleEntry(position, UNAVAILABLE, None, None, None, None, None)
    # names and streams are drawn anew each time: an item may be renamed between editions, and
    # differ between the two places where it stands in one
    track_id = key if kind == "track" else None
    return OracleEntry(position, kind, key, track_id, draw(NAMES), draw(NAMES), draw(STREAMS))


def due_in_worlds(feed: str, after: datetime, before: datetime) -> int:
    """How many editions of a feed of a world are due strictly between two times."""
    found = next(one for one in FEEDS if one.name == feed)
    slot, count = found.first_slot, 0
    while slot < before:
        count += slot > after
        slot += found.step
    return count
