"""What a function in AWS is asked, read from the event that invoked it.

An event is only a hint: what is committed says what there is to do.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, get_args
from urllib.parse import unquote_plus, urlsplit

import msgspec

from chartlake.errors import UsageError
from chartlake.lake import keys
from chartlake.transform.piece import Place

__all__ = ["Message", "Stage", "committed_in", "messages", "named_by", "scheduled_at", "stage"]

_logger = logging.getLogger(__name__)

Stage = Literal["extract", "hydrate"]
_EXAMPLE = '{"scheduled_at": "2026-03-01T04:05:00Z"}'
_TEST = "s3:TestEvent"


class Message(NamedTuple):
    """One message of the queue: by which name it is confirmed, what it says, when it was sent."""

    id: str
    body: str
    sent: datetime


def scheduled_at(event: Mapping[str, Any]) -> datetime:
    """The time for which the scheduler asks, which may be long past; UsageError without one."""
    said = event.get("scheduled_at")
    try:
        moment = msgspec.convert(said, datetime)
    except msgspec.ValidationError as error:
        raise _no_time(said) from error
    if moment.tzinfo is None:
        raise _no_time(said)
    return moment


def _no_time(said: object) -> UsageError:
    return UsageError(
        f"the event does not say for which time: scheduled_at is {said!r}",
        why="it is a time with a zone, the scheduler's",
        fix=f"invoke it with {_EXAMPLE}",
    )


def stage(event: Mapping[str, Any]) -> Stage:
    """What of the sources is asked for: the lists, or what is read of what they name."""
    said = event.get("stage", "extract")
    try:
        asked: Stage = msgspec.convert(said, Stage)
    except msgspec.ValidationError as error:
        valid = ", ".join(get_args(Stage))
        raise UsageError(f"the event asks for stage {said!r}", fix=f"valid: {valid}") from error
    return asked


def messages(event: Mapping[str, Any]) -> list[Message] | None:
    """The messages of a queue; None for an event that is none of a queue's."""
    records = event.get("Records")
    if not isinstance(records, list):
        return None
    for each in records:
        if not isinstance(each, dict) or each.get("eventSource") != "aws:sqs":
            raise UsageError(
                "the event has records that are no messages of a queue",
                fix="let S3 tell SNS, SNS the queue, and the queue this function",
            )
    return [Message(each["messageId"], each["body"], _sent(each)) for each in records]


def _sent(record: Mapping[str, Any]) -> datetime:
    milliseconds = int(record["attributes"]["SentTimestamp"])
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def named_by(told: Iterable[Message], lake: str) -> tuple[dict[Place, list[str]], list[str]]:
    """The slots that messages name, each with the messages' ids; and those that cannot be read."""
    named: dict[Place, list[str]] = {}
    odd = []
    for message in told:
        try:
            for place in committed_in(message.body, lake):
                named.setdefault(place, []).append(message.id)
        except UsageError as error:
            _logger.error("%s: %s", message.id, error.what)
            odd.append(message.id)
    return named, odd


def committed_in(body: str, lake: str) -> list[Place]:
    """The slots of which a message of S3 says that something was committed, each once.

    ``lake`` is where the lake's manifests lie, s3://bucket/prefix. What is told of other objects,
    and S3's own test, name none. UsageError for what is no message of S3.
    """
    try:
        told = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise _not_of_s3(str(error)) from error
    if isinstance(told, dict) and told.get("Event") == _TEST:
        return []
    if not isinstance(told, dict) or not isinstance(told.get("Records"), list):
        raise _not_of_s3("it has no records")
    return sorted(set(_places(told["Records"], lake)))


def _places(records: Iterable[Any], lake: str) -> Iterator[Place]:
    bucket, root = urlsplit(lake).netloc, urlsplit(lake).path.strip("/")
    for record in records:
        try:
            said = record["s3"]
            where, key = said["bucket"]["name"], unquote_plus(said["object"]["key"])
        except (KeyError, TypeError) as error:
            raise _not_of_s3("a record names no object") from error
        inside = key.removeprefix(f"{root}/") if root else key
        if where == bucket and (not root or inside != key):
            yield from _place(inside)


def _place(key: str) -> Iterator[Place]:
    """The slot that a manifest's key names, if it is one."""
    feed, _, rest = key.removeprefix(keys.MANIFESTS).partition("/")
    found = keys.slot_and_revision(f"/{rest}") if key.startswith(keys.MANIFESTS) else None
    if found and keys.manifest(feed, *found) == key:
        yield Place(feed, *found)


def _not_of_s3(why: str) -> UsageError:
    return UsageError(
        "a message of the queue is no event of S3",
        why=why,
        fix="subscribe the queue with raw message delivery; it takes nothing but S3's events",
    )
