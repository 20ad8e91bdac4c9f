"""The Java that Spark runs on: whether this machine has one that is new enough."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from chartlake.errors import ConfigError

__all__ = ["check_java"]

_OLDEST = 17
_VERSION = re.compile(r'version "(?:1\.)?(\d+)')  # 1.8.0_452, as it was written before 9
_FIX = (
    f"install Java {_OLDEST} or later (Debian, Ubuntu: sudo apt install openjdk-17-jre-headless; "
    "macOS: brew install openjdk@17), or let JAVA_HOME name it"
)


def check_java() -> None:
    """ConfigError where Spark could not start for want of Java."""
    home = os.environ.get("JAVA_HOME")
    java = Path(home, "bin", "java") if home else shutil.which("java")
    found = f"JAVA_HOME is {home}" if home else "there is no java on PATH"
    if not java:
        raise ConfigError("Spark needs Java, which is not installed", why=found, fix=_FIX)
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, check=True).stderr
    except (OSError, subprocess.CalledProcessError) as error:
        raise ConfigError(
            "Spark needs Java, which does not run", why=f"{error}; {found}", fix=_FIX
        ) from error
    version = _VERSION.search(said)
    if version and int(version[1]) < _OLDEST:
        raise ConfigError(
            f"Spark needs Java {_OLDEST} or later, and this one is {version[1]}",
            why=str(java),
            fix=_FIX,
        )
