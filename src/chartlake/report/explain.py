"""Any number back to its origin: position ← entry ← build ← manifest ← page and byte range."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from chartlake.errors import UsageError
from chartlake.lake.store import Store
from chartlake.report import items, origins
from chartlake.report.absence import why_absent
from chartlake.report.chain import Chain, Locate
from chartlake.report.origins import Number
from chartlake.warehouse.port import Warehouse

__all__ = ["Explanation", "Occasion", "explain"]


@dataclass(frozen=True)
class Occasion:
    """The slot that is asked about; ``ordinal`` is None where it is not ranked.

    ``same_day`` are the slots of its date, latest first.
    """

    feed: str
    source: str
    slot: str
    chart_date: date
    cadence: str
    is_edition: bool
    ordinal: int | None
    editions: int
    same_day: tuple[str, ...]

    @property
    def table(self) -> str:
        """The table that holds what stood there."""
        return "entries" if self.is_edition else "play_observations"


@dataclass(frozen=True)
class Explanation:
    """A number and where it comes from: the mart's row, the curated row, and the chain below.

    ``number`` is None where no mart counts the row. Of an item that left, ``row`` is of the
    edition before, in which it was last.
    """

    about: Occasion
    item_key: str | None
    number: Number | None
    row: dict[str, Any] | None
    chain: Chain

    @property
    def problems(self) -> list[str]:
        """What does not hold; empty where all was verified."""
        return [*(self.number.problems if self.number else ()), *self.chain.problems]

    @property
    def has_left(self) -> bool:
        """Whether the item is not in the edition, and was in the one before."""
        return self.number is not None and self.number.mart == "chart_exits"


def explain(
    warehouse: Warehouse,
    store: Store,
    locate: Locate,
    feed: str,
    day: date,
    item: str,
    slot: str | None = None,
) -> Explanation:
    """Follow one item of an edition (or one play of a reading) down to its bytes.

    By default the ranked edition of the date is meant, and ``slot`` names another. UsageError
    where there is no such edition, or the item has nothing to do with it.
    """
    if not item.strip():
        raise UsageError(
            "there is no item to explain", fix="give a position, an id, a link or a part of a name"
        )
    about = _occasion(warehouse, store, feed, day, slot)
    key, row = _row(warehouse, about, item)
    number = _number(warehouse, about, key, row)
    if row is None and key is not None:
        row = _last_row(warehouse, about, key, number)
    chain = Chain()
    if row:
        chain.follow(warehouse, store, locate, about.table, row)
    return Explanation(about, key, number, row, chain)


def _occasion(
    warehouse: Warehouse, store: Store, feed: str, day: date, slot: str | None
) -> Occasion:
    found = warehouse.query(
        """
        select s.slot, s.source, s.chart_date, s.cadence, s.is_edition, t.ordinal,
            (select count(*) from timeline a where a.feed = s.feed) as editions
        from slots s
        left join timeline t on t.feed = s.feed and t.slot = s.slot
        where s.feed = $feed and s.chart_date = $day
        order by t.ordinal desc nulls last, s.slot desc
        """,
        {"feed": feed, "day": day},
    ).records()
    if not found:
        raise _nothing(warehouse, store, feed, day)
    slots = tuple(sorted((row["slot"] for row in found), reverse=True))
    chosen = next((row for row in found if slot in (None, row["slot"])), None)
    if not chosen:
        fix = f"there are: {', '.join(slots)}"
        raise why_absent(store, feed, day, slot, fix=fix) or UsageError(
            f"{feed} has no slot {slot} on {day}", fix=fix
        )
    if not chosen["is_edition"] and chosen["source"] != "recently-played":
        raise UsageError(
            f"{feed} is no list: nothing in it has a position",
            why=f"its source is {chosen['source']}",
            fix=f"see what came: chartlake lake cat {feed} {day}",
        )
    return Occasion(feed=feed, same_day=slots, **chosen)


def _nothing(warehouse: Warehouse, store: Store, feed: str, day: date) -> UsageError:
    near = warehouse.query(
        """
        select max(case when chart_date < $day then chart_date end),
            min(case when chart_date > $day then chart_date end)
        from slots where feed = $feed
        """,
        {"feed": feed, "day": day},
    ).rows[0]
    neighbours = ", ".join(str(found) for found in near if found)
    fix = f"the nearest there are: {neighbours}" if neighbours else "see: chartlake status"
    if told := why_absent(store, feed, day, fix=fix):
        return told
    if neighbours:
        return UsageError(f"no edition of {feed} of {day} was collected", fix=fix)
    names = [name for (name,) in warehouse.query("select distinct feed from slots order by 1").rows]
    return UsageError(f"there is no feed {feed!r}", fix=f"there are: {', '.join(names) or 'none'}")


def _row(
    warehouse: Warehouse, about: Occasion, item: str
) -> tuple[str | None, dict[str, Any] | None]:
    """The key of the item that is meant, and its row in the slot if it is there."""
    place = (warehouse, about.table, about.feed, about.slot)
    position = items.as_position(item)
    if position is not None:
        row = items.at_position(*place, position)
        if row:
            return row["item_key"], row
    is_place = item.strip().startswith("#")
    key = None if is_place else items.item_key(*place, item)
    if key:
        return key, items.standing(*place, key)
    if position is not None:
        raise _empty_place(warehouse, about, position)
    raise UsageError(
        f"{about.feed} never had an item {item!r}", fix="give a name, an id or a position"
    )


def _empty_place(warehouse: Warehouse, about: Occasion, position: int) -> UsageError:
    names = {"feed": about.feed, "slot": about.slot}
    ((last,),) = warehouse.query(
        f"select max(position) from {about.table} where feed = $feed and slot = $slot", names
    ).rows
    rejects = warehouse.query(
        "select page, item, reason from rejects where feed = $feed and slot = $slot "
        "order by page, item",
        names,
    ).rows
    told = "; ".join(f"record {item} of page {page}: {reason}" for page, item, reason in rejects)
    return UsageError(
        f"nothing stands at #{position} in {about.feed} of {about.chart_date}",
        why=f"of its records these could not be used: {told}" if told else None,
        fix=f"its positions are 1 to {last}" if last else "it is empty",
    )


def _number(
    warehouse: Warehouse, about: Occasion, key: str | None, row: dict[str, Any] | None
) -> Number | None:
    if not about.is_edition:
        return origins.play_of(warehouse, row) if row else None
    if key is None or about.ordinal is None:
        return None
    find = origins.stand_of if row else origins.exit_of
    return find(warehouse, about.feed, about.slot, key)


def _last_row(
    warehouse: Warehouse, about: Occasion, key: str, number: Number | None
) -> dict[str, Any] | None:
    """Of an item that left, its row in the edition before; UsageError where it did not leave."""
    if number:
        last = number.origins.get("last_position")
        return items.standing(warehouse, about.table, about.feed, last.slot, key) if last else None
    days = warehouse.query(
        f"""
        select max(case when s.slot < $slot then s.chart_date end),
            min(case when s.slot > $slot then s.chart_date end)
        from {about.table} e inner join slots s on s.feed = e.feed and s.slot = e.slot
        where e.feed = $feed and e.item_key = $key
        """,
        {"feed": about.feed, "slot": about.slot, "key": key},
    ).rows[0]
    raise UsageError(
        f"it was not in {about.feed} on {about.chart_date}, nor did it leave there then",
        why=f"the key of the item is {key}",
        fix="; ".join(
            f"it was there {when} on {found}"
            for when, found in zip(("before,", "after,"), days, strict=True)
            if found
        ),
    )
