"""Listings with sizes and times, and what killed writes leave."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest

from chartlake.lake.store import Store, open_store


def test_a_listing_has_sizes_and_times(store: Store) -> None:
    store.create("a/two", b"22")
    store.create("a/b/one", b"1")
    store.create("c/other", b"")
    found = store.listing("a/")
    assert [(listed.key, listed.size) for listed in found] == [("a/b/one", 1), ("a/two", 2)]
    for listed in found:
        assert abs(listed.modified - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_folder_without_objects_is_no_folder(store: Store) -> None:
    store.create("manifests/finds/2026-03/x.json", b"{}")
    store.create("manifests/other.json", b"{}")
    store.delete("manifests/finds/2026-03/x.json")
    assert store.folders("manifests/") == []
    assert store.create("manifests/finds/2026-03/x.json", b"{}")


def test_what_a_killed_write_left_is_told_and_removed(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    store.create("raw/finds/whole", b"1")
    (tmp_path / "raw" / "finds" / "half#1").write_bytes(b"12")
    assert [listed.key for listed in store.listing("raw/")] == ["raw/finds/whole"]
    (left,) = store.unfinished()
    assert (left.key, left.size) == ("raw/finds/half#1", 2)
    store.delete_unfinished("raw/finds/whole")  # no such thing: it stays
    store.delete_unfinished(left.key)
    assert store.unfinished() == []
    assert store.get("raw/finds/whole") == b"1"


def test_other_stores_have_no_such_thing() -> None:
    assert open_store("memory://").unfinished() == []


def test_a_bucket_that_keeps_versions(s3: str, s3_url: str) -> None:
    store = open_store(s3_url)
    store.create("one", b"1")
    assert not store.keeps_versions("one")
    client = boto3.client("s3", endpoint_url=s3, region_name="us-east-1")
    client.put_bucket_versioning(
        Bucket=s3_url.split("/")[2], VersioningConfiguration={"Status": "Enabled"}
    )
    client.close()
    store.create("two", b"2")
    assert store.keeps_versions("two")


@pytest.mark.parametrize("url", ["memory://", "a folder"])
def test_others_keep_none(url: str, tmp_path: Path) -> None:
    store = open_store(url if "://" in url else str(tmp_path))
    store.create("one", b"1")
    assert not store.keeps_versions("one")
