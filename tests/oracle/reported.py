"""Where the source's own numbers are others than ours, and why."""

from __future__ import annotations

from tests.oracle.facts import OracleEntry, Row
from tests.oracle.histories import History


def reported_differences(
    history: History, moved: list[Row], numbered: list[Row], same: list[Row]
) -> list[Row]:
    """Of one feed: its movements, its rows of chart_editions, and the recordings of the world."""
    recording = {row["track_id"]: row["recording_key"] for row in same}
    found = []
    for move in moved:
        place = move["ordinal"] - 1
        entry = history[place].best[move["item_key"]]
        for measure, ours, theirs in _measures(entry, move):
            if ours != theirs:
                past = _Past(history[: place + 1], numbered[: place + 1], entry, recording)
                why = _explain(measure, ours, theirs, past)
                found.append(_row(move, measure, ours, theirs, why))
    return found


def _measures(entry: OracleEntry, move: Row) -> list[tuple[str, int | None, int | None]]:
    found: list[tuple[str, int | None, int | None]] = []
    if entry.peak is not None:
        found.append(("peak", move["peak_position"], entry.peak))
    if entry.time_on_chart is not None:
        found.append(("time_on_chart", move["editions_on_chart"], entry.time_on_chart))
    if entry.previous_rank is not None:
        none = entry.previous_rank in (-1, 0)
        theirs = None if none else entry.previous_rank
        found.append(("previous_rank", move["previous_position"], theirs))
    return found


def _row(move: Row, measure: str, ours: int | None, theirs: int | None, why: str) -> Row:
    names = "feed scheduled_at chart_date item_key track_id item_name artist_names position"
    return {
        **{name: move[name] for name in names.split()},
        "measure": measure,
        "ours": ours,
        "reported": theirs,
        "explanation": why,
    }


class _Past:
    """The history up to the edition in question, and one entry of that.

    Of two ids of one recording that are counted as one in one edition, the worse does not count.
    """

    def __init__(
        self,
        history: History,
        numbered: list[Row],
        entry: OracleEntry,
        recording: dict[str, str],
    ) -> None:
        self.history = history
        self.missing = [row["missing_before"] or 0 for row in numbered]
        self.entry = entry
        self.recording = recording

    def is_other_id(self, other: OracleEntry) -> bool:
        """Whether this is the same recording under another id."""
        mine, theirs = self.entry.track_id, other.track_id
        if mine is None or theirs is None or mine == theirs:
            return False
        return self.recording[mine] == self.recording[theirs]


def _explain(measure: str, ours: int | None, theirs: int | None, past: _Past) -> str:
    if measure == "previous_rank":
        return _explain_rank(theirs, past)
    assert ours is not None
    assert theirs is not None
    cannot_be = theirs < ours if measure == "time_on_chart" else theirs > ours
    if cannot_be:
        return "unexplained"
    if any(past.is_other_id(entry) for one in past.history for entry in one.best.values()):
        return "other_id"
    missing = sum(past.missing)
    if missing > 0 and (measure == "peak" or theirs - ours <= missing):
        return "missing_editions"
    return "before_first_edition"


def _explain_rank(theirs: int | None, past: _Past) -> str:
    if len(past.history) == 1:
        return "before_first_edition"
    if past.missing[-1] > 0:
        return "missing_editions"
    for entry in past.history[-2].best.values():
        if entry.position == theirs and past.is_other_id(entry):
            return "other_id"
    return "unexplained"
