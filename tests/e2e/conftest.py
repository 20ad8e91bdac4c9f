"""A world of its own for each test, and the command line at a time that the test moves."""

from __future__ import annotations

import webbrowser
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from chartlake.simulator import Blemishes, World
from chartlake.wiring.project import open_project
from chartlake.wiring.sign_in import open_login
from tests.e2e.projects import FakeBrowser, SimulatedTime


@pytest.fixture(scope="session")
def _invented() -> World:
    return World(seed=3, days=40, blemishes=Blemishes.none())


@pytest.fixture
def world(_invented: World) -> Iterator[World]:
    """480 tracks; the playlists that a test makes in it end with the test."""
    before = dict(_invented.mixtapes)
    yield _invented
    _invented.mixtapes.clear()
    _invented.mixtapes.update(before)


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> SimulatedTime:
    """The time at which ``chartlake`` runs in this process: it is wired with another clock."""
    time = SimulatedTime()

    def opened(settings: Any) -> Any:
        return open_project(settings, time, time.retry())

    monkeypatch.setattr("chartlake.cli.options.open_project", opened)
    signing_in = partial(open_login, clock=time, retry=time.retry())
    monkeypatch.setattr("chartlake.cli.account.open_login", signing_in)
    return time


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> FakeBrowser:
    fake = FakeBrowser()
    monkeypatch.setenv("BROWSER", "a fake")
    monkeypatch.setattr(webbrowser, "open", fake.open)
    return fake
