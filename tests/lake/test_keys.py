import string

from hypothesis import given
from hypothesis import strategies as st

from chartlake.lake import keys
from chartlake.model import FEED_NAME, Slot

SLOT = Slot("20260301T040000Z")
UNDATED = Slot("0123456789abcdef" * 4)


def test_where_everything_lies() -> None:
    assert keys.raw("finds", SLOT, "abc", "json") == (
        "raw/finds/2026-03/20260301T040000Z/abc.json.zst"
    )
    assert keys.raw("finds", UNDATED, "abc", "csv") == f"raw/finds/undated/{UNDATED}/abc.csv.zst"
    assert keys.manifests_of("finds") == "manifests/finds/"
    assert keys.manifests_of("finds", "2026-03") == "manifests/finds/2026-03/"
    assert keys.manifest("finds", SLOT, 2) == "manifests/finds/2026-03/20260301T040000Z.r2.json"
    assert keys.curated("entries", "2026-03", "abc") == (
        "curated/entries/slot_month=2026-03/abc.parquet"
    )
    assert keys.build("2026-03", "f00") == "builds/2026-03/f00.json"
    assert keys.failure("finds", SLOT, "abc") == "failures/finds/20260301T040000Z/abc.json"
    assert keys.quarantined("f00") == "quarantine/f00"


def test_every_key_lies_in_a_zone() -> None:
    made = (
        keys.raw("f", SLOT, "a", "json"),
        keys.manifest("f", SLOT, 1),
        keys.curated("entries", "2026-03", "a"),
        keys.build("2026-03", "b"),
        keys.failure("f", SLOT, "a"),
        keys.quarantined("d"),
    )
    assert [key.split("/")[0] + "/" for key in made] == list(keys.ZONES)


FEEDS = st.from_regex(FEED_NAME, fullmatch=True)
SLOTS = st.one_of(
    st.datetimes().map(lambda at: Slot(f"{at.year:04d}{at:%m%dT%H%M%S}Z")),
    st.text("0123456789abcdef", min_size=64, max_size=64).map(Slot),
)


@given(FEEDS, SLOTS, st.integers(1, 10**6))
def test_a_manifests_key_is_read_back(feed: str, slot: Slot, revision: int) -> None:
    key = keys.manifest(feed, slot, revision)
    assert keys.slot_and_revision(key) == (slot, revision)
    assert key.startswith(keys.manifests_of(feed))


@given(st.text(string.printable))
def test_other_keys_are_no_manifests(key: str) -> None:
    found = keys.slot_and_revision(key)
    assert found is None or key.endswith(f"/{found[0]}.r{found[1]}.json") or "r0" in key


def test_what_lies_beside_manifests_is_none() -> None:
    for key in ("manifests/f/2026-03/x.json", "manifests/f/2026-03/x.r1.json.tmp", "x.r1.json"):
        assert keys.slot_and_revision(key) is None


def test_attempts_are_never_named_alike() -> None:
    assert len({keys.new_attempt() for _ in range(1000)}) == 1000
