"""forget-user against a whole Spotify: a name is found everywhere before, and nowhere after."""

from __future__ import annotations

import shutil
import sys
import webbrowser
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import boto3
import httpx2
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chartlake.cli.forget import feeds_of_account, remove_feeds
from chartlake.lake import keys, marts, raw, tombstones
from chartlake.lake.search import Words, _in_object, search
from chartlake.lake.store import Store, open_store
from chartlake.model import Feed, Slot, slot_at
from chartlake.settings import read_settings
from chartlake.simulator import Simulator, World
from chartlake.warehouse.duckdb import DuckDBWarehouse
from chartlake.wiring.project import open_project
from chartlake.wiring.sign_in import open_accounts
from tests.commands import Command, run_here

# an id of free text, and a name with accents and a symbol: each has many forms in bytes
WHO = "señor ruído+50%/ç&co?v=1#née@já"
NAME = "Señor Ruído ☂"
OWN = ("heard", "top", "saved", "mine")
FEEDS = """
[feeds.heard]
source = "recently-played"
schedule = "hourly"

[feeds.top]
source = "top-items"
schedule = "daily"

[feeds.saved]
source = "saved-tracks"
schedule = "daily"

[feeds.mine]
source = "playlist"
playlist = "{mine}"
schedule = "daily"

[feeds.theirs]
source = "playlist"
playlist = "{theirs}"
schedule = "daily"
"""


@pytest.fixture(scope="module")
def world() -> World:
    return World(7)


@pytest.fixture(scope="module")
def spotify(world: World) -> Iterator[Simulator]:
    with Simulator(world, lambda: datetime.now(UTC), approve="at once") as running:
        yield running


@pytest.fixture(autouse=True)
def _browser(monkeypatch: pytest.MonkeyPatch) -> None:
    give_browser(monkeypatch)


def give_browser(patch: pytest.MonkeyPatch) -> None:
    """One in which that user is known, and agrees."""

    def follow(url: str) -> bool:
        parts = urlsplit(url)
        query = urlencode([*parse_qsl(parts.query), ("user", WHO)])
        httpx2.get(parts._replace(query=query).geturl(), follow_redirects=True, trust_env=False)
        return True

    patch.setenv("BROWSER", "a fake")
    patch.setattr(webbrowser, "open", follow)


def write_project(folder: Path, spotify: Simulator, world: World, lake: str | None = None) -> None:
    """A project with feeds of one user, and one of somebody else."""
    mine = next(tape for tape in world.mixtapes.values() if tape.owner_id == WHO)
    feeds = FEEDS.format(mine=mine.playlist_id, theirs=world.playlists[0].playlist_id)
    where = f'[lake]\nurl = "{lake}"\n' if lake else ""
    (folder / "chartlake.toml").write_text(
        f"""
        {where}
        [spotify]
        client_id = "simulated-client"
        api_url = "{spotify.api_url}"
        token_url = "{spotify.token_url}"
        authorize_url = "{spotify.authorize_url}"

        [auth]
        store = "file"
        folder = "accounts"
        {feeds}
        """
    )


@pytest.fixture(scope="module")
def project(spotify: Simulator, world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Signed in, and all feeds read once, in one build. Nobody changes it."""
    folder = tmp_path_factory.mktemp("project")
    write_project(folder, spotify, world)
    with pytest.MonkeyPatch.context() as patch:
        give_browser(patch)
        assert run_here("login", "--project", folder).code == 0
    done = run_here("run", "--project", folder)
    assert done.code in (0, 1), done.err
    assert "5/5 feeds" in done.out
    return folder


@pytest.fixture
def lake(chartlake: Command, project: Path, tmp_path: Path) -> Store:
    """That of a copy of the project, in which ``chartlake`` runs."""
    shutil.copytree(project, tmp_path, dirs_exist_ok=True)
    return open_store(str(tmp_path / "chartlake-data" / "lake"))


def found_in(lake: Store, folder: Path) -> set[str]:
    """In which zones, and in the warehouse, the user is found."""
    words = Words([WHO, NAME])
    places = {hit.where.split("/")[0] for hit in search(lake, words)}
    warehouse = DuckDBWarehouse(folder / "chartlake-data" / "warehouse.duckdb")
    return places | {"warehouse" for _ in warehouse.search(words)}


def rows(chartlake: Command, sql: str) -> list[dict[str, Any]]:
    done = chartlake("query", sql, "--json")
    assert done.code == 0, done.err
    return list(done.json()["rows"])


def test_a_planted_name_is_nowhere_after(
    chartlake: Command, lake: Store, spotify: Simulator, tmp_path: Path
) -> None:
    assert found_in(lake, tmp_path) >= {"raw", "curated", "warehouse"}
    theirs = rows(chartlake, "select * exclude (attempt_id) from entries where feed = 'theirs'")
    assert theirs
    done = chartlake("forget-user", "default", "--yes")
    assert done.code == 0, done.err
    assert f"Searched all bytes of lake and warehouse for {NAME}, {WHO}: nothing." in done.out

    assert found_in(lake, tmp_path) == set()
    assert raw.feeds(lake) == ["theirs"]
    left = [key for key in lake.keys("") if any(f"/{name}/" in key for name in OWN)]
    assert {key.split("/")[0] for key in left} == {"tombstones"}
    assert not [key for key in lake.keys("state/") if any(f"feed-{n}." in key for n in OWN)]
    settings = read_settings(tmp_path)
    assert open_accounts(settings).keys() == []
    kept = b"".join(f.read_bytes() for f in tmp_path.rglob("*") if f.is_file())
    assert not [secret for secret in spotify.issued_secrets if secret.encode() in kept]

    again = rows(chartlake, "select * exclude (attempt_id) from entries where feed = 'theirs'")
    assert again == theirs
    assert {row["feed"] for row in rows(chartlake, "select feed from slots")} == {"theirs"}
    assert rows(chartlake, "select * from play_observations") == []
    assert chartlake("verify").code == 0


def test_what_is_forgotten_is_not_asked_for_again(
    chartlake: Command, lake: Store, tmp_path: Path
) -> None:
    done = chartlake("forget-user", "default", "--yes")
    assert "remove from chartlake.toml" in done.err
    assert all(name in done.err for name in OWN)
    assert chartlake("login").code == 0
    chartlake("run")
    assert found_in(lake, tmp_path) == set()
    assert raw.feeds(lake) == ["theirs"]


def test_what_is_left_is_told_and_exits_1(chartlake: Command, lake: Store) -> None:
    """Somebody's file that could not be imported names the user too."""
    lake.create("quarantine/some-file", f"a file by {NAME}".encode())
    done = chartlake("forget-user", "default", "--yes")
    assert done.code == 1
    assert f"still there: {NAME} in quarantine/some-file" in done.err
    assert "nothing." not in done.out
    lake.delete("quarantine/some-file")
    # the sign-in is gone, so that a repetition has to be told who it was
    assert chartlake("forget-user", "default", "--user-id", WHO, "--name", NAME, "-y").code == 0


def test_rows_of_builds_that_were_never_committed_go_too(
    chartlake: Command, lake: Store, tmp_path: Path
) -> None:
    key = next(key for key in lake.keys("curated/editions/"))
    lake.create(key.replace(".parquet", "0.parquet"), lake.get(key))
    assert chartlake("forget-user", "default", "--yes").code == 0
    assert found_in(lake, tmp_path) == set()


def test_marts_go_too_and_those_that_were_never_committed(
    chartlake: Command, lake: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*what: object) -> None:
        raise SystemExit(9)

    assert chartlake("marts").code == 0
    with monkeypatch.context() as patch:
        patch.setattr(marts, "commit", killed)
        assert chartlake("marts").code == 9
    assert len({keys.run_of(key) for key in lake.keys(keys.MARTS)}) == 2
    assert feeds_in_marts(lake) == {*OWN, "theirs"}
    assert chartlake("forget-user", "default", "--yes").code == 0
    assert [*lake.keys(keys.MARTS)] == []
    assert chartlake("marts").code == 0
    assert feeds_in_marts(lake) == {"theirs"}


def feeds_in_marts(lake: Store) -> set[str]:
    """Of which there are rows, in whatever run."""
    files = [key for key in lake.keys(keys.MARTS) if key.endswith(".parquet")]
    tables = [pq.read_table(pa.BufferReader(lake.get(key))) for key in files]
    found = [table["feed"].to_pylist() for table in tables if "feed" in table.column_names]
    return {feed for feeds in found for feed in feeds}


def test_what_killed_writes_left_goes_too(chartlake: Command, lake: Store, tmp_path: Path) -> None:
    folder = tmp_path / "chartlake-data" / "lake"
    mine = [
        "raw/mine/2026-03/x.json.zst#1",
        "curated/entries/x.parquet#2",
        "state/feed-mine.json#1",
    ]
    for key in [*mine, "raw/theirs/2026-03/x.json.zst#1"]:
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_text(NAME if key in mine else "theirs")
    assert found_in(lake, tmp_path) >= {"raw", "curated", "state"}
    assert chartlake("forget-user", "default", "--yes").code == 0
    assert found_in(lake, tmp_path) == set()
    assert [left.key for left in lake.unfinished()] == ["raw/theirs/2026-03/x.json.zst#1"]


def test_what_a_killed_write_left_elsewhere_is_told(
    chartlake: Command, lake: Store, tmp_path: Path
) -> None:
    left = tmp_path / "chartlake-data" / "lake" / "quarantine" / "some-file#1"
    left.parent.mkdir()
    left.write_text(NAME)
    done = chartlake("forget-user", "default", "--yes")
    assert done.code == 1
    assert f"still there: {NAME} in quarantine/some-file#1" in done.err


@pytest.mark.parametrize("again", [("gc",), ("forget-user", "default", "--yes")])
def test_what_was_committed_after_it_is_found_and_mended(
    chartlake: Command, lake: Store, tmp_path: Path, again: tuple[str, ...]
) -> None:
    """On S3 nothing keeps a reading out that is under way: here it commits what it has read."""
    of_mine = ("raw/mine/", "manifests/mine/")
    late = {key: lake.get(key) for key in lake.keys("") if key.startswith(of_mine)}
    assert len(late) == 2
    assert chartlake("forget-user", "default", "--yes").code == 0
    for key, content in late.items():
        lake.create(key, content)
    assert chartlake("reconcile").code == 0
    assert found_in(lake, tmp_path) >= {"raw", "curated", "warehouse"}
    assert chartlake("verify").code == 1
    assert chartlake(*again).code == 0
    assert found_in(lake, tmp_path) == set()
    assert raw.feeds(lake) == ["theirs"]
    assert chartlake("verify").code == 0


def test_a_late_slot_that_no_tombstone_names_is_found_and_mended(
    chartlake: Command, lake: Store, tmp_path: Path
) -> None:
    manifest = raw.read_manifest(lake, "mine", *_only_slot(lake, "mine"))
    assert chartlake("forget-user", "default", "--yes").code == 0
    late = msgspec.structs.replace(
        manifest, slot=Slot("20200101T000000Z"), pages=(), raw_key="", missed="asleep"
    )
    lake.create(keys.manifest("mine", late.slot, 1), msgspec.json.encode(late))
    found = chartlake("verify", "--json").json()["findings"]
    assert "its user was forgotten, and the slot is there" in {each["what"] for each in found}
    assert chartlake("gc").code == 0
    assert raw.feeds(lake) == ["theirs"]
    assert chartlake("verify").code == 0


def test_another_source_under_the_name_of_a_forgotten_feed_stays(
    chartlake: Command, lake: Store, tmp_path: Path
) -> None:
    manifest = raw.read_manifest(lake, "theirs", *_only_slot(lake, "theirs"))
    assert chartlake("forget-user", "default", "--yes").code == 0
    other = msgspec.structs.replace(manifest.feed, name="mine")
    moved = msgspec.structs.replace(manifest, feed=other, slot=Slot("20200101T000000Z"))
    lake.create(keys.manifest("mine", moved.slot, 1), msgspec.json.encode(moved))
    chartlake("gc")
    chartlake("forget-user", "default", "--user-id", WHO, "--yes")
    assert raw.feeds(lake) == ["mine", "theirs"]


def _only_slot(lake: Store, feed: str) -> tuple[Slot, int]:
    ((slot, revision),) = raw.latest_revisions(lake, feed).items()
    return slot, revision


def test_compacted_and_superseded_builds_too(
    chartlake: Command, lake: Store, tmp_path: Path
) -> None:
    from chartlake.transform.build import build_slots, unbuilt
    from chartlake.transform.engine import LocalEngine

    every = list(lake.keys("builds/"))
    places = [place for place in _all_places(lake) if place.feed in ("mine", "theirs")]
    assert build_slots(lake, LocalEngine(), places, datetime.now(UTC)).build
    assert unbuilt(lake) == []
    assert len(list(lake.keys("builds/"))) == len(every) + 1
    assert chartlake("reconcile").code == 0
    assert chartlake("forget-user", "default", "--yes").code == 0
    assert found_in(lake, tmp_path) == set()
    assert chartlake("verify").code == 0


def _all_places(lake: Store) -> list[Any]:
    from chartlake.transform.build import Place

    return [
        Place(feed, slot, revision)
        for feed in raw.feeds(lake)
        for slot, revision in raw.latest_revisions(lake, feed).items()
    ]


class _Killed(Exception):
    pass


class Dying(Store):
    """Dies instead of its Nth removal."""

    def __init__(self, store: Store, after: int) -> None:
        super().__init__(lambda: store._objects, store.url)
        self._left = after

    def delete(self, key: str) -> None:
        if not self._left:
            raise _Killed
        self._left -= 1
        super().delete(key)


@pytest.mark.parametrize("step", [0, 3, 8, 15, 22])
def test_one_that_was_killed_is_completed_by_the_next(
    chartlake: Command, lake: Store, tmp_path: Path, step: int
) -> None:
    with open_project(read_settings(tmp_path)) as project:
        dying = replace(project, store=Dying(lake, step))
        feeds = feeds_of_account(dying, "default", [WHO])
        with pytest.raises(_Killed):
            remove_feeds(dying, feeds)
    done = chartlake("forget-user", "default", "--yes")
    assert done.code == 0, done.err
    assert found_in(lake, tmp_path) == set()
    assert not [key for key in lake.keys("state/") if any(f"feed-{n}." in key for n in OWN)]
    assert chartlake("verify").code == 0


@pytest.fixture
def versioned(
    chartlake: Command, spotify: Simulator, world: World, s3: str, s3_url: str, tmp_path: Path
) -> Iterator[Any]:
    """A client for a bucket that keeps former versions, in which all feeds were read once."""
    client = boto3.client("s3", endpoint_url=s3, region_name="us-east-1")
    client.put_bucket_versioning(
        Bucket=s3_url.split("/")[2], VersioningConfiguration={"Status": "Enabled"}
    )
    write_project(tmp_path, spotify, world, s3_url)
    assert chartlake("login").code == 0
    assert "5/5 feeds" in chartlake("run").out
    yield client
    client.close()


def versions(client: Any, url: str) -> list[tuple[str, bytes | None]]:
    """Every version that a bucket has, current or not, and every mark of a deletion."""
    bucket = url.split("/")[2]
    found = client.list_object_versions(Bucket=bucket)
    assert not found["IsTruncated"]
    contents = [
        client.get_object(Bucket=bucket, Key=v["Key"], VersionId=v["VersionId"])["Body"].read()
        for v in found.get("Versions", ())
    ]
    kept = list(zip((v["Key"] for v in found.get("Versions", ())), contents, strict=True))
    return kept + [(mark["Key"], None) for mark in found.get("DeleteMarkers", ())]


def test_former_versions_go_too(chartlake: Command, versioned: Any, s3_url: str) -> None:
    url = s3_url.removesuffix("prefix")
    versioned.put_object(Bucket=url.split("/")[2], Key="prefix-of-others/raw/mine/a", Body=b"1")
    versioned.put_object(Bucket=url.split("/")[2], Key="prefix-of-others/raw/mine/a", Body=b"2")
    theirs = {key for key, _ in versions(versioned, url) if "/theirs/" in key}
    done = chartlake("forget-user", "default", "--yes")
    assert done.code == 0, done.err
    assert "former versions deleted" in done.err
    left = versions(versioned, url)
    assert not [key for key, content in left if content is None and key.startswith("prefix/")]
    words = Words([WHO, NAME])
    with_words = [key for key, content in left if content and _in_object(key, content, words)]
    assert with_words == []
    assert theirs <= {key for key, _ in left}
    assert sum(key == "prefix-of-others/raw/mine/a" for key, _ in left) == 2
    assert chartlake("verify").code == 0


def versioning(client: Any, url: str, status: str) -> None:
    client.put_bucket_versioning(
        Bucket=url.split("/")[2], VersioningConfiguration={"Status": status}
    )


def former(client: Any, url: str) -> list[str]:
    found = client.list_object_versions(Bucket=url.split("/")[2])
    return [v["Key"] for v in found.get("Versions", ()) if not v["IsLatest"]]


@pytest.fixture
def with_an_old_tombstone(versioned: Any, s3_url: str) -> Any:
    """One of somebody else's feed, from before the bucket kept versions."""
    versioning(versioned, s3_url, "Suspended")
    feed = Feed(name="a-feed", source="playlist", source_id="P" * 22)
    now = datetime.now(UTC)
    tombstones.close(open_store(s3_url), feed, slot_at(now), "it is gone", now)
    versioning(versioned, s3_url, "Enabled")
    return versioned


@pytest.mark.usefixtures("with_an_old_tombstone")
def test_a_bucket_that_got_versions_later(
    chartlake: Command, versioned: Any, s3_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "chartlake.aws.versions", None)
        told = chartlake("forget-user", "default", "--yes")
    assert told.code == 1
    assert "the bucket keeps former versions" in told.err
    assert [key for key in former(versioned, s3_url) if "raw/mine/" in key]
    done = chartlake("forget-user", "default", "--user-id", WHO, "--yes")
    assert done.code == 0, done.err
    nobodys = ("/tombstones/", "/state/lease-")
    assert not [key for key in former(versioned, s3_url) if not any(n in key for n in nobodys)]


def test_versioning_that_is_suspended(chartlake: Command, versioned: Any, s3_url: str) -> None:
    bucket = s3_url.split("/")[2]
    for body in (NAME.encode(), b"{}"):
        versioned.put_object(Bucket=bucket, Key="prefix/raw/mine/2026-03/x.json", Body=body)
    versioning(versioned, s3_url, "Suspended")
    done = chartlake("forget-user", "default", "--yes")
    assert done.code == 0, done.err
    assert "former versions deleted" in done.err
    words = Words([WHO, NAME])
    contents = [content for _, content in versions(versioned, s3_url) if content]
    assert not [content for content in contents if words.in_bytes(content)]


def test_a_bucket_that_never_kept_versions(
    chartlake: Command,
    spotify: Simulator,
    world: World,
    s3_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_project(tmp_path, spotify, world, s3_url)
    assert chartlake("login").code == 0
    chartlake("run")
    done = chartlake("forget-user", "default", "--yes")
    assert done.code == 0, done.err
    assert "former versions" not in done.err
    monkeypatch.setitem(sys.modules, "chartlake.aws.versions", None)
    done = chartlake("forget-user", "default", "--user-id", WHO, "--yes")
    assert done.code == 0, done.err
    assert "versioning that is suspended" in done.err


def test_without_the_means_former_versions_are_told(
    chartlake: Command, versioned: Any, s3_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "chartlake.aws.versions", None)
    done = chartlake("forget-user", "default", "--yes")
    assert done.code == 1
    assert "the bucket keeps former versions" in done.err
    assert "pip install 'chartlake[aws]'" in done.err
    assert set(search(open_store(s3_url), Words([WHO, NAME]))) == set()
    assert len(versions(versioned, s3_url)) > 10


def test_who_is_not_known(chartlake: Command, lake: Store) -> None:
    before = set(lake.keys(""))
    done = chartlake("forget-user", "somebody", "--yes")
    assert done.code == 2
    assert "nothing is known of an account 'somebody'" in done.err
    assert chartlake("forget-user", "default").code == 2  # nobody was asked
    assert set(lake.keys("")) == before
