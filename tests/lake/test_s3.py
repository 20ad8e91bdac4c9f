"""Which rights a bucket is opened with."""

from __future__ import annotations

from pathlib import Path

import pytest

from chartlake.errors import StorageError
from chartlake.lake.store import open_store


@pytest.fixture
def profile(s3_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The rights are in a file of profiles, as on a developer's machine."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    file = tmp_path / "credentials"
    file.write_text("[work]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = x\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    return s3_url


def test_a_profile_counts(profile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    store = open_store(profile)
    assert store.create("raw/a", b"1")
    assert store.get("raw/a") == b"1"


def test_without_any_rights_it_says_so(profile: str) -> None:
    with pytest.raises(StorageError, match=r"cannot read lake\.json in s3:"):
        open_store(profile).create("raw/a", b"1")
