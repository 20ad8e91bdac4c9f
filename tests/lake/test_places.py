"""A lake in one bucket or in two."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chartlake.errors import ConfigError
from chartlake.lake import keys
from chartlake.lake.places import Places, places_of
from chartlake.lake.store import open_store

TWO = "s3://first/lake?curated=s3://second/tables/lake"


@pytest.mark.parametrize(
    ("url", "places"),
    [
        ("s3://first/lake", Places("s3://first/lake")),
        ("s3://first/lake/", Places("s3://first/lake")),
        (TWO, Places("s3://first/lake", "s3://second/tables/lake")),
        ("/home/me/what?curated=s3://x/y", Places("/home/me/what?curated=s3://x/y")),
        ("memory://", Places("memory://")),
    ],
)
def test_what_a_url_says(url: str, places: Places) -> None:
    assert places_of(url) == places


@pytest.mark.parametrize(
    "url",
    [
        "s3://first/lake?region=eu",
        "s3://first/lake?curated=",
        "s3://first/lake?curated=/tmp/x",
        "s3://first/lake?curated=s3://second/x&other=1",
        "s3:///lake?curated=s3://second/x",
    ],
)
def test_what_it_cannot_say(url: str) -> None:
    with pytest.raises(ConfigError, match="none that chartlake knows"):
        places_of(url)


def test_tables_lie_apart_and_all_else_together() -> None:
    places = places_of(TWO)
    assert places.url_of("curated/entries/x.parquet").startswith("s3://second/tables/lake/curated/")
    assert places.url_of("marts/000001-a.json").startswith("s3://second/")
    apart = {zone for zone in (*keys.ZONES, keys.MARTS) if places.of(zone) != places.main}
    assert apart == {keys.CURATED, keys.MARTS}
    assert places.all_of("") == (places.main, places.curated)


def test_a_lake_in_two_buckets_is_one(s3_url: str, second_bucket: str) -> None:
    store = open_store(f"{s3_url}?curated=s3://{second_bucket}/t", lambda: datetime.now(UTC))
    assert store.create("raw/a", b"1")
    assert store.create("curated/b", b"22")
    assert not store.create("curated/b", b"")
    assert list(store.keys("")) == ["curated/b", "lake.json", "raw/a"]
    assert [listed.size for listed in store.listing("curated/")] == [2]
    assert store.get("curated/b") == b"22"
    assert store.get_range("curated/b", 0, 1) == b"2"
    assert store.folders("curated/") == []
    # each in its own
    assert list(open_store(s3_url).keys("")) == ["lake.json", "raw/a"]
    assert list(open_store(f"s3://{second_bucket}/t").keys("")) == ["curated/b"]
    store.delete("curated/b")
    assert list(store.keys("curated/")) == []
