"""Why there is nothing of a date: it was missed, it was purged, or it waits to be loaded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from chartlake import schedule
from chartlake.errors import UsageError
from chartlake.lake import aside, raw, tombstones
from chartlake.lake.references import last_feed
from chartlake.lake.store import Store
from chartlake.model import Manifest, Slot, slot_time

__all__ = ["missed", "standing_on", "why_absent"]


def why_absent(
    store: Store, feed: str, day: date, slot: str | None = None, *, fix: str
) -> UsageError | None:
    """The error that tells why nothing of a date is shown; None where the lake does not know.

    With ``slot`` that of this one slot. ``fix`` is for what nobody can bring back.
    """
    if feed not in {*raw.feeds(store), *tombstones.feeds_with_buried_slots(store)}:
        return None
    committed = [each for each in standing_on(store, feed, day) if slot in (None, each.slot)]
    waiting = next((manifest for manifest in committed if not manifest.missed), None)
    if waiting:
        return _not_loaded(store, waiting)
    if committed:
        return missed(committed[0], fix)
    gone = [each for each in _buried(store, feed, day) if slot in (None, each)]
    return _purged(store, feed, day, gone[0], fix) if gone else None


def missed(manifest: Manifest, fix: str) -> UsageError:
    """The error for a slot that nobody read while it could be read."""
    return UsageError(
        f"{manifest.feed.name} {manifest.chart_date} was missed: nobody read {manifest.slot} "
        "while it could be read",
        why=manifest.missed,
        fix=fix,
    )


def standing_on(store: Store, feed: str, day: date) -> Iterator[Manifest]:
    """The standing manifests of a chart date, the last one first."""
    revisions: dict[Slot, int] = {}
    for month in _months_near(day):
        revisions |= raw.latest_revisions(store, feed, month)
    for slot in sorted(revisions, reverse=True):
        if _is_near(slot, day):
            manifest = raw.read_manifest(store, feed, slot, revisions[slot])
            if manifest.chart_date == day:
                yield manifest


def _is_near(slot: Slot, day: date) -> bool:
    """Whether a slot can have this chart date: time zones differ from UTC by a day at most."""
    at = slot_time(slot)
    return at is not None and abs((at.date() - day).days) <= 1


def _months_near(day: date) -> set[str]:
    first, last = date.min.toordinal(), date.max.toordinal()
    near = (min(max(day.toordinal() + shift, first), last) for shift in (-1, 1))
    return {str(date.fromordinal(number))[:7] for number in near}


def _not_loaded(store: Store, manifest: Manifest) -> UsageError:
    place = (manifest.feed.name, manifest.slot)
    failures = [f.what for f in aside.list_failures(store, [place]) if f.stage == "transform"]
    return UsageError(
        f"{manifest.feed.name} {manifest.chart_date} is in the lake, but not in the warehouse",
        why=failures[-1] if failures else f"{manifest.slot} is not built, or not loaded yet",
        fix="chartlake reconcile builds it and loads it",
    )


def _buried(store: Store, feed: str, day: date) -> list[Slot]:
    """The purged slots of a chart date, the last one first."""
    near = [slot for slot in tombstones.buried(store, feed) if _is_near(slot, day)]
    known = last_feed(store, feed) if near else None  # a purged slot tells of no time zone

    def date_of(slot: Slot) -> date | None:
        at = slot_time(slot)
        return schedule.chart_date(known, at) if known and at else at and at.date()

    return sorted((slot for slot in near if date_of(slot) == day), reverse=True)


def _purged(store: Store, feed: str, day: date, slot: Slot, fix: str) -> UsageError:
    tombstone = tombstones.of_slot(store, feed, slot)
    return UsageError(
        f"{feed} {day} was purged",
        why=f"{slot}: {tombstone.why}, at {tombstone.at:%Y-%m-%d %H:%M} UTC",
        fix=fix,
    )
