"""Readings that end in time: what is not read by then is left for the next run."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from threading import Thread

from chartlake.errors import Deferred, Unavailable
from chartlake.extract.due import DueSlot, Read
from chartlake.extract.spotify.client import SpotifyApi
from chartlake.model import Snapshot
from chartlake.pipeline import Pipeline
from chartlake.settings import Settings

__all__ = ["in_time", "shortened"]

_GRACE_SECONDS = 1.0
"""For a reading that is told to end, to hold in the lake what it has."""


def shortened(settings: Settings, seconds: float) -> Settings:
    """The settings of a run that may take so long."""
    spotify = settings.spotify.model_copy(update={"longest_run_minutes": seconds / 60})
    return settings.model_copy(update={"spotify": spotify})


def in_time(pipeline: Pipeline, api: SpotifyApi) -> Pipeline:
    """The pipeline with readings that end when the run's time is over.

    One that has not ended by then is given up as deferred.
    """
    readers = {name: partial(_in_time, api, read) for name, read in pipeline.readers.items()}
    return replace(pipeline, readers=readers)


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
