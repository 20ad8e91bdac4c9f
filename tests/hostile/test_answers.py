"""Answers that no sound service gives: refused whole or kept as they came, within little memory."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chartlake.extract.spotify.quota import Quota, QuotaMemory
from chartlake.lake.store import open_store
from chartlake.model import sha256
from tests.commands import run_here
from tests.extract.server import Answer, Server
from tests.hostile.limited import RESIDENT, assert_harmless, run_limited, tree
from tests.transform.slots import spotify_id

APP = sha256(b"given token")[:12]  # by which the quota of an app without a name is kept
CAP = 8 * 1024 * 1024
GOOD = {"item": {"id": "a" * 22, "type": "track", "name": "Song", "artists": []}}
LOOKALIKE = "а" * 22  # Cyrillic
HOSTILE_IDS = (
    "../" * 7 + "x",
    "%2e%2e%2f" * 2 + "abcd",
    "a" * 21 + "\0",
    "a" * 21,
    "a" * 23,
    "a" * 10_000,
    LOOKALIKE,
    "'; drop table tracks;-",
    "a" * 21 + "\n",
    "a" * 21 + "/",
    "\uff11" * 22,
)


def body(items: Any, **fields: Any) -> bytes:
    page = {"items": items, "total": len(items), "offset": 0} | fields
    return json.dumps({"name": "Mine", "snapshot_id": "1", "items": page}).encode()


def bomb(megabytes: int) -> bytes:
    """So much of nothing in gzip, without its end: nobody should come that far."""
    deflate = zlib.compressobj(9, wbits=31)
    chunk = bytes(1 << 20)
    first, more = (deflate.compress(chunk) + deflate.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + more * (megabytes - 1)  # after a full flush nothing refers to what was before


SOUND = body([GOOD])
NAME = b'"Song"'
NOT_WHOLE = "is not whole JSON"


def answers() -> dict[str, tuple[Answer, str]]:
    """By the name of a feed, what is answered for it and what is said of that."""
    return {
        "sound": (Answer(SOUND), "new"),
        "lone-surrogate": (Answer(SOUND.replace(NAME, b'"\\ud800"')), NOT_WHOLE),
        "no-utf-8": (Answer(SOUND.replace(NAME, b'"\xff\xc0\x80"')), NOT_WHOLE),
        "surrogate-bytes": (Answer(SOUND.replace(NAME, b'"\xed\xa0\x80"')), NOT_WHOLE),
        "raw-control": (Answer(SOUND.replace(NAME, b'"\x1b[31m"')), NOT_WHOLE),
        "not-a-number": (Answer(SOUND.replace(NAME, b"NaN")), NOT_WHOLE),
        "infinity": (Answer(SOUND.replace(NAME, b"Infinity")), NOT_WHOLE),
        "too-large-a-number": (Answer(SOUND.replace(NAME, b"1e999")), NOT_WHOLE),
        "too-many-digits": (Answer(SOUND.replace(NAME, b"9" * 5000)), NOT_WHOLE),
        "many-digits": (
            Answer(SOUND.replace(b'"offset"', b'"o": %b, "offset"' % (b"9" * 4000))),
            "new",
        ),
        "deep": (Answer(b"[" * 100_000 + b"]" * 100_000), NOT_WHOLE),
        "deep-objects": (Answer(b'{"items":' * 100_000 + b"1" + b"}" * 100_000), NOT_WHOLE),
        "never-closed": (Answer(b"[" * 1_000_000), NOT_WHOLE),
        "twice": (
            Answer(
                SOUND[:-1] + b', "name": "Other", "items": ' + SOUND[SOUND.index(b'{"items"') :]
            ),
            "new",
        ),
        "nul": (Answer(SOUND.replace(NAME, b'"\\u0000"')), "new"),
        "mark": (Answer(b"\xef\xbb\xbf" + SOUND), NOT_WHOLE),
        "utf-16": (Answer(SOUND.decode().encode("utf-16")), NOT_WHOLE),
        "empty": (Answer(b""), NOT_WHOLE),
        "a-list": (Answer(b"[]"), "another shape"),
        "a-number": (Answer(b"5"), "another shape"),
        "items-are-an-object": (Answer(body({})), "another shape"),
        "items-are-text": (Answer(body("items")), "another shape"),
        "one-of-a-billion": (Answer(body([GOOD], total=10**9)), "another shape"),
        "negative": (Answer(body([GOOD], total=-1)), "gave 1 of -1 items"),
        "total-is-text": (Answer(body([GOOD], total="1")), "another shape"),
        "html": (Answer(b"<html>", media_type="text/html"), "text/html, not JSON"),
        "bomb": (
            Answer(bomb(256), headers={"Content-Encoding": "gzip"}),
            "larger than 8 MiB",
        ),
        "bomb-in-a-bomb": (
            Answer(
                gzip.compress(bomb(1024)),
                headers={"Content-Encoding": "gzip, gzip"},
            ),
            "larger than 8 MiB",
        ),
        "no-gzip": (Answer(SOUND, headers={"Content-Encoding": "gzip"}), "cannot read"),
        "just-below": (Answer(SOUND + b" " * (CAP - len(SOUND))), "new"),
        "just-above": (Answer(SOUND + b" " * (CAP - len(SOUND) + 1)), "larger than 8 MiB"),
        "a-long-name": (
            Answer(SOUND.replace(NAME, b'"' + b"x" * (CAP - len(SOUND) - 8) + b'"')),
            "new",
        ),
        "many-lists": (Answer(b"[" + b"[]," * (CAP // 3 - 1) + b"[]]"), "another shape"),
        "many-objects": (Answer(b'{"items":{"items":[' + b"{}," * 2_700_000 + b"{}]}}"), "items"),
        "many-rows": (Answer(body([{}] * 11_000)), "new"),
        "ids": (
            Answer(
                body([GOOD] * 120 + [{"item": {"id": each, "name": "x"}} for each in HOSTILE_IDS])
            ),
            "new",
        ),
        "no-records": (Answer(body([5, "x", [], GOOD])), "new"),  # told by the transform
    }


REJECTED = {"ids": len(HOSTILE_IDS)}
LEFT_OUT = {"no-records": "3 of 4 records rejected"}


@pytest.fixture
def spotify(tmp_path: Path) -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def write_project(
    folder: Path, server: Server, answers: Mapping[str, Answer], workers: int
) -> None:
    """A feed for each answer; asked for the rest of its items it gives the same again."""
    folder.mkdir()
    feeds = ""
    for number, (name, answer) in enumerate(answers.items()):
        playlist = spotify_id(number)
        server.script(f"/v1/playlists/{playlist}", answer)
        server.script(f"/v1/playlists/{playlist}/items", answer)
        feeds += (
            f'[feeds.{name}]\nsource = "playlist"\nplaylist = "{playlist}"\nschedule = "daily"\n'
        )
    (folder / "chartlake.toml").write_text(
        f'[spotify]\napi_url = "{server.url}/v1"\nworkers = {workers}\n{feeds}'
    )
    (folder / ".env").write_text("CHARTLAKE_SPOTIFY__ACCESS_TOKEN=given\n")
    # one that was never asked is asked carefully: all this would take more than half a minute
    learned = Quota(window_requests=10_000, learned_at=datetime.now(UTC))
    QuotaMemory(open_store(str(folder / "chartlake-data" / "lake")), APP).save(lambda _: learned)


def is_asked_once(answer: tuple[str, tuple[Answer, str]]) -> bool:
    _, (_, expected) = answer
    return expected in ("new", "another shape")


def test_each_is_kept_or_refused_and_the_others_go_on(
    tmp_path: Path, spotify: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    known = dict(sorted(answers().items(), key=is_asked_once))  # those that take long go first
    write_project(project, spotify, {name: answer for name, (answer, _) in known.items()}, 16)
    before = tree(tmp_path)
    said = run_limited("run", "--json", cwd=project, peak=tmp_path / "peak")
    assert_harmless(said)
    assert said.code == 3
    assert said.resident < RESIDENT, f"{said.resident >> 20} MiB"
    results = {result["feed"]: result for result in said.json()["extract"]}
    for name, (_, expected) in known.items():
        result = results[name]
        if expected == "new":
            assert (result["status"], result["error"]) == ("new", None), name
        else:
            assert result["status"] == "failed", name
            assert expected in result["error"], name

    sql = """
        select feed, item_count,
            (select count(*) from entries e where e.feed = o.feed) as entries,
            (select count(*) from rejects r where r.feed = o.feed) as rejects
        from editions o
    """
    monkeypatch.chdir(project)
    asked = run_here("query", sql, "--json")
    stored = {row["feed"]: row for row in asked.json()["rows"]}
    kept = {name for name, (_, expected) in known.items() if expected == "new"}
    assert set(stored) == kept - LEFT_OUT.keys()
    for name, row in stored.items():
        assert row["rejects"] == REJECTED.get(name, 0), name
        assert row["entries"] + row["rejects"] == row["item_count"], name
    told = {error["subject"].split(" ")[0]: error["what"] for error in said.json()["errors"]}
    for name, words in LEFT_OUT.items():
        assert words in told[name]
    made = tree(tmp_path) - before - {"peak"}
    assert all(name.startswith("project/chartlake-data") for name in made)

    for look in (("status",), ("trends", "movers", "--feed", "a-long-name"), ("check",)):
        assert_harmless(run_here(*look))
