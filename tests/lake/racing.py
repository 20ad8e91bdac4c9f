"""A lake from which somebody removes builds while others read them."""

from __future__ import annotations

from collections.abc import Iterator

from chartlake.lake import keys
from chartlake.lake.store import Listed, Store


class RacingStore(Store):
    """The first build is gone as soon as it was listed, as `gc` and `purge` take builds away."""

    def __init__(self, inner: Store) -> None:
        super().__init__(lambda: inner._objects, inner.url)

    def keys(self, prefix: str) -> Iterator[str]:
        found = list(super().keys(prefix))
        self._remove_first(prefix, found)
        return iter(found)

    def listing(self, prefix: str) -> list[Listed]:
        found = super().listing(prefix)
        self._remove_first(prefix, [listed.key for listed in found])
        return found

    def _remove_first(self, prefix: str, found: list[str]) -> None:
        if prefix.startswith(keys.BUILDS) and found:
            self.delete(found[0])
