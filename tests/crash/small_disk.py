"""Fills small disks: `unshare -rm python -m tests.crash.small_disk PROJECT FOLDER WHICH KIB…`.

In a namespace of its own, anybody may mount. ``WHICH`` (the lake or the warehouse) of a copy of
the project, made in FOLDER, lies on a disk with so many KiB left when an import begins. Prints,
for each size, what the import said, whether all that could be read was whole, and whether a
second one on a larger disk gave what it should.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.charts import write_chart
from tests.commands import run_here
from tests.crash.projects import NOW, copy_of, of_slots, standing, tables

PLACES = {"lake": "chartlake-data/lake", "warehouse": "chartlake-data"}
_LARGE = "size=512m"


def main() -> None:
    project, folder, which, *sizes = sys.argv[1:]
    before, after = Path(project), Path(folder) / "whole"
    words = ["import", *(str(path) for path in _charts(Path(folder)))]
    with standing(NOW):
        assert run_here(*words, "--project", copy_of(before, after)).code == 0
        print(json.dumps([_tried(before, after, which, words, int(size)) for size in sizes]))


def _charts(folder: Path) -> list[Path]:
    days = ("2026-01-21", "abdec"), ("2026-02-21", "edcba"), ("2026-02-23", "bcade")
    return [write_chart(folder, *day) for day in days]


def _tried(project: Path, whole: Path, which: str, words: list[str], left: int) -> dict[str, Any]:
    folder = copy_of(project, whole.with_name("small"))
    disk = folder / PLACES[which]
    kept = Path(shutil.move(disk, folder / "kept"))
    disk.mkdir()
    _run("mount", "-t", "tmpfs", "-o", _LARGE, "tmpfs", disk)
    try:
        if which == "warehouse":  # the lake has all the space it wants
            shutil.move(kept / "lake", folder / "lake")
            toml = folder / "chartlake.toml"
            url = f'[lake]\nurl = "{folder / "lake"}"'
            toml.write_text(toml.read_text().replace("[lake]", url))
        shutil.copytree(kept, disk, dirs_exist_ok=True)
        used = shutil.disk_usage(disk).used // 1024
        _run("mount", "-o", f"remount,size={used + left}k", disk)
        first = run_here(*words, "--project", folder)
        seen = of_slots(tables(folder))
        before, after = of_slots(tables(project)), of_slots(tables(whole))
        is_whole = all(rows in (before.get(p), after[p]) for p, rows in seen.items())
        _run("mount", "-o", f"remount,{_LARGE}", disk)
        again = run_here(*words, "--project", folder)
        return {
            "left": left,
            "code": first.code,
            "said": first.err,
            "whole": is_whole and seen.keys() >= before.keys(),
            "again": again.code,
            "same": tables(folder) == tables(whole),
        }
    finally:
        _run("umount", disk)


def _run(*words: object) -> None:
    subprocess.run([str(word) for word in words], check=True)


if __name__ == "__main__":
    main()
