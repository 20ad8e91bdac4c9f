"""A lake of a few days, the work that one more day brings, and a reader that knows no warehouse.

The work has everything in it: a slot that nobody read, two feeds to read, files to import (one
of them a correction, one that is none), a build, a month to compact, and a new transform.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from obstore.store import MemoryStore

from chartlake.extract.due import DueSlot
from chartlake.lake import builds, curated, raw
from chartlake.lake.store import Store
from chartlake.model import Body, Build, BuiltSlot, Feed, Snapshot
from chartlake.pipeline import Pipeline
from chartlake.transform.engine import LocalEngine
from chartlake.warehouse.port import CheckResult, Loaded, Warehouse
from tests.charts import write_chart

FEEDS = tuple(
    Feed(name=name, source="playlist", source_id=name[0] * 22, schedule="daily")
    for name in ("finds", "hits")
)
READ_AT = time(6)
FIRST = datetime(2026, 2, 25, 6, tzinfo=UTC)
NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)  # nobody was there on the day before
CORRECTION = ("2026-02-21", "bac")
UNLIKE = frozenset({"attempt_id", "observed_at", "noted_at"})
"""What two lakes of the same content need not agree in."""

Rows = Counter[tuple[Any, ...]]
Slots = dict[tuple[str, str], Rows]
"""The rows of each feed and slot, each with its table, as a multiset."""


def read(due: DueSlot) -> Snapshot:
    """A list of some items that are not available any more, another number each day."""
    count = due.chart_date.day % 3 + len(due.feed.name)
    content = {"name": due.feed.name, "items": {"items": [{"item": None}] * count, "offset": 0}}
    body = Body(
        content=json.dumps(content).encode(),
        resource="playlist",
        media_type="application/json",
        received_at=datetime.combine(due.chart_date, READ_AT, UTC),
    )
    return Snapshot(
        feed=due.feed, slot=due.slot, chart_date=due.chart_date, bodies=(body,), item_count=count
    )


class LakeReader:
    """A warehouse that is the lake itself, read as the design says, and by nothing of ours."""

    def __init__(self) -> None:
        self._live: list[tuple[str, str, int]] = []

    def load(self, store: Store, now: datetime) -> Loaded:
        self._live = [(*place, slot.revision) for place, (_, slot) in live(store).items()]
        return Loaded(len(self._live), 0)

    def loaded(self) -> dict[tuple[str, str], int]:
        return {(feed, slot): revision for feed, slot, revision in self._live}

    def check(self) -> list[CheckResult]:
        return []


def live(store: Store) -> dict[tuple[str, str], tuple[Build, BuiltSlot]]:
    """Each slot's live attempt."""
    found: dict[tuple[str, str], tuple[Build, BuiltSlot]] = {}
    for build in sorted(
        (builds.read_build(store, key) for key in builds.list_builds(store)),
        key=lambda build: build.build_id,
        reverse=True,
    ):
        for slot in build.slots:
            before = found.get((slot.feed, slot.slot))
            if not before or _rank(build, slot) >= _rank(*before):
                found[slot.feed, slot.slot] = (build, slot)
    return found


def _rank(build: Build, slot: BuiltSlot) -> tuple[int, int, int]:
    return slot.revision, build.transform_version, len(build.slots)


def visible(store: Store) -> Slots:
    """What a reader who follows the commits sees; every file that a commit names is read."""
    rows: dict[tuple[str, str, str], Rows] = {}
    standing = live(store)
    for build in {build.build_id: build for build, _ in standing.values()}.values():
        for file in build.files:
            for row in curated.read_table(store, file).to_pylist():
                place = (row["feed"], row["slot"], row["attempt_id"])
                kept = tuple(value for name, value in row.items() if name not in UNLIKE)
                rows.setdefault(place, Counter())[file.table, *kept] += 1
    return {
        place: rows.get((*place, build.attempt), Counter())
        for place, (build, _) in standing.items()
    }


def check_committed(store: Store) -> None:
    """Whatever a manifest names is there, and is what it says."""
    for feed in raw.feeds(store):
        for slot, revision in raw.latest_revisions(store, feed).items():
            manifest = raw.read_manifest(store, feed, slot, revision)
            assert len(list(raw.read_pages(store, manifest))) == len(manifest.pages)


def pipeline(store: Store, now: datetime, warehouse: Warehouse | None = None) -> Pipeline:
    """The real stages over a store, and over a warehouse or none."""
    return Pipeline(
        store=store,
        readers={feed.name: read for feed in FEEDS},
        engine=LocalEngine(),
        warehouse=warehouse or LakeReader(),
        clock=lambda: now,
        workers=1,
    )


def in_memory() -> tuple[MemoryStore, Store]:
    objects = MemoryStore()
    return objects, Store(lambda: objects, "memory://")


def copy_of(store: Store) -> Store:
    """The same objects in another store."""
    _, copy = in_memory()
    fill(copy, store)
    return copy


def fill(store: Store, other: Store) -> None:
    """Put all objects of another store into one."""
    for key in other.keys(""):
        store.create(key, other.get(key))


def prepared(folder: Path) -> Store:
    """Three days of both feeds, each built at once, and two files; then a day without a run."""
    _, store = in_memory()
    for days in range(3):
        stages = pipeline(store, FIRST + timedelta(days=days))
        stages.mark_missed(FEEDS, stages.plan(FEEDS))
        stages.extract(FEEDS)
        stages.transform()
    imports = ("2026-02-20", "abc"), ("2026-02-21", "cab")
    taken = stages.import_files([write_chart(folder, *chart) for chart in imports])
    stages.transform()
    taken += stages.import_files([write_chart(folder, *CORRECTION)])  # kept aside
    assert [each.status for each in taken] == ["new", "new", "conflict"]
    return store


def files(folder: Path) -> list[Path]:
    """What is to be imported: a new file, a correction, and something else."""
    folder.mkdir(exist_ok=True)
    other = folder / "regional-is-daily-2026-02-23.csv"
    other.write_text("<html>")
    return [
        write_chart(folder, "2026-02-22", "bca"),
        write_chart(folder, *CORRECTION),
        other,
    ]


def run(store: Store, warehouse: Warehouse) -> None:
    """All that `chartlake run` does, in its order."""
    stages = pipeline(store, NOW, warehouse)
    stages.mark_missed(FEEDS, stages.plan(FEEDS))
    assert not [result.error for result in stages.extract(FEEDS) if result.error]
    assert not stages.transform().failed
    assert not stages.load().left_out
    assert not [check for check in stages.check() if check.failures and check.severity == "error"]


def work(store: Store, paths: Sequence[Path]) -> None:
    """All that changes a lake, as the commands have it in order."""
    stages = pipeline(store, NOW)
    stages.load()
    stages.mark_missed(FEEDS, stages.plan(FEEDS))
    stages.extract(FEEDS)
    imported = stages.import_files(paths, replace=True)
    assert not {"conflict", "refused"} & {each.status for each in imported[:-1]}
    stages.transform()
    for found in stages.compact():
        assert not found.error
    stages.build(stages.outdated())
    stages.load()
    stages.plan(FEEDS, whole=True)
