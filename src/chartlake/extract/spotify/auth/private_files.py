"""Files that nobody else on this machine can read: made so, and refused where they are not."""

from __future__ import annotations

import os
import secrets
import shlex
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from chartlake.errors import ConfigError, StorageError, Unavailable

__all__ = ["lock_in", "make_private_folder", "read_private", "remove_private", "write_private"]

_OTHERS = 0o077
_LOCK_SECONDS = 180.0  # the holder may be waiting out an outage


def make_private_folder(folder: Path) -> None:
    """Make a folder of mode 0700, or see that it is one."""
    with _explained(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check(folder, folder.lstat(), stat.S_ISDIR)


def read_private(file: Path) -> str | None:
    """A file's text, None where it is not there; ConfigError where others could read it too."""
    with _explained(file):
        try:
            _check(file.parent, file.parent.lstat(), stat.S_ISDIR)
            _check(file, file.lstat(), stat.S_ISREG)
            # it may have been exchanged since: what is opened counts
            descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            return None
        with open(descriptor, encoding="utf-8") as opened:  # noqa: PTH123  # of a descriptor
            _check(file, os.fstat(descriptor), stat.S_ISREG)
            return opened.read()


def write_private(file: Path, text: str) -> None:
    """Put a text into a file of mode 0600: the whole of it, or what was there before stays."""
    make_private_folder(file.parent)
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    with _explained(file):
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            with open(os.open(draft, flags, 0o600), "w", encoding="utf-8") as opened:  # noqa: PTH123  # of a descriptor
                opened.write(text)
                opened.flush()
                os.fsync(opened.fileno())
            draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)
        _settle(file.parent)


def remove_private(file: Path) -> None:
    """Remove a file, and drafts of it that a killed program left; none there is no error."""
    with _explained(file):
        for draft in file.parent.glob(f".{file.name}.*"):
            draft.unlink(missing_ok=True)
        file.unlink(missing_ok=True)


def lock_in(
    folder: Path, seconds: float = _LOCK_SECONDS
) -> Callable[[], AbstractContextManager[None]]:
    """A lock that all processes share, by a file in a private folder; Unavailable if it is held."""

    @contextmanager
    def exclusive() -> Iterator[None]:
        # imported where it is needed: most commands sign nobody in
        from filelock import FileLock, Timeout

        make_private_folder(folder)
        try:
            held = FileLock(folder / "lock", timeout=seconds, mode=0o600).acquire()
        except Timeout:
            raise Unavailable(
                "another chartlake is busy signing in, and did not end",
                why=f"it holds {folder / 'lock'}",
                fix="run again later",
            ) from None
        with held:
            yield

    return exclusive


def _check(path: Path, status: os.stat_result, is_kind: Callable[[int], bool]) -> None:
    """Like ssh, which does not use a key that others can read either."""
    if not is_kind(status.st_mode):
        raise ConfigError(
            f"{path} is not a plain file or folder",
            why="sign-ins are not kept behind links, where they might lead anywhere",
            fix="move it away, or set another folder under [auth]",
        )
    if status.st_uid != os.geteuid():
        raise ConfigError(
            f"{path} belongs to another user",
            why="sign-ins are kept by the one who uses them",
            fix="run as that user, or set another folder under [auth]",
        )
    if status.st_mode & _OTHERS:
        mode = "700" if stat.S_ISDIR(status.st_mode) else "600"
        raise ConfigError(
            f"others on this machine can read {path}",
            why="it is where sign-ins to Spotify are kept",
            fix=f"chmod {mode} {shlex.quote(str(path))}",
        )


def _settle(folder: Path) -> None:
    """Let a rename outlast a power cut: a refresh token that was replaced is gone for good."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise StorageError(
            f"cannot keep sign-ins at {path}",
            why=reason,
            fix="mend it, or set another folder under [auth]",
        ) from None
