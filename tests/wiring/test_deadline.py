"""A reading that ends at the very moment at which its time is over."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from chartlake.model import Snapshot
from chartlake.wiring.deadline import _within
from tests.lake.snapshots import snapshot


class Late(Future[Snapshot]):
    """The answer comes after the wait for it was given up, and before anybody looks again."""

    def __init__(self, answer: Snapshot | Exception) -> None:
        super().__init__()
        self._answer = answer

    def result(self, timeout: float | None = None) -> Snapshot:
        try:
            return super().result(timeout)
        except TimeoutError:
            if not self.done() and isinstance(self._answer, Exception):
                self.set_exception(self._answer)
            elif not self.done() and isinstance(self._answer, Snapshot):
                self.set_result(self._answer)
            raise


def test_an_answer_in_the_last_moment_counts() -> None:
    answer = snapshot(b"page")
    assert _within(Late(answer), 0) is answer


@pytest.mark.parametrize("error", [TimeoutError("the server's"), ValueError("another")])
def test_an_error_in_the_last_moment_is_told(error: Exception) -> None:
    with pytest.raises(type(error), match=str(error)):
        _within(Late(error), 0)


def test_without_an_answer_there_is_none() -> None:
    assert _within(Future(), 0) is None
