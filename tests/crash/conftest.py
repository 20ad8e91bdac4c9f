"""A project of some days, made once: those who want it changed work in a copy of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from chartlake import pipeline
from chartlake.transform import build
from tests.crash.projects import prepared


@pytest.fixture(scope="session")
def _make(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Path]]:
    with ExitStack() as running:

        @cache
        def make() -> Path:
            folder = tmp_path_factory.mktemp("prepared") / "project"
            running.enter_context(prepared(folder))
            return folder

        yield make


@pytest.fixture
def project(_make: Callable[[], Path]) -> Path:
    """`prepared`, whose Spotify answers until the last test has ended."""
    return _make()  # only now is the environment clean


@pytest.fixture
def new_transform(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Makes the transform a newer one: all that was built is to be built again."""

    def raised() -> None:
        for module in (pipeline, build):
            monkeypatch.setattr(module, "TRANSFORM_VERSION", 2)

    return raised
