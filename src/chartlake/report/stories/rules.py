"""The rules: what each measures is its SQL file, and here is how it is told.

A rule is told in one of two ways. Of one that *leads* the headline begins with what is rare:
"Biggest climb in 32 weeks: …". Of one that *follows* it begins with the fact and ends with what is
rare about it: "… is gone after 80 weeks in a row, the longest run to end since 2019-05-02".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from chartlake.report.stories.calendar import Calendar, counted

__all__ = ["RULES", "Rule"]

Row = Mapping[str, Any]
_LONGEST_NAME = 100


class Rule(NamedTuple):
    """What is measured, what makes it rare, and how it is told.

    ``most`` names what is rare ("the biggest"); ``lead`` begins the headline, where it leads.
    ``plain`` says it without a superlative. ``about`` tells facts apart: of two stories about the
    same the rarer is told. ``follows_roster``: also measured on the roster's items alone.
    ``goes_on``: what lasts since the first edition is a record with each one, and is not told.
    """

    name: str
    most: str
    plain: str
    tell: Callable[[Row, Calendar], str]
    about: Callable[[Row], tuple[Any, ...]]
    lead: str | None = None
    less: bool = False
    follows_roster: bool = True
    is_milestone: bool = False
    goes_on: bool = False


def _item(row: Row, suffix: str = "") -> str:
    known = [row.get(f"item_name{suffix}"), row.get(f"artist_names{suffix}")]
    names = dict.fromkeys(_cut(name) for name in known if name)
    return " · ".join(names) or "(no name)"


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _artist(row: Row) -> str:
    return _cut(row["artist_names"] or row["artist_key"])


def _in_a_row(row: Row, calendar: Calendar, last: int) -> str:
    """So many weeks, up to the edition ``last``."""
    return counted(row["value"], calendar.unit(last - row["value"] + 1, last))


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10)
    return f"{number:,}{ending or 'th'}"


def _moved(row: Row, calendar: Calendar) -> str:
    arrow = "▲" if row["previous_position"] > row["position"] else "▼"
    return f"{_item(row)} {arrow}{row['value']} ({row['previous_position']} → {row['position']})"


def _debuts(row: Row, calendar: Calendar) -> str:
    return f"{row['value']:,} of {row['items']:,}"


def _exits(row: Row, calendar: Calendar) -> str:
    share = "" if row["turnover"] is None else f", {row['turnover']:.0%} of the chart before"
    return f"{row['value']:,} left{share}"


def _quiet(row: Row, calendar: Calendar) -> str:
    if not row["value"]:
        return "nothing came, left or moved"
    parts = [
        f"{row[column]:,} {word}"
        for column, word in (
            ("new_entries", "new"),
            ("re_entries", "back"),
            ("exits", "left"),
            ("moved", "moved"),
        )
        if row[column]
    ]
    return ", ".join(parts)


def _new_one(row: Row, calendar: Calendar) -> str:
    reign = _in_a_row(row, calendar, row["ordinal"] - 1)
    return f"{_item(row)} is the new number one, after {reign} of {_item(row, '_before')}"


def _reign(row: Row, calendar: Calendar) -> str:
    return f"{_item(row)} is #1 for {_in_a_row(row, calendar, row['ordinal'])} in a row"


def _debut(row: Row, calendar: Calendar) -> str:
    return f"{_item(row)} comes in at #{row['value']:,}"


def _absence(row: Row, calendar: Calendar) -> str:
    unit = calendar.unit(row["ordinal"] - row["value"] - 1, row["ordinal"])
    away = counted(row["value"], unit)
    last = row["last_chart_date"]
    return f"{_item(row)} is back at #{row['position']:,} after {away} away (last there on {last})"


def _run_ended(row: Row, calendar: Calendar) -> str:
    run = _in_a_row(row, calendar, row["ordinal"] - 1)
    return f"{_item(row)} is gone after {run} in a row (peak #{row['peak_position']:,})"


def _milestone(row: Row, calendar: Calendar) -> str:
    others = row["others"]
    who = _item(row) + (f" (and {others:,} more)" if others else "")
    run = _in_a_row(row, calendar, row["ordinal"])
    if row["value"] == row["ordinal"]:  # what was before the first edition nobody knows
        return f"{who}: on the chart in all {run} there are"
    return f"{who}: {run} in a row on the chart"


def _slow_climb(row: Row, calendar: Calendar) -> str:
    unit = calendar.unit(row["debut_ordinal"], row["ordinal"])
    nth = f"{_ordinal(row['value'])} {unit}"
    return f"{_item(row)} is higher than ever, at #{row['position']:,}, in its {nth} on the chart"


def _by_artist(row: Row, calendar: Calendar) -> str:
    return f"{_artist(row)} has {row['value']:,}, the best at #{row['best_position']:,}"


def _artist_gone(row: Row, calendar: Calendar) -> str:
    last = row["ordinal"]
    unit = calendar.unit(last - row["value"], last)
    after = f"after {_in_a_row(row, calendar, last - 1)} in a row"
    if row["last_without"] is None:
        return f"First {unit} without {_artist(row)}, {after}"
    collected = "collected " if calendar.has_gap(last - row["value"] - 1, last) else ""
    return f"First {collected}{unit} without {_artist(row)} since {row['last_without']}, {after}"


def _streams(row: Row, calendar: Calendar) -> str:
    return f"{_item(row)} with {row['value']:,}"


def _chart_streams(row: Row, calendar: Calendar) -> str:
    return f"{row['value']:,} over {row['entry_count']:,} entries"


def _of_item(what: str) -> Callable[[Row], tuple[Any, ...]]:
    return lambda row: (what, row["item_key"])


def _of_artist(what: str) -> Callable[[Row], tuple[Any, ...]]:
    return lambda row: (what, row["artist_key"])


def _at_one(row: Row) -> tuple[Any, ...]:
    return ("at one", row["item_key"])


def _debut_of(row: Row) -> tuple[Any, ...]:
    return _at_one(row) if row["value"] == 1 else ("debut", row["item_key"])


def _gone(row: Row) -> tuple[Any, ...]:
    """An artist's only item that leaves takes the artist with it."""
    return ("gone", row["artist_names"])


RULES = (
    Rule(
        "new_number_one",
        "the longest reign to end",
        "a reign as long ended",
        _new_one,
        _at_one,
        follows_roster=False,
    ),
    Rule(
        "longest_reign",
        "the longest reign",
        "a reign as long stood",
        _reign,
        _at_one,
        goes_on=True,
    ),
    Rule("artist_gone", "the longest presence to end", "one as long ended", _artist_gone, _gone),
    Rule(
        "biggest_climb",
        "the biggest",
        "Big climb",
        _moved,
        _of_item("climb"),
        lead="Biggest climb",
    ),
    Rule("biggest_fall", "the biggest", "Big fall", _moved, _of_item("fall"), lead="Biggest fall"),
    Rule(
        "highest_debut",
        "the highest",
        "High debut",
        _debut,
        _debut_of,
        lead="Highest debut",
        less=True,
    ),
    Rule(
        "most_debuts",
        "the most",
        "Many debuts",
        _debuts,
        lambda row: ("turnover",),
        lead="Most debuts",
        follows_roster=False,
    ),
    Rule(
        "most_exits",
        "the most",
        "Many exits",
        _exits,
        lambda row: ("turnover",),
        lead="Most exits",
        follows_roster=False,
    ),
    Rule(
        "quietest_edition",
        "the quietest",
        "Quiet edition",
        _quiet,
        lambda row: ("quiet",),
        lead="Fewest changes",
        less=True,
        follows_roster=False,
    ),
    Rule(
        "most_by_artist",
        "the most",
        "Many items of one artist",
        _by_artist,
        _of_artist("items at once"),
        lead="Most items of one artist at once",
    ),
    Rule(
        "most_debuts_by_artist",
        "the most",
        "Many debuts of one artist",
        _by_artist,
        _of_artist("items at once"),
        lead="Most debuts of one artist at once",
    ),
    Rule(
        "longest_absence",
        "the longest absence",
        "one as long ended",
        _absence,
        _of_item("return"),
    ),
    Rule("longest_run_ended", "the longest run to end", "one as long ended", _run_ended, _gone),
    Rule("slow_climb", "the slowest way up", "one as slow ended", _slow_climb, _of_item("peak")),
    Rule(
        "most_streams",
        "the most",
        "Many streams",
        _streams,
        _of_item("streams"),
        lead="Most streams of one item",
    ),
    Rule(
        "chart_streams",
        "the most",
        "Many streams of the whole chart",
        _chart_streams,
        lambda row: ("all streams",),
        lead="Most streams of the whole chart",
        follows_roster=False,
    ),
    Rule(
        "streak_milestone",
        "the first to get there",
        "",
        _milestone,
        _of_item("milestone"),
        is_milestone=True,
    ),
)
"""All rules; of stories that are equally rare the one of the earlier rule comes first."""
