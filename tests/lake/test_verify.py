"""Verification: a sound lake is sound, and each kind of damage is found and named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import msgspec
import pytest

from chartlake.errors import DataError
from chartlake.lake import aside, builds, checkpoint, keys, raw, tombstones
from chartlake.lake.store import Store, open_store
from chartlake.lake.verify import Finding, Findings, verify
from chartlake.model import Build, Feed, Manifest, Slot
from tests.lake.kept import FEED, FILES, build, commit, commit_unchanged, day, later
from tests.lake.snapshots import snapshot


@pytest.fixture
def memory() -> Store:
    return open_store("memory://")


def write(store: Store, key: str, content: bytes) -> None:
    store.delete(key)
    store.create(key, content)


def told(findings: Findings) -> list[tuple[str, str, str]]:
    return [(f.severity, f.zone, f.what) for f in findings.found]


def only(findings: Findings) -> Finding:
    (finding,) = findings.found
    return finding


def test_a_sound_lake(store: Store) -> None:
    manifests = [commit(store, 0, b"one", b"two"), commit(store, 1)]
    manifests.append(commit_unchanged(store, 2, manifests[0]))
    files = commit(store, 0, feed=FILES)
    build(store, manifests)
    build(store, [files])
    findings = verify(store, later())
    assert findings.found == []
    assert findings.is_sound
    counts = {zone: dict(counted) for zone, counted in findings.counts.items()}
    assert counts["manifests"] == {"objects": 4, "missed": 0, "records": 28}
    assert (counts["raw"]["objects"], counts["raw"]["pages"]) == (3, 6)
    assert counts["builds"] == {"objects": 2, "slots": 4}
    assert (counts["curated"]["files"], counts["curated"]["rows"]) == (2, 8)
    assert counts["slots"] == {"purged": 0, "expired": 0, "committed": 4, "built": 4}


def test_an_empty_lake_is_sound_and_stays_as_it_is(tmp_path: Path) -> None:
    assert verify(open_store(str(tmp_path / "lake")), later()).is_sound
    assert not (tmp_path / "lake").exists()


def test_one_feed_alone(memory: Store) -> None:
    good, bad = commit(memory, 0, feed=FILES), commit(memory, 0)
    build(memory, [good, bad])
    memory.delete(bad.raw_key)
    assert not verify(memory, later(), feed="finds").is_sound
    findings = verify(memory, later(), feed=FILES.name)
    assert findings.is_sound
    assert findings.counts["slots"]["built"] == 1


# Raw --------------------------------------------------------------------------------------------


def test_every_byte_of_a_raw_object_counts(memory: Store) -> None:
    manifest = commit(memory, 0, b"some page", b"another")
    build(memory, [manifest])
    content = memory.get(manifest.raw_key)
    for place in range(len(content)):
        write(memory, manifest.raw_key, _flipped(content, place))
        findings = verify(memory, later())
        # a bit that leaves all pages as they were is no damage
        if list(_readable(memory, manifest)) != [b"some page", b"another"]:
            assert not findings.is_sound, place
            assert {f.zone for f in findings.found} == {"raw"}
            assert manifest.raw_key in findings.found[0].where
    write(memory, manifest.raw_key, content[:-1])
    assert "should end at" in only(verify(memory, later())).what


def _flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def _readable(store: Store, manifest: Manifest) -> list[bytes]:
    try:
        return list(raw.read_pages(store, manifest))
    except DataError:
        return []


def test_lost_pages_are_told_from_expired_ones(memory: Store) -> None:
    manifests = [commit(memory, number) for number in range(2)]
    build(memory, manifests)
    for manifest in manifests:
        memory.delete(manifest.raw_key)
    memory.create(keys.expired("finds", day(0)), b"{}")
    finding = only(verify(memory, later()))
    assert (finding.severity, finding.what) == ("error", "raw pages are lost")
    assert day(1) in finding.where


def test_a_raw_object_is_read_once(memory: Store) -> None:
    first = commit(memory, 0)
    build(memory, [first, *(commit_unchanged(memory, n, first) for n in range(1, 9))])
    counting = Counting(memory)
    assert verify(counting, later()).is_sound
    assert counting.read.count(first.raw_key) == 1


class Counting(Store):
    """Remembers what was read."""

    def __init__(self, store: Store) -> None:
        super().__init__(lambda: store._objects, "memory://")
        self.read: list[str] = []

    def get(self, key: str) -> bytes:
        self.read.append(key)
        return super().get(key)


def test_raw_that_nobody_committed_is_told(memory: Store) -> None:
    raw.hold(memory, "finds", day(0), snapshot(b"x").bodies, "a")
    young = verify(memory, later())
    assert young.is_sound
    assert told(young)[0][:2] == ("note", "raw")
    old = verify(memory, later(days=8))
    assert not old.is_sound
    assert "chartlake gc" in str(only(old).fix)
    assert old.counts["raw"]["orphans"] == 1


# Manifests --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda m: {"slot": day(5)}, "the manifest says it is of"),
        (lambda m: {"revision": 2}, "the manifest says it is of"),
        (lambda m: {"feed": msgspec.structs.replace(FEED, name="other")}, "the manifest says"),
        (lambda m: {"pages": ()}, "the manifest names no pages"),
        (lambda m: {"item_count": 8}, "the manifest is not the one that was built"),
        (lambda m: {"pages": (_page(m, length=10**15),)}, "does not match its length"),
        (lambda m: {"pages": (_page(m, length=3),)}, "does not match its length"),
        (lambda m: {"pages": (_page(m, sha256="0" * 64),)}, "does not match its length and hash"),
        (lambda m: {"pages": (_page(m, offset=-1),)}, "should end at"),
        (lambda m: {"pages": (_page(m, stored_bytes=0),)}, "should end at"),
        (lambda m: {"feed": msgspec.structs.replace(FEED, schedule="x")}, "cannot be followed"),
        (lambda m: {"feed": _daily("Mars/Base")}, "cannot be followed"),
    ],
    ids=count(1),
)
def test_a_manifest_that_lies(
    memory: Store, change: Callable[[Manifest], dict[str, object]], what: str
) -> None:
    manifest = commit(memory, 0)
    build(memory, [manifest])
    lie = msgspec.structs.replace(manifest, **change(manifest))
    write(memory, keys.manifest("finds", day(0), 1), msgspec.json.encode(lie))
    findings = verify(memory, later())
    assert not findings.is_sound
    assert what in " ".join(f.what for f in findings.found)


@pytest.mark.parametrize(("source", "is_sound"), [("hydration", True), ("playlist", False)])
def test_who_asks_for_what_is_missing_may_have_had_nothing_to_ask(
    memory: Store, source: str, is_sound: bool
) -> None:
    feed = msgspec.structs.replace(FEED, source=source, source_id=source)
    nothing = {"bodies": (), "item_count": 0, "observed_at": later()}
    raw.commit(memory, msgspec.structs.replace(snapshot(b"x", feed=feed, slot=day(0)), **nothing))
    assert verify(memory, later()).is_sound == is_sound


def _page(manifest: Manifest, **changes: object) -> object:
    return msgspec.structs.replace(manifest.pages[0], **changes)


def _daily(zone: str) -> object:
    return msgspec.structs.replace(FEED, schedule="daily", timezone=zone)


def test_what_is_no_manifest_makes_no_garbage_of_its_pages(memory: Store) -> None:
    manifest = commit(memory, 0)
    write(memory, keys.manifest("finds", day(0), 1), b"{")
    memory.create("manifests/finds/2026-03/what.txt", b"")
    findings = verify(memory, later(days=8))
    assert {f.zone for f in findings.found} == {"manifests"}
    assert len(findings.found) == 2
    assert manifest.raw_key not in [f.where for f in findings.found]


# Builds -----------------------------------------------------------------------------------------


def test_a_slot_without_a_build_is_waiting(memory: Store) -> None:
    build(memory, [commit(memory, 0)])
    commit(memory, 1)
    findings = verify(memory, later())
    assert findings.is_sound
    assert only(findings).where == f"finds {day(1)}"
    assert findings.counts["slots"]["built"] == 1


def test_of_several_revisions_the_standing_one_needs_a_build(memory: Store) -> None:
    commit(memory, 0, feed=FILES)
    given = msgspec.structs.replace(
        snapshot(b"new", slot=day(0), feed=FILES, media_type="text/csv"), item_count=2
    )
    manifest, _ = raw.commit(memory, given, revision=2)
    assert only(verify(memory, later())).what == "committed, and not built yet"
    build(memory, [manifest])
    assert verify(memory, later()).found == []


def test_a_slot_without_a_build_in_a_settled_month_waits_for_nobody(memory: Store) -> None:
    """No run looks there any more."""
    commit(memory, 0)
    commit(memory, 31)
    for at in (later(), later(days=1)):
        checkpoint.advance(memory, "2026-04", at)
    findings = {f.where: (f.severity, f.fix) for f in verify(memory, later()).found}
    assert findings == {
        f"finds {day(0)}": ("error", "chartlake reconcile --all"),
        f"finds {day(31)}": ("note", "chartlake run"),
    }


def test_a_damaged_build_is_made_again_unless_its_slots_expired(memory: Store) -> None:
    (file,) = build(memory, [commit(memory, 0), commit(memory, 1)]).files
    memory.delete(file.key)
    assert "then: chartlake reconcile --all" in str(only(verify(memory, later())).fix)
    memory.create(keys.expired("finds", day(1)), b"{}")
    assert "from a backup" in str(only(verify(memory, later())).fix)


@pytest.mark.parametrize(
    ("change", "zone", "what"),
    [
        (lambda b: {"build_id": "0" * 64}, "builds", "its id is not the hash"),
        (lambda b: {"transform_version": 2}, "builds", "its id is not the hash"),
        (lambda b: {"slots": ()}, "builds", "its id is not the hash"),
        (lambda b: {"slots": (_slot(b, rejects=1),)}, "builds", "do not add up"),
        (lambda b: {"slots": (_slot(b, revision=2),)}, "builds", "manifest is gone"),
        (lambda b: {"files": (_file(b, rows=3),)}, "curated", "has 2 rows, not 3"),
        (lambda b: {"files": (_file(b, size=3),)}, "curated", "its size and hash"),
        (lambda b: {"files": (_file(b, sha256="0"),)}, "curated", "its size and hash"),
        (lambda b: {"files": (_file(b, table="rejects"),)}, "builds", "do not add up"),
        (lambda b: {"files": (_file(b, key="curated/x/y"),)}, "curated", "is gone"),
    ],
    ids=count(1),
)
def test_a_build_that_lies(
    memory: Store, change: Callable[[Build], dict[str, object]], zone: str, what: str
) -> None:
    made = build(memory, [commit(memory, 0)])
    (key,) = builds.list_builds(memory)
    write(memory, key, msgspec.json.encode(msgspec.structs.replace(made, **change(made))))
    findings = verify(memory, later())
    assert not findings.is_sound
    assert [f for f in findings.found if f.zone == zone and what in f.what], findings.found


def _slot(made: Build, **changes: object) -> object:
    return msgspec.structs.replace(made.slots[0], **changes)


def _file(made: Build, **changes: object) -> object:
    return msgspec.structs.replace(made.files[0], **changes)


def test_what_is_no_build_makes_no_garbage_of_its_files(memory: Store) -> None:
    build(memory, [commit(memory, 0)])
    (key,) = builds.list_builds(memory)
    write(memory, key, b"[]")
    findings = verify(memory, later(days=8))
    errors = [f for f in findings.found if f.severity == "error"]
    assert [f.where for f in errors] == [key]


def test_curated_files_of_no_build_are_told(memory: Store) -> None:
    (file,) = build(memory, [commit(memory, 0)]).files
    memory.delete(next(builds.list_builds(memory)))
    assert verify(memory, later()).is_sound
    old = verify(memory, later(days=8))
    assert [f.where for f in old.found if f.severity == "error"] == [file.key]


def test_a_slot_that_was_committed_and_built_meanwhile_is_no_damage(memory: Store) -> None:
    class Busy(Store):
        def listing(self, prefix: str) -> list[object]:  # type: ignore[override]
            if prefix == keys.BUILDS:
                build(memory, [commit(memory, 5)])
            return super().listing(prefix)  # type: ignore[return-value]

    build(memory, [commit(memory, 0)])
    findings = verify(Busy(lambda: memory._objects, "memory://"), later())
    assert findings.found == []


# Due --------------------------------------------------------------------------------------------

DAILY = msgspec.structs.replace(FEED, schedule="daily")
THE_SIXTH = datetime(2026, 3, 6, 12, tzinfo=UTC)


def test_due_slots_are_committed_missed_purged_or_open(memory: Store) -> None:
    made = build(memory, [commit(memory, 0, feed=DAILY)])
    raw.mark_missed(memory, DAILY, day(1), THE_SIXTH.date(), "asleep", THE_SIXTH)
    tombstones.bury(memory, "finds", {day(2): 1}, "purged", THE_SIXTH)
    aside.record_failure(memory, "finds", day(3), "extract", DataError("x"), THE_SIXTH)
    findings = verify(memory, THE_SIXTH, timedelta(days=-900), followed=[DAILY])
    open_ = {f.where.split()[-1]: (f.severity, f.what) for f in findings.found if f.fix}
    assert open_[day(3)] == ("note", "open: it could not be read")
    assert open_[day(4)] == ("error", "no manifest, no mark that it was missed, no reason why")
    assert open_[day(5)] == ("note", "due now, and not read yet")
    assert not {day(0), day(2)} & open_.keys()
    assert findings.counts["slots"]["open"] == 3
    assert made.slots[0].slot == day(0)


def test_nothing_is_due_of_a_closed_feed(memory: Store) -> None:
    build(memory, [commit(memory, 0, feed=DAILY)])
    tombstones.close(memory, DAILY, day(2), "gone", THE_SIXTH)
    findings = verify(memory, THE_SIXTH, followed=[DAILY])
    assert [f.where for f in findings.found] == [f"finds {day(1)}"]


def test_of_a_feed_that_is_not_followed_any_more_nothing_is_due(memory: Store) -> None:
    build(memory, [commit(memory, 0, feed=DAILY), commit(memory, 2, feed=DAILY)])
    assert [f.where for f in verify(memory, THE_SIXTH).found] == [f"finds {day(1)}"]


def test_an_archive_ends_where_it_ends_and_may_have_gaps(memory: Store) -> None:
    daily = msgspec.structs.replace(FILES, schedule="daily")
    build(memory, [commit(memory, 0, feed=daily), commit(memory, 2, feed=daily)])
    finding = only(verify(memory, THE_SIXTH))
    assert (finding.severity, finding.where) == ("note", f"{daily.name} {day(1)}")


def test_what_was_due_is_told_by_the_schedule_of_its_time(memory: Store) -> None:
    weekly = msgspec.structs.replace(FEED, schedule="weekly")
    made = [commit(memory, n, feed=DAILY) for n in (0, 2)]
    made += [commit(memory, n, feed=weekly) for n in (4, 18)]
    build(memory, made)

    def missing(feed: Feed) -> set[Slot]:
        found = verify(memory, datetime(2026, 4, 5, tzinfo=UTC), followed=[feed]).found
        return {Slot(finding.where.split()[-1]) for finding in found}

    # daily up to day 2, and from day 4 on Thursdays; when it changed nobody can tell
    assert missing(weekly) == {day(1), day(11), day(25), day(32)}
    # it is not weekly any more, and of what it is now there is no slot yet
    assert missing(DAILY) == {day(1), day(11)}


def test_a_revision_by_another_schedule_hides_nothing(memory: Store) -> None:
    """A corrected file may have been brought to a feed that was described otherwise before."""
    weekly = msgspec.structs.replace(FILES, schedule="weekly")
    made = [commit(memory, 4, feed=weekly)]
    content = snapshot(b"new", slot=day(4), feed=FILES, media_type="text/csv")
    manifest, _ = raw.commit(memory, msgspec.structs.replace(content, item_count=2), revision=2)
    build(memory, [manifest])
    assert made[0].feed != manifest.feed
    assert verify(memory, later()).found == []


def test_a_lost_manifest_is_told_once(memory: Store) -> None:
    made = [commit(memory, number, feed=DAILY) for number in range(3)]
    build(memory, made)
    memory.delete(keys.manifest("finds", day(1), 1))
    finding = only(verify(memory, later(days=8), followed=()))
    assert (finding.zone, finding.what) == (
        "builds",
        "the manifest is gone, and a build holds its slot",
    )
    assert finding.fix == "restore it from a backup"
