"""The rehearsal: some days of a stack in which all goes well, then one misfortune after another.

It is played once. `Played` has what each scene did, for many tests to look at.
"""

from __future__ import annotations

import json
import random
import webbrowser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chartlake.lake import keys
from chartlake.settings import read_settings
from chartlake.simulator import Blemishes, Simulator, World
from chartlake.simulator.faults import late, status, too_many
from chartlake.warehouse.sql import STEPS, VIEWS
from chartlake.wiring.cloud import open_cloud
from chartlake.wiring.sign_in import open_login
from tests.aws.fake_aws import Request
from tests.aws.rehearsal.account import Account, open_account
from tests.aws.rehearsal.asking import asked_of
from tests.aws.rehearsal.asl import ExecutionFailed, TaskFailed
from tests.aws.rehearsal.functions import Function, Ran
from tests.aws.template_values import NAME
from tests.charts import OLD_HEADER
from tests.commands import run_here
from tests.e2e.projects import START, FakeBrowser, playlist_feed, write_feeds

__all__ = ["PUBLISHED", "Played", "Scene", "played_in"]

PUBLISHED = [file.name for file in (*VIEWS, *STEPS) if file.kind != "state"]
"""The views and marts that people ask."""

_CHART_DATE = "2026-11-17"


@dataclass
class Scene:
    """What one scene did: invocations, outputs of executions, and what else was seen."""

    ran: list[Ran] = field(default_factory=list)
    outputs: list[Any] = field(default_factory=list)
    visited: list[str] = field(default_factory=list)
    seen: dict[str, Any] = field(default_factory=dict)

    def of(self, function: str) -> list[Ran]:
        return [ran for ran in self.ran if ran.function == f"{NAME}-{function}"]


@dataclass
class Played:
    """The account after all of it, and the scenes by name."""

    account: Account
    spotify: Simulator
    folder: Path
    scenes: dict[str, Scene] = field(default_factory=dict)
    published_at: datetime = START
    answers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @contextmanager
    def scene(self, name: str) -> Iterator[Scene]:
        scene = self.scenes[name] = Scene()
        before = len(self.account.ran_in_order)
        yield scene
        scene.ran = self.account.ran_in_order[before:]

    def run(self, scene: Scene, at: str) -> None:
        """One execution for a scheduled time."""
        scene.outputs.append(self.account.schedule(at))
        scene.visited = self.account.visited

    def copy_lake(self) -> None:
        """Bring all that the lake holds to this disk."""
        s3, bucket = self.account.aws.client("s3"), self.account.bucket
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="lake/"):
            for each in page["Contents"]:
                file = self.folder / each["Key"]
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read())

    def cloud(self) -> Any:
        """The stack's lake and all, as a person on a laptop opens it."""
        return open_cloud(read_settings(self.folder), self.account.time)


@contextmanager
def played_in(folder: Path) -> Iterator[Played]:
    """Play it."""
    world = World(seed=3, days=40, blemishes=Blemishes.none())
    with ExitStack() as opened:
        account = opened.enter_context(open_account(folder))
        time = account.time
        spotify = Simulator(world, time, mode="development", approve="at once")
        opened.enter_context(spotify)
        patch = opened.enter_context(pytest.MonkeyPatch.context())
        _write_project(folder, spotify, world, account)
        for name, value in account.variables("Person").items():
            patch.setenv(name, value)
        played = Played(account, spotify, folder)
        _sign_in(folder, account, patch)
        time.move(minutes=35)  # five past one
        _good_days(played, world)
        _misfortunes(played)
        yield played


def _write_project(folder: Path, spotify: Simulator, world: World, account: Account) -> None:
    feeds = {one.slug: playlist_feed(one.playlist_id) for one in world.playlists[:2]}
    feeds["plays"] = {"source": "recently-played", "schedule": "hourly"}
    feeds["fill"] = {"source": "hydration", "schedule": "daily"}
    write_feeds(folder, spotify, feeds, account.lake, client_id="simulated-client")
    file = folder / "chartlake.toml"
    here = '[auth]\nstore = "file"\nfolder = "accounts"\n'
    text = file.read_text()
    assert here in text
    file.write_text(text.replace(here, '[auth]\nstore = "aws"\n'))


def _sign_in(folder: Path, account: Account, patch: pytest.MonkeyPatch) -> None:
    """As a person does, once, from a laptop."""
    with pytest.MonkeyPatch.context() as inside:
        inside.chdir(folder)
        inside.setenv("BROWSER", "a fake")
        inside.setattr(webbrowser, "open", FakeBrowser().open)
        login = partial(open_login, clock=account.time, retry=account.time.retry())
        inside.setattr("chartlake.cli.account.open_login", login)
        said = run_here("login", "--store", "aws")
        assert said.code == 0, said.err


def _good_days(played: Played, world: World) -> None:
    account = played.account
    with played.scene("good") as scene:
        played.run(scene, "2026-11-20T01:05:00Z")
        account.time.move(minutes=2)
        played.run(scene, "2026-11-20T01:05:00Z")  # a second time
        scene.seen["events"] = len(account.poll(shuffled=random.Random(1)))
        scene.seen["asked later"] = account.run_later()
    with played.scene("import") as scene:
        _import(played, world)
        account.poll(shuffled=random.Random(2))
        scene.seen["asked later"] = account.run_later()
    with played.scene("next day") as scene:
        account.time.move(days=1, minutes=-2)
        played.run(scene, "2026-11-21T01:05:00Z")
        account.poll(shuffled=random.Random(3))
        scene.seen["asked later"] = account.run_later()


def _import(played: Played, world: World) -> None:
    """A chart of tracks that are named by their ids only: hydration fills them in."""
    tracks = [t for t in world.tracks if f"{t.album.release_date}" < _CHART_DATE][:25]
    rows = [
        f'{place},"{track.name}",Somebody,{1000 - place},'
        f"https://open.spotify.com/track/{track.track_id}"
        for place, track in enumerate(tracks, start=1)
    ]
    file = played.folder / f"regional-is-daily-{_CHART_DATE}.csv"
    file.write_text("\n".join([OLD_HEADER, *rows]) + "\n", encoding="utf-8")
    with played.cloud() as cloud:
        (taken,) = cloud.pipeline.import_files([file])
    assert taken.status == "new"


# Misfortunes ------------------------------------------------------------------


def _misfortunes(played: Played) -> None:
    account, spotify = played.account, played.spotify
    with played.scene("deferred") as scene:
        account.time.move(days=1)
        spotify.faults.add(too_many(3 * 3600))
        played.run(scene, "2026-11-22T01:05:00Z")
        account.time.move(hours=-3)
    with played.scene("lost and killed") as scene:
        account.time.move(days=1)
        at = "2026-11-23T01:05:00Z"
        account.functions["Extract"].invoke({"scheduled_at": at, "stage": "extract"})
        account.lose_events()
        _killing(account, "Transform", "PUT", keys.BUILDS)
        played.run(scene, at)
        scene.seen["asked later"] = account.run_later()
    with played.scene("out of time") as scene:
        account.time.move(days=1)
        asked = {"scheduled_at": "2026-11-24T01:05:00Z", "stage": "extract"}
        spotify.faults.add(late(60, path="/v1/playlists/*"))
        scene.outputs.append(account.functions["Extract"].invoke(asked, seconds=36))
        with suppress(TaskFailed):
            account.functions["Transform"].invoke(asked, seconds=0.01)
        scene.outputs.append(account.functions["Extract"].invoke(asked))
        account.functions["Transform"].invoke(asked)
    with played.scene("poison") as scene:
        account.send("this is no event")
        for _ in range(6):
            account.poll()
        scene.seen["dead letters"] = account.dead_letters()
    with played.scene("refused") as scene:
        account.time.move(days=1)
        spotify.faults.add(status(403, path="/v1/playlists/*"))
        asked = {"scheduled_at": "2026-11-25T01:05:00Z", "stage": "extract"}
        account.functions["Extract"].invoke(asked)
    with played.scene("spoilt") as scene:
        _spoil_raw(account)
        with suppress(TaskFailed):
            account.functions["Transform"].invoke(asked)
    little = {"CHARTLAKE_SPOTIFY__DAILY_REQUESTS": "1"}
    with played.scene("budget") as scene, _another(account, little) as extract:
        extract.invoke({"scheduled_at": "2026-11-25T01:05:00Z", "stage": "hydrate"})
    with played.scene("sign-in") as scene:
        _sign_in_long_ago(account)
        account.functions["Extract"].invoke(
            {"scheduled_at": "2026-11-25T01:05:00Z", "stage": "hydrate"}
        )
    with played.scene("stale") as scene:
        account.time.move(days=1)
        account.functions["Publish"].invoke({"scheduled_at": "2026-11-26T01:05:00Z"})
    played.published_at = account.time()
    played.answers = {name: asked_of(account, name) for name in PUBLISHED}
    played.copy_lake()
    with played.scene("before its time") as scene:
        future = "2026-11-27T01:05:00Z"  # a day from now: a check finds it
        for stage in ("extract", "hydrate"):
            account.functions["Extract"].invoke({"scheduled_at": future, "stage": stage})
        account.functions["Transform"].invoke({"scheduled_at": future})
        with suppress(TaskFailed):
            account.functions["Publish"].invoke({"scheduled_at": future})
    with played.scene("denied") as scene:
        account.on = lambda request: 403 * (request.key == "ExtractRole")
        with suppress(ExecutionFailed):
            played.run(scene, future)
        scene.visited = account.visited
        scene.seen["executions failed"] = account.executions_failed
        account.on = lambda request: 0


def _killing(account: Account, function: str, method: str, zone: str) -> None:
    """Kill a function when its first such request comes, of which nothing is done."""

    def kill(request: Request) -> int:
        mine = request.key == f"{function}Role" and request.method == method
        if not mine or not request.path.startswith(f"/{account.bucket}/lake/{zone}"):
            return 0
        account.on = lambda request: 0
        account.functions[function].kill()
        return 503

    account.on = kill


def _spoil_raw(account: Account) -> None:
    """Change a page of a slot that is not built yet: the last one that was written."""
    s3 = account.aws.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=account.bucket, Prefix="lake/raw/")
    found = [each for page in pages for each in page["Contents"]]
    last = max(found, key=lambda each: (each["LastModified"], each["Key"]))
    s3.put_object(Bucket=account.bucket, Key=last["Key"], Body=b"spoilt")


@contextmanager
def _another(account: Account, variables: dict[str, str]) -> Iterator[Function]:
    """The function that reads, as it would be with other settings."""
    name = "Extract"
    with account.function(name, variables) as made:
        before, account.functions[name] = account.functions[name], made
        yield made
        account.functions[name] = before


def _sign_in_long_ago(account: Account) -> None:
    secrets = account.aws.client("secretsmanager")
    (listed,) = secrets.list_secrets()["SecretList"]
    told = json.loads(secrets.get_secret_value(SecretId=listed["Name"])["SecretString"])
    told["authorized_at"] = "2026-05-30T12:00:00Z"
    secrets.put_secret_value(SecretId=listed["Name"], SecretString=json.dumps(told))
