"""Where the program begins: ``chartlake``, and ``python -m chartlake``.

It imports next to nothing, so that Ctrl-C ends it quietly also while the rest is imported.
"""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        _leave_at_once()
        from chartlake.cli import main as run

        run()
    except KeyboardInterrupt as error:
        sys.exit(128 + getattr(error, "by", 2))  # 2 is SIGINT, of which nobody has told yet


def _leave_at_once() -> None:
    """Until the command line watches for Ctrl-C itself: what it imports may take one for a fault.

    Nothing is open yet that would have to be closed.
    """
    import os
    import signal

    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, lambda number, frame: os._exit(128 + number))


if __name__ == "__main__":
    main()
