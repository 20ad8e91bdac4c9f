"""What readers remember of edited lists whose marts the checks have refused.

Without it each command would make all marts again, to throw them away again. It is a small
file beside the warehouse, and holds nothing but hashes: one of what was tried (the lists, the
SQL and the file it was tried on), and one of the name of each check that failed. Once any of
that is another, it says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from chartlake.warehouse.choices import Choices
from chartlake.warehouse.sql import MARTS, checks

__all__ = ["Identity", "drop", "identity", "recall", "remember"]

Identity = tuple[int, int, int]
"""By which a published file is known: inode, size and time of its last change."""


def identity(path: Path) -> Identity:
    """Which file is published now."""
    about = path.stat()
    return about.st_ino, about.st_size, about.st_mtime_ns


def remember(path: Path, chosen: Choices, failed: Iterable[str]) -> None:
    """The marts that these lists need were refused; the file stays as it is now."""
    lines = [_tried(path, chosen), *map(_hash, failed)]
    with suppress(OSError):  # then the next process tries once more
        _note(path).write_text("\n".join(lines), encoding="ascii")


def recall(path: Path, chosen: Choices) -> tuple[str, ...]:
    """The checks that failed when the same was tried on the same file; none if it was not."""
    try:
        tried, *failed = _note(path).read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return ()
    if tried != _tried(path, chosen):
        return ()
    return tuple(check.name for check in checks() if _hash(check.name) in failed)


def drop(path: Path) -> None:
    """Another file was published."""
    with suppress(OSError):  # it says nothing of another file anyhow
        _note(path).unlink(missing_ok=True)


def _note(path: Path) -> Path:
    return path.with_name(f".{path.name}.refused")


def _tried(path: Path, chosen: Choices) -> str:
    """The roster is not in it: no mart is made from that."""
    lists = (chosen.excluded, chosen.markets, chosen.recordings, sorted(chosen.as_warnings))
    return _hash(repr((lists, identity(path), MARTS, checks())))


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
