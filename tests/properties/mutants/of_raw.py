"""Faults in what commits a slot, and in what is known to be due."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec

from chartlake import pipeline, reconcile
from chartlake.extract import files
from chartlake.lake import checkpoint, keys, raw
from chartlake.lake.state import change_state
from chartlake.lake.store import Store
from chartlake.model import Feed, Manifest, Slot, Snapshot, slot_at, slot_month
from tests.properties import sources
from tests.properties.mutants.mutant import Overwriting, Patch, breaks, overwriting


@breaks(3)
def a_manifest_before_its_pages(patch: Patch) -> None:
    real = raw.hold

    def commit(store: Store, snapshot: Snapshot, revision: int = 1) -> tuple[Manifest, bool]:
        attempt, later = keys.new_attempt(), []

        class Late(Overwriting):
            def create(self, key: str, content: bytes) -> bool:
                later.append((key, content))
                return True

        late: Any = Late(store, "")
        held = real(late, snapshot.feed.name, snapshot.slot, snapshot.bodies, attempt)
        made = raw._manifest(snapshot, (*snapshot.kept, *held), attempt, revision)
        place = (snapshot.feed.name, snapshot.slot, revision)
        won = store.create(keys.manifest(*place), msgspec.json.encode(made))
        for key, content in later:
            store.create(key, content)
        return (made, True) if won else (raw.read_manifest(store, *place), False)

    patch.setattr(raw, "commit", commit)


@breaks(2)
def manifests_may_be_overwritten(patch: Patch) -> None:
    overwriting(patch, raw, "commit", keys.MANIFESTS)


@breaks(2)
def a_missed_mark_overwrites_what_was_read(patch: Patch) -> None:
    overwriting(patch, raw, "mark_missed", keys.MANIFESTS)


@breaks(2)
def a_missed_mark_at_a_key_of_its_own(patch: Patch) -> None:
    def mark(
        store: Store,
        feed: Feed,
        slot: Slot,
        chart_date: date,
        why: str,
        at: datetime,
        last_read: Slot | None = None,
    ) -> bool:
        made = Manifest(
            feed=feed,
            slot=slot,
            chart_date=chart_date,
            revision=0,
            attempt=keys.new_attempt(),
            raw_key="",
            pages=(),
            item_count=0,
            observed_at=at,
            missed=why,
        )
        return store.create(keys.manifest(feed.name, slot, 0), msgspec.json.encode(made))

    patch.setattr(raw, "mark_missed", mark)


@breaks(1, 3)
def raw_objects_named_the_same_each_time(patch: Patch) -> None:
    real = keys.raw
    patch.setattr(keys, "raw", lambda feed, slot, attempt, suffix: real(feed, slot, "one", suffix))


@breaks(3)
def an_unchanged_slot_names_pages_that_nobody_committed(patch: Patch) -> None:
    real = raw.pages_to_keep

    def garbage(manifest: Manifest) -> tuple[Any, ...]:
        return tuple(
            msgspec.structs.replace(page, raw_key=f"{page.raw_key}.abandoned")
            for page in real(manifest)
        )

    patch.setattr(sources, "pages_to_keep", garbage)


@breaks(8)
def nothing_is_ever_marked_as_missed(patch: Patch) -> None:
    patch.setattr(pipeline, "mark_missed", lambda store, feed, slots, now: 0)


@breaks(8)
def what_can_be_read_still_is_marked(patch: Patch) -> None:
    real = reconcile._open

    def impatient(*arguments: Any) -> Any:
        found = real(*arguments)
        return found._replace(lost=(*found.lost, *found.waiting))

    patch.setattr(reconcile, "_open", impatient)


@breaks(7, 8, rare=True)
def the_checkpoint_advances_too_far(patch: Patch) -> None:
    def advance(store: Store, plan: reconcile.Plan, now: datetime) -> None:
        mark = checkpoint.Checkpoint(month=slot_month(slot_at(now)))
        change_state(store, "checkpoint", checkpoint.Checkpoint, lambda before: mark)

    patch.setattr(pipeline, "advance_checkpoint", advance)


@breaks(7)
def an_import_does_not_lower_the_checkpoint(patch: Patch) -> None:
    class Quiet:
        @staticmethod
        def lower(store: Store, month: str) -> None:
            pass

    patch.setattr(files, "checkpoint", Quiet)


@breaks(7, rare=True)
def one_plan_is_enough_to_settle_a_month(patch: Patch) -> None:
    def advanced(known: checkpoint.Checkpoint, month: str, now: datetime) -> Any:
        return checkpoint.Checkpoint(month=month)

    patch.setattr(checkpoint, "_advanced", advanced)
