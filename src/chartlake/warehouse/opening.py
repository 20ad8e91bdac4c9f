"""Opening a warehouse's file: waits for who holds it, and says what is wrong with it."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from chartlake.errors import StorageError, UsageError

__all__ = ["Opener", "is_whole", "not_there"]

logger = logging.getLogger(__name__)

_HELD = "Could not set lock"  # and nothing shorter: a damaged file has its error in a block
_ALONE: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False,
    "lock_configuration": True,
}
_DAMAGED = ("not a valid", "not read enough bytes", "Corrupt database file")


@dataclass(frozen=True)
class Opener:
    """Opens the file at ``path``, and drafts of it; ``limits`` are DuckDB's settings for that."""

    path: Path
    patience_seconds: float
    limits: Mapping[str, str | int]

    def read(self) -> duckdb.DuckDBPyConnection:
        """The published file, whichever it is now."""
        return self._open(self.path, is_read_only=True)

    def write(self, file: Path) -> duckdb.DuckDBPyConnection:
        """The file itself or a draft."""
        return self._open(file, limits=self.limits)

    @contextmanager
    def written(self, draft: Path) -> Iterator[duckdb.DuckDBPyConnection]:
        """The draft, open to write; what was written is in the file when the block ends."""
        fix = "see that the disk has space; what was there before stays as it is"
        with self.told(fix), closing(self.write(draft)) as db:
            with _transaction(db):
                yield db
            db.execute("checkpoint")

    def settle(self) -> None:
        """Another program wrote in the file and was killed: let what it committed count."""
        with self.told(), closing(self.write(self.path)) as db:
            db.execute("checkpoint")

    def look_at(self, draft: Path) -> duckdb.DuckDBPyConnection:
        """A draft that is written, as readers would see it, in no more than a writer may take."""
        return self._open(draft, is_read_only=True, limits=self.limits)

    @contextmanager
    def told(self, fix: str | None = None) -> Iterator[None]:
        """What goes wrong with an open file as an error for people."""
        try:
            yield
        except duckdb.Error as error:
            what = f"cannot use the warehouse {self.path}"
            raise StorageError(what, why=str(error), fix=fix) from error

    def _open(
        self,
        file: Path,
        *,
        is_read_only: bool = False,
        limits: Mapping[str, str | int] | None = None,
    ) -> duckdb.DuckDBPyConnection:
        config = (_ALONE if is_read_only else {}) | dict(limits or {})
        until, told = time.monotonic() + self.patience_seconds, False
        while True:
            before = _which(file)
            try:
                db = duckdb.connect(str(file), read_only=is_read_only, config=config)
                # it opens a file several times: all of them have to be the same one
                if not is_read_only or _which(file) == before:
                    return db
                db.close()
                continue
            except duckdb.Error as error:
                if is_read_only and _which(file) != before:
                    continue  # another one was published in this moment
                if _HELD not in str(error):
                    raise self._unusable(str(error)) from error
                if time.monotonic() > until:
                    raise self._held() from error
                if until - time.monotonic() < self.patience_seconds - 1 and not told:
                    logger.warning("waiting for another process that writes in %s", self.path)
                    told = True
            time.sleep(0.1)

    def _held(self) -> StorageError:
        return StorageError(
            f"the warehouse {self.path} is in use by another process",
            why=f"it was still held after {self.patience_seconds:.0f} seconds",
            fix="wait for the other process to end, or stop it; let other programs open it "
            "read-only, which disturbs nobody",
        )

    def _unusable(self, why: str) -> StorageError:
        return StorageError(
            f"cannot open the warehouse {self.path}",
            why=why,
            fix="move the file away: the next run or import makes it again from the lake"
            if any(word in why for word in _DAMAGED)
            else "check that its folder is there, has space, and that you may write in it",
        )


def not_there(path: Path) -> UsageError:
    """What is told where there is no warehouse."""
    return UsageError(
        f"there is no warehouse yet at {path}",
        fix="fill it first: chartlake import FILES, chartlake run, or chartlake demo",
    )


def _which(file: Path) -> tuple[int, int] | None:
    """Which file has this name now."""
    try:
        about = file.stat()
    except OSError:
        return None
    return about.st_dev, about.st_ino


@contextmanager
def _transaction(db: duckdb.DuckDBPyConnection) -> Iterator[None]:
    db.begin()
    try:
        yield
    except BaseException:
        with suppress(duckdb.TransactionException):  # between a commit and the next beginning
            db.rollback()
        raise
    db.commit()


def is_whole(db: duckdb.DuckDBPyConnection) -> bool:
    """Whether it has tables: a first load that was killed once left files without any."""
    try:  # DuckDB's list of its tables takes longer than most questions
        db.execute("from warehouse_version limit 0").fetchall()
    except duckdb.CatalogException:
        return False
    return True
