"""Editions, movements, exits, returns and turnover of ranked lists, from the definitions.

Every function takes editions in any order and of any number of feeds, and gives rows as dicts
whose keys are exactly the columns of the mart, in the mart's order.  Rows are sorted by feed,
then scheduled_at, then position.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from tests.oracle.columns import COLUMNS
from tests.oracle.facts import UNAVAILABLE, OracleEdition, OracleEntry, Row
from tests.oracle.histories import (
    History,
    edition_columns,
    histories,
    item_columns,
    leavers,
    movement_word,
    on_chart,
    positions,
    streak,
)

__all__ = [
    "EDITION_COLUMNS",
    "EXIT_COLUMNS",
    "MOVEMENT_COLUMNS",
    "TURNOVER_COLUMNS",
    "UNAVAILABLE",
    "Due",
    "OracleEdition",
    "OracleEntry",
    "Row",
    "chart_editions",
    "exits",
    "movements",
    "returns",
    "turnover",
]

# feed, after, before -> how many editions are due strictly between the two scheduled times
Due = Callable[[str, datetime, datetime], int]

EDITION_COLUMNS = COLUMNS["chart_editions"]
MOVEMENT_COLUMNS = COLUMNS["chart_movements"]
EXIT_COLUMNS = COLUMNS["chart_exits"]
TURNOVER_COLUMNS = COLUMNS["chart_turnover"]
_RUN_OF_STREAMS = 7


def chart_editions(
    editions: Iterable[OracleEdition], due: Due | None, missed: Due | None = None
) -> list[Row]:
    """One row per feed and edition; `due` None is a feed without a schedule.

    `missed` counts like `due`, of the due ones those that are known to be missed.
    """
    return [_edition(history, due, missed) for history in histories(editions)]


def movements(editions: Iterable[OracleEdition]) -> list[Row]:
    """One row per feed, edition and item_key."""
    return [
        _movement(history, item_key)
        for history in histories(editions)
        for item_key in history[-1].best
    ]


def exits(editions: Iterable[OracleEdition]) -> list[Row]:
    """One row per item that stood in an edition and not in the next one there is."""
    return [
        _exit(history, item_key) for history in histories(editions) for item_key in leavers(history)
    ]


def returns(editions: Iterable[OracleEdition]) -> list[Row]:
    """One row per exit: the next edition of the feed that has the item again, if there is one."""
    world = list(editions)
    ranked = histories(world)
    return [_return(left, ranked) for left in exits(world)]


def turnover(editions: Iterable[OracleEdition], due: Due | None = None) -> list[Row]:
    """One row per feed and edition: how many items came, went, climbed and fell."""
    return [_turnover(history, due) for history in histories(editions)]


# -------------------------------------------------------------------------------------- the rows


def _edition(history: History, due: Due | None, missed: Due | None) -> Row:
    edition = history[-1].edition
    previous = history[-2].edition if len(history) > 1 else None
    return {
        **edition_columns(history),
        "previous_scheduled_at": previous and previous.scheduled_at,
        "previous_chart_date": previous and previous.chart_date,
        "days_since_previous": previous and (edition.chart_date - previous.chart_date).days,
        "missing_before": _between(history, due),
        "missed_before": _between(history, due and (missed or _none)),
        # every entry counts here: unavailable ones, and items that stand twice
        "entry_count": len(edition.entries),
        "length": history[-1].length,
        "streams": history[-1].streams,
    }


def _none(feed: str, after: datetime, before: datetime) -> int:
    return 0


def _between(history: History, count: Due | None) -> int | None:
    if count is None:
        return None
    if len(history) == 1:
        # before its first edition a feed was not followed: nothing can be missing
        return 0
    previous, edition = history[-2].edition, history[-1].edition
    # no edition lies between these two, so whatever was due there is missing
    return count(edition.feed, previous.scheduled_at, edition.scheduled_at)


def _movement(history: History, item_key: str) -> Row:
    entry = history[-1].best[item_key]
    places = positions(history, item_key)
    previous = places[-2] if len(places) > 1 else None
    peak = min(on_chart(places))
    debut = next(one for one in history if item_key in one.best)
    return {
        **edition_columns(history),
        **item_columns(entry),
        "position": entry.position,
        "previous_position": previous,
        "change": None if previous is None else previous - entry.position,
        "movement": movement_word(places),
        "peak_position": peak,
        # the first edition with that peak: equalling it later does not move the date
        "peak_date": history[places.index(peak)].edition.chart_date,
        "debut_date": debut.edition.chart_date,
        "debut_position": debut.best[item_key].position,
        "editions_on_chart": len(on_chart(places)),
        "streak": streak(places),
        "editions_at_one": places.count(1),
        "chart_points": history[-1].points(entry),
        "streams": entry.streams,
        **_streams(history, item_key),
    }


def _streams(history: History, item_key: str) -> Row:
    """What its plays did; whatever needs a number that is not known is not known itself."""
    now = history[-1].best[item_key].streams
    of_all = history[-1].streams
    change = percent = share = None
    if len(history) > 1 and item_key in history[-2].best:
        before = history[-2].best[item_key].streams
        if now is not None and before is not None:
            change = now - before
            percent = 100 * change / before if before else None
    if now is not None and of_all:
        share = now / of_all
    run = _sum_of_streams(history[-_RUN_OF_STREAMS:], item_key)
    return {
        "streams_change": change,
        "streams_change_percent": percent,
        "streams_7": run if len(history) >= _RUN_OF_STREAMS else None,
        "streams_total": _sum_of_streams(history, item_key),
        "streams_share": share,
    }


def _sum_of_streams(history: History, item_key: str) -> int | None:
    """Over the editions with the item; None where one of them does not tell."""
    total = 0
    for one in history:
        if item_key in one.best:
            streams = one.best[item_key].streams
            if streams is None:
                return None
            total += streams
    return total


def _exit(history: History, item_key: str) -> Row:
    """Dated by the edition without the item; all the rest is as it was when last seen."""
    last = _movement(history[:-1], item_key)
    return {
        **edition_columns(history),
        **item_columns(history[-2].best[item_key]),
        "last_chart_date": last["chart_date"],
        "last_position": last["position"],
        "peak_position": last["peak_position"],
        "peak_date": last["peak_date"],
        "debut_date": last["debut_date"],
        "editions_on_chart": last["editions_on_chart"],
        "run_length": last["streak"],
    }


def _return(left: Row, all_histories: list[History]) -> Row:
    later = [
        history
        for history in all_histories
        if history[-1].edition.feed == left["feed"]
        and history[-1].edition.scheduled_at > left["scheduled_at"]
        and left["item_key"] in history[-1].best
    ]
    back = later[0] if later else None
    again = back[-1] if back else None
    return {
        "feed": left["feed"],
        "scheduled_at": left["scheduled_at"],
        "chart_date": left["chart_date"],
        "item_key": left["item_key"],
        "returned_at": again and again.edition.scheduled_at,
        "returned_date": again and again.edition.chart_date,
        "returned_position": again and again.best[left["item_key"]].position,
        "editions_away": len(back) - left["ordinal"] if back else None,
    }


def _turnover(history: History, due: Due | None) -> Row:
    words = [movement_word(positions(history, item_key)) for item_key in history[-1].best]
    gone = len(leavers(history))
    before = len(history[-2].best) if len(history) > 1 else 0
    return {
        **edition_columns(history),
        "missing_before": _between(history, due),
        "items": len(words),
        # a feed's first edition has only `first`, so all that follows is 0 there
        "new_entries": words.count("new"),
        "re_entries": words.count("re_entry"),
        "exits": gone,
        "climbers": words.count("up"),
        "fallers": words.count("down"),
        "unchanged": words.count("same"),
        "turnover": gone / before if before else None,
    }
