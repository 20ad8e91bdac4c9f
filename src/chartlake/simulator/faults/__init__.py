"""The fault script: which request meets which misfortune.

::

    spotify.faults.add(status(503, nth=2))                       # the second request
    spotify.faults.add(too_many(3600, path="/v1/me/*"))          # the first one there
    spotify.faults.add(mutated("null_item", every=5, times=3))   # the 5th, 10th and 15th
    spotify.faults.add(status(503, path="/api/token", every=1))  # each one, for good

Requests are counted from 1, over those whose path fits. Several faults may meet one request.

- ``fault``: ``Fault``, when it happens, and the list of them
- ``kinds``: a function for each kind; ``mutations``: odd things in JSON
- ``script``: the same as a TOML file
"""

from chartlake.simulator.faults.fault import Fault, Faults, When
from chartlake.simulator.faults.kinds import (
    drip,
    html,
    huge,
    late,
    mutated,
    quota_exceeded,
    reset,
    shortened,
    status,
    too_many,
    truncated,
)
from chartlake.simulator.faults.mutations import MUTATIONS
from chartlake.simulator.faults.script import read_faults

__all__ = [
    "MUTATIONS",
    "Fault",
    "Faults",
    "When",
    "drip",
    "html",
    "huge",
    "late",
    "mutated",
    "quota_exceeded",
    "read_faults",
    "reset",
    "shortened",
    "status",
    "too_many",
    "truncated",
]
