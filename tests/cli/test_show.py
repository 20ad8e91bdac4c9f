"""Tables: what fits is whole, what does not is left out and named."""

from __future__ import annotations

import io
import re
import sys

import pytest

from chartlake.cli import show
from chartlake.cli.show import Col

COLUMNS = [Col("#", "place"), Col("title", "title", wide=True), Col("streams", "streams")]
ROWS = [
    {"place": 1, "title": "A title that is rather long for a chart", "streams": 12_345_678},
    {"place": 20, "title": "Short", "streams": None},
]


class Terminal(io.StringIO):
    """A terminal of some width."""

    def isatty(self) -> bool:
        return True


def printed(monkeypatch: pytest.MonkeyPatch, width: int, *, piped: bool = False) -> str:
    out = io.StringIO() if piped else Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")  # rich takes a dumb one for 80 columns
    show.table(COLUMNS, ROWS, whole=piped)
    return re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())


@pytest.mark.parametrize("width", range(28, 80))
def test_numbers_are_never_cut(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    lines = printed(monkeypatch, width).splitlines()
    assert max(len(line.rstrip()) for line in lines) <= width
    assert "12,345,678" in lines[2]
    assert " 1 " in lines[2]


def test_a_title_gives_way_first(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "A title that is…" in printed(monkeypatch, 34)
    assert str(ROWS[0]["title"]) in printed(monkeypatch, 80)


def test_what_does_not_fit_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = printed(monkeypatch, 20)
    assert "streams" not in out
    assert "no room for streams" in capsys.readouterr().err


def test_nothing_is_cut_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    assert str(ROWS[0]["title"]) in printed(monkeypatch, 20, piped=True)
