"""A test of the test: each deliberate fault of the protocol is seen, and by the right invariant."""

from __future__ import annotations

import pytest
from hypothesis.stateful import run_state_machine_as_test

from tests.properties.invariants import Broken
from tests.properties.machine import Schedules, schedules
from tests.properties.mutants import MUTANTS, Mutant

MOST_SCHEDULES = 150


CASES = [
    pytest.param(mutant, id=mutant.name, marks=[pytest.mark.long] if mutant.rare else [])
    for mutant in MUTANTS
]


def test_there_are_enough() -> None:
    assert sum(not mutant.rare for mutant in MUTANTS) >= 10


@pytest.mark.parametrize("mutant", CASES)
def test_a_mutant_is_caught(
    mutant: Mutant,
    machine: type[Schedules],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    mutant.apply(monkeypatch)
    with pytest.raises(Broken) as caught:
        run_state_machine_as_test(machine, settings=schedules(MOST_SCHEDULES, until_broken=True))
    assert caught.value.invariant in mutant.breaks, caught.value
    with capsys.disabled():
        number, after = caught.value.invariant, machine.tally.broken_after
        print(f"\n{mutant.name}: invariant {number}, after {after} schedules")
