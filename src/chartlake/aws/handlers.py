"""What runs in AWS Lambda: the stages of the pipeline, each a function of its own.

An entry point, as the command line is one. DuckDB is not imported: see `wiring.cloud`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from chartlake.aws import events, metrics
from chartlake.aws.deferral import not_before
from chartlake.aws.invoke import invoke_later
from chartlake.aws.logs import in_one_line, saying
from chartlake.errors import ChartlakeError
from chartlake.pipeline import FILL_UP
from chartlake.settings import Settings, read_settings
from chartlake.transform.build import Place, Transformed
from chartlake.warehouse.port import CheckResult, NotPublished
from chartlake.wiring.cloud import Cloud, open_cloud
from chartlake.wiring.deadline import in_time, shortened

__all__ = ["extract", "publish", "transform"]

_logger = logging.getLogger(__name__)
_MOST_SLOTS = 500
"""What a function builds at once; more is for Spark."""
_A_FEW = 50
_MARGIN_SECONDS = 30.0
"""Of a function's time: for what is to be written when the readings have ended."""

Event = dict[str, Any]


class Context(Protocol):
    """What Lambda says of an invocation."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """How long the function may still run."""
        ...


def extract(event: Event, context: Context) -> Event:
    """Read what is due: the lists, or at stage ``hydrate`` what is read of what they name."""
    with _opened("extract", event, context) as cloud:
        at, stage = events.scheduled_at(event), events.stage(event)
        missed, problem = _look_back(cloud) if stage == "extract" else (0, None)
        feeds = [feed for feed in cloud.feeds if (feed.source in FILL_UP) == (stage == "hydrate")]
        results = in_time(cloud.pipeline, cloud.spotify.api).extract(feeds, at)
        for each in results:
            if each.error or each.warning:
                said = in_one_line(each.error) if each.error else each.warning
                _logger.warning(said, extra={"feed": each.feed, "status": each.status})
        measured = metrics.of_extract(
            results,
            requests=cloud.spotify.request_count,
            missed=missed,
            budget_used=cloud.spotify.governor.budget_used,
            sign_in_days=cloud.spotify.sign_in_days(),
        )
        _emit(cloud, measured)
        if problem:
            raise problem
        until = not_before(
            results, feeds, cloud.spotify.governor, at=at, now=cloud.pipeline.clock()
        )
        return {
            "scheduled_at": at.isoformat(),
            "new": sum(each.status == "new" for each in results),
            "failed": measured["FeedsFailed"],
            "deferred": measured["FeedsDeferred"],
            **({"not_before": f"{until:%Y-%m-%dT%H:%M:%SZ}"} if until else {}),
        }


def transform(event: Event, context: Context) -> Event:
    """Build what is committed and not built: all of it, or of it what a queue's messages name."""
    with _opened("transform", event, context) as cloud:
        waiting = cloud.pipeline.waiting()
        if (told := events.messages(event)) is not None:
            named, failed = events.named_by(told, cloud.store.places.main)
            done = _build(cloud, sorted(place for place in waiting if place in named))
            rest = len(waiting) - len(named.keys() & set(waiting))
            if done.build and rest < _A_FEW:  # else others are to come, and then it is worth it
                begun = min(message.sent for message in told).isoformat()
                name = f"{cloud.settings.aws.name}-publish"
                invoke_later(name, {"scheduled_at": begun})
            failed += [name for place, _ in done.failed for name in named[place]]
            return {"batchItemFailures": [{"itemIdentifier": name} for name in sorted(set(failed))]}
        at = events.scheduled_at(event).isoformat()
        too_many = len(waiting) > _MOST_SLOTS
        done = _build(cloud, [] if too_many else waiting)
        built = len(done.build.slots) if done.build else 0
        return {"scheduled_at": at, "built": built, "left": len(waiting) if too_many else 0}


def publish(event: Event, context: Context) -> Event:
    """Make a run of the marts of what is built, check it, and let it be what people see."""
    with _opened("publish", event, context) as cloud:
        at = events.scheduled_at(event)
        checks: tuple[CheckResult, ...] = ()
        try:
            loaded = cloud.pipeline.load()
            checks = loaded.checks or ()
        except NotPublished as error:
            checks = error.checks
            raise
        finally:
            _tell_lag(cloud, checks, at)
        for damaged in loaded.left_out:
            _logger.error(in_one_line(damaged))
        return {"run": cloud.warehouse.last, "slots": loaded.slots, "entries": loaded.entries}


@contextmanager
def _opened(function: str, event: Event, context: Context) -> Iterator[Cloud]:
    with saying(function, context.aws_request_id, event):
        seconds = context.get_remaining_time_in_millis() / 1000 - _MARGIN_SECONDS
        with open_cloud(shortened(_settings(), max(seconds, 0.1))) as cloud:
            yield cloud


@cache
def _settings() -> Settings:
    """Once for each process: what lies beside the code, and the environment."""
    settings = read_settings(Path(os.environ["LAMBDA_TASK_ROOT"]))
    here = settings.transform.model_copy(update={"engine": "local"})
    return settings.model_copy(update={"transform": here})


def _look_back(cloud: Cloud) -> tuple[int, ChartlakeError | None]:
    """Settle what earlier runs left open; where that fails, sources are asked all the same."""
    try:
        plan = cloud.pipeline.plan(cloud.feeds)
        for problem in plan.problems:
            _logger.error(in_one_line(problem))
        return cloud.pipeline.mark_missed(cloud.feeds, plan), None
    except ChartlakeError as error:
        return 0, error


def _tell_lag(cloud: Cloud, checks: tuple[CheckResult, ...], at: datetime) -> None:
    """How late what people see is, whether or not it is newer now."""
    now, lag = cloud.pipeline.clock(), None
    try:
        lag = cloud.warehouse.lag(cloud.feeds, now)
    except ChartlakeError as error:  # what ended the publishing says more
        _logger.error(in_one_line(error))
    _emit(cloud, metrics.of_publish(checks, lag, now - at))


def _build(cloud: Cloud, places: list[Place]) -> Transformed:
    done = cloud.pipeline.build(places) if places else Transformed(None, ())
    for place, error in done.failed:
        about = {"feed": place.feed, "slot": place.slot}
        _logger.error(in_one_line(error), extra=about)
    _emit(cloud, metrics.of_transform(done))
    return done


def _emit(cloud: Cloud, measured: metrics.Measures) -> None:
    metrics.emit(measured, cloud.settings.aws.name)
