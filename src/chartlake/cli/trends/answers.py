"""How an answer begins, and what it says where there is nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.text import Text

from chartlake.cli import show
from chartlake.cli.options import open_here
from chartlake.cli.show import Col
from chartlake.cli.trends.columns import MARK
from chartlake.report import trends
from chartlake.report.editions import EditionFacts
from chartlake.report.roster import require
from chartlake.report.stories.calendar import counted
from chartlake.report.trends import Trend
from chartlake.warehouse.port import Warehouse

__all__ = ["about_edition", "answer", "counted", "describe", "rows", "section"]

FIRST = "The first edition: there is none before to compare with."
"""What is said where an edition would have to be compared."""


@contextmanager
def about_edition(
    project: Path | None, feed: str | None, day: datetime | None, *, roster: bool = False
) -> Iterator[tuple[Warehouse, EditionFacts]]:
    """The edition that a command is about; with ``roster`` there has to be one.

    The warehouse is open in the block alone: what is told after it keeps nobody waiting.
    """
    with open_here(project).warehouse.session() as warehouse:
        about = trends.edition(warehouse, feed, day.date() if day else None)
        if roster:
            require(warehouse)
        yield warehouse, about


def answer(
    trend: Trend,
    columns: Sequence[Col],
    as_json: bool,
    empty: str,
    *,
    roster: bool = False,
    compares: bool = False,
) -> None:
    """A trend as JSON or as a table under its edition; what ``compares`` needs one before."""
    if as_json:
        show.json({**trend.edition._asdict(), "rows": trend.rows})
        return
    show.line(describe(trend.edition))
    if compares and trend.edition.ordinal == 1:
        show.line(FIRST)
    elif trend.rows:
        rows(columns, trend.rows)
    else:
        show.line(f"On the roster: {empty[0].lower()}{empty[1:]}" if roster else empty)


def rows(columns: Sequence[Col], found: Sequence[Mapping[str, Any]]) -> None:
    """A table, in which what is on the roster has a mark."""
    marks = [MARK] if any(row.get("on_roster") for row in found) else []
    show.table([*marks, *columns], found)


def section(title: str, columns: Sequence[Col], found: Sequence[Mapping[str, Any]]) -> None:
    """A table under a title; nothing where there is nothing."""
    if found:
        show.line(Text(f"\n{title}", style="bold"))
        rows(columns, found)


def describe(about: EditionFacts, *more: str) -> str:
    """Which edition, against which it is compared, and what to know before reading it."""
    said = [" · ".join([_compared(about), *more])]
    if about.rejects:
        records = counted(about.rejects, "record")
        said.append(f"{records} of it could not be used; what stood there counts as absent")
    if about.repeats_previous:
        said.append("its streams are those of the edition before, to the number: is it a copy?")
    return "\n".join(said)


def _compared(about: EditionFacts) -> str:
    what = f"{about.feed} · {about.chart_date} · edition {about.ordinal} of {about.editions}"
    if about.previous_chart_date is None:
        return f"{what} · the first"
    against = f"{what} · against {about.previous_chart_date}"
    if about.missing_before:
        gap = counted(about.missing_before, "due edition")
        return f"{against}, the edition before ({gap} missing between)"
    return against
