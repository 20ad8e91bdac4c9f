"""The rehearsal, played once for all tests that look at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.aws.rehearsal.play import Played, played_in


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    with played_in(tmp_path_factory.mktemp("rehearsal")) as done:
        yield done
