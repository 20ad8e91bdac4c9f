"""The file that readers open is never written to: each load makes the next one and renames it.

The writer works on a draft beside the file, a copy of it. When the draft is
whole it takes the file's name in one step. A reader that has the former file
open keeps it, whole and unchanged, until it closes it. So there is one truth,
the published file: a draft that did not take its name is thrown away, by
whoever made it or, after a kill, by the next writer.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from filelock import FileLock, Timeout

from chartlake.errors import StorageError

__all__ = ["draft_of", "publish", "turn", "wal_of"]

logger = logging.getLogger(__name__)

_DRAFT = ".draft"
_FICLONE = getattr(fcntl, "FICLONE", 0x40049409)  # Python names it from 3.12 on
_TELL_AFTER_SECONDS = 1.0
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def turn(path: Path, patience_seconds: float) -> Iterator[None]:
    """Keep other writers of this file out; StorageError where they keep us out for too long.

    A killed process holds nothing: the system lets go of its lock.
    """
    with _explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.with_name(f".{path.name}.lock"))
        if not _acquired(lock, min(_TELL_AFTER_SECONDS, patience_seconds)):
            logger.warning("waiting for another process that writes %s", path)
            if not _acquired(lock, patience_seconds - _TELL_AFTER_SECONDS):
                raise StorageError(
                    f"the warehouse {path} is in use by another process",
                    why=f"it was still being written after {patience_seconds:.0f} seconds",
                    fix="wait for the other process to end, or stop it",
                )
    try:
        yield
    finally:
        lock.release()


@contextmanager
def draft_of(path: Path) -> Iterator[Path]:
    """A copy of the file to write in (nothing yet, where there is no file), in a `turn`.

    What was not published when the block ends is gone.
    """
    draft = path.with_name(f".{path.name}.{token_hex(4)}{_DRAFT}")
    with _explained(path):
        _remove_drafts(path)
    try:
        with _explained(path):
            if path.exists():
                _copy(path, draft)
        yield draft
    finally:
        with suppress(OSError):  # the next writer removes it as well
            _remove_drafts(path)


def publish(draft: Path, path: Path) -> None:
    """Let the draft, which nobody has open any more, take the file's name in one step."""
    with _explained(path):
        if wal_of(draft).exists():
            raise OSError(errno.EBUSY, "the draft is not closed", str(draft))
        _synced(draft)
        draft.replace(path)
        _synced(path.parent)


def wal_of(path: Path) -> Path:
    """Where DuckDB keeps what it has not yet written into the file itself."""
    return path.with_name(f"{path.name}.wal")


def _acquired(lock: FileLock, seconds: float) -> bool:
    with suppress(Timeout):
        lock.acquire(timeout=max(0, seconds))
    return lock.is_locked


def _remove_drafts(path: Path) -> None:
    """Remove all drafts of this file, with what DuckDB keeps beside them."""
    for found in path.parent.iterdir():
        if found.name.startswith(f".{path.name}.") and _DRAFT in found.suffixes:
            shutil.rmtree(found) if found.is_dir() else found.unlink(missing_ok=True)


def _copy(path: Path, draft: Path) -> None:
    """Copy the file by sharing its blocks, where the disk can do that; and who may read it."""
    with path.open("rb") as source, draft.open("xb") as target:
        about = os.fstat(source.fileno())
        os.fchmod(target.fileno(), stat.S_IMODE(about.st_mode))
        for owner in ((-1, about.st_gid), (about.st_uid, -1)):
            with suppress(PermissionError):
                os.fchown(target.fileno(), *owner)
        shared = _shares_blocks(source.fileno(), target.fileno())
    if not shared:
        shutil.copyfile(path, draft)


def _shares_blocks(source: int, target: int) -> bool:
    if sys.platform != "linux":
        return False
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError:
        return False
    return True


def _synced(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in _NO_SPACE
        size = path.stat().st_size if full and path.exists() else 0
        raise StorageError(
            f"cannot write the warehouse {path}",
            why=f"{error.strerror or error}; what was there before stays as it is",
            fix=f"free some space: the next one needs {max(1, size >> 20)} MiB and some more"
            if full
            else "check that its folder is there, and that you may write in it",
        ) from error
