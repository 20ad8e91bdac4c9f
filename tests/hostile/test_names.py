"""Names that come from strangers: stored as they are, and harmless wherever they are shown."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from chartlake.cli import show
from tests.charts import track_id
from tests.commands import PROGRAM, Command
from tests.extract.server import Answer, Server
from tests.hostile.limited import assert_harmless, tree

PLAYLIST = "37i9dQZEVXbMDoHDwVN2tF"
NAMES = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "'; drop table entries; --",
    '"); delete from editions; --',
    "$$; attach 'x' as y; $$",
    "\x1b[31mred\x1b[2J\x1b[H",
    "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "\x1b]0;title\x07\x1bP1$r\x1b\\",
    "\x9b31mC1\x9d0;t\x9c",
    "gnp.\u202eexe\u2066\u2069\u200f\u061c",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1-1",
    "@SUM(1+1)",
    "\t=1+1",
    "line\nbreak\r\nand\u2028more\x0b\x0c\x85",
    "nul\0inside",
    "back\x08\x08space\x7f",
    "[bold red]markup[/bold red] :smile: {0} %s %(x)s ${x}",
    "../../../etc/passwd",
    "%2e%2e%2f",
    "аdele and Adele",
    "Z\u0351\u036b\u0343a\u0300" * 40,
    "👩‍👩‍👧‍👦 日本語 \ufffd",
    " ",
    "null",
    "x" * 1_000_000,
)
STEERING = NAMES[4:9]
CSV_NAMES = tuple(name[:50_000] for name in NAMES if name.strip() and "\0" not in name)
LOOKS = (
    ("status",),
    ("trends", "movers"),
    ("trends", "new"),
    ("trends", "exits"),
    ("trends", "streaks"),
    ("trends", "artists"),
    ("check",),
    ("lake", "ls"),
    (
        "query",
        "select item_name, artist_names, title, owner "
        "from entries join editions using (feed, slot) where feed = 'names'",
    ),
)


@pytest.fixture
def spotify(tmp_path: Path) -> Iterator[Server]:
    """A playlist whose items, title and owner have such names, and a project that follows it."""
    items = [
        {
            "added_at": name,
            "item": {
                "id": track_id(f"{number:02}"),
                "type": "track",
                "name": name,
                "artists": [{"id": track_id("z"), "name": name}],
                "album": {"id": track_id(f"{number:02}"), "name": name, "release_date": name},
            },
        }
        for number, name in enumerate(NAMES)
    ]
    playlist = {
        "name": NAMES[4],
        "owner": {"id": NAMES[5], "display_name": NAMES[4]},
        "snapshot_id": NAMES[0],
        "items": {"items": items, "total": len(items), "offset": 0},
    }
    server = Server()
    server.script(f"/v1/playlists/{PLAYLIST}", Answer(json.dumps(playlist).encode()))
    feed = f'[feeds.names]\nsource = "playlist"\nplaylist = "{PLAYLIST}"\nschedule = "daily"\n'
    write_project(tmp_path, server, feed)
    yield server
    server.close()


def write_project(folder: Path, server: Server, feeds: str) -> None:
    settings = f'[spotify]\napi_url = "{server.url}/v1"\n{feeds}'
    (folder / "chartlake.toml").write_text(settings)
    (folder / ".env").write_text("CHARTLAKE_SPOTIFY__ACCESS_TOKEN=given\n")


def write_charts(folder: Path) -> list[Path]:
    """Two dates of a chart in reverse order, with some that come and go."""
    files = []
    for day, names in (("01", CSV_NAMES[:-2]), ("02", CSV_NAMES[2:][::-1])):
        out = io.StringIO()
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(["Position", "Track Name", "Artist", "Streams", "URL"])
        for place, name in enumerate(names, start=1):
            link = f"https://open.spotify.com/track/{track_id(f'{CSV_NAMES.index(name):02}')}"
            rows.writerow([place, name, name, 10_000 - place, link])
        files.append(folder / f"regional-is-daily-2020-03-{day}.csv")
        files[-1].write_text(out.getvalue(), encoding="utf-8", newline="")
    return files


def test_stored_as_they_are_and_shown_without_harm(
    chartlake: Command, spotify: Server, tmp_path: Path
) -> None:
    before = tree(tmp_path)
    done = chartlake("run")
    assert done.code == 0, done.err
    assert_harmless(done)
    files = write_charts(tmp_path)
    done = chartlake("import", *files)
    assert done.code == 0, done.err
    assert_harmless(done)

    sql = "select item_name, artist_names from entries where feed = 'names' order by position"
    rows = chartlake("query", sql, "--json").json()["rows"]
    assert [(row["item_name"], row["artist_names"]) for row in rows] == [(n, n) for n in NAMES]
    sql = "select item_name from entries where chart_date = '2020-03-01' order by position"
    sql = sql.replace("from entries", "from entries join editions using (feed, slot)")
    rows = chartlake("query", sql, "--json").json()["rows"]
    assert [row["item_name"] for row in rows] == list(CSV_NAMES[:-2])

    for look in LOOKS:
        feed = ("--feed", "regional-is-daily") if look[0] == "trends" else ()
        said = chartlake(*look, *feed)
        assert said.code == 0, said.err
        assert_harmless(said)
        said = chartlake(*look, *feed, "--json")
        assert said.json()
        assert said.code == 0
    for name in (*NAMES[:2], *STEERING, NAMES[-9]):
        said = chartlake("trends", "track", name, "--feed", "names")
        assert said.code in (0, 2)
        assert_harmless(said)
    made = tree(tmp_path) - before - {file.name for file in files}
    assert {name.split("/")[0] for name in made} == {"chartlake-data"}


def test_errors_tell_a_stranger_s_words_without_harm(chartlake: Command, tmp_path: Path) -> None:
    server, feeds = Server(), ""
    for number, name in enumerate(STEERING):
        playlist, error = (
            track_id(f"p{number:02}"),
            {"status": 403, "message": name, "reason": name},
        )
        server.script(
            f"/v1/playlists/{playlist}", Answer(json.dumps({"error": error}).encode(), 403)
        )
        feeds += (
            f'[feeds.f{number}]\nsource = "playlist"\nplaylist = "{playlist}"\nschedule = "daily"\n'
        )
    write_project(tmp_path, server, feeds)
    said = chartlake("run")
    server.close()
    assert_harmless(said)
    assert said.err.count("Spotify says: ") == len(STEERING)
    assert "red" in said.err


def test_on_a_terminal_there_are_colours_and_nothing_else(
    chartlake: Command, tmp_path: Path
) -> None:
    chartlake("import", *write_charts(tmp_path))
    for words in (("trends", "movers"), ("trends", "new", "--limit", "50"), ("status",)):
        text = _on_a_terminal(tmp_path, *words)
        assert "\x1b[" in text
        left = re.sub(r"\x1b\[[0-9;]*m", "", text).replace("\r\n", "\n")
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", left)


def _on_a_terminal(folder: Path, *words: str) -> str:
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "150"}
    child = subprocess.Popen(
        [PROGRAM, *words], cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    )
    os.close(theirs)
    out = b""
    while True:
        try:
            part = os.read(ours, 65_536)
        except OSError:  # how Linux tells that the other side is closed
            break
        if not part:
            break
        out += part
    os.close(ours)
    assert child.wait(30) == 0
    return out.decode()


@pytest.mark.parametrize("name", NAMES[:-1])
def test_a_heading_is_a_name_too(
    chartlake: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    show.table([show.Col(name, "a")], [{"a": 1}])
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", capsys.readouterr().out)


@pytest.mark.parametrize("whole", [True, False])
def test_a_name_without_end_takes_no_screen_without_end(
    capsys: pytest.CaptureFixture[str], whole: bool
) -> None:
    """Each row is as wide as the widest: a few of these names took minutes to write."""
    rows = [{"a": name} for name in ("x" * 1_000_000, *"y" * 50)]
    show.table([show.Col("name", "a", wide=True)], rows, whole=whole)
    out = capsys.readouterr().out
    assert len(out) < 600_000
    assert "…" in out
    show.json({"rows": rows[:1]})
    assert "x" * 1_000_000 in capsys.readouterr().out


def test_values_of_any_type_are_valid_json(chartlake: Command, tmp_path: Path) -> None:
    chartlake("import", *write_charts(tmp_path))
    sql = (
        "select 170141183460469231731687303715884105727::hugeint a, [1] b, interval 1 day c, "
        "map {1: 2} d, 1.5::decimal(4, 2) e, uuid() f, '12:00:00+01'::timetz g, chr(7) h, "
        "'nan'::double i, 'infinity'::double j, 'infinity'::timestamp k, '\\x00'::blob l, "
        "{'a': '\x1b'} m, null n"
    )
    said = chartlake("query", sql, "--json")
    assert said.code == 0, said.err
    assert set(said.json()["rows"][0]) == set("abcdefghijklmn")
    said = chartlake("query", sql)
    assert said.code == 0, said.err
    assert_harmless(said)
