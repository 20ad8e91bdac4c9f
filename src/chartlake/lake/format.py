"""lake.json: which format a lake has, so that no program guesses at what a newer one wrote.

Manifests, builds and all else are JSON whose fields are only added to, and that
needs no new format. A format number is for what an older program would misread.
A lake without this file was made before there was one: it has format 1.
"""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import version

import msgspec

from chartlake.errors import StorageError
from chartlake.lake import keys
from chartlake.model import Record, Undecodable, from_json

__all__ = ["FORMAT", "LakeFormat", "check", "written_by_us"]

FORMAT = 1


class LakeFormat(Record, frozen=True, kw_only=True):
    """What lake.json holds. It is created once, by the first run that writes, and never changed."""

    format: int
    made_by: str
    created_at: datetime


def written_by_us(now: datetime) -> bytes:
    """The content of lake.json in a lake that is made, or first written to, now."""
    mine = LakeFormat(format=FORMAT, made_by=f"chartlake {version('chartlake')}", created_at=now)
    return msgspec.json.encode(mine)


def check(content: bytes, url: str) -> None:
    """StorageError where this program must not touch the lake."""
    try:
        found = from_json(content, LakeFormat)
    except Undecodable as error:
        raise StorageError(
            f"{keys.LAKE} in {url} does not tell the lake's format",
            why=str(error),
            fix="restore the file from a backup; where there is none, delete it if this lake "
            f"was never written by a chartlake newer than {version('chartlake')}",
        ) from error
    if found.format > FORMAT:
        raise StorageError(
            f"the lake {url} has format {found.format}; this chartlake knows {FORMAT}",
            why=f"{found.made_by} made it",
            fix="use that chartlake or a newer one, on every machine that shares this lake",
        )
