"""The next file of a DuckDB warehouse: written aside, checked, and then published."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from chartlake.warehouse import gate, publish, refusal
from chartlake.warehouse.opening import Opener
from chartlake.warehouse.port import CheckResult
from chartlake.warehouse.scopes import FeedFrom

__all__ = ["Drafts"]


class Drafts:
    """The drafts of the warehouse at ``path``; all in a `publish.turn`."""

    def __init__(self, path: Path, opener: Opener, as_warnings: Collection[str]) -> None:
        self._path = path
        self._opener = opener
        self._as_warnings = as_warnings

    @contextmanager
    def next(self) -> Iterator[Path]:
        """A copy of what is published; what was not published when the block ends is gone."""
        if publish.wal_of(self._path).exists():
            self._opener.settle()
        with publish.draft_of(self._path) as draft:
            yield draft

    def passed(
        self, draft: Path, since: Collection[FeedFrom] | None = None
    ) -> tuple[CheckResult, ...]:
        """The results of all checks; NotPublished where one of severity error finds anything.

        Of these feeds alone, from there on, where the load has touched nothing else.
        """
        with self._opener.told(), closing(self._opener.look_at(draft)) as db:
            if since is not None:
                gate.look_from(db, since)
            results = gate.run_checks(db, self._as_warnings)
            gate.pass_or_refuse(db, results)
        return tuple(results)

    def publish(self, draft: Path) -> None:
        """Let it take the file's name; what was refused of the former file counts no more."""
        publish.publish(draft, self._path)
        refusal.drop(self._path)
