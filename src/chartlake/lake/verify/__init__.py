"""Verification: whether the lake is what its commits say, down to each byte.

    slots      manifests, and the raw pages that they commit
    curated    builds and their files
    marts      runs of the marts, and their files
    due        the slots that were due
    findings   what was counted and found

Feed by feed and object by object: of a lake of any size only the listing of one
feed, the names of the curated files and a number for each slot are in memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from chartlake.lake import checkpoint, keys, tombstones
from chartlake.lake.garbage import GRACE
from chartlake.lake.store import Store
from chartlake.lake.verify.curated import verify_builds
from chartlake.lake.verify.due import verify_due
from chartlake.lake.verify.findings import Finding, Findings
from chartlake.lake.verify.marts import verify_marts
from chartlake.lake.verify.slots import Hashes, place_of, verify_feed
from chartlake.model import Feed, slot_month

__all__ = ["Finding", "Findings", "verify"]


def verify(
    store: Store,
    now: datetime,
    grace: timedelta = GRACE,
    feed: str | None = None,
    followed: Iterable[Feed] = (),
) -> Findings:
    """Read everything (of one feed) and compare it with what was committed; nothing is changed.

    Of the feeds that are ``followed`` slots are due up to now.
    """
    findings, hashes, goes_on = Findings(), Hashes(), {each.name: each for each in followed}
    there = {*store.folders(keys.RAW), *store.folders(keys.MANIFESTS)}
    there |= set(tombstones.feeds_with_buried_slots(store))
    for name in sorted(there) if feed is None else [feed]:
        slots = verify_feed(store, name, now - grace, findings, hashes)
        verify_due(store, slots, goes_on.get(name), now, findings)
    covered, lost = verify_builds(store, feed, now - grace, findings, hashes)
    findings.leave_out(lambda finding: _follows(finding, lost))
    findings.count("slots", committed=len(hashes), built=len(hashes.keys() & covered))
    _tell_unbuilt(store, feed, findings, hashes, covered)
    if feed is None:
        verify_marts(store, now - grace, findings)
    for listed in store.unfinished() if feed is None else ():
        findings.note("unfinished", "a write that was killed left this", listed.key, "chartlake gc")
    return findings


def _follows(finding: Finding, lost: set[tuple[str, str]]) -> bool:
    """Whether this is of a slot whose manifest is gone, which is told with what to do."""
    if finding.zone == "raw":
        feed, slot = finding.where.split("/")[1], keys.raw_slot(finding.where)
        return (feed, str(slot)) in lost
    return finding.zone == "slots" and tuple(finding.where.split()) in lost


def _tell_unbuilt(
    store: Store, feed: str | None, findings: Findings, hashes: Hashes, covered: set[int]
) -> None:
    """Committed slots without a build; of several revisions only the standing one needs one.

    In months that count as settled no run looks for them.
    """
    if hashes.keys() <= covered:
        return
    since = checkpoint.settled_before(store)
    for name in [feed] if feed else store.folders(keys.MANIFESTS):
        found = (keys.slot_and_revision(key) for key in store.keys(keys.manifests_of(name)))
        standing = dict(sorted(place for place in found if place))
        for slot, revision in standing.items():
            place = place_of(name, slot, revision)
            if place in hashes and place not in covered:
                where = f"{name} {slot}"
                if checkpoint.is_open(slot_month(slot), since):
                    findings.note("slots", "committed, and not built yet", where, "chartlake run")
                else:
                    fix = "chartlake reconcile --all"
                    findings.error("slots", "committed, and its build is not there", where, fix)
