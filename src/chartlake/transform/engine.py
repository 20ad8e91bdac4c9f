"""Where parsing runs. The port is one method; the local engine is this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol

from chartlake.errors import ChartlakeError, DataError
from chartlake.lake import raw
from chartlake.lake.store import Store
from chartlake.model import Manifest
from chartlake.schema import SlotRows
from chartlake.transform.parse_account_lists import parse_account_list
from chartlake.transform.parse_catalog import parse_catalog
from chartlake.transform.parse_charts_csv import parse_charts_csv
from chartlake.transform.parse_playlist import parse_playlist
from chartlake.transform.parse_recently_played import parse_recently_played
from chartlake.transform.records import missed_slot, too_many_rejects

__all__ = ["Engine", "LocalEngine", "Parsed", "parse_slot"]

Parse = Callable[[Manifest, Iterable[bytes]], SlotRows]
PARSE_BY_SOURCE: dict[str, Parse] = {
    "artist-catalog": parse_catalog,
    "charts-csv": parse_charts_csv,
    "hydration": parse_catalog,
    "playlist": parse_playlist,
    "recently-played": parse_recently_played,
    "saved-tracks": parse_account_list,
    "top-items": parse_account_list,
}


class Parsed(NamedTuple):
    """What became of one slot: its rows, or the error that keeps it out of the build."""

    manifest: Manifest
    rows: SlotRows
    error: ChartlakeError | None = None


class Engine(Protocol):
    """Parses slots, in any order and place."""

    def parse(self, store: Store, manifests: Iterable[Manifest]) -> Iterator[Parsed]:
        """One result per manifest; a slot's DataError is a result, not an exception."""
        ...


class LocalEngine:
    """Parses slots one after another in this process."""

    def parse(self, store: Store, manifests: Iterable[Manifest]) -> Iterator[Parsed]:
        """One result per manifest, in order."""
        for manifest in manifests:
            yield parse_slot(store, manifest)


def parse_slot(store: Store, manifest: Manifest) -> Parsed:
    """Read, check and parse one slot; one that was missed has no pages to parse."""
    try:
        if manifest.missed:
            return Parsed(manifest, SlotRows(missed_slots=[missed_slot(manifest)]))
        rows = _parse_of(manifest)(manifest, raw.read_pages(store, manifest))
        _check_counts(manifest, rows)
    except FileNotFoundError:
        return Parsed(manifest, SlotRows(), _lost(manifest))
    except DataError as error:
        return Parsed(manifest, SlotRows(), error)
    except ChartlakeError:
        raise
    except Exception as error:  # a fault of ours: it must not keep every other slot out, for ever
        return Parsed(manifest, SlotRows(), _unforeseen(manifest, error))
    return Parsed(manifest, rows)


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
