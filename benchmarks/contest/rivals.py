"""Rivals that ours does not depend on live in an environment of their own, made once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PACKAGES = ("pandas", "pyarrow", "pysimdjson", "dlt[filesystem,parquet]")


def python_with_rivals(cache: Path) -> Path | None:
    """The Python of that environment; None where the packages cannot be installed."""
    folder = cache / "rivals-venv"
    python, done = folder / "bin" / "python", folder / "installed"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", *PACKAGES]
        if subprocess.run(install, stderr=subprocess.DEVNULL, check=False).returncode:
            return None
        done.touch()
    return python


def versions(python: Path) -> dict[str, str]:
    """What is installed there."""
    names = [name.partition("[")[0] for name in PACKAGES]
    code = f"import importlib.metadata as m\nfor n in {names!r}: print(n, m.version(n))"
    out = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True)
    return dict(line.split() for line in out.stdout.splitlines())
