"""Where everything lies in the lake: the one place that spells keys."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable

from chartlake.model import Slot, slot_month

BUILDS = "builds/"
CURATED = "curated/"
EXPIRED = "expired/"
FAILURES = "failures/"
LAKE = "lake.json"
MANIFESTS = "manifests/"
MARTS = "marts/"
QUARANTINE = "quarantine/"
RAW = "raw/"
STATE = "state/"
TOMBSTONES = "tombstones/"
_OF_ALL = (CURATED, BUILDS, MARTS, STATE)
ZONES = (RAW, MANIFESTS, CURATED, BUILDS, FAILURES, QUARANTINE)

_MARTS_RUN = re.compile(r"marts/(?P<run>[0-9]{6,}-[0-9a-f]+)(?:\.json|/.+)")
_RAW = re.compile(r"raw/[^/]+/[^/]+/(?P<slot>[^/]+)/[^/]+")
_REVISION = re.compile(r"/(?P<slot>[^/]+)\.r(?P<revision>\d+)\.json$")


def new_attempt() -> str:
    """A name that no other attempt has."""
    return secrets.token_hex(8)


def raw(feed: str, slot: Slot, attempt: str, suffix: str) -> str:
    """The raw object of one attempt; ``suffix`` is json or csv."""
    return f"{RAW}{feed}/{slot_month(slot)}/{slot}/{attempt}.{suffix}.zst"


def manifests_of(feed: str, month: str = "") -> str:
    """The folder of a feed's manifests, of one month or all."""
    return f"{MANIFESTS}{feed}/{month}/" if month else f"{MANIFESTS}{feed}/"


def manifest(feed: str, slot: Slot, revision: int) -> str:
    """The manifest that commits a revision of a slot."""
    return f"{manifests_of(feed, slot_month(slot))}{slot}.r{revision}.json"


def slot_and_revision(manifest_key: str) -> tuple[Slot, int] | None:
    """Read a manifest's key back; None for any other object."""
    match = _REVISION.search(manifest_key)
    return (Slot(match["slot"]), int(match["revision"])) if match else None


def raw_of(feed: str) -> str:
    """The folder of a feed's raw objects."""
    return f"{RAW}{feed}/"


def raw_slot(raw_key: str) -> Slot | None:
    """The slot for which a raw object was written."""
    match = _RAW.fullmatch(raw_key)
    return Slot(match["slot"]) if match else None


def expired_of(feed: str) -> str:
    """The folder of the marks on slots whose raw pages were given up for their age."""
    return f"{EXPIRED}{feed}/"


def expired(feed: str, slot: Slot) -> str:
    """The mark that a slot's raw pages were given up, or will be."""
    return f"{expired_of(feed)}{slot_month(slot)}/{slot}.json"


def curated(table: str, month: str, attempt: str, part: int | None = None) -> str:
    """One curated file: a table's rows of one month by one attempt of a build, or a part of it."""
    name = attempt if part is None else f"{attempt}-{part}"
    return f"{CURATED}{table}/slot_month={month}/{name}.parquet"


def curated_month(curated_key: str) -> str:
    """The month of the slots in a curated file."""
    return curated_key.partition("slot_month=")[2].partition("/")[0]


def build(month: str, build_id: str) -> str:
    """The object that commits a build; ``month`` is that of its last slot."""
    return f"{BUILDS}{month}/{build_id}.json"


def marts_run(run: str) -> str:
    """The object that commits a run of the marts, and names its files."""
    return f"{MARTS}{run}.json"


def marts_of(run: str) -> str:
    """The folder of a run's files: one folder for each mart."""
    return f"{MARTS}{run}/"


def marts_slots(run: str) -> str:
    """The file that says of which slots a run's marts are made."""
    return f"{marts_of(run)}slots.parquet"


def mart(run: str, name: str, part: str) -> str:
    """One file of a mart that a run made."""
    return f"{marts_of(run)}{name}/{part}.parquet"


def run_of(mart_key: str) -> str:
    """The run to which an object below `MARTS` belongs; empty for what is none of ours."""
    match = _MARTS_RUN.fullmatch(mart_key)
    return match["run"] if match else ""


def failures_of(feed: str, slot: Slot | None = None) -> str:
    """The folder of the notes on why a slot is still open, or why any slot of a feed is."""
    return f"{FAILURES}{feed}/{slot}/" if slot else f"{FAILURES}{feed}/"


def failure(feed: str, slot: Slot, reason: str) -> str:
    """A note on why a slot is still open, by a hash of the reason; it closes nothing."""
    return f"{failures_of(feed, slot)}{reason}.json"


def state(name: str) -> str:
    """A thing that changes, such as what is known of an app's quota."""
    return f"{STATE}{name}.json"


def lease(name: str) -> str:
    """Whose turn it is at something, where no lock file can tell."""
    return state(f"lease-{name}")


def is_lease(key: str) -> bool:
    """Whether an object tells whose turn it is."""
    return key.startswith(f"{STATE}lease-")


def tombstone(feed: str) -> str:
    """The note that closes a feed: its source is gone, its history stays."""
    return f"{TOMBSTONES}{feed}.json"


def slot_tombstones_of(feed: str) -> str:
    """The folder of the notes on slots that were removed on purpose."""
    return f"{TOMBSTONES}{feed}/"


def slot_tombstone(feed: str, slot: Slot) -> str:
    """The note that a slot was removed on purpose and is not to come back by itself."""
    return f"{slot_tombstones_of(feed)}{slot}.json"


def that_may_name(feeds: Iterable[str]) -> list[str]:
    """The prefixes of all objects that may hold something of some feeds."""
    own = (RAW, MANIFESTS, FAILURES, EXPIRED, TOMBSTONES)
    return [*(f"{zone}{feed}/" for feed in sorted(feeds) for zone in own), *_OF_ALL]


def quarantined(digest: str) -> str:
    """A file kept aside, by the sha256 of its bytes; its reason lies beside it as .json."""
    return f"{QUARANTINE}{digest}"
