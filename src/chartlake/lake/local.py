"""What is asked of a lake's folder itself, where the lake is one: quicker, or asked of no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from chartlake.lake.store_errors import errors_of

__all__ = ["is_plain", "is_unfinished", "locked", "read", "unfinished"]

_LOCKS = ".locks"

# a key that is a file's name as it stands, and leads nowhere else
_PLAIN = re.compile(r"(?:[A-Za-z0-9_=-][A-Za-z0-9._=-]*/)*[A-Za-z0-9_=-][A-Za-z0-9._=-]*")
# under such a name a local store writes, until the object is whole
_UNFINISHED = re.compile(r"#\d+$")


def is_plain(key: str) -> bool:
    """Whether an object lies in the file of its name."""
    return _PLAIN.fullmatch(key) is not None


def read(folder: Path, key: str) -> bytes:
    """A whole object: for a small one the store's own way takes four times as long."""
    try:
        return (folder / key).read_bytes()
    except (IsADirectoryError, NotADirectoryError) as error:
        raise FileNotFoundError(key) from error


def is_unfinished(key: str) -> bool:
    """Whether this is what a killed write left."""
    return _UNFINISHED.search(key) is not None


def unfinished(folder: Path) -> Iterator[tuple[str, int, datetime]]:
    """What killed writes left: name, size and time."""
    for file in folder.rglob("*#*"):
        if is_unfinished(file.name):
            about = file.stat()
            modified = datetime.fromtimestamp(about.st_mtime, UTC)
            yield file.relative_to(folder).as_posix(), about.st_size, modified


@contextmanager
def locked(folder: Path, name: str, seconds: float) -> Iterator[bool]:
    """Hold a lock file while the block runs; waits up to ``seconds``, gives whether it is held."""
    lock = FileLock(folder / _LOCKS / name)
    with errors_of("lock", str(folder), name):
        (folder / _LOCKS).mkdir(parents=True, exist_ok=True)
        with suppress(Timeout):
            lock.acquire(timeout=seconds)
    try:
        yield lock.is_locked
    finally:
        lock.release()
