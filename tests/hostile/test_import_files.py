"""chartlake import, given what is no chart file: refused in words, never opened, never unpacked."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import threading
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from chartlake.errors import RefusedFile
from chartlake.extract.charts_csv import MAX_BYTES, content_of
from tests.charts import old_chart, write_chart
from tests.commands import Command, run_program
from tests.hostile.limited import RESIDENT, assert_harmless, run_limited, tree

SECRET = "root:x:0:0:the contents of some other file\n"


def _zip(names: list[str], content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return out.getvalue()


def _tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        link = tarfile.TarInfo("regional-is-daily-2020-01-01.csv")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        archive.addfile(tarfile.TarInfo("/tmp/absolute"), io.BytesIO())
    return out.getvalue()


CHART = old_chart("abc").encode()
BOMB = gzip.compress(bytes(64 << 20))
CONTENTS: dict[str, tuple[bytes, str]] = {
    "regional-is-daily-2020-01-01.zip": (_zip(["/etc/x", "../../x"], CHART), "it is a zip archive"),
    "regional-is-daily-2020-01-02.csv": (_zip(["a.csv"], bytes(64 << 20)), "it is a zip archive"),
    "regional-is-daily-2020-01-03.csv.gz": (gzip.compress(CHART), "it is a gzip file"),
    "regional-is-daily-2020-01-04.csv": (BOMB, "it is a gzip file"),
    "regional-is-daily-2020-01-05.csv": (_tar(), "a binary file"),
    "regional-is-daily-2020-01-06.csv": (b"BZh91AY&SY", "it is a bzip2 file"),
    "regional-is-daily-2020-01-07.csv": (b"", "the file is empty"),
    "regional-is-daily-2020-01-08.csv": (CHART.replace(b"Song a", b"Song \0"), "a binary file"),
    "regional-is-daily-2020-01-09.csv": (CHART.replace(b"Song a", b"\xff\xfe"), "not UTF-8"),
    "regional-is-daily-2020-01-10.csv": (
        CHART.replace(b"Song a", b"x" * 1_000_000),
        "field larger than field limit",
    ),
    "regional-is-daily-2020-01-11.csv": (CHART + b'"' * 1_000_001, "not whole CSV"),
    "regional-is-daily-2020-01-12.csv": (b"\n" * (8 << 20) + b",\n" * 100, "has no header"),
    "regional-is-daily-2020-01-13.csv": (b"x," * (MAX_BYTES // 2), "has no header"),
    "regional-is-daily-2020-01-14.csv": (
        CHART.replace(b"\n1,", b"\n" + b"9" * 400 + b","),
        "taken",  # one bad row is a reject
    ),
    "regional-is-daily-2020-13-01.csv": (CHART, "does not exist"),
    "regional-is-daily-２０２０-01-01.csv": (CHART, "does not tell which chart"),
    "regional-ſe-daily-2020-01-01.csv": (CHART, "does not tell which chart"),
    "..%2f..%2fregional-is-daily-2020-01-01.csv": (CHART, "does not tell which chart"),
    "\x1b[31mregional-is-daily-2020-01-01.csv": (CHART, "does not tell which chart"),
    "\u202eregional-is-daily-2020-01-01.csv": (CHART, "does not tell which chart"),
}


def test_whatever_it_is_the_others_go_on(tmp_path: Path) -> None:
    """All at once, in one process with little memory; nothing outside the lake is made."""
    outside, project = tmp_path / "outside", tmp_path / "project"
    for folder in (outside, project):
        folder.mkdir()
    for name, (content, _) in CONTENTS.items():
        (outside / name).write_bytes(content)
    words = {name: words for name, (_, words) in CONTENTS.items()} | _special(outside)
    sound = write_chart(outside, "2020-02-01", "abc")
    before = tree(outside)

    files = [outside / name for name in words]
    said = run_limited("import", *files, sound, "--json", cwd=project, peak=tmp_path / "peak")

    assert_harmless(said)
    assert said.code == 1
    assert said.resident < RESIDENT
    for result in said.json()["import"]:
        if result["name"] == sound.name or words[result["name"]] == "taken":
            assert result["status"] == "new"
        else:
            assert result["status"] == "refused"
    told = {error["subject"]: f"{error['what']} {error['why']}" for error in said.json()["errors"]}
    for name, expected in words.items():
        assert expected == "taken" or expected in told[name], name
    assert tree(outside) == before
    assert {file.split("/")[0] for file in tree(project)} == {"chartlake-data"}
    assert SECRET.encode() not in b"".join(
        file.read_bytes() for file in project.rglob("*") if file.is_file()
    )


def _special(folder: Path) -> dict[str, str]:
    """What is no regular file, or too large, and the words that refuse it."""
    (folder / "secret").write_text(SECRET)
    made = {f"regional-is-daily-2020-03-0{day}.csv": words for day, words in _SPECIAL.items()}
    link, zero, fifo, directory, sparse, loop, gone = (folder / name for name in made)
    link.symlink_to(folder / "secret")
    zero.symlink_to("/dev/zero")
    os.mkfifo(fifo)
    directory.mkdir()
    with sparse.open("wb") as file:
        file.truncate(2 << 30)
    loop.symlink_to(loop)
    gone.symlink_to(folder / "nothing")
    return made


_SPECIAL = {
    1: "it is a link",
    2: "it is a link",
    3: "a pipe or a device",
    4: "it is a folder",
    5: "far more than any chart",
    6: "",  # where a link that leads to itself leads to differs by system
    7: "it is a link",
}


def test_devices_are_not_opened() -> None:
    for device in ("/dev/zero", "/dev/stdin", "/dev/null"):
        with pytest.raises(RefusedFile, match=r"a pipe or a device|it is a link"):
            content_of(Path(device))


def test_a_name_with_nul_is_refused() -> None:
    with pytest.raises(RefusedFile, match="it cannot be read"):
        content_of(Path("a\0b"))


def test_a_file_that_grows_is_read_no_further_than_the_cap(tmp_path: Path) -> None:
    """The size is asked for first; what comes after that must not be read without end."""
    file = tmp_path / "regional-is-daily-2020-01-01.csv"
    file.write_bytes(CHART)
    stop = threading.Event()

    def grow() -> None:
        with file.open("ab", buffering=0) as growing:
            while not stop.is_set() and growing.tell() < 3 * MAX_BYTES:
                growing.write(bytes(1 << 20))

    growing = threading.Thread(target=grow)
    growing.start()
    try:
        for _ in range(20):
            with suppress(RefusedFile):
                assert len(content_of(file)) <= MAX_BYTES
    finally:
        stop.set()
        growing.join()


@pytest.mark.parametrize(
    "feed", ["../../x", "%2e%2e", "a\0b", "a" * 65, "a" * 10_000, "аdele", "", "x/y", "\x1b[31m"]
)
def test_a_feed_s_name_leads_nowhere(chartlake: Command, tmp_path: Path, feed: str) -> None:
    file = write_chart(tmp_path, "2020-02-01", "abc")
    said = chartlake("import", file, "--feed", feed, "--date", "2020-02-01")
    assert_harmless(said)
    expected = "is no name for a feed"
    if feed:
        assert said.code == 1
        assert expected in said.err
        assert len(said.err) < 1000
    assert not (tmp_path / "chartlake-data" / "lake" / "raw" / "x").exists()
    assert {name.split("/")[0] for name in tree(tmp_path)} == {file.name, "chartlake-data"}


def test_names_of_files_and_folders_that_are_no_text(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    folder.mkdir()
    file = write_chart(folder, "2020-02-01", "abc")
    (folder / os.fsdecode(b"x\xfe.csv")).write_bytes(CHART)
    for words in (
        ("import", file, os.fsdecode(b"x\xfe.csv")),
        ("status",),
        ("status", "--json"),
        ("import", file, "--json"),
    ):
        said = run_program(*words, cwd=folder)
        assert_harmless(said)
