"""chartlake explain: any number back to the bytes that it was read from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from itertools import accumulate
from typing import Annotated, Any

import typer
from rich.cells import chop_cells
from rich.text import Text

from chartlake.cli import show
from chartlake.cli.excerpt import excerpt
from chartlake.cli.options import AsJson, ProjectDir, open_here
from chartlake.report.explain import Explanation, Occasion
from chartlake.report.explain import explain as explain_item
from chartlake.report.links import BuildLink, ManifestLink, PageLink, Record
from chartlake.report.origins import Number, Stay
from chartlake.transform.slices import place_of

__all__ = ["explain"]

_LABEL = 12
_NARROWEST = 20
Line = str | Text


def explain(
    feed: Annotated[str, typer.Argument(help="The feed.")],
    day: Annotated[
        datetime, typer.Argument(metavar="DATE", formats=["%Y-%m-%d"], help="The chart date.")
    ],
    item: Annotated[
        str,
        typer.Argument(
            help="A position, such as 7; else a Spotify id or link, or part of the name."
        ),
    ],
    slot: Annotated[
        str | None,
        typer.Option(
            "--slot",
            metavar="SLOT",
            help="Which slot of the date, as `lake ls` shows it (default: the ranked one).",
        ),
    ] = None,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """Show where a number comes from: mart, entry, build, manifest, page, and its very bytes.

    Reads page and curated file again and compares their hashes: exit code 1 where one differs.
    """
    here = open_here(project)
    with here.warehouse.session() as warehouse:
        found = explain_item(warehouse, here.store, place_of, feed, day.date(), item, slot)
    if as_json:
        show.json({**asdict(found), "verified": not found.problems, "problems": found.problems})
    else:
        _print(found)
    if found.problems:
        raise typer.Exit(1)


def _print(found: Explanation) -> None:
    width = max(show.console().width - _LABEL, _NARROWEST)
    show.line(_heading(found.about))
    show.line(Text(show.named(found.row or {}), style="bold"))
    show.line("")
    arrow = False
    for label, lines in _links(found, width):
        _print_link(label, lines, width, arrow=arrow)
        arrow = True
    show.line("")
    if not found.problems:
        show.line(Text.assemble(("verified: ", "green"), _verified(found)))
    for problem in found.problems:
        show.line(Text.assemble(("does not hold: ", "bold red"), show.plain(problem)))


def _heading(about: Occasion) -> str:
    rank = f"edition {about.ordinal} of {about.editions}" if about.ordinal else "not ranked"
    what = f"{about.feed} · {about.chart_date} · {rank if about.is_edition else 'plays'}"
    others = len(about.same_day) - 1
    return f"{what} · {about.slot}, one of {others + 1} that day" if others else what


def _links(found: Explanation, width: int) -> Iterator[tuple[str, list[Line]]]:
    chain = found.chain
    yield "position", _stand(found)
    if found.row:
        yield "entry" if found.about.is_edition else "play", [_entry(found.row)]
    if chain.build:
        yield "build", list(_build(chain.build))
    if chain.manifest:
        yield "manifest", list(_manifest(chain.manifest))
    if chain.page:
        yield "page", list(_page(chain.page))
    if chain.record and chain.page:
        yield "record", list(_record(chain.record, chain.page, width))


def _stand(found: Explanation) -> list[Line]:
    """The number that people see, and the editions that it comes from."""
    number, row = found.number, found.row or {}
    if number is None:
        return [Text(f"#{row.get('position')}", style="bold"), _why_no_mart(found)]
    if number.mart == "listening_plays":
        seen = show.words(number.row["first_observed_at"])
        return [
            f"#{row.get('position')} of the answer",
            f"first seen {seen} by {number.row['first_feed']}",
        ]
    if found.has_left:
        return _exit(number)
    twice = row.get("position") != number.row["position"]
    return _movement(number) + (["it stands there twice: the better place counts"] if twice else [])


def _why_no_mart(found: Explanation) -> str:
    if found.item_key is None:
        return "it names nothing, so no mart counts it"
    if found.about.ordinal is None:
        return f"not ranked: of this feed the last slot of each {found.about.cadence} is"
    return "no mart counts it"


def _movement(number: Number) -> list[Line]:
    row, origins = number.row, number.origins
    head = Text.assemble((f"#{row['position']}", "bold"))
    previous = origins.get("previous_position")
    if previous:
        head.append(f"  {_moved(row['change'])}from {_at(previous)}")
    else:
        head.append(f"  {_FIRSTS[row['movement']]}")
    lines: list[Line] = [head]
    if "peak_position" in origins:
        lines.append(f"peak {_at(origins['peak_position'])}")
    return lines + _lasting(number, "streak")


_FIRSTS = {
    "first": "in the feed's first edition: nothing to compare with",
    "new": "new: never in this feed before",
    "re_entry": "back: it was not in the edition before",
}


def _exit(number: Number) -> list[Line]:
    head = Text.assemble(("left", "bold"))
    last = number.origins.get("last_position")
    if last:
        head.append(f": it was last {_at(last)}")
    return [head, *_lasting(number, "run_length")]


def _lasting(number: Number, streak: str) -> list[Line]:
    row, origins = number.row, number.origins
    if streak not in origins:
        return []
    in_all, since = row["editions_on_chart"], origins["editions_on_chart"].chart_date
    lines: list[Line] = [f"in {_count(in_all, 'edition')} since {since}"]
    if 1 < row[streak] < in_all:
        lines.append(f"the last {row[streak]} in a row since {origins[streak].chart_date}")
    return lines


def _moved(change: int) -> str:
    return f"▲{change} " if change > 0 else f"▼{-change} " if change < 0 else "= "


def _at(stay: Stay) -> str:
    return f"#{stay.position} on {stay.chart_date}"


def _entry(row: dict[str, Any]) -> str:
    names = {"streams": "streams", "added_at": "added", "played_at": "played", "label": "label"}
    facts = [f"{label} {show.words(row[name])}" for name, label in names.items() if row.get(name)]
    known = [f"{row['item_kind']} {row['item_key'] or ''}".rstrip(), *facts]
    return " · ".join([f"position {row['position']}", *known])


def _build(build: BuildLink) -> Iterator[Line]:
    if build.key:
        yield build.key
    covers = _count(build.slots_covered, "slot")
    yield f"attempt {build.attempt} · transform {build.transform_version} · {covers}"
    if build.file:
        yield build.file.key
        yield _hash(f"{_count(build.file.rows, 'row')}", build.file.sha256, build.file.verified)


def _manifest(manifest: ManifestLink) -> Iterator[Line]:
    yield manifest.key
    counts = f"{_count(manifest.records, 'record')} on {_count(manifest.pages, 'page')}"
    asked = f" · {_count(manifest.requests, 'request')}" if manifest.requests else ""
    yield f"observed {show.words(manifest.observed_at)} · {counts}{asked}"
    if manifest.unchanged_from:
        yield f"unchanged since {manifest.unchanged_from}, whose page it is"
    if manifest.warning:
        yield manifest.warning
    yield _hash("", manifest.sha256, manifest.verified)


def _page(page: PageLink) -> Iterator[Line]:
    yield page.raw_key
    last = page.offset + page.stored_bytes - 1
    yield f"page {page.number} is bytes {page.offset:,}–{last:,} of it, {page.length:,} as received"
    status = f"{page.status} " if page.status else ""
    if page.url:
        yield f"{status}{page.url}"
    yield _hash(f"received {show.words(page.received_at)}", page.sha256, page.verified)


def _record(record: Record, page: PageLink, width: int) -> Iterator[Line]:
    size = record.end - record.start
    yield (
        f"record {record.number}: bytes {record.start:,}–{record.end - 1:,} of the page, "
        f"{size:,} in all"
    )
    if record.header is not None:
        yield Text(show.plain(record.header), style="dim")
    if record.text is None:
        yield Text(f"not UTF-8; in base64: {record.base64}", style="cyan")
        return
    for line in excerpt(record.text, page.media_type, width):
        yield Text(show.plain(line), style="cyan")


def _hash(what: str, digest: str, verified: bool) -> Text:
    lead = f"{what} · " if what else ""
    mark = ("verified", "green") if verified else ("not verified", "red")
    return Text.assemble(f"{lead}sha256 {digest[:12]}… ", mark)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _print_link(label: str, lines: list[Line], width: int, *, arrow: bool) -> None:
    """A label, and beside it lines: those of plain text are cut in their middle to fit."""
    out = show.console()
    lead = Text.assemble(("← " if arrow else "  ", "dim"), (f"{label:<{_LABEL - 2}}", "bold"))
    for line in lines:
        text = Text(_fit(show.plain(line), width)) if isinstance(line, str) else line
        ends = list(accumulate(map(len, chop_cells(text.plain, width))))
        for part in text.divide(ends[:-1]):
            out.print(lead + part, soft_wrap=True)
            lead = Text(" " * _LABEL)


def _fit(text: str, width: int) -> str:
    """Keys and addresses tell most at their ends; --json has them whole."""
    if len(text) <= width:
        return text
    tail = width // 2
    return f"{text[: width - tail - 1]}…{text[-tail:]}"


def _verified(found: Explanation) -> str:
    numbers = "the numbers from the entries; " if found.number and found.number.origins else ""
    return f"{numbers}curated file, manifest and page by hash"
