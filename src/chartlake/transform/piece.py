"""One piece of a batch: its slots parsed, and their rows in files that nobody sees yet.

Every engine maps this one function. What it returns is small: the driver
commits it, with that of all other pieces, as one build.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import pyarrow as pa

from chartlake.errors import ChartlakeError, CorruptObject, DataError
from chartlake.lake import raw
from chartlake.lake.curated import CuratedFiles
from chartlake.lake.store import Store
from chartlake.model import BuiltFile, BuiltSlot, Manifest, Slot, slot_month
from chartlake.schema import SlotRows
from chartlake.transform.drift import Counts, total
from chartlake.transform.fetch import Place, fetched
from chartlake.transform.pages import Memory, SlotContent, count
from chartlake.transform.parse_account_lists import parse_account_list
from chartlake.transform.parse_catalog import parse_catalog
from chartlake.transform.parse_charts_csv import parse_charts_csv
from chartlake.transform.parse_playlist import parse_playlist
from chartlake.transform.parse_recently_played import parse_recently_played
from chartlake.transform.records import missed_slot, too_many_rejects
from chartlake.transform.tables import Slots, tables_of

__all__ = ["PARSE_BY_SOURCE", "Built", "Failed", "Piece", "Place", "build_piece", "parse_slot"]

Parse = Callable[[Manifest, Iterable[bytes], Memory], SlotContent]
PARSE_BY_SOURCE: dict[str, Parse] = {
    "artist-catalog": parse_catalog,
    "charts-csv": parse_charts_csv,
    "hydration": parse_catalog,
    "playlist": parse_playlist,
    "recently-played": parse_recently_played,
    "saved-tracks": parse_account_list,
    "top-items": parse_account_list,
}
_ROWS_AT_ONCE = 360_000
_SLOTS_AT_ONCE = 4_096
_DISTINCT_AT_ONCE = 48_000
"""So many rows, or slots, become row groups: earlier where most of the rows differ.

65,000 places of a list tell of some 360,000 rows, 8,000 distinct tracks of some 48,000.
"""


class Piece(NamedTuple):
    """Some slots of a batch; ``number`` is in the names of its files, None where it is all."""

    number: int | None
    places: tuple[Place, ...]


class Failed(NamedTuple):
    """A slot that stayed out of the build, and why."""

    place: Place
    error: ChartlakeError


class Built(NamedTuple):
    """What became of a piece: its slots, the files that hold their rows, and what failed.

    ``fields`` counts those that a sample of the records had.
    """

    number: int | None
    slots: tuple[BuiltSlot, ...]
    files: tuple[BuiltFile, ...]
    failed: tuple[Failed, ...]
    fields: Counts


class _Waiting(NamedTuple):
    """A slot that was parsed."""

    place: Place
    manifest: Manifest
    content: SlotContent


def build_piece(
    store: Store,
    attempt: str,
    piece: Piece,
    one_more: Callable[[], None] = lambda: None,
    parse: Callable[[Store, Manifest, Memory], SlotContent] | None = None,
) -> Built:
    """Parse the slots of a piece and write their rows; what fails is left out.

    ``one_more`` is told of each slot that is done. Rows are written as soon as
    there are many: memory depends on the slots' distinct records.
    """
    rows = _Rows(CuratedFiles(store, attempt, piece.number), attempt)
    with _without_collecting():
        for place, manifest, source in fetched(store, sorted(piece.places, key=_by_month)):
            rows.make_room(place)
            try:
                if isinstance(manifest, CorruptObject):
                    raise manifest
                content = (parse or parse_slot)(source, manifest, rows.memory)
            except DataError as error:
                rows.fail(place, error)
            else:
                rows.add(place, manifest, content)
            one_more()
        return rows.finish(piece.number)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Let nobody look for cycles: there are none, and looking takes 4 to 18% of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _Rows:
    """Slots that wait for their rows to be written, the files that take them, what failed."""

    def __init__(self, files: CuratedFiles, attempt: str) -> None:
        self.memory = Memory()
        self._files = files
        self._attempt = attempt
        self._waiting: list[_Waiting] = []
        self._rows = 0
        self._slots: list[BuiltSlot] = []
        self._failed: list[Failed] = []

    def make_room(self, place: Place) -> None:
        """Write what waits, before a slot of another month or where enough has come together."""
        is_full = self._rows >= _ROWS_AT_ONCE or len(self._waiting) >= _SLOTS_AT_ONCE
        is_full |= self.memory.catalog.rows >= _DISTINCT_AT_ONCE
        other = self._waiting and slot_month(self._waiting[-1].place.slot) != slot_month(place.slot)
        if is_full or other:
            self._write()

    def add(self, place: Place, manifest: Manifest, content: SlotContent) -> None:
        """Take a slot that was parsed with this memory."""
        self._waiting.append(_Waiting(place, manifest, content))
        catalog = self.memory.catalog
        self._rows += count(content.pages) * catalog.rows // max(1, len(catalog))

    def fail(self, place: Place, error: DataError) -> None:
        """Leave a slot out; the error alone is kept, and not what was under way when it came."""
        error.__traceback__ = error.__cause__ = error.__context__ = None
        self._failed.append(Failed(place, error))

    def finish(self, number: int | None) -> Built:
        """What became of all of them."""
        self._write()
        fields = total([self.memory.fields.counts])
        files = self._files.finish()
        return Built(number, tuple(self._slots), files, tuple(self._failed), fields)

    def _write(self) -> None:
        if self._waiting and not self._add_rows(self._waiting):
            # one by one, so that what no table holds keeps no other slot out
            for each in self._waiting:
                self._add_rows([each])
        self._waiting, self._rows = [], 0
        if self.memory.catalog.rows >= _DISTINCT_AT_ONCE:
            self.memory.forget()
            self.memory = Memory(self.memory.fields)

    def _add_rows(self, waiting: Sequence[_Waiting]) -> bool:
        """Add the rows of slots, or nothing of them; a single one that has no rows has failed."""
        month = slot_month(waiting[0].place.slot)
        slots = Slots([each.manifest for each in waiting], [each.content for each in waiting])
        try:
            tables = tables_of(slots, self.memory.catalog, self._attempt)
        except (pa.ArrowException, OverflowError, ValueError, TypeError) as error:
            if len(waiting) == 1:
                self.fail(waiting[0].place, _unforeseen(waiting[0].manifest, error))
            return False
        for table, rows in tables.items():
            self._files.add(table, month, rows)
        self._slots += [_built_slot(each.manifest, each.content) for each in waiting]
        return True


def _by_month(place: Place) -> tuple[str, str, Slot]:
    return slot_month(place.slot), place.feed, place.slot


def _built_slot(manifest: Manifest, content: SlotContent) -> BuiltSlot:
    rejects = len(content.rows.rejects)
    return BuiltSlot(
        feed=manifest.feed.name,
        slot=manifest.slot,
        revision=manifest.revision,
        manifest_sha256=raw.manifest_sha256(manifest),
        records=manifest.item_count,
        entries=manifest.item_count - rejects,
        rejects=rejects,
    )


def parse_slot(store: Store, manifest: Manifest, memory: Memory) -> SlotContent:
    """Read, check and parse one slot; one that was missed has no pages to parse.

    DataError where it can't be used.
    """
    try:
        if manifest.missed:
            return SlotContent(SlotRows(missed_slots=[missed_slot(manifest)]))
        content = _parse_of(manifest)(manifest, raw.read_pages(store, manifest), memory)
        _check_counts(manifest, content.rows)
    except FileNotFoundError as error:
        raise _lost(manifest) from error
    except ChartlakeError:
        raise
    except Exception as error:  # a fault of ours: it must not keep every other slot out, for ever
        raise _unforeseen(manifest, error) from error
    return content


def _parse_of(manifest: Manifest) -> Parse:
    source = manifest.feed.source
    if source not in PARSE_BY_SOURCE:
        raise DataError(
            f"{manifest.feed.name} {manifest.slot}: this chartlake knows no source {source!r}",
            fix="use the newer chartlake that extracted it",
        )
    return PARSE_BY_SOURCE[source]


def _unforeseen(manifest: Manifest, error: Exception) -> DataError:
    return DataError(
        f"{manifest.feed.name} {manifest.slot}: chartlake cannot parse it",
        why=f"{type(error).__name__}: {error}"[:400],
        fix="please report it: this is a fault of chartlake; the other slots are not affected",
    )


def _lost(manifest: Manifest) -> DataError:
    """Pages may lie in objects of earlier slots too."""
    objects = sorted({page.raw_key or manifest.raw_key for page in manifest.pages})
    what = objects[0] if len(objects) == 1 else f"one of {', '.join(objects)}"
    return DataError(f"{what} is not there", why="its manifest says it should be")


def _check_counts(manifest: Manifest, rows: SlotRows) -> None:
    place = f"{manifest.feed.name} {manifest.slot}"
    records = sum(edition.item_count for edition in rows.editions)
    records += sum(reading.item_count for reading in rows.readings)
    if records != manifest.item_count:
        raise DataError(
            f"{place}: {records} records where its manifest counts {manifest.item_count}"
        )
    if too_many_rejects(len(rows.rejects), records):
        first = rows.rejects[0].reason
        raise DataError(f"{place}: {len(rows.rejects)} of {records} records rejected", why=first)
