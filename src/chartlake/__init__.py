"""chartlake keeps the history of music charts and playlists in a lake that its user owns.

Read `chartlake.pipeline` first: the stages in order. The folders are the data
flow, and stages meet only in the lake:

    extract     sources → raw: read what a source gives, keep it as it came
    lake        where stages meet: keys, store, manifests, builds
    transform   raw → curated: pure parsing into typed tables
    warehouse   curated → tables, views, marts and checks
    report      marts → people
    simulator   a Spotify Web API on a socket, for the demo and the tests

    model, schema, errors, schedule   the vocabulary that all of them speak
    settings, wiring, cli, demo       from a project's folder to a running command
    notebook                          the same for notebooks: ``chartlake.open()``
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from chartlake.notebook import Lake

__all__ = ["open"]


def open(project: str | Path = ".") -> Lake:
    """What the project in a folder has collected, as Arrow, pandas or polars."""
    # not above: every command imports this package
    from chartlake.notebook import open_lake

    return open_lake(project)
