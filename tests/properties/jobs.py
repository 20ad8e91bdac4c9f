"""What a worker can be started for: the commands of the product, as the stages that each runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from chartlake.extract.files import Imported
from chartlake.lake import raw
from chartlake.model import Feed, slot_month
from chartlake.pipeline import Pipeline

__all__ = ["JOBS", "Job", "Work"]


@dataclass
class Work:
    """One worker's pipeline, what it was asked for, and how far it got."""

    pipeline: Pipeline
    feeds: Sequence[Feed]
    file: Path
    replace: bool
    loading: Callable[[], None] = lambda: None
    planning: Callable[[], None] = lambda: None
    imported: tuple[Imported, ...] = ()
    compacted: int = 0
    is_reconciled: bool = False
    is_loaded: bool = False


Job = Callable[[Work], None]


def run(work: Work) -> None:
    """chartlake run."""
    work.planning()
    plan = work.pipeline.plan(work.feeds)
    work.pipeline.mark_missed(work.feeds, plan)
    work.is_reconciled = True
    work.pipeline.extract(work.feeds)
    _settle(work)


def reconcile(work: Work, *, whole: bool = False) -> None:
    """chartlake reconcile: no source is asked."""
    work.planning()
    plan = work.pipeline.plan(work.feeds, whole=whole)
    work.pipeline.mark_missed(work.feeds, plan)
    work.is_reconciled = True
    _settle(work)


def reconcile_all(work: Work) -> None:
    """chartlake reconcile --all."""
    reconcile(work, whole=True)


def extract(work: Work) -> None:
    """The first stage alone, as a schedule in a cloud starts it."""
    work.pipeline.extract(work.feeds)


def import_file(work: Work) -> None:
    """chartlake import FILE, with --replace or without."""
    work.imported = tuple(work.pipeline.import_files([work.file], replace=work.replace))
    if raw.feeds(work.pipeline.store):
        _settle(work)


def transform(work: Work) -> None:
    """The second stage alone."""
    work.pipeline.transform()


def load(work: Work) -> None:
    """The third stage alone."""
    work.loading()
    work.pipeline.load()
    work.is_loaded = True


def rebuild(work: Work) -> None:
    """chartlake rebuild, month by month."""
    places = work.pipeline.outdated()
    for month in sorted({slot_month(place.slot) for place in places}):
        work.pipeline.build([place for place in places if slot_month(place.slot) == month])
    _settle(work)


def compact(work: Work) -> None:
    """chartlake compact."""
    work.compacted = len(list(work.pipeline.compact()))
    load(work)


def _settle(work: Work) -> None:
    work.pipeline.transform()
    load(work)


JOBS: dict[str, Job] = {
    job.__name__: job
    for job in (
        run,
        reconcile,
        reconcile_all,
        extract,
        import_file,
        transform,
        load,
        rebuild,
        compact,
    )
}
