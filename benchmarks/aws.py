"""What the functions of AWS carry, and how long they take to import it.

Run it from the repository: .venv/bin/python benchmarks/aws.py (fetches packages, so it needs a
package index).

Told: each artefact's size, packed and unpacked; which packages take most of it; that two builds
are the same bytes; and the import time of the handlers, each in a fresh process of this machine
(not of Lambda, whose machines are arm64 and often slower) with compiled code on disk.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from chartlake.aws.deploy.artefacts import LAMBDA_LIMIT, Artefact, build_artefacts, package_entries
from chartlake.aws.deploy.packages import fetch_packages

ROUNDS = 7
LARGEST = 8
REQUIREMENTS = Path("src/chartlake/aws/requirements-lambda.txt")
IMPORTED = ("json", "pyarrow", "boto3", "chartlake.pipeline", "chartlake.aws.handlers")


def main() -> None:
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        packages = Path(folder) / "packages"
        fetching = timed_once(lambda: fetch_packages(REQUIREMENTS, packages))
        first = build(Path(folder) / "first", packages)
        second = build(Path(folder) / "second", packages)
        console.print(f"Packages fetched in {fetching:.1f} s")
        same = [digest(a) == digest(b) for a, b in zip(first, second, strict=True)]
        tell_sizes(console, first, same)
        tell_packages(console, packages)
    tell_imports(console)


def build(folder: Path, packages: Path) -> list[Artefact]:
    folder.mkdir()
    return build_artefacts(folder, b"", packages=packages)


def digest(artefact: Artefact) -> str:
    return hashlib.sha256(artefact.file.read_bytes()).hexdigest()


def tell_sizes(console: Console, made: list[Artefact], same: list[bool]) -> None:
    table = Table("artefact", "MB", "MB unpacked", "of Lambda's limit", "twice the same bytes")
    for each, is_same in zip(made, same, strict=True):
        size = each.unpacked or 0
        unpacked = f"{size / 1e6:.1f}" if size else ""
        share = f"{size / LAMBDA_LIMIT:.0%}" if each.parameter == "CodeKey" else ""
        table.add_row(each.parameter, f"{each.size / 1e6:.2f}", unpacked, share, str(is_same))
    console.print(table)


def tell_packages(console: Console, packages: Path) -> None:
    every = sum(file.stat().st_size for file in packages.rglob("*") if file.is_file())
    sizes: Counter[str] = Counter()
    for name, file in package_entries(packages).items():
        assert isinstance(file, Path)
        sizes[name.split("/")[0]] += file.stat().st_size
    table = Table("package", "MB in the zip, unpacked")
    for name, size in sizes.most_common(LARGEST):
        table.add_row(name, f"{size / 1e6:.1f}")
    console.print(table, f"Left out as not needed: {(every - sizes.total()) / 1e6:.1f} MB")


def tell_imports(console: Console) -> None:
    """The interpreter's own start is in each of them: the first line is little more."""
    table = Table("import", "ms", title=f"median of {ROUNDS} fresh processes")
    for name in IMPORTED:
        try:
            is_there = find_spec(name) is not None
        except ModuleNotFoundError:
            is_there = False
        told = f"{median(import_once(name) for _ in range(ROUNDS)) * 1e3:.0f}" if is_there else "–"
        table.add_row(name, told)
    console.print(table)


def import_once(name: str) -> float:
    command = [sys.executable, "-c", f"import {name}"]
    return timed_once(lambda: subprocess.run(command, check=True))


def timed_once(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
