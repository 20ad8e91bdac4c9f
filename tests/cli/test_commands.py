"""init, doctor, usage errors, completion, and what every command shares."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import typer

from chartlake.cli import app
from chartlake.settings import read_settings
from chartlake.settings.feeds import PlaylistFeed
from tests.charts import write_chart
from tests.commands import PROGRAM, Command, run_here, run_program


def test_init_writes_a_project_that_is_valid_and_ignores_secrets(
    chartlake: Command, tmp_path: Path
) -> None:
    (tmp_path / ".gitignore").write_text("*.log")
    said = chartlake("init")
    assert said.code == 0
    assert (tmp_path / ".gitignore").read_text().splitlines() == [
        "*.log",
        ".env",
        "chartlake-data/",
        "chartlake-demo/",
    ]
    assert "ACCESS_TOKEN=" in (tmp_path / ".env.example").read_text()
    assert read_settings(tmp_path).feeds == {}
    again = chartlake("init")
    assert again.code == 2
    assert "is there already" in again.err


def test_the_feed_in_the_template_is_valid_once_its_comment_is_taken_off(
    chartlake: Command, tmp_path: Path
) -> None:
    chartlake("init")
    toml = tmp_path / "chartlake.toml"
    head, _, example = toml.read_text().partition("# [feeds.")
    lines = [line.removeprefix("# ").removeprefix("#") for line in example.splitlines()]
    text = head + "[feeds." + "\n".join(lines)
    toml.write_text(text.replace("playlist/...", "playlist/37i9dQZEVXbMDoHDwVN2tF"))
    feed = read_settings(tmp_path).feeds["friday-finds"]
    assert isinstance(feed, PlaylistFeed)
    assert (feed.playlist, feed.schedule) == ("37i9dQZEVXbMDoHDwVN2tF", "daily")


def test_init_makes_the_folder_that_project_names(chartlake: Command, tmp_path: Path) -> None:
    assert chartlake("init", "--project", "mine").code == 0
    assert (tmp_path / "mine" / "chartlake.toml").exists()


def test_doctor_without_and_with_a_project(chartlake: Command) -> None:
    said = chartlake("doctor")
    assert said.code == 0
    assert "warn  no chartlake.toml" in said.out
    chartlake("init")
    assert "warn" not in chartlake("doctor").out
    levels = {finding["level"] for finding in chartlake("doctor", "--json").json()["findings"]}
    assert levels == {"ok"}


def test_doctor_fails_with_the_remedy(chartlake: Command, tmp_path: Path) -> None:
    (tmp_path / "chartlake.toml").write_text(
        '[feeds.mine]\nsource = "playlist"\nplaylist = "37i9dQZEVXbMDoHDwVN2tF"\n'
    )
    said = chartlake("doctor")
    assert said.code == 3
    assert "fail  no Spotify credentials are configured" in said.out
    assert "CHARTLAKE_SPOTIFY__CLIENT_ID" in said.out


@pytest.mark.parametrize(
    "words",
    [["nonsense"], ["trends"], ["import"], ["trends", "movers", "--date", "tomorrow"], ["--nope"]],
)
def test_wrong_usage_exits_2(chartlake: Command, words: list[str]) -> None:
    assert chartlake(*words).code == 2


def test_a_wrong_setting_exits_2_from_any_command(chartlake: Command, tmp_path: Path) -> None:
    (tmp_path / "chartlake.toml").write_text("[lake]\nulr = 'x'\n")
    for words in (["run"], ["status"], ["trends", "movers"], ["lake", "ls"], ["doctor"]):
        said = chartlake(*words)
        assert said.code == 2
        assert "chartlake.toml: unknown key 'lake.ulr'" in said.err
        assert "valid here: url" in said.err


def test_a_project_that_is_not_there_exits_2(chartlake: Command) -> None:
    assert chartlake("status", "--project", "nowhere").code == 2


def test_the_project_can_also_come_from_the_environment(
    chartlake: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    monkeypatch.setenv("CHARTLAKE_PROJECT", str(tmp_path / "mine"))
    chartlake("import", write_chart(tmp_path, "2020-03-01", "ab"))
    assert (tmp_path / "mine" / "chartlake-data").exists()
    assert not (tmp_path / "chartlake-data").exists()


def test_every_command_has_help_and_a_project() -> None:
    for words in _commands():
        said = run_here(*words, "--help")
        assert said.code == 0
        # a simulated Spotify stands for itself, and lineage is of the SQL: no project's
        assert ("--project" in said.out) is (words not in (["simulator"], ["lineage"])), words


def _commands() -> list[list[str]]:
    group = typer.main.get_command(app)
    found: list[list[str]] = []
    for name, command in group.commands.items():  # type: ignore[attr-defined]  # it is a group
        inner = getattr(command, "commands", None)
        found += [[name, sub] for sub in inner] if inner else [[name]]
    return found


def test_shell_completion_knows_commands_and_feeds(tmp_path: Path) -> None:
    write_chart(tmp_path, "2020-03-01", "ab")
    assert run_program("import", *tmp_path.glob("*.csv"), cwd=tmp_path).code == 0
    for words, expected in (
        ("chartlake tr", "trends"),
        ("chartlake trends movers --feed reg", "regional-is-daily"),
    ):
        done = subprocess.run(
            [PROGRAM],
            cwd=tmp_path,
            env={
                "PATH": "/usr/bin:/bin",
                "_CHARTLAKE_COMPLETE": "complete_bash",
                "COMP_WORDS": words,
                "COMP_CWORD": str(len(words.split()) - 1),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert expected in done.stdout, done.stderr


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    charts = [write_chart(tmp_path, f"2020-03-{day:02}", f"ab{day:02}") for day in range(1, 28)]
    assert run_program("import", *charts, cwd=tmp_path).code == 0
    done = subprocess.run(
        [
            "bash",
            "-o",
            "pipefail",
            "-c",
            f"'{PROGRAM}' query 'from entries e, entries f limit 2000' | head -1",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


def test_a_terminal_without_unicode_still_shows_the_table(tmp_path: Path) -> None:
    first = write_chart(tmp_path, "2020-03-01", "ab")
    second = write_chart(tmp_path, "2020-03-02", "ba")
    plain = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    assert run_program("import", first, second, cwd=tmp_path, **plain).code == 0
    said = run_program("trends", "movers", cwd=tmp_path, **plain)
    assert said.code == 0, said.err
    assert "Song b" in said.out


def test_an_internal_error_exits_70_and_asks_for_a_report(
    chartlake: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr("chartlake.cli.look.feed_health", broken)
    chartlake("import", write_chart(tmp_path, "2020-03-01", "ab"))
    said = chartlake("status")
    assert said.code == 70
    assert "internal error: RuntimeError: a bug of ours" in said.err
    assert "please report it" in said.err


def test_an_interrupt_exits_130(
    chartlake: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("chartlake.cli.look.feed_health", interrupted)
    chartlake("import", write_chart(tmp_path, "2020-03-01", "ab"))
    said = chartlake("status")
    assert said.code == 130
    assert "what is committed is kept" in said.err


def test_the_version(chartlake: Command) -> None:
    assert chartlake("--version").out.startswith("chartlake 0.")


def test_a_warning_from_within_looks_like_all_others(chartlake: Command, tmp_path: Path) -> None:
    """Whichever part of the program has it: no time, and no name of a module."""
    assert chartlake("import", write_chart(tmp_path, "2020-03-01", "abc")).code == 0
    (tmp_path / "chartlake.toml").write_text('[exclude]\nnames = ["Artist a"]\n')
    said = chartlake("trends", "chart")
    assert said.code == 0
    (line,) = said.err.splitlines()
    assert line.startswith("warning: ")
    assert line.endswith("than this project's chartlake.toml: made anew")
    assert chartlake("trends", "chart").err == ""
