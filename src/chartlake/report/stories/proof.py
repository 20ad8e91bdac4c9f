"""One SELECT that measures an edition against those before it: how a story is found and proved."""

from __future__ import annotations

import re
from datetime import date, datetime
from importlib.resources import files
from textwrap import dedent, indent
from typing import Any

from chartlake.report.editions import EditionFacts
from chartlake.report.roster import ARTISTS, ITEMS

__all__ = ["literal", "measure_of", "proof"]

# what a rule may read: the feed up to the edition in question, all of it or the roster's part;
# `everything` is all of it even then, to see who else names an artist
_SOURCES = {
    "calendar": "select * from chart_editions where feed = $feed and ordinal <= $ordinal",
    "turnover": "select * from chart_turnover where feed = $feed and ordinal <= $ordinal",
    "everything": "select * from chart_movements where feed = $feed and ordinal <= $ordinal",
    "moves": "select * from chart_movements where feed = $feed and ordinal <= $ordinal",
    "leavers": "select * from chart_exits where feed = $feed and ordinal <= $ordinal",
    "credits": "select * from chart_credits where feed = $feed and ordinal <= $ordinal",
    "presences": "select * from artist_editions where feed = $feed and ordinal <= $ordinal",
}
_OF_THE_ROSTER = {
    "moves": f"and item_key in ({ITEMS})",
    "leavers": f"and item_key in ({ITEMS})",
    "credits": f"and artist_key in ({' '.join(ARTISTS.split())})",
    "presences": f"and artist_key in ({' '.join(ARTISTS.split())})",
}
_COMPARISON = """
today as (
    select * from measured where ordinal = $ordinal and value is not null
),

before as (
    select
        count(*) as editions_compared,
        count(case when m.value {reaches} t.value then 1 end) as times_reached,
        min(m.ordinal) as first_ordinal,
        max(case when m.value {reaches} t.value then m.ordinal end) as last_ordinal,
        max(case when m.value {reaches} t.value then m.chart_date end) as last_reached
    from today t
    inner join measured m on m.ordinal < t.ordinal
),

since as (
    select count(*) as editions_since
    from before b
    inner join measured m on m.ordinal > b.last_ordinal and m.ordinal <= $ordinal
)

select t.*, b.*, s.editions_since
from today t
cross join before b
cross join since s
"""


def measure_of(rule: str) -> str:
    """The SQL file of a rule; its first line says what it measures."""
    return (files("chartlake.report.stories") / f"{rule}.sql").read_text(encoding="utf-8")


def proof(rule: str, about: EditionFacts, *, less: bool, roster: bool) -> str:
    """The SELECT for one edition, with its values written in; ``less`` is rarer than more.

    Its one row, if there is a value, has the value and whose it is, how many editions before are
    compared, how many of those reached it, and when the last one did.
    """
    measured = measure_of(rule)
    ctes = [
        _cte(name, sql + (f"\n    {_OF_THE_ROSTER.get(name, '')}" if roster else ""))
        for name, sql in _SOURCES.items()
        if re.search(rf"\b(?:from|join) {name}\b", measured)
    ]
    compared = _COMPARISON.strip().replace("{reaches}", "<=" if less else ">=")
    text = "with " + ",\n\n".join([*ctes, _cte("measured", measured), compared])
    values = {"feed": about.feed, "ordinal": about.ordinal}
    return re.sub(r"\$(\w+)", lambda found: literal(values[found[1]]), text)


def literal(value: Any) -> str:
    """A value as SQL has it: text with its quotes doubled, so that it ends where it should."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, datetime):
        return f"timestamp '{value.isoformat(' ')}'"
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    return "'" + str(value).replace("'", "''") + "'"


def _cte(name: str, sql: str) -> str:
    body = "\n".join(line.rstrip() for line in dedent(sql).strip().splitlines())
    return f"{name} as (\n{indent(body, '    ')}\n)"
