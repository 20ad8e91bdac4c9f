"""What a verification counts and finds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Literal, NamedTuple

__all__ = ["Finding", "Findings"]


class Finding(NamedTuple):
    """One thing that is not as it should be, where, and what to do about it.

    ``error`` is damage, or something that a command has to put right; ``note``
    only informs.
    """

    severity: Literal["error", "note"]
    zone: str
    what: str
    where: str
    fix: str | None = None


class Findings:
    """Counts by zone, and the findings in the order in which they were met."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)
        self.found: list[Finding] = []

    def count(self, zone: str, **numbers: int) -> None:
        """Add to the counts of a zone."""
        self.counts[zone].update(numbers)

    def error(self, zone: str, what: str, where: str, fix: str | None = None) -> None:
        """Something is damaged or left over."""
        self.found.append(Finding("error", zone, what, where, fix))

    def note(self, zone: str, what: str, where: str, fix: str | None = None) -> None:
        """Something to know."""
        self.found.append(Finding("note", zone, what, where, fix))

    def leave_out(self, known: Callable[[Finding], bool]) -> None:
        """Forget findings that say again what another one says."""
        self.found = [finding for finding in self.found if not known(finding)]

    @property
    def is_sound(self) -> bool:
        """Whether nothing is damaged."""
        return all(finding.severity == "note" for finding in self.found)
