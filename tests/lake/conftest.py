"""The stores that every test of this folder's contracts runs over."""

from collections.abc import Callable
from pathlib import Path

import pytest

from chartlake.lake.store import Store, open_store


@pytest.fixture(params=["memory", "disk", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    urls: dict[str, Callable[[], str]] = {
        "memory": lambda: "memory://",
        "disk": lambda: str(tmp_path / "a lake"),
        "s3": lambda: str(request.getfixturevalue("s3_url")),
    }
    return open_store(urls[request.param]())
