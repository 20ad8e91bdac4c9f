"""Whether a fault left what another one had left before: one run more would then do the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest

from chartlake.lake import keys
from chartlake.lake.store import Store
from tests.crash.projects import rows_of


@contextmanager
def numbered_attempts() -> Iterator[None]:
    """Names that are the same each time, so that it shows when all else is."""
    numbers = count()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "new_attempt", lambda: f"{next(numbers):016x}")
        yield


def digest(store: Store, warehouse: Path | None) -> bytes:
    """All that a run finds: the lake, byte by byte, and what a warehouse that changed holds."""
    rows = rows_of(warehouse, unlike=("written_at",), but_for=()) if warehouse else {}
    lake = [(key, store.get(key)) for key in store.keys("")]
    found = [*lake, *((name, sorted(map(repr, held))) for name, held in rows.items())]
    return sha256(repr(found).encode()).digest()
