"""The calendar: each slot that was due is committed, missed, purged, or open for a known reason."""

from __future__ import annotations

from datetime import datetime

from chartlake import schedule
from chartlake.errors import CorruptObject
from chartlake.lake import keys, tombstones
from chartlake.lake.calendar import due_slots
from chartlake.lake.store import Store
from chartlake.lake.verify.findings import Findings
from chartlake.lake.verify.slots import FeedSlots
from chartlake.model import Feed, Slot, slot_at, slot_time

__all__ = ["verify_due"]


def verify_due(
    store: Store, slots: FeedSlots, followed: Feed | None, now: datetime, findings: Findings
) -> None:
    """Compare a feed's slots with what was due since its first one.

    It was due up to now where it is ``followed`` as its last slot was; else, and where
    it is an archive of files, it ends where it ends.
    """
    try:
        _verify(store, slots, followed, now, findings)
    except (ValueError, LookupError, OverflowError, CorruptObject) as error:
        what = f"the schedule that its manifests tell cannot be followed ({error})"
        findings.error("slots", what, slots.name, "restore the manifests from a backup")


def _verify(
    store: Store, slots: FeedSlots, followed: Feed | None, now: datetime, findings: Findings
) -> None:
    if not slots.feeds:
        return
    last_feed = slots.feeds[-1][1]
    for _, feed in slots.feeds:
        if feed.schedule is not None:
            schedule.check_schedule(feed.schedule)  # a manifest may say anything
    buried = tombstones.buried(store, slots.name)
    failed = {Slot(name) for name in store.folders(keys.failures_of(slots.name))}
    closed = tombstones.closed(store, last_feed)
    dated = sorted(slot for slot in slots.committed if slot_time(slot))
    goes_on = followed is not None and not last_feed.is_of_files
    for slot in due_slots(store, followed or last_feed, dated, now, goes_on=goes_on):
        if slot in slots.committed or slot in buried or (closed and slot >= closed.slot):
            continue
        _tell(slots, slot, slot in failed, now, findings)


def _tell(slots: FeedSlots, slot: Slot, failed: bool, now: datetime, findings: Findings) -> None:
    where = f"{slots.name} {slot}"
    findings.count("slots", open=1)
    if slots.feeds[-1][1].is_of_files:
        fix = f"chartlake backfill --feed {slots.name}"
        findings.note("slots", "a date between the imported files is not there", where, fix)
    elif slot >= slot_at(schedule.first_open(slots.feeds[-1][1], now)):
        findings.note("slots", "due now, and not read yet", where, "chartlake run")
    elif failed:
        findings.note("slots", "open: it could not be read", where, "chartlake reconcile")
    else:
        what = "no manifest, no mark that it was missed, no reason why"
        findings.error("slots", what, where, "chartlake reconcile --all")
