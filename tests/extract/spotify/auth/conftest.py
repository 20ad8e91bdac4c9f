from pathlib import Path

import httpx2
import pytest

from chartlake.extract.spotify.auth.accounts import Accounts
from chartlake.extract.spotify.auth.grants import TokenEndpoint
from chartlake.extract.spotify.auth.private_files import lock_in
from chartlake.extract.spotify.auth.stores import FileStore
from chartlake.extract.spotify.retry import Retry
from tests.extract.server import Server
from tests.extract.spotify.auth.fakes import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def endpoint(server: Server, http: httpx2.Client) -> TokenEndpoint:
    patient = Retry(max_attempts=3, sleep=lambda seconds: None)
    return TokenEndpoint(http, f"{server.url}/token", patient)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "accounts"


@pytest.fixture
def accounts(folder: Path) -> Accounts:
    return Accounts(FileStore(folder), lock_in(folder))
