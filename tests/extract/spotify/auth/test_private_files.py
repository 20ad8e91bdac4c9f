"""Files that nobody else can read: on a real disk."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from chartlake.errors import ConfigError, StorageError, Unavailable
from chartlake.extract.spotify.auth.private_files import (
    lock_in,
    make_private_folder,
    read_private,
    remove_private,
    write_private,
)


def mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_folder_and_file_are_for_their_owner_only(folder: Path) -> None:
    file = folder / "one.json"
    write_private(file, "text")
    assert (mode(folder), mode(file)) == ("0o700", "0o600")
    with lock_in(folder)():
        pass
    assert {mode(each) for each in folder.iterdir()} == {"0o600"}


def test_a_file_is_replaced_whole_and_leaves_no_draft(folder: Path) -> None:
    file = folder / "one.json"
    write_private(file, "before")
    inode = file.stat().st_ino
    write_private(file, "after")
    assert read_private(file) == "after"
    assert file.stat().st_ino != inode
    assert list(folder.iterdir()) == [file]


def test_what_is_not_there_is_none(folder: Path) -> None:
    assert read_private(folder / "one.json") is None
    make_private_folder(folder)
    assert read_private(folder / "one.json") is None
    remove_private(folder / "one.json")


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o620])
def test_a_file_that_others_can_read_is_refused(folder: Path, bits: int) -> None:
    file = folder / "my file.json"
    write_private(file, "text")
    file.chmod(bits)
    with pytest.raises(ConfigError, match="others on this machine can read") as problem:
        read_private(file)
    assert problem.value.fix == f"chmod 600 '{file}'"


def test_a_folder_that_others_can_read_is_refused(folder: Path) -> None:
    file = folder / "one.json"
    write_private(file, "text")
    folder.chmod(0o750)
    with pytest.raises(ConfigError) as read:
        read_private(file)
    with pytest.raises(ConfigError) as written:
        write_private(file, "x")
    assert {read.value.fix, written.value.fix} == {f"chmod 700 {folder}"}
    folder.chmod(0o700)
    assert read_private(file) == "text"


def test_no_link_is_followed(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("theirs")
    elsewhere.chmod(0o600)
    make_private_folder(folder)
    link = folder / "one.json"
    link.symlink_to(elsewhere)
    with pytest.raises(ConfigError, match="not a plain file"):
        read_private(link)
    write_private(link, "mine")
    assert elsewhere.read_text() == "theirs"
    assert read_private(link) == "mine"


def test_a_folder_behind_a_link_is_refused(tmp_path: Path) -> None:
    make_private_folder(tmp_path / "real")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(ConfigError, match="not a plain file or folder"):
        write_private(tmp_path / "link" / "one.json", "text")


def test_a_pipe_does_not_hang(folder: Path) -> None:
    make_private_folder(folder)
    os.mkfifo(folder / "one.json", 0o600)
    with pytest.raises(ConfigError):
        read_private(folder / "one.json")


def test_another_users_file_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = folder / "one.json"
    write_private(file, "text")
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    with pytest.raises(ConfigError, match="belongs to another user"):
        read_private(file)


def test_a_failed_write_leaves_what_was_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / "one.json"
    write_private(file, "before")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="cannot keep sign-ins") as problem:
        write_private(file, "planted-secret")
    assert problem.value.why == "No space left on device"
    monkeypatch.undo()
    assert read_private(file) == "before"
    assert list(folder.iterdir()) == [file]


def test_forgetting_takes_drafts_of_killed_programs_along(folder: Path) -> None:
    write_private(folder / "one.json", "text")
    (folder / ".one.json.0011").write_text("half of it")
    (folder / ".two.json.0022").write_text("of another")
    remove_private(folder / "one.json")
    assert [each.name for each in folder.iterdir()] == [".two.json.0022"]


def test_the_lock_is_held_by_one_at_a_time(folder: Path) -> None:
    problems: list[str] = []

    def second() -> None:
        try:
            with lock_in(folder, seconds=0.01)():
                problems.append("it went in")
        except Unavailable as error:
            problems.append(error.what)

    with lock_in(folder)():
        other = Thread(target=second)
        other.start()
        other.join()
    assert problems == ["another chartlake is busy signing in, and did not end"]
    with lock_in(folder, seconds=0.01)():
        pass
