"""A run that has to end by a certain time: what is not read by then is left for the next one."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Thread

from chartlake.cli.options import on_engine, open_with
from chartlake.errors import Deferred, Unavailable
from chartlake.extract.due import DueSlot, Read
from chartlake.extract.spotify.client import SpotifyApi
from chartlake.model import Snapshot
from chartlake.settings import Engine, Settings, read_settings
from chartlake.wiring.project import Project

__all__ = ["open_until"]

_GRACE_SECONDS = 1.0
"""For a reading that is told to end, to hold in the lake what it has."""


def open_until(folder: Path | None, seconds: float | None, engine: Engine | None = None) -> Project:
    """The project of a run that may take so long; by default, as long as its settings say.

    A reading that has not ended by then is given up as deferred.
    """
    settings = on_engine(read_settings(folder or Path()), engine)
    here = open_with(settings if seconds is None else _shortened(settings, seconds))
    readers = {
        name: partial(_in_time, here.spotify.api, read)
        for name, read in here.pipeline.readers.items()
    }
    return replace(here, pipeline=replace(here.pipeline, readers=readers))


def _shortened(settings: Settings, seconds: float) -> Settings:
    spotify = settings.spotify.model_copy(update={"longest_run_minutes": seconds / 60})
    return settings.model_copy(update={"spotify": spotify})


def _in_time(api: SpotifyApi, read: Read, due: DueSlot) -> Snapshot:
    """Read a slot; Deferred when the run's time is over, even where an answer is waited for.

    A reading that is given up commits nothing: its thread ends with the process.
    """
    if api.governor.seconds_left <= 0:
        raise _time_is_up()
    reading: Future[Snapshot] = Future()
    Thread(target=_fulfil, args=(reading, read, due), name="reading", daemon=True).start()
    try:
        if snapshot := _within(reading, api.governor.seconds_left):
            return snapshot
        api.governor.end()
        api.wake()
        if snapshot := _within(reading, _GRACE_SECONDS):
            return snapshot
    except (Deferred, Unavailable):  # an answer is given up when the time is, too
        if api.governor.seconds_left > 0:
            raise
    raise _time_is_up()


def _within(reading: Future[Snapshot], seconds: float) -> Snapshot | None:
    try:
        return reading.result(seconds)
    except TimeoutError:
        if reading.done():
            return reading.result(0)  # it ended in this moment; or the error is its own
        return None


def _fulfil(reading: Future[Snapshot], read: Read, due: DueSlot) -> None:
    try:
        reading.set_result(read(due))
    except BaseException as error:
        reading.set_exception(error)


def _time_is_up() -> Deferred:
    return Deferred("the run's time is up", fix="run again; what is done is kept")
