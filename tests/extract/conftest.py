from collections.abc import Iterator

import httpx2
import pytest

from tests.extract.server import Server


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


@pytest.fixture
def http() -> Iterator[httpx2.Client]:
    # nothing here is encrypted, and loading certificates takes longer than a test
    with httpx2.Client(trust_env=False, timeout=5.0, verify=False) as client:
        yield client
