"""A store that lets something else happen between its calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from chartlake.lake.store import Listed, Store


class Stopping(Store):
    """Does something else before its calls of these numbers; counts them."""

    def __init__(self, inner: Store, acts: Mapping[int, Callable[[], object]]) -> None:
        super().__init__(lambda: inner._objects, inner.url)
        self._acts, self.calls = acts, 0

    def _call(self) -> None:
        self.calls += 1
        if act := self._acts.get(self.calls - 1):
            act()

    def create(self, key: str, content: bytes) -> bool:
        self._call()
        return super().create(key, content)

    def get(self, key: str) -> bytes:
        self._call()
        return super().get(key)

    def delete(self, key: str) -> None:
        self._call()
        super().delete(key)

    def keys(self, prefix: str) -> Iterator[str]:
        self._call()
        return super().keys(prefix)

    def listing(self, prefix: str) -> list[Listed]:
        self._call()
        return super().listing(prefix)

    def folders(self, prefix: str) -> list[str]:
        self._call()
        return super().folders(prefix)
