"""chartlake lake: look into the lake itself."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from typing import Annotated, Any

import typer

from chartlake.cli import show
from chartlake.cli.options import AsJson, ProjectDir, open_here
from chartlake.cli.show import Col
from chartlake.errors import StorageError, UsageError
from chartlake.lake import raw, tombstones
from chartlake.lake.copy import copy_lake
from chartlake.lake.store import Store, open_store
from chartlake.model import Manifest, Slot
from chartlake.report.absence import missed, standing_on, why_absent
from chartlake.wiring.project import Project

app = typer.Typer(no_args_is_help=True, help="Look into the lake: what is committed, as received.")

_TURN_SECONDS = 600.0
_FEEDS = [
    Col("feed", "feed"),
    Col("slots", "slots"),
    Col("missed", "missed"),
    Col("first", "first"),
    Col("last", "last"),
]
_SLOTS = [
    Col("date", "chart_date"),
    Col("slot", "slot"),
    Col("revision", "revision"),
    Col("pages", "pages"),
    Col("items", "items"),
    Col("bytes", "bytes"),
    Col("stored", "stored_bytes"),
    Col("observed (UTC)", "observed_at"),
    Col("missed", "missed", wide=True),
]


@app.callback()
def _options(project: ProjectDir = None) -> None:
    pass


@app.command()
def ls(
    feed: Annotated[str | None, typer.Argument(help="A feed, to see its slots.")] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, help="How many slots, latest first.")
    ] = 20,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """The feeds in the lake, or the slots of one; those that were missed are told apart."""
    here = open_here(project)
    rows = _slots(here.store, feed, limit) if feed else _feeds(here)
    if as_json:
        show.json({"rows": rows})
    elif rows:
        show.table(_SLOTS if feed else _FEEDS, rows)
    else:
        show.line("The lake is empty.")


@app.command()
def reopen(
    feed: Annotated[str, typer.Argument(help="The feed.")], project: ProjectDir = None
) -> None:
    """Ask again for a feed that was closed because its source was gone (404) twice."""
    store = open_here(project).store
    if not tombstones.reopen(store, feed):
        raise UsageError(
            f"feed {feed!r} is not closed", fix="chartlake status shows those that are"
        )
    show.line(f"{feed} is asked for again by the next chartlake run.")


@app.command()
def cat(
    feed: Annotated[str, typer.Argument(help="The feed.")],
    day: Annotated[
        str, typer.Argument(metavar="DATE", help="A chart date, or a slot as `lake ls` shows it.")
    ],
    page: Annotated[
        int | None, typer.Option("--page", min=0, help="Only this page; the first is 0.")
    ] = None,
    project: ProjectDir = None,
) -> None:
    """The bytes of a slot as the source gave them; several pages with a line end between."""
    here = open_here(project)
    manifest = _find(here, feed, day)
    last = len(manifest.pages) - 1
    if page is not None and page > last:
        raise UsageError(f"{feed} {day} has no page {page}", fix=f"pages are 0 to {last}")
    if page is not None:
        sys.stdout.buffer.write(raw.read_page(here.store, manifest, page))
        return
    for number, content in enumerate(raw.read_pages(here.store, manifest)):
        sys.stdout.buffer.write(b"\n" * (number > 0) + content)


@app.command()
def copy(
    to: Annotated[
        str,
        typer.Argument(
            metavar="URL",
            help="A folder, or 's3://bucket/prefix'; with '?curated=s3://other/prefix' after it "
            "tables lie elsewhere.",
        ),
    ],
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """Copy the lake to another place: what is there is left, so it may be repeated."""
    if not to.strip():
        raise UsageError("no place is named", fix="a folder, or s3://bucket/prefix")
    here = open_here(project)
    target = open_store(to)
    with here.store.alone("keep", _TURN_SECONDS), show.progress("copy", quiet=as_json) as progress:
        copied = copy_lake(here.store, target, here.pipeline.clock(), progress)
    if as_json:
        show.json({"from": here.store.url, "to": target.url, **copied._asdict()})
        return
    there = f", {copied.there:,} were there already" if copied.there else ""
    show.line(f"copied {copied.objects:,} objects, {show.size(copied.size)}{there}")
    if copied.gone:
        show.warn(f"{copied.gone:,} objects were removed meanwhile: run the copy again")
    show.line("The project is as it was. To work on the copy, from a folder of its own:")
    show.line(f'  url = "{target.url}" under [lake] in chartlake.toml there')


def _feeds(here: Project) -> list[dict[str, Any]]:
    rows = []
    marks = _loaded_marks(here)
    for feed in raw.feeds(here.store):
        slots = set(raw.latest_revisions(here.store, feed))
        read = sorted(slots - marks.get(feed, set()))
        first, last = (read[0], read[-1]) if read else (None, None)
        missed = len(slots) - len(read)
        rows.append(
            {"feed": feed, "slots": len(read), "missed": missed, "first": first, "last": last}
        )
    return rows


def _loaded_marks(here: Project) -> dict[str, set[str]]:
    """The slots that were missed, by feed, as the warehouse knows them.

    In the lake a mark has the name of a manifest, and reading all of them would take long.
    """
    marks: dict[str, set[str]] = {}
    with suppress(UsageError, StorageError):  # nothing is loaded yet
        for feed, slot in here.warehouse.query("select feed, slot from missed_slots").rows:
            marks.setdefault(feed, set()).add(slot)
    return marks


def _slots(store: Store, feed: str, limit: int) -> list[dict[str, Any]]:
    revisions = raw.latest_revisions(store, feed)
    if not revisions:
        raise UsageError(f"the lake has nothing of a feed {feed!r}", fix="see: chartlake lake ls")
    latest = sorted(revisions, reverse=True)[:limit]
    manifests = (raw.read_manifest(store, feed, slot, revisions[slot]) for slot in latest)
    return [_slot(manifest) for manifest in manifests]


def _slot(manifest: Manifest) -> dict[str, Any]:
    place = {"chart_date": manifest.chart_date, "slot": manifest.slot, "missed": manifest.missed}
    read = {
        "revision": manifest.revision,
        "pages": len(manifest.pages),
        "items": manifest.item_count,
        "bytes": sum(page.length for page in manifest.pages),
        "stored_bytes": sum(page.stored_bytes for page in manifest.pages),
        "observed_at": manifest.observed_at,
        "raw_key": manifest.raw_key,
    }
    return place | (dict.fromkeys(read) if manifest.missed else read)


def _find(here: Project, feed: str, place: str) -> Manifest:
    """The manifest of a slot, by its name or its chart date (the last that was read on it)."""
    see = f"see: chartlake lake ls {feed}"
    try:
        day = date.fromisoformat(place)
    except ValueError:
        day = None
    found = list(standing_on(here.store, feed, day) if day else _named(here.store, feed, place))
    for manifest in found:
        if not manifest.missed:
            return manifest
    if found:
        raise missed(found[0], see)
    purged = why_absent(here.store, feed, day, fix=see) if day else None
    raise purged or UsageError(f"the lake has no slot of {feed!r} at {place!r}", fix=see)


def _named(store: Store, feed: str, name: str) -> Iterable[Manifest]:
    slot = Slot(name)
    revision = raw.latest_revisions(store, feed).get(slot)
    return [raw.read_manifest(store, feed, slot, revision)] if revision else []
