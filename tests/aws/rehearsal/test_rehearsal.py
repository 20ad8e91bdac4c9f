"""The whole stack, walked: the machine of the template, the real handlers, an AWS on a socket.

What is not AWS's own here: see `account`, `functions`, `asl` and `fake_athena`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chartlake.lake import builds, raw
from chartlake.lake.store import Store, open_store
from chartlake.lake.verify import verify
from chartlake.settings import read_settings
from chartlake.warehouse.duckdb import DuckDBWarehouse
from chartlake.wiring.choices import choices_of
from tests.aws.rehearsal.account import SECRET_KEY
from tests.aws.rehearsal.play import PUBLISHED, Played, Scene
from tests.warehouse.compare import assert_rows

pytestmark = pytest.mark.xdist_group("rehearsal")  # which is played once

ZONES = ("raw", "curated", "builds", "marts")
FEEDS = 3
"""That are lists; a fourth one fills up what charts files name."""


@pytest.fixture(scope="module")
def lake(played: Played) -> Store:
    """The lake as it was brought to this disk."""
    return open_store(str(played.folder / "lake"))


def outputs(scene: Scene) -> Any:
    """What the execution of a scene was told by each function."""
    return scene.outputs[-1]


def test_a_run_goes_through_all_stages_and_publishes(played: Played) -> None:
    good = played.scenes["good"]
    first = good.outputs[0]
    assert good.visited[0] == "Extract"
    assert good.visited[-1] == "Done"
    assert (first["extract"]["new"], first["hydrate"]["new"]) == (FEEDS, 1)
    assert first["transform"] == {
        "scheduled_at": "2026-11-20T01:05:00+00:00", "built": FEEDS + 1, "left": 0
    }  # fmt: skip
    assert first["publish"]["slots"] == FEEDS + 1
    assert first["publish"]["entries"] > 100
    assert not [ran for ran in good.ran if ran.error]


def test_the_same_time_a_second_time_changes_nothing(played: Played) -> None:
    first, second = played.scenes["good"].outputs
    assert (second["extract"]["new"], second["hydrate"]["new"]) == (0, 0)
    assert second["transform"]["built"] == 0
    assert second["publish"] == {**first["publish"], "slots": 0, "entries": 0}


def test_events_that_come_late_twice_and_in_any_order_change_nothing(played: Played) -> None:
    good = played.scenes["good"]
    assert good.seen == {"events": FEEDS + 1, "asked later": 0}
    assert good.of("transform")[-1].metrics == {"Entries": 0, "Rejects": 0, "SlotsFailed": 0}


def test_an_import_is_built_by_its_event_and_published(played: Played) -> None:
    scene = played.scenes["import"]
    assert [ran.metrics.get("Entries") for ran in scene.of("transform")] == [25]
    assert scene.seen["asked later"] == 1
    assert [ran.output["entries"] for ran in scene.of("publish")] == [25]
    next_day = played.scenes["next day"]
    (hydrated,) = [r for r in next_day.of("extract") if r.event["stage"] == "hydrate"]
    assert hydrated.metrics["Records"] > 0  # which the import named by their ids


def test_what_is_deferred_is_read_when_spotify_said(played: Played) -> None:
    scene = played.scenes["deferred"]
    assert scene.visited.count("Extract") == 2
    assert "WaitForLists" in scene.visited
    first, *_, last = [r.output for r in scene.of("extract") if r.event["stage"] == "extract"]
    assert first["not_before"] == "2026-11-22T04:05:00Z"
    assert first["deferred"] > 0  # all but what was answered before
    assert last["deferred"] == 0
    assert first["new"] + last["new"] in (FEEDS, FEEDS - 1)  # the plays' hour is over by then


def test_a_transform_that_is_killed_is_done_again(played: Played) -> None:
    scene = played.scenes["lost and killed"]
    killed, again = scene.of("transform")
    assert killed.error
    assert killed.error.error == "Runtime.ExitError"
    assert again.output["built"] > FEEDS  # what a run before has read, of which no event told
    assert outputs(scene)["extract"]["new"] == 0


def test_a_function_whose_time_runs_out_leaves_the_rest_for_the_next_run(played: Played) -> None:
    scene = played.scenes["out of time"]
    early, later = scene.outputs
    assert early["deferred"] >= 1  # on a busy machine more than the one that never answers
    assert early["new"] + early["deferred"] == FEEDS
    assert "2026-11-24T01:06:00Z" <= early["not_before"] <= "2026-11-24T01:10:00Z"
    assert later["new"] == early["deferred"]
    assert [ran.error.error for ran in scene.of("transform") if ran.error] == ["Sandbox.Timedout"]


def test_a_message_that_nobody_understands_ends_among_the_dead_letters(played: Played) -> None:
    scene = played.scenes["poison"]
    assert len(scene.of("transform")) == 5
    assert scene.seen == {"dead letters": 1}


def test_what_a_check_finds_is_not_published(played: Played) -> None:
    (refused,) = played.scenes["before its time"].of("publish")
    assert refused.error
    assert refused.error.error == "Refused"  # which the machine does not try again
    assert "check" in refused.error.cause
    assert "fix:" in refused.error.cause
    assert "\n" not in refused.error.cause
    assert refused.metrics["ChecksFailed"] == 1


def test_a_stage_that_fails_twice_keeps_no_other_from_its_work(played: Played) -> None:
    """And the execution fails at its end, so that somebody is told."""
    scene = played.scenes["denied"]
    assert scene.visited[0] == "Extract"
    assert {"Transform", "Publish"} <= set(scene.visited)
    assert scene.visited[-1] == "Failed"
    assert [ran.error and ran.error.error for ran in scene.of("extract")] == ["Failed", "Failed"]
    assert scene.seen == {"executions failed": 1}


def test_at_the_end_nothing_is_damaged_but_what_was_spoilt(played: Played, lake: Store) -> None:
    found = verify(lake, played.published_at).found
    damaged = {
        each.where.split()[0] for each in found if each.severity == "error" and each.zone in ZONES
    }
    assert len(damaged) == 1  # one object, of one feed
    assert "20261125T000000Z" in damaged.pop()


@pytest.fixture(scope="module")
def here(played: Played, lake: Store, tmp_path_factory: pytest.TempPathFactory) -> DuckDBWarehouse:
    """The warehouse of the lake on this disk, at the time of the last publication."""
    chosen = choices_of(read_settings(played.folder))
    warehouse = DuckDBWarehouse(tmp_path_factory.mktemp("here") / "w.duckdb", choices=chosen)
    warehouse.load(lake, played.published_at)
    return warehouse


@pytest.mark.parametrize("name", PUBLISHED)
def test_who_asks_athena_is_told_what_duckdb_tells(
    played: Played, here: DuckDBWarehouse, name: str
) -> None:
    theirs = played.answers[name]
    ours = here.query(f"select * from {name}").records()
    assert_rows(name, [_comparable(row) for row in theirs], [_comparable(row) for row in ours])


def _comparable(row: dict[str, Any]) -> dict[str, Any]:
    """Without what tells when and how a slot was loaded: each engine loads by itself."""
    return {name: row[name] for name in sorted(row) if name not in ("loaded_at",)}


def test_each_slot_was_built_once(lake: Store) -> None:
    made = [
        (slot.feed, slot.slot, slot.revision)
        for key in builds.list_builds(lake)
        for slot in builds.read_build(lake, key).slots
    ]
    assert len(made) == len(set(made))
    assert {feed for feed, _, _ in made} == set(raw.feeds(lake))


def test_the_secrets_are_in_no_log_and_in_no_object(played: Played) -> None:
    secrets = played.account.aws.client("secretsmanager")
    (listed,) = secrets.list_secrets()["SecretList"]
    kept = json.loads(secrets.get_secret_value(SecretId=listed["Name"])["SecretString"])
    wanted = [kept["access_token"], kept["refresh_token"], SECRET_KEY]
    said = json.dumps([ran.printed for ran in played.account.ran_in_order])
    assert said.count('"function"') > 50
    files = [path for path in (played.folder / "lake").rglob("*") if path.is_file()]
    for secret in wanted:
        assert secret not in said
        assert [file for file in files if secret.encode() in file.read_bytes()] == []


def test_each_function_takes_less_memory_than_it_has(played: Played) -> None:
    taken = {each.name: each.peak_mb for each in played.account.functions.values()}
    assert all(50 < peak < 512 for peak in taken.values()), taken


def logged(played: Played) -> Iterator[dict[str, Any]]:
    for ran in played.account.ran_in_order:
        yield from (line for line in ran.printed if "message" in line)


def test_each_line_of_the_log_tells_its_run(played: Played) -> None:
    lines = list(logged(played))
    assert {line["function"] for line in lines} == {"extract", "transform", "publish"}
    assert all(line["run"] and line["level"] for line in lines)
    assert any({"feed", "status"} <= line.keys() for line in lines)
    assert any({"feed", "slot"} <= line.keys() for line in lines)


def test_nothing_is_printed_but_json(played: Played) -> None:
    texts = {
        line["text"]
        for ran in played.account.ran_in_order
        for line in ran.printed
        if "text" in line
    }
    assert texts == set()
