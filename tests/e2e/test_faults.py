"""What a person sees when Spotify misbehaves: the message, the exit code, what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.commands import Command
from tests.extract.server import Answer, Server, answer, error

GOOD, BAD = "37i9dQZEVXbMDoHDwVN2tF", "0B2cDNTC9qU3Vggu3eigG0"
LISTED = [{"item": {"id": "a" * 22, "type": "track", "name": "Song", "artists": []}}]
PLAYLIST = {"name": "Mine", "snapshot_id": "1", "items": {"items": LISTED, "total": 1}}


@pytest.fixture
def spotify(tmp_path: Path) -> Iterator[Server]:
    """A server with one sound playlist, and a project that follows it after another one."""
    server = Server()
    server.script(f"/v1/playlists/{GOOD}", answer(PLAYLIST))
    feeds = "".join(
        f'[feeds.{name}]\nsource = "playlist"\nplaylist = "{playlist}"\nschedule = "daily"\n'
        for name, playlist in (("bad", BAD), ("good", GOOD))
    )
    (tmp_path / "chartlake.toml").write_text(f'[spotify]\napi_url = "{server.url}/v1"\n{feeds}')
    (tmp_path / ".env").write_text("CHARTLAKE_SPOTIFY__ACCESS_TOKEN=given\n")
    yield server
    server.close()


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        (error(404), 3, "does not show playlist"),
        (error(403), 3, "does not let this app read the items"),
        (Answer(b'{"name": "Mine", "items": {"items": [{"item"'), 3, "is not whole JSON"),
    ],
)
def test_one_feed_fails_and_the_other_is_kept(
    chartlake: Command, spotify: Server, fault: Answer, code: int, words: str
) -> None:
    spotify.script(f"/v1/playlists/{BAD}", fault)
    done = chartlake("run")
    assert done.code == code
    assert words in done.err
    assert "feed bad: " in done.err
    assert _feeds(chartlake) == ["good"]
    assert [one["feed"] for one in chartlake("lake", "ls", "--json").json()["rows"]] == ["good"]
    failures = chartlake("status", "--json").json()["failures"]
    assert [failure["feed"] for failure in failures] == ["bad"]


def test_a_quota_that_is_used_up_ends_the_run_at_once(chartlake: Command, spotify: Server) -> None:
    quota = error(429, reason="QUOTA_EXCEEDED", Retry_After="79892")
    spotify.script(f"/v1/playlists/{BAD}", quota, answer(PLAYLIST))
    done = chartlake("run")
    assert done.code == 75
    assert "wait 22.2 hours" in done.err
    assert len(spotify.requests) == 1
    assert chartlake("run").code == 0
    assert _feeds(chartlake) == ["bad", "good"]


def _feeds(chartlake: Command) -> list[Any]:
    rows = chartlake("query", "select feed from editions order by 1", "--json").json()["rows"]
    return [row["feed"] for row in rows]
