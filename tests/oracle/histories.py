"""The histories of lists, and what an item's positions in one of them tell.

Nothing is carried along from one edition to the next: each question looks at the whole history
again, which is slow and hard to get wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tests.oracle.facts import OracleEdition, OracleEntry, Row


@dataclass(frozen=True)
class Ranked:
    """An edition, and the entry with which each of its items counts, best first.

    Beside them how long the list is, and the streams of all that stands there.
    """

    edition: OracleEdition
    best: dict[str, OracleEntry]
    length: int
    streams: int | None

    @staticmethod
    def of(edition: OracleEdition) -> Ranked:
        """What there is to know of an edition by itself."""
        return Ranked(edition, best(edition), length(edition), streams_of(edition))

    def points(self, entry: OracleEntry) -> float:
        """The chart points of one of its entries."""
        return (self.length + 1 - entry.position) / self.length


# The editions of one feed in order of time, up to and including the one in question: the last.
History = list[Ranked]


def histories(editions: Iterable[OracleEdition]) -> list[History]:
    """The history of every edition, by feed and then by time."""
    ranked = [Ranked.of(edition) for edition in editions]
    result: list[History] = []
    for feed in sorted({one.edition.feed for one in ranked}):
        of_feed = [one for one in ranked if one.edition.feed == feed]
        of_feed.sort(key=lambda one: one.edition.scheduled_at)
        if len({one.edition.scheduled_at for one in of_feed}) != len(of_feed):
            raise ValueError(f"{feed} has two editions of one scheduled time")
        result += [of_feed[: count + 1] for count in range(len(of_feed))]
    return result


def best(edition: OracleEdition) -> dict[str, OracleEntry]:
    """Each item once, with the best of its entries."""
    found: dict[str, OracleEntry] = {}
    for entry in sorted(edition.entries, key=lambda entry: entry.position):
        # an unavailable entry has no item_key: it is no item
        if entry.item_key is not None and entry.item_key not in found:
            found[entry.item_key] = entry
    return found


def positions(history: History, item_key: str) -> list[int | None]:
    """The item's position in each edition of the history, None where it is absent."""
    entries = [one.best.get(item_key) for one in history]
    return [None if entry is None else entry.position for entry in entries]


def on_chart(places: list[int | None]) -> list[int]:
    """The positions without the absences."""
    return [position for position in places if position is not None]


def movement_word(places: list[int | None]) -> str:
    """What an item did in the last edition of a history, in which it stands."""
    current = places[-1]
    assert current is not None
    if len(places) == 1:
        return "first"
    # the previous edition there is, however long ago and even if it has no entries
    previous = places[-2]
    if previous is None:
        return "re_entry" if on_chart(places[:-1]) else "new"
    if current == previous:
        return "same"
    return "up" if current < previous else "down"


def streak(places: list[int | None]) -> int:
    """In how many editions in a row, counted back from the last, the item stands."""
    count = 0
    for position in reversed(places):
        if position is None:
            break
        count += 1
    return count


def leavers(history: History) -> list[str]:
    """The items of the previous edition that the last one does not have, best first."""
    if len(history) == 1:
        return []
    return [item_key for item_key in history[-2].best if item_key not in history[-1].best]


def length(edition: OracleEdition) -> int:
    """How long the list is: its entries, or more where its last position is a later one."""
    last = max((entry.position for entry in edition.entries), default=0)
    return max(len(edition.entries), last)


def streams_of(edition: OracleEdition) -> int | None:
    """The streams of all its entries, whatever stands there; unknown where one of them is."""
    counts = [entry.streams for entry in edition.entries]
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None


def edition_columns(history: History) -> Row:
    """When: the columns by which each mart begins."""
    edition = history[-1].edition
    return {
        "feed": edition.feed,
        "scheduled_at": edition.scheduled_at,
        "chart_date": edition.chart_date,
        "ordinal": len(history),
    }


def item_columns(entry: OracleEntry) -> Row:
    """What: the columns that name an item, as it stands in an edition."""
    return {
        "item_kind": entry.item_kind,
        "item_key": entry.item_key,
        "track_id": entry.track_id,
        "item_name": entry.item_name,
        "artist_names": entry.artist_names,
    }
