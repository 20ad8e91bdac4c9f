"""Events: what the scheduler, S3 through SNS and SQS, and others send."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from chartlake.aws import events
from chartlake.errors import UsageError
from chartlake.model import Slot
from chartlake.transform.build import Place

LAKE = "s3://music/lake"
A = Place("us-daily", Slot("20260301T000000Z"), 1)
B = Place("us-daily", Slot("20260302T000000Z"), 12)
KEY = "lake/manifests/us-daily/2026-03/20260301T000000Z.r1.json"
KEY_OF_B = "lake/manifests/us-daily/2026-03/20260302T000000Z.r12.json"


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ("2026-03-01T04:05:00Z", datetime(2026, 3, 1, 4, 5, tzinfo=UTC)),
        (
            "2026-03-01T04:05:00+01:00",
            datetime(2026, 3, 1, 4, 5, tzinfo=timezone(timedelta(hours=1))),
        ),
    ],
)
def test_the_time_of_a_schedule(said: str, moment: datetime) -> None:
    assert events.scheduled_at({"scheduled_at": said}) == moment


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"scheduled_at": None},
        {"scheduled_at": "today"},
        {"scheduled_at": "2026-03-01T04:05:00"},
        {"scheduled_at": 1},
        {"scheduled_at": "<aws.scheduler.scheduled-time>"},
    ],
)
def test_an_event_without_a_time(event: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="for which time") as refused:
        events.scheduled_at(event)
    assert "2026-03-01T04:05:00Z" in str(refused.value.fix)


def test_the_stage_that_is_asked_for() -> None:
    assert events.stage({}) == "extract"
    assert events.stage({"stage": "hydrate"}) == "hydrate"
    with pytest.raises(UsageError, match="stage 'load'") as refused:
        events.stage({"stage": "load"})
    assert refused.value.fix == "valid: extract, hydrate"


def of_s3(*keys: str, bucket: str = "music") -> str:
    records = [
        {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": bucket}, "object": {"key": k}}}
        for k in keys
    ]
    return json.dumps({"Records": records})


@pytest.mark.parametrize(
    ("body", "places"),
    [
        (of_s3(KEY), [A]),
        (of_s3(KEY.replace("/", "%2F")), [A]),
        (of_s3(KEY_OF_B, KEY, KEY), [A, B]),
        (of_s3("lake/builds/2026-03/abc.json"), []),
        (of_s3("lake/manifests/us-daily/2026-03/other.txt"), []),
        (of_s3("lake/manifests/us-daily/2026-04/20260301T000000Z.r1.json"), []),
        (of_s3("lake/manifests/2026-03/20260301T000000Z.r1.json"), []),
        (of_s3("other/" + KEY), []),
        (of_s3(KEY.removeprefix("lake/")), []),
        (of_s3(KEY, bucket="other"), []),
        (json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "music"}), []),
        (json.dumps({"Records": []}), []),
    ],
)
def test_the_slots_that_s3_tells_of(body: str, places: list[Place]) -> None:
    assert events.committed_in(body, LAKE) == places


def test_a_feed_whose_name_is_encoded() -> None:
    key = "lake/manifests/caf%C3%A9+charts/2026-03/20260301T000000Z.r1.json"
    assert events.committed_in(of_s3(key), LAKE) == [Place("café charts", A.slot, 1)]


def test_a_lake_at_the_root_of_its_bucket() -> None:
    body = of_s3(KEY.removeprefix("lake/"), KEY)
    assert events.committed_in(body, "s3://music") == [A]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no json",
        "[]",
        "1",
        '{"Records": 1}',
        '{"Records": [{}]}',
        '{"Records": [1]}',
        '{"a": 1}',
    ],
)
def test_what_is_no_event_of_s3(body: str) -> None:
    with pytest.raises(UsageError, match="is no event of S3"):
        events.committed_in(body, LAKE)


def of_sqs(*bodies: str) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "body": body,
                "attributes": {"SentTimestamp": str(1_772_337_900_000 + number)},
                "eventSource": "aws:sqs",
            }
            for number, body in enumerate(bodies)
        ]
    }


def test_messages_and_which_of_them_are_odd() -> None:
    told = events.messages(of_sqs(of_s3(KEY, KEY_OF_B), "garbage", of_s3(KEY)))
    assert told
    assert told[2].sent == datetime(2026, 3, 1, 4, 5, 0, 2000, tzinfo=UTC)
    assert events.named_by(told, LAKE) == ({A: ["m0", "m2"], B: ["m0"]}, ["m1"])


def test_events_that_are_no_queue_s() -> None:
    assert events.messages({"scheduled_at": "2026-03-01T04:05:00Z"}) is None
    with pytest.raises(UsageError, match="no messages of a queue"):
        events.messages(json.loads(of_s3(KEY)))
