"""A fault, the requests that it meets, and the list of them that a simulated service has."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from threading import Lock
from typing import TypedDict

from chartlake.simulator.answers import Answer, Refusal, Request

Answering = Callable[[], Answer]


class NothingToChange(ValueError):
    """This answer has nothing that the fault could happen to."""


class When(TypedDict, total=False):
    """Which requests a fault meets."""

    path: str  # with * for anything; default: all of the Web API
    nth: int  # the first that it meets; default: 1, or ``every``
    every: int  # and then each so many requests
    times: int  # how often in all; default: once, and with ``every`` without end


@dataclass(frozen=True, slots=True)
class Fault:
    """One misfortune: what it does to an answer, and to which requests it happens."""

    name: str
    change: Callable[[Answering], Answer]
    path: str = "/v1/*"
    nth: int | None = None
    every: int | None = None
    times: int | None = None

    def __post_init__(self) -> None:
        """Refuse counts that never come."""
        for name in ("nth", "every", "times"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} is {value}: it counts from 1")

    def meets(self, number: int) -> bool:
        """Whether the request of this number is one of those that it happens to."""
        first, step = self.nth or self.every or 1, self.every or 1
        times = self.times or (None if self.every else 1)
        since, beside = divmod(number - first, step)
        return since >= 0 and not beside and (times is None or since < times)


class Faults:
    """The faults of one simulated service, and what they have done."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        """Start with some."""
        self._faults: list[Fault] = []
        self._counts: list[int] = []
        self._struck: list[tuple[str, str]] = []
        self._lock = Lock()
        for fault in faults:
            self.add(fault)

    def add(self, fault: Fault) -> None:
        """One more; it counts from the next request on."""
        with self._lock:
            self._faults.append(fault)
            self._counts.append(0)

    def clear(self) -> None:
        """No more faults."""
        with self._lock:
            self._faults.clear()
            self._counts.clear()

    @property
    def struck(self) -> tuple[tuple[str, str], ...]:
        """What happened so far: the fault's name, and the path of the request."""
        with self._lock:
            return tuple(self._struck)

    def answer(self, request: Request, true: Answering) -> Answer:
        """The true answer, or what the faults make of it; the first one added comes first."""
        answering = true
        for fault in self._meeting(request.path):
            answering = _changed(fault, request, answering)
        return answering()

    def _meeting(self, path: str) -> list[Fault]:
        meeting = []
        with self._lock:
            for place, fault in enumerate(self._faults):
                if fnmatchcase(path, fault.path):
                    self._counts[place] += 1
                    if fault.meets(self._counts[place]):
                        meeting.append(fault)
                        self._struck.append((fault.name, path))
        return meeting


def _changed(fault: Fault, request: Request, answering: Answering) -> Answering:
    def changed() -> Answer:
        try:
            return fault.change(answering)
        except NothingToChange as error:
            # a fault that quietly does nothing would make a test pass that tests nothing
            what = f"The fault {fault.name} cannot happen to {request.path}: {error}"
            return Refusal(500, what).to_answer()

    return changed
