"""A run that has to end by a certain time: what is not read by then is left for the next one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from chartlake.cli.options import on_engine, open_with
from chartlake.settings import Engine, read_settings
from chartlake.wiring.deadline import in_time, shortened
from chartlake.wiring.project import Project

__all__ = ["open_until"]


def open_until(folder: Path | None, seconds: float | None, engine: Engine | None = None) -> Project:
    """The project of a run that may take so long; by default, as long as its settings say.

    A reading that has not ended by then is given up as deferred.
    """
    settings = on_engine(read_settings(folder or Path()), engine)
    here = open_with(settings if seconds is None else shortened(settings, seconds))
    return replace(here, pipeline=in_time(here.pipeline, here.spotify.api))
