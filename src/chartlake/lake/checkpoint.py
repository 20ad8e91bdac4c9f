"""How far back a run has to look: the months before the checkpoint are settled.

It saves listing years of slots on each run, and nothing depends on it: without
it, or with ``--all``, everything is read.

A month is believed to be settled when two plans, a day apart, found nothing to
do before it. One is not enough: an import that looked before the first plan may
commit its slot after it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from chartlake.lake.state import change_state, read_state
from chartlake.lake.store import Store
from chartlake.model import UNDATED, Record

__all__ = ["Checkpoint", "advance", "is_open", "lower", "settled_before"]

_NAME = "checkpoint"
_NOTHING = "0000-00"
_GRACE = timedelta(days=1)  # longer than anybody takes from looking here to committing a slot


class Checkpoint(Record, frozen=True, kw_only=True):
    """All slots of months before ``month`` are committed or missed, and built.

    ``next`` is what a plan proposed at ``proposed_at``, and another has to confirm.
    """

    month: str = _NOTHING
    next: str | None = None
    proposed_at: datetime | None = None


def settled_before(store: Store) -> str | None:
    """The first month that may hold something to do; None: look at all."""
    known = read_state(store, _NAME, Checkpoint)
    return known.month if known and known.month != _NOTHING else None


def is_open(month: str, since: str | None) -> bool:
    """Whether a month may hold slots that are not settled."""
    return since is None or month == UNDATED or month >= since


def advance(store: Store, month: str, now: datetime) -> None:
    """A plan of this time found nothing to do in the months before this one."""
    known = read_state(store, _NAME, Checkpoint) or Checkpoint()
    if _advanced(known, month, now) != known:
        change_state(
            store,
            _NAME,
            Checkpoint,
            lambda before: _advanced(before or Checkpoint(), month, now),
        )


def _advanced(known: Checkpoint, month: str, now: datetime) -> Checkpoint:
    before = known.proposed_at
    if known.next is None or before is None or before > now or month < known.next:
        return _proposing(known.month, month, now)
    return known if now - before < _GRACE else _proposing(known.next, month, now)


def _proposing(month: str, following: str, now: datetime) -> Checkpoint:
    if following <= month:
        return Checkpoint(month=month)
    return Checkpoint(month=month, next=following, proposed_at=now)


def lower(store: Store, month: str) -> None:
    """A slot of this month is about to be committed: said first, so that no crash hides it."""
    known = read_state(store, _NAME, Checkpoint)
    if known is None or _lowered(known, month) == known:
        return
    change_state(store, _NAME, Checkpoint, lambda before: _lowered(before or Checkpoint(), month))


def _lowered(known: Checkpoint, month: str) -> Checkpoint:
    if month == UNDATED:
        return known
    lowered = msgspec.structs.replace(known, month=min(month, known.month))
    is_settling = known.next is not None and month < known.next
    return msgspec.structs.replace(lowered, next=None, proposed_at=None) if is_settling else lowered
