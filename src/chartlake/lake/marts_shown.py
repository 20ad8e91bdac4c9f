"""At which run of the marts somebody's tables point, such as Athena's: it is not removed."""

from __future__ import annotations

from chartlake.lake.state import change_state, read_state
from chartlake.lake.store import Store
from chartlake.model import Record

__all__ = ["now_shown", "show", "shown"]

_STATE = "shown-marts"


class _Shown(Record, frozen=True, kw_only=True):
    """The run, and that at which they pointed before: somebody may be reading it still."""

    run: str
    before: str = ""


def show(store: Store, run: str) -> None:
    """Tables point at this run now."""

    def changed(known: _Shown | None) -> _Shown:
        if known and known.run == run:
            return known
        return _Shown(run=run, before=known.run if known else "")

    change_state(store, _STATE, _Shown, changed)


def now_shown(store: Store) -> str:
    """The run at which tables point; empty where they point at none."""
    known = read_state(store, _STATE, _Shown)
    return known.run if known else ""


def shown(store: Store) -> set[str]:
    """That, and the one before it."""
    known = read_state(store, _STATE, _Shown)
    return {known.run, known.before} if known else set()
