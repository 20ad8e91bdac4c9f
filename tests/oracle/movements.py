"""Movements, exits, editions and turnover of ranked lists, straight from the definitions.

Every function takes editions in any order and of any number of feeds, and gives rows as dicts
whose keys are exactly the columns of the mart, in the mart's order.  Rows are sorted by feed,
then scheduled_at, then position.  Nothing is carried along from one edition to the next: each
row looks at the whole history again, which is slow and hard to get wrong.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

Row = dict[str, Any]

# feed, after, before -> how many editions are due strictly between the two scheduled times
Due = Callable[[str, datetime, datetime], int]

UNAVAILABLE = "unavailable"

EDITION_COLUMNS = (
    "feed",
    "scheduled_at",
    "chart_date",
    "ordinal",
    "previous_chart_date",
    "missing_before",
    "entry_count",
)
MOVEMENT_COLUMNS = (
    "feed",
    "scheduled_at",
    "chart_date",
    "item_kind",
    "item_key",
    "track_id",
    "item_name",
    "artist_names",
    "position",
    "previous_position",
    "change",
    "movement",
    "peak_position",
    "peak_date",
    "editions_on_chart",
    "streak",
    "editions_at_one",
    "streams",
)
EXIT_COLUMNS = (
    "feed",
    "scheduled_at",
    "chart_date",
    "item_kind",
    "item_key",
    "track_id",
    "item_name",
    "artist_names",
    "last_position",
    "editions_on_chart",
    "run_length",
)
TURNOVER_COLUMNS = (
    "feed",
    "scheduled_at",
    "chart_date",
    "items",
    "new",
    "re_entries",
    "exits",
    "climbers",
    "fallers",
    "unchanged",
)


@dataclass(frozen=True)
class OracleEntry:
    """One position of an edition, as received."""

    position: int
    item_kind: str
    item_key: str | None
    track_id: str | None
    item_name: str | None
    artist_names: str | None
    streams: int | None

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

    def __post_init__(self) -> None:
        if self.scheduled_at.tzinfo is not None:
            raise ValueError("scheduled_at is UTC without a time zone attached")
        positions = [entry.position for entry in self.entries]
        if len(set(positions)) != len(positions):
            raise ValueError(f"a position stands twice: {self.feed} {self.scheduled_at}")


# ------------------------------------------------------------------------------ the four marts


def chart_editions(editions: Iterable[OracleEdition], due: Due | None) -> list[Row]:
    """One row per feed and edition; `due` None is a feed without a schedule."""
    return [
        {
            **_edition_columns(history),
            "ordinal": len(history),
            "previous_chart_date": history[-2].edition.chart_date if len(history) > 1 else None,
            "missing_before": _missing_before(history, due),
            # every entry counts here: unavailable ones, and items that stand twice
            "entry_count": len(history[-1].edition.entries),
        }
        for history in _histories(editions)
    ]


def movements(editions: Iterable[OracleEdition]) -> list[Row]:
    """One row per feed, edition and item_key."""
    return [
        _movement(history, item_key)
        for history in _histories(editions)
        for item_key in history[-1].best
    ]


def exits(editions: Iterable[OracleEdition]) -> list[Row]:
    """One row per item that stood in an edition and not in the next one there is."""
    return [
        _exit(history, item_key)
        for history in _histories(editions)
        for item_key in _leavers(history)
    ]


def turnover(editions: Iterable[OracleEdition]) -> list[Row]:
    """One row per feed and edition: how many items came, went, climbed and fell."""
    rows: list[Row] = []
    for history in _histories(editions):
        words = [_movement_word(_positions(history, item_key)) for item_key in history[-1].best]
        rows.append(
            {
                **_edition_columns(history),
                "items": len(words),
                # a feed's first edition has only `first`, so all that follows is 0 there
                "new": words.count("new"),
                "re_entries": words.count("re_entry"),
                "exits": len(_leavers(history)),
                "climbers": words.count("up"),
                "fallers": words.count("down"),
                "unchanged": words.count("same"),
            }
        )
    return rows


# ------------------------------------------------------------------------------- the definitions


@dataclass(frozen=True)
class _Ranked:
    """An edition, and the entry with which each of its items counts, best first."""

    edition: OracleEdition
    best: dict[str, OracleEntry]


# The editions of one feed in order of time, up to and including the one in question: the last.
_History = list[_Ranked]


def _histories(editions: Iterable[OracleEdition]) -> list[_History]:
    """The history of every edition, by feed and then by time."""
    ranked = [_Ranked(edition, _best(edition)) for edition in editions]
    result: list[_History] = []
    for feed in sorted({one.edition.feed for one in ranked}):
        of_feed = [one for one in ranked if one.edition.feed == feed]
        of_feed.sort(key=lambda one: one.edition.scheduled_at)
        if len({one.edition.scheduled_at for one in of_feed}) != len(of_feed):
            raise ValueError(f"{feed} has two editions of one scheduled time")
        result += [of_feed[: count + 1] for count in range(len(of_feed))]
    return result


def _best(edition: OracleEdition) -> dict[str, OracleEntry]:
    """Each item once, with the best of its entries."""
    best: dict[str, OracleEntry] = {}
    for entry in sorted(edition.entries, key=lambda entry: entry.position):
        # an unavailable entry has no item_key: it is no item
        if entry.item_key is not None and entry.item_key not in best:
            best[entry.item_key] = entry
    return best


def _missing_before(history: _History, due: Due | None) -> int | None:
    if due is None:
        return None
    if len(history) == 1:
        # before its first edition a feed was not followed: nothing can be missing
        return 0
    previous, edition = history[-2].edition, history[-1].edition
    # no edition lies between these two, so whatever was due there is missing
    return due(edition.feed, previous.scheduled_at, edition.scheduled_at)


def _positions(history: _History, item_key: str) -> list[int | None]:
    """The item's position in each edition of the history, None where it is absent."""
    entries = [one.best.get(item_key) for one in history]
    return [None if entry is None else entry.position for entry in entries]


def _on_chart(positions: list[int | None]) -> list[int]:
    return [position for position in positions if position is not None]


def _movement_word(positions: list[int | None]) -> str:
    """What an item did in the last edition of a history, in which it stands."""
    current = positions[-1]
    assert current is not None
    if len(positions) == 1:
        return "first"
    # the previous edition there is, however long ago and even if it has no entries
    previous = positions[-2]
    if previous is None:
        return "re_entry" if _on_chart(positions[:-1]) else "new"
    if current == previous:
        return "same"
    return "up" if current < previous else "down"


def _streak(positions: list[int | None]) -> int:
    """In how many editions in a row, counted back from the last, the item stands."""
    streak = 0
    for position in reversed(positions):
        if position is None:
            break
        streak += 1
    return streak


def _leavers(history: _History) -> list[str]:
    """The items of the previous edition that the last one does not have, best first."""
    if len(history) == 1:
        return []
    return [item_key for item_key in history[-2].best if item_key not in history[-1].best]


# -------------------------------------------------------------------------------------- the rows


def _edition_columns(history: _History) -> Row:
    edition = history[-1].edition
    return {
        "feed": edition.feed,
        "scheduled_at": edition.scheduled_at,
        "chart_date": edition.chart_date,
    }


def _item_columns(entry: OracleEntry) -> Row:
    return {
        "item_kind": entry.item_kind,
        "item_key": entry.item_key,
        "track_id": entry.track_id,
        "item_name": entry.item_name,
        "artist_names": entry.artist_names,
    }


def _movement(history: _History, item_key: str) -> Row:
    entry = history[-1].best[item_key]
    positions = _positions(history, item_key)
    previous = positions[-2] if len(positions) > 1 else None
    peak = min(_on_chart(positions))
    return {
        **_edition_columns(history),
        **_item_columns(entry),
        "position": entry.position,
        "previous_position": previous,
        "change": None if previous is None else previous - entry.position,
        "movement": _movement_word(positions),
        "peak_position": peak,
        # the first edition with that peak: equalling it later does not move the date
        "peak_date": history[positions.index(peak)].edition.chart_date,
        "editions_on_chart": len(_on_chart(positions)),
        "streak": _streak(positions),
        "editions_at_one": positions.count(1),
        "streams": entry.streams,
    }


def _exit(history: _History, item_key: str) -> Row:
    """Dated by the edition without the item; all the rest is as it was when last seen."""
    entry = history[-2].best[item_key]
    positions = _positions(history[:-1], item_key)
    return {
        **_edition_columns(history),
        **_item_columns(entry),
        "last_position": entry.position,
        "editions_on_chart": len(_on_chart(positions)),
        "run_length": _streak(positions),
    }
