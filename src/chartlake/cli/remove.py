"""chartlake purge: slots of a feed, removed everywhere; and what every removal needs."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import ExitStack
from datetime import datetime
from typing import Annotated, Any

import typer

from chartlake.cli import show
from chartlake.cli.options import AsJson, From, ProjectDir, To, open_here
from chartlake.errors import CorruptObject, StorageError, UsageError
from chartlake.lake import forget, raw, tombstones
from chartlake.lake import purge as removal
from chartlake.lake.purge import Removed
from chartlake.lake.store import Store
from chartlake.model import Slot
from chartlake.wiring.project import Project

__all__ = [
    "Yes",
    "alone",
    "check_known",
    "check_sure",
    "facts_of",
    "finish_removals",
    "print_removed",
    "purge",
]

_PURGED = "it was purged"
_TURN_SECONDS = 600.0
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask whether I am sure.")]
_Date = Annotated[
    datetime | None,
    typer.Option("--date", metavar="YYYY-MM-DD", formats=["%Y-%m-%d"], help="Only this one."),
]


def purge(
    feed: Annotated[str, typer.Argument(help="The feed.")],
    day: _Date = None,
    first: From = None,
    last: To = None,
    everything: Annotated[bool, typer.Option("--all", help="Its whole history.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """Remove slots of a feed everywhere: raw, tables, warehouse. Nothing brings them back."""
    is_span = first is not None and last is not None
    is_half = (first is None) != (last is None)
    if is_half or (day is not None) + is_span + everything != 1:
        raise UsageError(
            "purge needs to know what to remove", fix="--date DAY, or --from DAY --to DAY, or --all"
        )
    here = open_here(project)
    check_known(here.store, feed)
    low, high = (day, day) if day else (first, last)
    with alone(here.store, "keep", "extract", "marts"):
        slots = removal.select(
            here.store, feed, low.date() if low else None, high.date() if high else None
        )
        if slots:
            check_sure(f"remove {_span(feed, slots)} everywhere, for good", yes)
        tombstones.bury(here.store, feed, slots, _PURGED, here.pipeline.clock())
        removed = finish_removals(here, [feed])
    if as_json:
        show.json({"feed": feed, "slots": sorted(slots), **facts_of(removed)})
    else:
        show.line(f"Removed {_span(feed, slots)}." if slots else f"{feed} has nothing there.")
        print_removed(removed)


def alone(store: Store, *names: str, so: str = "nothing was removed") -> ExitStack:
    """Keep other runs on this machine out meanwhile; StorageError where one goes on and on.

    It may be writing what is to be gone, or files that it has not committed: to a removal they
    look like leavings.
    """
    with ExitStack() as stack:
        for name in names:
            if not stack.enter_context(store.alone(name, _TURN_SECONDS)):
                raise StorageError(
                    f"another run goes on at the same time, and {so}",
                    why=f"this has waited for it for {_TURN_SECONDS / 60:.0f} minutes",
                    fix="run the command again when the other one has ended",
                )
        return stack.pop_all()


def finish_removals(
    here: Project, feeds: list[str] | None = None, *, everywhere: bool = True
) -> Removed:
    """Complete what tombstones ask for, in the lake and in the warehouse.

    Without ``feeds`` also what came after the tombstones of forgotten feeds.
    With ``everywhere`` the warehouse is written anew, also where it holds none of the
    slots any more: an earlier call may have been interrupted before it was.
    """
    if feeds is None:
        forget.bury_late(here.store, here.pipeline.clock())
    names = tombstones.feeds_with_buried_slots(here.store) if feeds is None else feeds
    removed, problem = Removed(Counter()), None
    try:
        removed = removal.finish(here.store, names)
    except CorruptObject as error:  # a build had to stay; the warehouse need not wait for it
        problem = error
    buried = removal.buried_slots(here.store, names)
    revisions = {place: found.revision for place, found in buried.items()}
    is_due = everywhere or problem or removed.anything
    if revisions and (is_due or here.warehouse.holds(revisions)):
        here.warehouse.remove(here.store, revisions.keys(), here.pipeline.clock())
    if problem:
        raise problem
    return removed


def check_sure(what: str, yes: bool, otherwise: str = "nothing was removed") -> None:
    """Ask a person; UsageError where there is none to ask, or who does not want it."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"this would {what}, and nobody can be asked", fix="add --yes")
    show.note(f"this will {what}. Type yes to go on:")
    if sys.stdin.readline().strip().lower() != "yes":
        raise UsageError(otherwise)


def check_known(store: Store, feed: str) -> None:
    """UsageError for a feed of which the lake has nothing."""
    known = {*raw.feeds(store), *tombstones.feeds_with_buried_slots(store)}
    if feed not in known and not removal.known_slots(store, feed):
        raise UsageError(f"the lake has nothing of a feed {feed!r}", fix="see: chartlake lake ls")


def print_removed(removed: Removed) -> None:
    """Say what was removed, and what was not."""
    if removed.anything:
        told = ", ".join(f"{count:,} {kind}" for kind, count in removed.objects.items() if count)
        show.line(f"removed {told} ({show.size(removed.size)})")
    if removed.shared:
        show.warn(
            f"{len(removed.shared):,} raw objects stay, because slots that were unchanged since "
            "refer to their pages"
        )
    if removed.unbuilt:
        show.warn(
            f"{len(removed.unbuilt):,} other slots lost their build, which was damaged: "
            "chartlake reconcile --all makes another"
        )
    if removed.short:
        names = ", ".join(f"{slot.feed} {slot.slot}" for slot in removed.short)
        show.warn(
            f"{len(removed.short):,} other slots have lost rows ({names}): a file of their build "
            "was damaged, and their raw pages are gone. What could be read of them stays"
        )


def facts_of(removed: Removed) -> dict[str, Any]:
    """What was removed, for programs."""
    return {
        "removed": removed.objects,
        "removed_bytes": removed.size,
        "shared": removed.shared,
        "unbuilt": [f"{slot.feed} {slot.slot}" for slot in removed.unbuilt],
        "short": [f"{slot.feed} {slot.slot}" for slot in removed.short],
    }


def _span(feed: str, slots: dict[Slot, int]) -> str:
    first, last = min(slots), max(slots)
    count = f"{len(slots):,} {'slot' if len(slots) == 1 else 'slots'}"
    return (
        f"{count} of {feed} ({first})"
        if first == last
        else f"{count} of {feed} ({first} to {last})"
    )
