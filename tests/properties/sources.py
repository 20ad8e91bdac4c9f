"""What the sources of a small world say: it depends on the feed and the slot, on nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Literal

from chartlake.errors import Deferred, Refused, Unavailable
from chartlake.extract.due import DueSlot, Part
from chartlake.lake.raw import pages_to_keep
from chartlake.model import Body, Feed, Slot, Snapshot, slot_at, slot_time
from tests.charts import old_chart

BEGINNING = datetime(2026, 1, 24, 12, tzinfo=UTC)
FEEDS = (
    Feed(name="finds", source="playlist", source_id="F" * 22, schedule="0 4 1,11,21 * *"),
    Feed(name="mixes", source="playlist", source_id="M" * 22, schedule="0 5 10,25 * *"),
)
DAYS = {"finds": ((1, 11, 21), 4), "mixes": ((10, 25), 5)}
CHART = "regional-is-weekly"
CHART_DAYS = (date(2026, 1, 8), date(2026, 1, 15), date(2026, 1, 22))
VARIANTS = 3
_PAGE = 3
Mood = Literal["well", "torn", "down", "gone"]


def due_slots(feed: str, first: Slot, now: datetime) -> list[Slot]:
    """The slots of a feed from one on that are due by now; counted here, not by the product."""
    days, hour = DAYS[feed]
    begin = slot_time(first)
    assert begin
    every = (begin + timedelta(days=n) for n in range((now - begin).days + 2))
    times = (at.replace(hour=hour) for at in every if at.day in days)
    return [slot_at(at) for at in times if begin <= at <= now]


def version_of(feed: str, slot: Slot) -> int:
    """The state of a list: every other slot finds it as it was, and it never goes back."""
    at = slot_time(slot)
    assert at
    days, _ = DAYS[feed]
    return (at.month * len(days) + days.index(at.day)) // 2


@cache
def pages_of(feed: str, slot: Slot) -> tuple[bytes, ...]:
    """The two pages of a playlist: four local files, a gap, and a record that is no track."""
    version = version_of(feed, slot)
    names = [f"{feed} {(version + n) % 5}" for n in range(4)]
    items: list[object] = [_item(name) for name in names]
    items.insert(1, {"item": None})
    items.insert(version % 5, {"item": {"type": "track", "id": "../../etc", "name": "bad"}})
    first = {"name": feed, "items": {"items": items[:_PAGE], "offset": 0}}
    second = {"items": items[_PAGE:], "offset": _PAGE}
    return json.dumps(first).encode(), json.dumps(second).encode()


def _item(name: str) -> dict[str, object]:
    local = {"type": "track", "uri": f"spotify:local:::{name}:1", "name": name, "is_local": True}
    return {"is_local": True, "item": local}


def records_in(feed: str, slot: Slot) -> int:
    """How many records a source has for a slot."""
    return 6 if feed in DAYS else 4


class Reader:
    """Reads the playlists of one run, which has one kind of luck with all of them."""

    def __init__(
        self, mood: Mood, clock: Callable[[], datetime], breathe: Callable[[str], None]
    ) -> None:
        self._mood = mood
        self._clock = clock
        self._breathe = breathe

    def __call__(self, due: DueSlot) -> Snapshot:
        """The snapshot of a slot, as the reader of playlists makes it."""
        version = str(version_of(due.feed.name, due.slot))
        self._breathe("ask")
        if self._mood == "gone":
            raise Refused(f"{due.feed.name} is gone", status=404)
        if self._mood == "down":
            raise Unavailable("no answer")
        if due.previous and due.previous.version == version:
            return self._unchanged(due)
        bodies = list(due.held.bodies if due.held and due.held.version == version else ())
        for body in list(self._bodies(due))[len(bodies) :]:
            if self._mood == "torn" and bodies:
                due.hold(Part(tuple(bodies), (), version))
                raise Deferred("the budget is spent")
            self._breathe("ask")
            bodies.append(body)
        return Snapshot(
            feed=due.feed,
            slot=due.slot,
            chart_date=due.chart_date,
            bodies=tuple(bodies),
            item_count=records_in(due.feed.name, due.slot),
            version=version,
        )

    def _bodies(self, due: DueSlot) -> Iterator[Body]:
        for number, content in enumerate(pages_of(due.feed.name, due.slot)):
            yield Body(
                content=content,
                resource="playlist_items" if number else "playlist",
                media_type="application/json",
                received_at=self._clock(),
                first_item=number * _PAGE,
            )

    def _unchanged(self, due: DueSlot) -> Snapshot:
        before = due.previous
        assert before
        return Snapshot(
            feed=due.feed,
            slot=due.slot,
            chart_date=due.chart_date,
            bodies=(),
            kept=pages_to_keep(before),
            item_count=before.item_count,
            observed_at=self._clock(),
            version=before.version,
            unchanged_from=before.unchanged_from or before.slot,
            unchanged_count=before.unchanged_count + 1,
        )


@cache
def chart_content(day: date, variant: int) -> bytes:
    """A charts file of a week as it was downloaded, or corrected later."""
    first = "abc"[variant] + "defg"[CHART_DAYS.index(day)]
    return old_chart([*first, "h", "i"], streams=1000 * (variant + 1)).encode()


def write_charts(folder: Path) -> None:
    """All charts files, each variant in a folder of its own."""
    for variant in range(VARIANTS):
        (folder / str(variant)).mkdir()
        for day in CHART_DAYS:
            chart_file(folder, day, variant).write_bytes(chart_content(day, variant))


def chart_file(folder: Path, day: date, variant: int) -> Path:
    """Where a charts file lies."""
    return folder / str(variant) / f"{CHART}-{day}.csv"
