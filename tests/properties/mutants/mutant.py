"""What a mutant is, and what several of them need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from chartlake.lake.store import Store

__all__ = ["MUTANTS", "Mutant", "Overwriting", "Patch", "breaks", "overwriting"]

Patch = pytest.MonkeyPatch
Apply = Callable[[Patch], None]


class Mutant(NamedTuple):
    """A fault, and the invariants of which it may break the first.

    One that needs more than one thing to go wrong is ``rare``: it takes many schedules.
    """

    apply: Apply
    breaks: frozenset[int]
    rare: bool = False

    @property
    def name(self) -> str:
        """What is wrong, in a few words."""
        return self.apply.__name__.replace("_", " ")


MUTANTS: list[Mutant] = []


def breaks(*invariants: int, rare: bool = False) -> Callable[[Apply], Apply]:
    """Take a function among the mutants."""

    def register(apply: Apply) -> Apply:
        MUTANTS.append(Mutant(apply, frozenset(invariants), rare))
        return apply

    return register


class Overwriting:
    """A store whose create does not mind an object that is there, in one zone."""

    def __init__(self, store: Store, zone: str) -> None:
        self._store = store
        self._zone = zone

    def create(self, key: str, content: bytes) -> bool:
        if not key.startswith(self._zone):
            return self._store.create(key, content)
        self._store.change(key, lambda before: content)
        return True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def overwriting(patch: Patch, module: Any, name: str, zone: str) -> None:
    """Let a function of the lake work with such a store."""
    real = getattr(module, name)
    patch.setattr(
        module, name, lambda store, *rest, **more: real(Overwriting(store, zone), *rest, **more)
    )
