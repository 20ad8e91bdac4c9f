"""What can go wrong, grouped by what the caller does about it.

    ChartlakeError
    ├── UsageError          correct the call or the configuration            exit 2
    │   └── ConfigError
    ├── DataError           look at the data; everything else went on        exit 1
    │   ├── RefusedFile     this file cannot be used, and why
    │   ├── Conflict        the lake already holds something else here
    │   └── CorruptObject   stored bytes no longer match their hash
    ├── SourceError         a source said no                                 exit 3
    │   ├── Refused         final: asking again gives the same answer
    │   ├── Unavailable     passing: a later run may succeed
    │   └── SignInError     credentials are missing or no longer valid
    ├── StorageError        the lake or the warehouse could not be used      exit 4
    └── Deferred            nothing failed: try again later                  exit 75

Every message says what happened and to which thing; ``why`` and ``fix`` are
optional lines for people, printed below it.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "ChartlakeError",
    "ConfigError",
    "Conflict",
    "CorruptObject",
    "DataError",
    "Deferred",
    "Refused",
    "RefusedFile",
    "SignInError",
    "SourceError",
    "StorageError",
    "Unavailable",
    "UsageError",
]


class ChartlakeError(Exception):
    """Root of the tree. ``str()`` is one sentence; ``why`` and ``fix`` add to it."""

    exit_code: ClassVar[int] = 70

    def __init__(self, what: str, *, why: str | None = None, fix: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = fix
        for label, said in (("why", why), ("fix", fix)):
            if said:  # for those who see a traceback: in a notebook, in a log
                self.add_note(f"  {label}   {said}")


class UsageError(ChartlakeError):
    """The call cannot be carried out as it was made."""

    exit_code = 2


class ConfigError(UsageError):
    """A setting is unknown, missing or has a value that cannot be used."""


class DataError(ChartlakeError):
    """Some data could not be used; the rest went on."""

    exit_code = 1


class RefusedFile(DataError):
    """A file is not what it should be. Nothing of it was taken into the lake's tables."""


class Conflict(DataError):
    """The lake already holds other bytes for this slot, or these bytes for another."""


class CorruptObject(DataError):
    """Stored bytes do not match the hash that was recorded when they were committed."""


class SourceError(ChartlakeError):
    """A source could not be read."""

    exit_code = 3


class Refused(SourceError):
    """The source answered no, and will again; ``status`` is the HTTP status, if any."""

    def __init__(
        self,
        what: str,
        *,
        why: str | None = None,
        fix: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(what, why=why, fix=fix)
        self.status = status


class Unavailable(SourceError):
    """The source could not answer now (outage, timeout, a torn or cut answer)."""


class SignInError(SourceError):
    """Credentials are missing, wrong or expired."""


class StorageError(ChartlakeError):
    """The lake or the warehouse could not be read or written."""

    exit_code = 4


class Deferred(ChartlakeError):
    """The source asks to wait longer than this run may: run again later."""

    exit_code = 75
