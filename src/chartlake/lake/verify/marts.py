"""Marts that were written into the lake: what a run names is there, unharmed and not removed."""

from __future__ import annotations

from datetime import datetime

from chartlake.lake import keys, marts
from chartlake.lake.store import Store
from chartlake.lake.verify.curated import problem_with
from chartlake.lake.verify.findings import Findings
from chartlake.lake.verify.slots import GC, note_orphan
from chartlake.model import Undecodable, from_json

__all__ = ["verify_marts"]

_SAYS_NOTHING = "nothing says which slots these marts hold, and some were removed"
_AGAIN = "delete the run's object, then: chartlake marts"


def verify_marts(store: Store, young: datetime, findings: Findings) -> None:
    """Check the runs; a lake without any has nothing to count."""
    for key in store.keys(keys.MARTS):
        if key != keys.marts_run(keys.run_of(key)):
            continue
        try:
            run = from_json(store.get(key), marts.MartsRun)
        except FileNotFoundError:  # removed since it was listed
            continue
        except Undecodable as error:
            findings.error("marts", f"this is no run of the marts ({error})", key, _AGAIN)
            continue
        named = (run.slots, *run.files)
        findings.count("marts", runs=1, files=len(named), rows=sum(run.rows.values()))
        for file in named:
            if problem := problem_with(store, file, "run"):
                findings.error("marts", problem, f"{file.key} (of {key})", _AGAIN)
    removed = marts.to_remove(store)
    for name, places in removed.items():
        for feed, slot in places:
            where = f"{feed} {slot} (in {keys.marts_run(name)})"
            findings.error("marts", "what was purged or forgotten is in the marts", where, GC)
        if not places:
            findings.error("marts", _SAYS_NOTHING, keys.marts_of(name), GC)
    for listed in marts.leavings(store, datetime.max.replace(tzinfo=young.tzinfo)):
        if keys.run_of(listed.key) not in removed:
            note_orphan("marts", "no run names this file", listed, young, findings)
