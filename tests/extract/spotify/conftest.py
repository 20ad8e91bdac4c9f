from datetime import UTC, datetime

import pytest

from chartlake.simulator import Blemishes, World
from tests.extract.spotify.api import Time


@pytest.fixture(scope="session")
def _world() -> World:
    return World(7, blemishes=Blemishes.none())


@pytest.fixture
def world(_world: World) -> World:
    """The same for all tests, but for its mixtapes, which a test may change."""
    _world.mixtapes.clear()
    return _world


@pytest.fixture
def today() -> Time:
    """The last date of that world, at four in the morning."""
    return Time(datetime(2026, 11, 20, 4, tzinfo=UTC))
