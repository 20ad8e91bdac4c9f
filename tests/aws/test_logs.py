"""What functions say: JSON with the run, errors in one line, and no secret."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from chartlake.aws.logs import Failed, in_one_line, redacted, saying
from chartlake.errors import DataError

EVENT = {"scheduled_at": "2026-03-01T04:05:00Z"}
_log = logging.getLogger("chartlake.somewhere")


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_each_line_has_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    with saying("extract", "request-1", EVENT):
        _log.warning("ééé %s", 1, extra={"feed": "us-daily", "slot": "20260301T000000Z"})
    (line,) = lines(capsys)
    told = {"function", "run", "scheduled_at", "feed", "slot", "message", "level"}
    assert {name: line[name] for name in told} == {
        "function": "extract",
        "run": "request-1",
        "scheduled_at": EVENT["scheduled_at"],
        "feed": "us-daily",
        "slot": "20260301T000000Z",
        "message": "ééé 1",
        "level": "WARNING",
    }


def test_afterwards_nothing_is_left_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.getLogger("chartlake").handlers
    with saying("extract", "request-1", EVENT):
        pass
    assert logging.getLogger("chartlake").handlers == before
    _log.warning("to nobody")
    assert lines(capsys) == []


def test_our_error_ends_it_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Failed) as failed, saying("publish", "r", EVENT):
        raise DataError("it\nfailed", why="Bearer abcdefghijkl", fix="run\n  again")
    assert str(failed.value) == "it failed · why: Bearer *** · fix: run again"
    (line,) = lines(capsys)
    assert line["message"] == str(failed.value)
    assert "exception" not in line
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__


def test_any_other_error_has_its_place_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    by_zero = pytest.raises(Failed, match="ZeroDivisionError: division by zero")
    with by_zero, saying("publish", "r", EVENT):
        1 / 0  # noqa: B018 – it is to fail
    (line,) = lines(capsys)
    assert "test_logs.py" in line["exception"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer BQDabc-_.xyz1", "Authorization: Bearer ***"),
        ("basic Zm9vOmJhcmJheg==", "basic ***"),
        ("refresh_token=AQAabc&grant_type=x", "refresh_token=***&grant_type=x"),
        ('{"access_token": "abc", "n": 1}', '{"access_token": "***", "n": 1}'),
        ("a basic plan", "a basic plan"),
        ("403 at https://api.spotify.com/v1/me", "403 at https://api.spotify.com/v1/me"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, shown: str) -> None:
    assert redacted(text) == shown


def test_secrets_of_the_environment_are_hidden(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "planted/token+of=a session")
    monkeypatch.setenv("CHARTLAKE_SPOTIFY__CLIENT_SECRET", "planted-secret")
    with saying("extract", "r", EVENT):
        _log.warning("with planted-secret and planted/token+of=a session")
    assert lines(capsys)[0]["message"] == "with *** and ***"
    assert in_one_line(ValueError("planted-secret")) == "ValueError: ***"
