"""Archives: the same files make the same bytes, whenever and wherever they are packed."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

__all__ = ["Entries", "digest_of", "files_below", "size_of", "write_zip"]

Entries = Mapping[str, Path | bytes]
"""What goes into an archive: by its name there, a file or its bytes."""

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can tell
_UNIX = 3


def files_below(folder: Path, at: str = "") -> dict[str, Path]:
    """The files of a folder, by what their names are below ``at``."""
    return {
        at + file.relative_to(folder).as_posix(): file
        for file in folder.rglob("*")
        if file.is_file()
    }


def digest_of(entries: Entries) -> str:
    """A hash of names and contents: not of the archive, as compressors differ."""
    whole = hashlib.sha256()
    for name in sorted(entries):
        whole.update(f"{name}\0{hashlib.sha256(_bytes(entries[name])).hexdigest()}\n".encode())
    return whole.hexdigest()


def size_of(entries: Entries) -> int:
    """How many bytes they take unpacked."""
    return sum(
        len(entry) if isinstance(entry, bytes) else entry.stat().st_size
        for entry in entries.values()
    )


def write_zip(file: Path, entries: Entries) -> None:
    """Pack them, in the order of their names, with times and modes that say nothing."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(entries):
            told = zipfile.ZipInfo(name, _EPOCH)
            told.compress_type = zipfile.ZIP_DEFLATED
            told.create_system = _UNIX
            told.external_attr = (0o100755 if ".so" in Path(name).suffixes else 0o100644) << 16
            archive.writestr(told, _bytes(entries[name]))


def _bytes(entry: Path | bytes) -> bytes:
    return entry if isinstance(entry, bytes) else entry.read_bytes()
