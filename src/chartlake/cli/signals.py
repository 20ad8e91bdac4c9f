"""SIGTERM and Ctrl-C end a command where it stands: what is committed is kept, the rest undone.

The first signal breaks off the main thread, so that every block on the way out
closes what it opened, rolls back its transaction and removes its draft. A
second one ends the process at once, which loses no more: that is what commits
are for. So does the first one after some seconds, because a library may go on
with what it does all the same.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

import typer

__all__ = ["Interrupted", "exit_code", "kept", "leave", "unmasked", "watch"]

_WATCHED = (signal.SIGINT, signal.SIGTERM)
_PATIENCE_SECONDS = 8.0
_received: list[signal.Signals] = []


class Interrupted(KeyboardInterrupt):
    """A signal asked the process to end."""

    def __init__(self, by: signal.Signals) -> None:
        super().__init__(by.name)
        self.by = by


def watch() -> None:
    """From now on the first signal raises Interrupted in the main thread."""
    for number in _WATCHED:
        # nohup and a shell's & have them ignored, and mean it
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _break_off)


def _break_off(number: int, frame: FrameType | None) -> NoReturn:
    _received.append(signal.Signals(number))
    for each in _WATCHED:
        signal.signal(each, signal.SIG_DFL)
    threading.Thread(target=_end_anyway, args=(_received[0],), daemon=True).start()
    raise Interrupted(_received[0])


def _end_anyway(by: signal.Signals) -> None:
    """End the process where nobody else has by then."""
    time.sleep(_PATIENCE_SECONDS)
    error = Interrupted(by)
    with suppress(OSError):
        os.write(2, f"{kept(error)}\n".encode())
    os._exit(exit_code(error))


@contextmanager
def unmasked() -> Iterator[None]:
    """What a signal broke off comes out as Interrupted, whatever a library made of it."""
    try:
        yield
    except typer.Exit:
        raise
    except Exception as error:
        if _received:
            raise Interrupted(_received[0]) from error
        raise


def kept(
    error: KeyboardInterrupt,
    what: str = "what is committed is kept, the next run goes on from there",
) -> str:
    """A line that says what is kept."""
    by = f" by {error.by.name}" if isinstance(error, Interrupted) else ""
    return f"interrupted{by}: {what}"


def exit_code(error: KeyboardInterrupt) -> int:
    """128 and the signal's number, as shells have it: 130 for Ctrl-C, 143 for SIGTERM."""
    return 128 + (error.by if isinstance(error, Interrupted) else signal.SIGINT)


def leave(code: str | int | None) -> None:
    """End the process if a signal asked for it; a thread that still waits must not hold it."""
    if not _received:
        return
    final = exit_code(Interrupted(_received[0])) if code else 0
    if all(each.daemon for each in threading.enumerate() if each is not threading.main_thread()):
        sys.exit(final)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # its reader may have gone before us
            stream.flush()
    os._exit(final)
