"""What is told on the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from .growth import Grown
from .rounds import CONTESTANTS, Result
from .views import Days, Lambda
from .world import Made

WHAT = {contestant.name: contestant for contestant in CONTESTANTS}


def tell_results(console: Console, made: Made, results: list[Result]) -> None:
    """One world: who took how long."""
    title = f"{made.variant}: {made.items:,} items, {made.gigabytes:.2f} GB of JSON"
    names = ("seconds", "fastest", "GB/s", "peak MB", "of ours-2")
    table = Table("", *names, title=title, title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    mine = next((each.seconds for each in results if each.contestant == "ours-2"), None)
    for limit in (False, True):
        for each in results:
            if WHAT[each.contestant].is_limit == limit:
                table.add_row(*_line(each, mine))
        table.add_section()
    console.print(table)
    for each in results:
        if each.part < 1:
            what = WHAT[each.contestant].what
            console.print(f"{what}: measured on {each.part:.1%} of the world, and drawn out.")


def _line(result: Result, mine: float | None) -> list[str]:
    about = "~" if result.part < 1 else ""
    return [
        WHAT[result.contestant].what,
        f"{about}{result.seconds:,.2f}",
        f"{about}{result.middle.fastest / result.part:,.2f}",
        f"{about}{result.gigabytes_a_second:.2f}",
        f"{result.middle.peak_mb:,.0f}",
        f"{about}{result.seconds / mine:.2f}" if mine else "",
    ]


def tell_days(console: Console, days: Days) -> None:
    """One more day."""
    for name, each in (("first day", days.first), ("one more, after ninety", days.one_more)):
        console.print(
            f"{name}: {each.process_seconds:.2f} s with its process, {each.seconds:.2f} s the build"
        )


def tell_lambda(console: Console, found: Lambda) -> None:
    """The cold start."""
    slot = found.slot
    where = "in 512 MB of addresses" if found.limited else "not within 512 MB of addresses"
    console.print(
        f"Lambda: import {found.import_seconds:.2f} s; one slot {slot.seconds:.3f} s {where}, "
        f"{slot.process_seconds:.2f} s with its process, {slot.peak_mb:,.0f} MB at most"
    )
    slowest = ", ".join(f"{name} {seconds:.3f} s" for name, seconds in found.slowest_imports)
    console.print(f"Imports that take longest, each with what it imports itself: {slowest}")


def tell_growth(console: Console, grown: list[Grown]) -> None:
    """How time and memory grow."""
    table = Table(
        "items", "GB", "seconds", "s per GB", "MB after 45k", "MB at last", title="Growth"
    )
    for each in grown:
        table.add_row(
            f"{each.items:,}",
            f"{each.gigabytes:.1f}",
            f"{each.seconds:,.1f}",
            f"{each.seconds / each.gigabytes:.2f}",
            f"{each.first_peak_mb:,.0f}",
            f"{each.peak_mb:,.0f}",
        )
    console.print(table)
