"""The commit protocol as a property: whatever overlaps, is killed, repeated, late or never run."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis.stateful import run_state_machine_as_test

from tests.properties.databases import OnDisk
from tests.properties.machine import Schedules, schedules


def test_any_schedule_keeps_the_invariants(
    machine: type[Schedules], capsys: pytest.CaptureFixture[str]
) -> None:
    run_state_machine_as_test(machine, settings=schedules(40))
    _tell(machine, capsys)


@pytest.mark.long
def test_a_thousand_schedules_keep_the_invariants(
    machine: type[Schedules], capsys: pytest.CaptureFixture[str]
) -> None:
    run_state_machine_as_test(machine, settings=schedules(1000))
    _tell(machine, capsys)


@pytest.mark.parametrize("number", [3, pytest.param(60, marks=pytest.mark.long)])
def test_the_file_of_the_warehouse_is_swapped_whole(
    number: int,
    machine: type[Schedules],
    quick_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.undo()  # with marts and all
    monkeypatch.setattr(machine, "database", OnDisk(quick_folder / "warehouse"))
    monkeypatch.setattr(machine, "fresh", OnDisk(quick_folder / "fresh"))
    run_state_machine_as_test(machine, settings=schedules(number))
    _tell(machine, capsys)


def _tell(machine: type[Schedules], capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{machine.tally}")
