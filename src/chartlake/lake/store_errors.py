"""What a store says went wrong, for people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from obstore.exceptions import BaseError

from chartlake.errors import StorageError

__all__ = ["errors_of"]


@contextmanager
def errors_of(action: str, url: str, key: str) -> Iterator[None]:
    """FileNotFoundError as it is; StorageError for all else that a store raises."""
    try:
        yield
    except FileNotFoundError:
        raise
    except ValueError as error:  # a key that no store can have, as a damaged manifest may name it
        if action != "read":
            raise
        raise FileNotFoundError(f"{key!r}: {error}") from error
    except (BaseError, OSError) as error:
        reason = str(error).split("\n\n")[0]  # obstore adds a debug dump below
        raise StorageError(
            f"cannot {action} {key or 'the lake'} in {url}",
            why=reason,
            fix="check that the place exists, has space, and that you may write there",
        ) from error
