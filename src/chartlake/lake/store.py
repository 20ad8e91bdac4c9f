"""One object store for local disk, memory and S3.

`obstore` does the work. What this adds: a create-only write that answers
whether it won, a change that loses nobody else's, ranges, listings in order,
and errors for people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import MemoryStore, from_url

from chartlake.errors import ConfigError, StorageError
from chartlake.lake import format as lake_format
from chartlake.lake import keys, lease, local
from chartlake.lake.places import places_of
from chartlake.lake.s3 import open_bucket
from chartlake.lake.store_errors import errors_of

__all__ = ["SCHEMES", "Listed", "Store", "open_store"]

SCHEMES = ("file", "memory", "s3")
_LOCK_SECONDS = 30.0


class Listed(NamedTuple):
    """An object as a listing tells of it: its size, and when the store last wrote it."""

    key: str
    size: int
    modified: datetime


class Store:
    """Objects by key. Keys are relative and use forward slashes.

    Errors: FileNotFoundError where an object is not there, StorageError for
    all else (no rights, no space, no network, a newer format), naming the key.
    With a ``clock`` the first write says in lake.json which format the lake has.
    """

    def __init__(
        self,
        open_objects: Callable[[], Any],
        url: str,
        folder: Path | None = None,
        clock: Callable[[], datetime] | None = None,
        open_curated: Callable[[], Any] | None = None,
    ) -> None:
        self._open, self._open_curated = open_objects, open_curated
        self._folder = folder
        self._clock = clock
        self._signed = clock is None
        self._opening = Lock()
        self.url = url
        self.places = places_of(url)

    @property
    def _objects(self) -> Any:
        with self._opening:  # several workers may come first at the same time
            return self._opened_once

    @cached_property
    def _opened_once(self) -> Any:
        objects = self._open()
        self._signed |= self._check_format(objects)
        return objects

    def _objects_of(self, key: str) -> Any:
        """Where an object lies, or those whose keys begin so."""
        main = self._objects
        return main if self.places.of(key) == self.places.main else self._curated_objects

    @cached_property
    def _curated_objects(self) -> Any:
        return self._open_curated() if self._open_curated else self._objects

    def _check_format(self, objects: Any) -> bool:
        """Whether the lake says its format; StorageError where it is a newer one."""
        with errors_of("read", self.url, keys.LAKE), suppress(FileNotFoundError):
            content = bytes(obstore.get(objects, keys.LAKE).bytes())
            lake_format.check(content, self.url)
            return True
        return False

    def _to_write(self, key: str) -> Any:
        """Where to write an object, in a lake that says its format."""
        objects = self._objects
        if not self._signed and self._clock:
            mine = lake_format.written_by_us(self._clock())
            with errors_of("write", self.url, keys.LAKE):
                try:
                    obstore.put(objects, keys.LAKE, mine, mode="create")
                except AlreadyExistsError:
                    self._check_format(objects)  # another run was first: it may know more
            self._signed = True
        return self._objects_of(key)

    def _to_read(self, key: str) -> Any:
        """Where an object is; nowhere if the folder isn't there yet: looking must not make it."""
        if self._folder and not self._folder.exists():
            return MemoryStore()
        return self._objects_of(key)

    def _to_list(self, prefix: str) -> list[tuple[str, Any]]:
        """The places in which there may be objects whose keys begin so."""
        return [(self.places.of(p), self._to_read(p)) for p in self.places.apart(prefix)]

    def create(self, key: str, content: bytes) -> bool:
        """Write an object that must not exist yet; False when it does: someone else won."""
        with errors_of("write", self.url, key):
            for _ in range(5):
                try:
                    obstore.put(self._to_write(key), key, content, mode="create")
                    return True
                except AlreadyExistsError:
                    if self._folder or self._is_there(key):
                        return False  # else S3 had other writers: none of them has won
                except FileNotFoundError as error:
                    raise BaseError(str(error)) from error  # the bucket itself is not there
        return False

    def _is_there(self, key: str) -> bool:
        with suppress(FileNotFoundError):
            return bool(obstore.head(self._to_read(key), key))
        return False

    def copy(self, key: str, to: str) -> None:
        """Copy an object within its bucket or folder; nothing of it comes here."""
        with errors_of("copy", self.url, key):
            obstore.copy(self._to_write(to), key, to)

    def get(self, key: str) -> bytes:
        """The whole object."""
        with errors_of("read", self.url, key):
            objects = self._to_read(key)
            if self._folder and local.is_plain(key):
                return local.read(self._folder, key)
            return bytes(obstore.get(objects, key).bytes())

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        """``length`` bytes of the object from ``offset``; at least one."""
        with errors_of("read", self.url, key):
            return bytes(obstore.get_range(self._to_read(key), key, start=offset, length=length))

    def change(self, key: str, change: Callable[[bytes | None], bytes]) -> bytes:
        """Replace an object by what ``change`` makes of it (of None: it is not there yet).

        Nobody else's change is lost: where the store can't compare and swap (on
        a local disk) a lock file keeps others out.
        """
        if not self._folder:
            return self._change(key, change)
        with self.alone("state", _LOCK_SECONDS) as alone:
            if not alone:
                raise StorageError(
                    f"cannot change {key} in {self.url}",
                    why=f"another process has kept it locked for {_LOCK_SECONDS:.0f} seconds",
                    fix="see which other chartlake runs there, and run again",
                )
            return self._change(key, change)

    def _change(self, key: str, change: Callable[[bytes | None], bytes]) -> bytes:
        while True:
            with errors_of("read", self.url, key):
                before, version = self._versioned(key)
            after = change(before)
            if after == before:
                return after
            with errors_of("write", self.url, key):
                if self._swap(key, after, version):
                    return after

    @contextmanager
    def alone(self, name: str, seconds: float) -> Iterator[bool]:
        """Keep other runs over this lake out for as long as this lasts; a courtesy.

        Waits up to ``seconds``; gives whether nobody else is inside. In a local folder other
        runs on this machine are kept out, on S3 those of all machines.
        """
        if self._folder:
            with local.locked(self._folder, name, seconds) as alone:
                yield alone
        elif self.url.startswith("s3:"):
            with lease.held(partial(self.change, keys.lease(name)), seconds) as alone:
                yield alone
        else:
            yield True

    def _versioned(self, key: str) -> tuple[bytes | None, Any]:
        """An object and the version that a swap has to find; None and "create" without one."""
        try:
            found = obstore.get(self._to_read(key), key)
        except FileNotFoundError:
            return None, "create"
        tag = found.meta["e_tag"]
        return bytes(found.bytes()), "overwrite" if self._folder or not tag else {"e_tag": tag}

    def _swap(self, key: str, content: bytes, version: Any) -> bool:
        try:
            obstore.put(self._to_write(key), key, content, mode=version)
        except (AlreadyExistsError, PreconditionError):
            return False
        return True

    def delete(self, key: str) -> None:
        """Remove an object, if it is there."""
        with errors_of("delete", self.url, key), suppress(FileNotFoundError):
            obstore.delete(self._objects_of(key), key)

    def keys(self, prefix: str) -> Iterator[str]:
        """The same, their keys alone."""
        return iter([listed.key for listed in self.listing(prefix)])

    def listing(self, prefix: str) -> list[Listed]:
        """The objects below a folder (``prefix`` ends with a slash), in order of their keys."""
        with errors_of("list", self.url, prefix):
            found = [
                Listed(meta["path"], meta["size"], meta["last_modified"])
                for place, objects in self._to_list(prefix)
                for batch in obstore.list(objects, prefix)
                for meta in batch
                if self.places.of(meta["path"]) == place  # else it lies where nobody looks for it
            ]
        return sorted(found)

    def unfinished(self) -> list[Listed]:
        """What killed writes left on a local disk: no object, and in no other listing."""
        with errors_of("list", self.url, ""):
            found = local.unfinished(self._folder) if self._folder else ()
            return sorted(Listed(*file) for file in found)

    def get_unfinished(self, key: str) -> bytes:
        """What a killed write left under this name."""
        if not self._folder or not local.is_unfinished(key):
            raise FileNotFoundError(key)
        with errors_of("read", self.url, key):
            return (self._folder / key).read_bytes()

    def delete_unfinished(self, key: str) -> None:
        """Remove what a killed write left."""
        if self._folder and local.is_unfinished(key):
            with errors_of("delete", self.url, key):
                (self._folder / key).unlink(missing_ok=True)

    def keeps_versions(self, key: str) -> bool:
        """Whether the store keeps former versions of objects, as this one (which is there) shows.

        Such a bucket keeps what is deleted too, and no key leads there.
        """
        with errors_of("read", self.url, key):
            version = obstore.head(self._to_read(key), key)["version"]
        return version not in (None, "null")

    def folders(self, prefix: str) -> list[str]:
        """The names of the folders directly below ``prefix``, in order."""
        with errors_of("list", self.url, prefix):
            listing = obstore.list_with_delimiter(self._to_read(prefix), prefix)
        return sorted(path.rsplit("/", 1)[-1] for path in listing["common_prefixes"])


def open_store(url: str, clock: Callable[[], datetime] | None = None) -> Store:
    """Open ``s3://bucket/prefix``, ``memory://`` or a folder (a path or file:// URL).

    A missing folder is made at the first use; a lake gets its lake.json, dated by the ``clock``.
    """
    scheme = urlsplit(url).scheme
    if scheme == "memory":
        return Store(MemoryStore, url, clock=clock)
    if scheme == "s3":
        return _on_s3(url.rstrip("/"), clock)
    if scheme in ("", "file"):
        folder = Path(unquote(urlsplit(url).path) if scheme else url).resolve()
        return Store(partial(_folder, folder), str(folder), folder, clock)
    raise ConfigError(
        f"lake url {url!r}: {scheme!r} is not a store that chartlake knows",
        fix="use a folder, or one of " + ", ".join(f"{known}://" for known in SCHEMES),
    )


def _on_s3(url: str, clock: Callable[[], datetime] | None) -> Store:
    main, curated = places_of(url)
    apart = partial(open_bucket, curated) if curated else None
    return Store(partial(open_bucket, main), url, clock=clock, open_curated=apart)


def _folder(path: Path) -> Any:
    with errors_of("open", str(path), ""):
        # a folder that became empty would still be listed
        return from_url(path.as_uri(), mkdir=True, automatic_cleanup=True)
