"""Faults in builds, and in which of them is live."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from chartlake import pipeline
from chartlake.lake import builds, keys
from chartlake.lake.curated import CuratedFiles
from chartlake.lake.store import Store
from chartlake.model import Build, BuiltFile
from chartlake.transform import build as transform
from chartlake.transform import compact
from chartlake.warehouse import duckdb_load
from tests.properties.mutants.mutant import Overwriting, Patch, breaks, overwriting


@breaks(1, 4)
def builds_may_be_overwritten(patch: Patch) -> None:
    overwriting(patch, builds, "commit", keys.BUILDS)


@breaks(4)
def a_build_before_its_files(patch: Patch) -> None:
    later: dict[str, list[tuple[str, bytes]]] = {}
    real, write = builds.commit, CuratedFiles.finish

    def finish(self: Any) -> tuple[BuiltFile, ...]:
        mine = later.setdefault(self._attempt, [])

        class Late(Overwriting):
            def create(self, key: str, content: bytes) -> bool:
                mine.append((key, content))
                return True

        self._store = Late(self._store, "")
        files: tuple[BuiltFile, ...] = write(self)
        return files

    def commit(store: Store, *rest: Any) -> Build:
        build = real(store, *rest)
        for key, content in later.pop(rest[-1], []):
            store.create(key, content)
        return build

    patch.setattr(CuratedFiles, "finish", finish)
    patch.setattr(builds, "commit", commit)


@breaks(7)
def a_slot_once_built_is_never_built_again(patch: Patch) -> None:
    real = transform.unbuilt

    def unbuilt(store: Store, since: str | None = None, at_least: int = 0) -> list[transform.Place]:
        done = {
            (slot.feed, slot.slot)
            for key in builds.list_builds(store)
            for slot in builds.read_build(store, key).slots
        }
        return [p for p in real(store, since, at_least) if (p.feed, p.slot) not in done]

    patch.setattr(pipeline, "unbuilt", unbuilt)


@breaks(4, 10, rare=True)
def a_compaction_covers_a_slot_without_its_rows(patch: Patch) -> None:
    real = compact._rows

    def rows(store: Store, feed: str, live: Any) -> Mapping[str, pa.Table]:
        first = min(live)
        found = real(store, feed, live)
        return {
            name: table.filter(pc.not_equal(table["slot"], first)) if name == "entries" else table
            for name, table in found.items()
        }

    patch.setattr(compact, "_rows", rows)


def _ranking(patch: Patch, rank: Callable[[int, int, int, str], builds.Rank]) -> None:
    patch.setattr(builds.Rank, "of", staticmethod(rank))


@breaks(7, 9)
def the_revision_does_not_count(patch: Patch) -> None:
    real = builds.Rank.of
    _ranking(patch, lambda revision, *rest: real(0, *rest))


@breaks(9, rare=True)
def the_version_of_the_transform_does_not_count(patch: Patch) -> None:
    real = builds.Rank.of
    _ranking(patch, lambda revision, version, *rest: real(revision, 0, *rest))


@breaks(7, 9)
def the_lowest_rank_wins(patch: Patch) -> None:
    real = builds.Rank.of
    _ranking(
        patch, lambda revision, version, covered, key: real(-revision, -version, -covered, key)
    )


@breaks(7, 9)
def the_latest_arrival_wins(patch: Patch) -> None:
    def winners(
        db: duckdb.DuckDBPyConnection, candidates: Iterable[Build], there: Collection[str]
    ) -> Any:
        return {
            (slot.feed, str(slot.slot)): (build, slot)
            for build in candidates
            for slot in build.slots
        }

    patch.setattr(duckdb_load, "_winners", winners)
