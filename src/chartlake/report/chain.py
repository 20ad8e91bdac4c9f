"""From a row of the warehouse down to the bytes that it was read from, each link verified.

The chain is followed as far as it holds: what is damaged or gone is a problem in words, and the
links below it are left out where they can't be reached any more.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from chartlake.errors import CorruptObject, DataError, StorageError
from chartlake.lake import builds, curated, keys, raw, retention
from chartlake.lake.store import Store
from chartlake.model import Build, BuiltFile, Manifest, Page, Slot, slot_month
from chartlake.report.links import BuildLink, CuratedFile, ManifestLink, PageLink, Record
from chartlake.warehouse.port import Warehouse

__all__ = ["Chain", "Locate"]

Locate = Callable[[Page, bytes, int], tuple[range, range | None]]
"""Where a page holds its record number n (from 0), and the header that explains it, if any."""


@dataclass
class Chain:
    """The links that could be followed, and what is wrong with them."""

    build: BuildLink | None = None
    manifest: ManifestLink | None = None
    page: PageLink | None = None
    record: Record | None = None
    problems: list[str] = field(default_factory=list)

    def follow(
        self, warehouse: Warehouse, store: Store, locate: Locate, table: str, row: dict[str, Any]
    ) -> None:
        """Go down from a row of ``table``."""
        feed, slot = row["feed"], Slot(row["slot"])
        live = _live(warehouse, feed, slot)
        if live is None or live.attempt != row["attempt_id"]:
            self.problems.append(f"the row of {table} is not of the live attempt of {slot}")
            return
        build = self._build(store, live, slot)
        if build:
            self._curated(store, build, table, slot, row)
        manifest = self._manifest(store, build, feed, slot, live.revision)
        content = self._page(store, manifest, row["page"]) if manifest else None
        if manifest and content is not None:
            self._record(locate, manifest.pages[row["page"]], content, row["item"])

    def _build(self, store: Store, live: BuildLink, slot: Slot) -> Build | None:
        self.build = live
        try:
            found = _find_build(store, live.build_id, slot)
        except CorruptObject as error:
            self.problems.append(str(error))
            return None
        if found is None:
            self.problems.append(f"build {live.build_id} is gone, which committed the row")
            return None
        key, build = found
        self.build = replace(live, key=key)
        made_of = builds.build_id((s.manifest_sha256 for s in build.slots), build.transform_version)
        if (build.attempt, made_of) != (live.attempt, live.build_id):
            self.problems.append(f"{key} is not the build that the row was loaded from")
            return None
        return build

    def _curated(
        self, store: Store, build: Build, table: str, slot: Slot, row: dict[str, Any]
    ) -> None:
        month = slot_month(slot)
        files = [f for f in build.files if (f.table, keys.curated_month(f.key)) == (table, month)]
        if not files:
            self.problems.append(f"the build names no file of {table} in {month}")
        for file in files:
            try:
                rows = curated.read_table(store, file)
            except CorruptObject as error:
                self.problems.append(str(error))
                self._link(file, verified=False)
                continue
            there = _rows_like(row, rows, slot)
            if there or file is files[-1]:
                self._link(file, verified=True)
                self._compare(file, row, there)
                return

    def _link(self, file: BuiltFile, *, verified: bool) -> None:
        assert self.build
        self.build = replace(self.build, file=_curated_file(file, verified=verified))

    def _compare(
        self, file: BuiltFile, row: dict[str, Any], there: Sequence[dict[str, Any]]
    ) -> None:
        if not there:
            self.problems.append(f"{file.key} has no such row")
            return
        for name, value in there[0].items():
            if row.get(name) != value:
                self.problems.append(
                    f"{file.table} has {name} {row.get(name)}, {file.key} has {value}"
                )

    def _manifest(
        self, store: Store, build: Build | None, feed: str, slot: Slot, revision: int
    ) -> Manifest | None:
        key = keys.manifest(feed, slot, revision)
        try:
            manifest = raw.read_manifest(store, feed, slot, revision)
        except (FileNotFoundError, CorruptObject) as error:
            gone = isinstance(error, FileNotFoundError)
            self.problems.append(f"{key} is gone" if gone else str(error))
            return None
        digest = raw.manifest_sha256(manifest)
        covered = [(s.feed, s.slot, s.manifest_sha256) for s in build.slots] if build else []
        verified = (feed, slot, digest) in covered
        if build and not verified:
            self.problems.append(f"{key} is not the manifest that the build was made from")
        self.manifest = ManifestLink(
            key=key,
            sha256=digest,
            verified=verified,
            revision=manifest.revision,
            observed_at=manifest.observed_at,
            pages=len(manifest.pages),
            records=manifest.item_count,
            requests=len(manifest.requests),
            unchanged_from=manifest.unchanged_from,
            warning=manifest.warning,
        )
        return manifest

    def _page(self, store: Store, manifest: Manifest, number: int) -> bytes | None:
        if number >= len(manifest.pages):
            self.problems.append(f"the manifest has no page {number}")
            return None
        page = manifest.pages[number]
        raw_key = page.raw_key or manifest.raw_key
        content = None
        try:
            content = _read_page(store, page, raw_key)
        except FileNotFoundError:
            self.problems.append(f"{raw_key} {_why_gone(store, manifest)}")
        except CorruptObject as error:
            self.problems.append(str(error))
        self.page = PageLink(
            number=number,
            raw_key=raw_key,
            offset=page.offset,
            stored_bytes=page.stored_bytes,
            length=page.length,
            sha256=page.sha256,
            verified=content is not None,
            resource=page.resource,
            media_type=page.media_type,
            url=page.url,
            status=page.status,
            received_at=page.received_at,
        )
        return content

    def _record(self, locate: Locate, page: Page, content: bytes, item: int) -> None:
        try:
            place, header = locate(page, content, item)
        except DataError as error:
            self.problems.append(str(error))
            return
        part = content[place.start : place.stop]
        try:
            text, base64 = part.decode(), None
        except UnicodeDecodeError:
            text, base64 = None, b64encode(part).decode()
        head = content[header.start : header.stop].decode("utf-8", "replace") if header else None
        self.record = Record(item, place.start, place.stop, text, base64, head)


def _live(warehouse: Warehouse, feed: str, slot: Slot) -> BuildLink | None:
    found = warehouse.query(
        """
        select build_id, attempt_id as attempt, revision, transform_version, slots_covered,
            loaded_at
        from live_attempts where feed = $feed and slot = $slot
        """,
        {"feed": feed, "slot": slot},
    ).records()
    return BuildLink(key=None, **found[0]) if found else None


def _find_build(store: Store, build_id: str, slot: Slot) -> tuple[str, Build] | None:
    """A build lies in the month of its last slot: mostly, but not always, that of this slot."""
    month = slot_month(slot)
    later = [other for other in store.folders(keys.BUILDS) if other > month]
    for key in (keys.build(each, build_id) for each in [month, *later]):
        try:
            return key, builds.read_build(store, key)
        except FileNotFoundError:
            continue
    return None


def _curated_file(file: BuiltFile, *, verified: bool) -> CuratedFile:
    return CuratedFile(file.key, file.rows, file.size, file.sha256, verified)


def _why_gone(store: Store, manifest: Manifest) -> str:
    if manifest.slot in retention.expired(store, manifest.feed.name):
        return "was given up for its age: its bytes can't be shown any more"
    return "is gone"


def _read_page(store: Store, page: Page, raw_key: str) -> bytes:
    try:
        return raw.read_kept(store, page, raw_key)
    except StorageError as error:
        size = len(store.get(raw_key))  # a store that can't be used fails here again
        if size >= page.offset + page.stored_bytes:
            raise
        raise CorruptObject(f"{raw_key} is cut short: it has {size:,} bytes") from error


def _rows_like(row: dict[str, Any], rows: pa.Table, slot: Slot) -> list[dict[str, Any]]:
    """The rows of a curated file at the place of one of the warehouse."""
    same = pc.and_(pc.equal(rows["slot"], slot), pc.equal(rows["feed"], row["feed"]))
    found = rows.filter(pc.and_(same, pc.equal(rows["position"], row["position"])))
    return list(found.to_pylist())
