"""What is true when something is over: a job, or all of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from obstore.store import MemoryStore

from chartlake.lake import keys, tombstones
from chartlake.lake.store import Store
from chartlake.model import Slot, sha256
from tests.properties import oracle, sources
from tests.properties.invariants import Broken, LakeWatch, Live, Place, check_best
from tests.properties.jobs import Work
from tests.properties.sources import FEEDS

__all__ = ["Promise", "check_due", "check_settled", "check_undisturbed"]

READING = timedelta(hours=1)  # one that began in time may take so long
_SCRATCH = Store(MemoryStore, "scratch")
_KNOWN: dict[tuple[str, Slot, int], oracle.Rows] = {}


def check_due(lake: LakeWatch, store: Store, at: datetime, *, strict: bool) -> None:
    """8: of each feed, every slot before the current one is settled, or its feed is closed.

    Unless ``strict`` a failure that says why a slot is open is enough: it may be newer than
    the plan of whoever reconciled.
    """
    there = lake.standing()
    for feed in FEEDS:
        failed = store.folders(keys.failures_of(feed.name))
        tried = [*failed, *(slot for name, slot in there if name == feed.name)]
        if not tried or tombstones.closed(store, feed):
            continue
        for slot in sources.due_slots(feed.name, Slot(min(tried)), at - READING)[:-1]:
            if (feed.name, slot) not in there and (strict or slot not in failed):
                raise Broken(8, f"{feed.name} {slot} was due, and nothing tells of it")


def check_settled(lake: LakeWatch, found: Mapping[Place, Live]) -> None:
    """7 and 9: all that is committed is built and loaded, by the best attempt."""
    best = lake.live()
    for place, manifest in lake.standing().items():
        if place not in best or best[place].slot.revision < manifest.revision:
            raise Broken(7, f"{place} revision {manifest.revision} is committed, not built")
    check_best(found, best)


def check_undisturbed(lake: LakeWatch) -> None:
    """7: what was read is what one undisturbed run would have read."""
    standing = lake.standing()
    for (name, slot), (made, built) in lake.live().items():
        if name not in sources.DAYS or standing[name, slot].missed:
            continue
        found = oracle.without_unchanged(lake.rows(built, made.transform_version))
        if found != _undisturbed(name, built.slot, made.transform_version):
            raise Broken(7, f"{name} {slot} is not what its source gave")


def _undisturbed(name: str, slot: Slot, version: int) -> oracle.Rows:
    if (name, slot, version) not in _KNOWN:
        feed = next(feed for feed in FEEDS if feed.name == name)
        _KNOWN[name, slot, version] = oracle.undisturbed(_SCRATCH, feed, slot, version)
    return _KNOWN[name, slot, version]


class Promise:
    """What a job must have brought about when it says that it is done."""

    def __init__(self, lake: LakeWatch, store: Store, work: Work) -> None:
        self._lake, self._store, self._work = lake, store, work
        self._planned_at = work.pipeline.clock()
        self._built: list[str] = []
        work.planning, work.loading = self._planning, self._loading

    def _planning(self) -> None:
        """A plan is about to be made: it knows what is due by now."""
        self._planned_at = self._work.pipeline.clock()

    def _loading(self) -> None:
        """A load is about to begin: it knows the builds there are."""
        self._built = list(self._lake.builds)

    def check(self, found: Mapping[Place, Live]) -> None:
        """Broken where it did less than it says; ``found`` is live in the warehouse."""
        if self._work.is_loaded:
            check_best(found, self._lake.live(self._built))
        if self._work.is_reconciled:
            check_due(self._lake, self._store, self._planned_at, strict=False)
        if any(taken.status in ("new", "replaced") for taken in self._work.imported):
            self._check_kept(sha256(self._work.file.read_bytes()))

    def _check_kept(self, digest: str) -> None:
        kept = (manifest.pages for manifest in self._lake.manifests.values())
        if digest not in {page.sha256 for pages in kept for page in pages}:
            raise Broken(1, f"{self._work.file} was taken in, and is not there")
