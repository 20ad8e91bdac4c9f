"""A second lake over the same raw objects, so that what is built in it harms no other."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_GIVEN = ("raw", "manifests")


def link(lake: Path, other: Path) -> Path:
    """A lake with hard links to what was extracted into ``lake``; what is there stays."""
    for zone in _GIVEN:
        shutil.copytree(lake / zone, other / zone, copy_function=_link, dirs_exist_ok=True)
    return other


def forget_builds(lake: Path) -> None:
    """Leave of a linked lake only what was extracted."""
    for zone in lake.iterdir():
        if zone.is_dir() and zone.name not in _GIVEN:
            shutil.rmtree(zone)


def _link(source: str, target: str) -> None:
    if not Path(target).exists():
        os.link(source, target)
