"""Write what runs in AWS beside chartlake's own code, from uv.lock: `make requirements`.

    src/chartlake/aws/requirements-lambda.txt   the packages of the functions' zip
    src/chartlake/aws/requirements-glue.txt     what the Glue job installs before its script

Each line has its hashes, so that what is fetched at a deploy is what was locked. Lines for other
systems than Linux are left out. With `--check` nothing is written; exit 1 when one is stale.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "src" / "chartlake" / "aws"
UV = Path(sys.prefix, "bin", "uv")
FILES = {
    FOLDER / "requirements-lambda.txt": "aws-lambda",
    FOLDER / "requirements-glue.txt": "aws-glue",
}
_HEAD = "# Written by scripts/requirements.py from uv.lock: `make requirements`\n"
_IS_ELSEWHERE = re.compile(r"(?<!\w)sys_platform == '(?!linux')\w+'")
_ALWAYS = re.compile(r" ; sys_platform != '(?!linux')\w+'")


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when stale")
    only_check = parser.parse_args().check
    stale = {file: text for file, text in texts().items() if _differs(file, text)}
    if only_check and stale:
        names = ", ".join(str(file.relative_to(ROOT)) for file in stale)
        sys.exit(f"stale: {names}. Write them again: make requirements")
    for file, text in stale.items():
        file.write_text(text, encoding="utf-8")
        print(f"wrote {file.relative_to(ROOT)}")


def texts() -> dict[Path, str]:
    """Every file and its text."""
    return {file: _HEAD + for_linux(_exported(group)) for file, group in FILES.items()}


def _exported(group: str) -> str:
    """The lines of a dependency group; the lock is read, never resolved anew."""
    options = ("--frozen", "--no-emit-project", "--no-annotate", "--no-header", "--offline")
    return subprocess.run(
        [UV, "export", "--only-group", group, *options],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def for_linux(exported: str) -> str:
    """Without the requirements of other systems, and without what asks whether it is one."""
    blocks = re.split(r"^(?=\S)", exported, flags=re.MULTILINE)
    kept = (block for block in blocks if block and not _IS_ELSEWHERE.search(block.splitlines()[0]))
    return "".join(_ALWAYS.sub("", block, count=1) for block in kept)


def _differs(file: Path, text: str) -> bool:
    return not file.exists() or file.read_text(encoding="utf-8") != text


if __name__ == "__main__":
    main()
