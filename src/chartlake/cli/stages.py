"""The lines that run, import and demo print as each stage ends."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from rich.text import Text

from chartlake.cli import show
from chartlake.errors import ChartlakeError, DataError, Deferred
from chartlake.extract.files import Imported
from chartlake.model import Feed
from chartlake.pipeline import Extracted, exit_code
from chartlake.reconcile import Plan
from chartlake.report import trends
from chartlake.transform.build import Transformed
from chartlake.warehouse.port import CheckResult, NotPublished, Warehouse
from chartlake.wiring.project import Project

__all__ = ["Stages"]

_LABEL = 10
_SUBJECTS_SHOWN = 8
_TITLES_SHOWN = 3


class Stages:
    """Runs the stages of a project one by one, says what each did, and gathers what went wrong."""

    def __init__(self, project: Project, *, quiet: bool = False) -> None:
        self._project = project
        self._quiet = quiet
        self._started = time.perf_counter()
        self._problems: list[tuple[str | None, ChartlakeError]] = []
        self._warnings: list[str] = []
        self._is_published = True
        self.facts: dict[str, Any] = {"loaded_slots": 0, "blocked_by": []}

    def extract(self, feeds: Sequence[Feed]) -> list[Extracted]:
        """Ask the sources of the feeds for what is due."""
        clock, before = time.perf_counter(), self._project.spotify.request_count
        results = self._project.pipeline.extract(feeds)
        requests = self._project.spotify.request_count - before
        there = sum(result.status in ("new", "present") for result in results)
        unchanged = sum(result.unchanged for result in results)
        closed = sum(result.status == "closed" for result in results)
        records = sum(r.records for r in results if r.status == "new" and not r.unchanged)
        self._say(
            "extract",
            f"{there}/{len(results)} feeds",
            _n(records, "record"),
            f"{unchanged} unchanged" if unchanged else "",
            f"{closed} closed" if closed else "",
            _n(requests, "request"),
            since=clock,
        )
        self._warnings += [
            f"{r.feed}: {r.warning}" for r in results if r.warning and r.status != "closed"
        ]
        self._warnings += self._project.spotify.sign_in_warnings()
        self._problems += [(f"feed {r.feed}", r.error) for r in results if r.error]
        self._committed(sum(result.status == "new" for result in results))
        self.facts["extract"] = [_plain(r._asdict()) for r in results]
        self.facts["requests"] = requests
        return results

    def imported(self, results: Sequence[Imported], since: float) -> None:
        """Say what became of imported files."""
        taken = [result for result in results if result.status in ("new", "replaced")]
        records = sum(result.records for result in taken)
        present = sum(result.status == "present" for result in results)
        parts = [_n(len(results), "file"), f"{len(taken)} taken in", _n(records, "record")]
        self._say("import", *parts, f"{present} there already" if present else "", since=since)
        self._problems += [(result.name, result.error) for result in results if result.error]
        self._warnings += [f"{r.name}: {r.warning}" for r in results if r.warning]
        self._committed(len(taken))
        self.facts["import"] = [_plain(result._asdict()) for result in results]

    def look_back(self) -> None:
        """Settle what earlier runs left open; where that fails, sources are asked all the same."""
        try:
            self.mark_missed(self._project.pipeline.plan(self._project.feeds))
        except ChartlakeError as error:
            self._problems.append((None, error))

    def mark_missed(self, plan: Plan) -> None:
        """Settle the slots that nobody can read any more; says so where there are any."""
        clock = time.perf_counter()
        count = self._project.pipeline.mark_missed(self._project.feeds, plan)
        if count:
            self._say("reconcile", _n(count, "slot") + " missed for good", since=clock)
        self.facts["missed_slots"] = count
        self._problems += [(None, problem) for problem in plan.problems]

    def settle(self, *, check: bool = True) -> None:
        """Transform, load and (unless told not to) check whatever is committed."""
        clock = time.perf_counter()
        with show.progress("transform", quiet=self._quiet) as progress:
            transformed = self._project.pipeline.transform(progress)
        self.built(transformed, since=clock)
        try:
            results = self._load()
            if check:
                self._check(results)
        except ChartlakeError as error:
            self._is_published = False
            self._problems.append((None, error))

    def built(self, transformed: Transformed, since: float) -> None:
        """Say what was built."""
        build, failed = transformed
        rows = sum(slot.entries for slot in build.slots) if build else 0
        rejects = sum(slot.rejects for slot in build.slots) if build else 0
        self._say("transform", _n(rows, "entry", "entries"), f"{rejects} rejected", since=since)
        self._problems += [(f"{place.feed} {place.slot}", error) for place, error in failed]
        if build and build.drift and not self._quiet:
            show.note("fields changed at the source: chartlake status tells which")
        self.facts["entries"] = self.facts.get("entries", 0) + rows
        self.facts["rejects"] = self.facts.get("rejects", 0) + rejects

    def _load(self) -> Sequence[CheckResult] | None:
        """Load; the results of the checks that stood before it, where it changed something."""
        clock = time.perf_counter()
        try:
            loaded = self._project.pipeline.load()
        except NotPublished as error:
            self._say("load", "duckdb", "not published", since=clock)
            self._say_checks(error.checks)
            self.facts["blocked_by"] = [each.name for each in _errors(error.checks)]
            raise
        change = f"+{loaded.entries:,} entries" if loaded.slots else "nothing new"
        self._say("load", "duckdb", change, since=clock)
        self._problems += [(None, error) for error in loaded.left_out]
        self.facts["loaded_slots"] = loaded.slots
        return loaded.checks

    def headlines(self, feeds: Sequence[str]) -> list[str]:
        """The latest editions of some feeds, a line each; tells which of them are ranked.

        None of what was not published: those before it are no news.
        """
        if self._quiet or not feeds or not self._is_published:
            return []
        with self._project.warehouse.session() as warehouse:
            ranked = trends.feed_names(warehouse)
            shown = [feed for feed in feeds if feed in ranked]
            lines = [headline(warehouse, feed) for feed in shown[:_TITLES_SHOWN]]
        for line in lines:
            self.say_line(line)
        if shown[_TITLES_SHOWN:]:
            self.say_line(f"and {_n(len(shown) - _TITLES_SHOWN, 'more feed')}")
        return shown

    def close(self, then: str | None = None) -> int:
        """Print what went wrong and what to do next; returns the exit code."""
        for warning in self._warnings:
            show.warn(warning)
        subjects: dict[tuple[str | None, ...], list[str]] = {}
        for subject, problem in self._problems:
            subjects.setdefault(_words(problem), []).extend([subject] if subject else [])
        for problem in {_words(problem): problem for _, problem in self._problems}.values():
            show.error(problem, _named(subjects[_words(problem)]))
        seconds = time.perf_counter() - self._started
        failed = sum(not isinstance(problem, Deferred) for _, problem in self._problems)
        deferred = len(self._problems) - failed
        problems = f", with {_n(failed, 'problem')}" if failed else ""
        problems += f", {deferred} deferred" if deferred else ""
        if then:
            self.say_line(f"Done in {seconds:.1f} s{problems} · next: {then}")
        self.facts["errors"] = [
            {"subject": subject, "what": p.what, "why": p.why, "fix": p.fix}
            for subject, p in self._problems
        ]
        return exit_code([problem for _, problem in self._problems])

    def _check(self, results: Sequence[CheckResult] | None) -> None:
        """Check what is published, unless the load has just done that, in its own time."""
        clock = None
        if results is None:
            clock = time.perf_counter()
            results = self._project.pipeline.check()
        self._say_checks(results, since=clock)
        for result in _errors(results):
            broken = DataError(
                f"check {result.name} failed ({_n(result.failures, 'row')})",
                why=result.statement,
                fix="see them with: chartlake check",
            )
            self._problems.append((None, broken))

    def _say_checks(self, results: Sequence[CheckResult], since: float | None = None) -> None:
        found = [result for result in results if result.failures]
        failed = len(_errors(results))
        warnings = len(found) - failed
        parts = [f"{len(results) - len(found)} passed"]
        parts += [f"{failed} failed"] if failed else []
        parts += [_n(warnings, "warning") + " (chartlake check)"] if warnings else []
        self._say("check", *parts, since=since)
        self.facts["checks"] = {result.name: result.failures for result in results}

    def _committed(self, slots: int) -> None:
        self._say(
            "lake", f"{slots} new {'slot' if slots == 1 else 'slots'}", self._project.store.url
        )
        self.facts["new_slots"] = slots

    def _say(self, stage: str, *parts: str, since: float | None = None) -> None:
        if not self._quiet:
            self.say(stage, *parts, since=since)

    def say_line(self, line: str | Text) -> None:
        """A line, unless quiet."""
        if not self._quiet:
            show.line(line)

    @staticmethod
    def say(stage: str, *parts: str, since: float | None = None) -> None:
        """One stage's line: what it did, and its time since a reading of perf_counter."""
        first, *rest = [part for part in parts if part]
        text = f"{stage:<{_LABEL}} {first:<13}   " + "   ".join(rest)
        seconds = f"{time.perf_counter() - since:5.1f}s" if since is not None else ""
        show.line(Text(f"{text:<72} {seconds}".rstrip()))


def _errors(results: Sequence[CheckResult]) -> list[CheckResult]:
    """The checks of severity error that found something."""
    return [each for each in results if each.failures and each.severity == "error"]


def _words(problem: ChartlakeError) -> tuple[str | None, ...]:
    """What a person reads of it: the same for all feeds is told once."""
    return problem.what, problem.why, problem.fix


def headline(warehouse: Warehouse, feed: str) -> Text:
    """The latest edition of a feed in one line."""
    about = trends.edition(warehouse, feed, None)
    facts = trends.headline(warehouse, about)
    unit = {"daily": "days", "weekly": "weeks"}.get(about.schedule or "", "editions")
    parts = [f"{feed} {about.chart_date}"]
    if top := facts["number_one"]:
        times = top["editions_at_one"]
        unit = unit[:-1] if times == 1 else unit
        parts.append(f"#1 {show.named(top)} ({times} {unit})")
    if climber := facts["climber"]:
        parts.append(f"▲{climber['change']} {climber['item_name']}")
    parts += [
        f"{facts['new_entries']} new",
        _n(facts["re_entries"], "re-entry", "re-entries"),
        _n(facts["exits"], "exit"),
    ]
    return Text(show.plain("   ".join(parts)))


def _n(count: int, one: str, many: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _named(subjects: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    shown = ", ".join(subjects[:_SUBJECTS_SHOWN])
    more = len(subjects) - _SUBJECTS_SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts of an outcome for JSON: an error as its sentence."""
    error = facts.pop("error")
    return {**facts, "error": error.what if error else None}
