"""The words of a headline: the fact, and how rare it is, so that both are true to the row."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from chartlake.report.stories.calendar import Calendar, counted
from chartlake.report.stories.rules import Rule

__all__ = ["headline"]

_YEAR, _MONTH = 365, 31
_OF_ROSTER = " on the roster"


class _Span(NamedTuple):
    """How far back nothing like it is: so many editions, in the unit they can be counted in.

    ``since`` is when it was reached last; None where it never was.
    """

    editions: int
    unit: str
    has_gap: bool
    since: date | None
    days: int

    @property
    def words(self) -> str:
        """``32 weeks``, ``a year``, ``all 101 weeks``."""
        if self.since is None:
            return f"all {counted(self.editions, self.unit)}"
        is_a_year = _YEAR <= self.days < _YEAR + _MONTH and self.unit != "edition"
        return "a year" if is_a_year else counted(self.editions, self.unit)


def headline(rule: Rule, row: dict[str, Any], calendar: Calendar, *, roster: bool) -> str:
    """The headline of a story whose proof gave this row."""
    span, told = _span(row, calendar), rule.tell(row, calendar)
    if rule.lead:
        return _led(rule, row, span, told, roster)
    return told + _followed(rule, row, span, roster)


def _span(row: dict[str, Any], calendar: Calendar) -> _Span:
    last, first, today = row["last_ordinal"], row["first_ordinal"], row["ordinal"]
    since = calendar.on(last) if last else None
    editions = row["editions_since"] if last else row["editions_compared"] + 1
    begin = last or first or today
    # where some in between could not be compared (streams that nobody told), none is "a week"
    is_whole = editions == today - begin + (0 if last else 1)
    return _Span(
        editions,
        calendar.unit(begin, today) if is_whole else "edition",
        calendar.has_gap(begin, today) or not is_whole,
        since,
        (calendar.on(today) - since).days if since else 0,
    )


def _led(rule: Rule, row: dict[str, Any], span: _Span, told: str, roster: bool) -> str:
    """``Biggest climb in 32 weeks: …, the biggest since 2019-05-02``."""
    lead = f"{rule.lead}{_OF_ROSTER if roster else ''}"
    if span.since is None:
        return f"{lead} in {span.words}: {told}" if row["editions_compared"] else f"{lead}: {told}"
    if span.editions > 1:
        return f"{lead} in {span.words}: {told}, {_since(rule, span)}"
    if roster:
        return f"{lead}: {told}"
    return f"{rule.plain}: {told}, {_matched(row, span)}"


def _followed(rule: Rule, row: dict[str, Any], span: _Span, roster: bool) -> str:
    """``…, the longest run to end since 2019-05-02``."""
    of_roster = _OF_ROSTER if roster else ""
    if rule.is_milestone and row["value"] == row["ordinal"]:
        return ""  # all who were there from the start get there together
    if span.since is None:
        return f", {rule.most}{of_roster} on record" if row["editions_compared"] else ""
    if span.editions > 1:
        return f", {_since(rule, span, of_roster)}"
    if roster or rule.is_milestone:
        return ""
    return f"; {rule.plain} {_matched(row, span).removeprefix('matched ')}"


def _since(rule: Rule, span: _Span, of_roster: str = "") -> str:
    collected = " of those collected" if span.has_gap else ""
    return f"{rule.most}{of_roster}{collected} since {span.since}"


def _matched(row: dict[str, Any], span: _Span) -> str:
    compared, times = row["editions_compared"], row["times_reached"]
    return f"matched in only {times:,} of the {compared:,} editions before"
