"""Fuzz the parsers with atheris, each target in a process of its own.

    .venv/bin/python tests/fuzz/run.py --seconds 60                 every target, one after another
    .venv/bin/python tests/fuzz/run.py --seconds 600 playlist       only this one
    .venv/bin/python tests/fuzz/run.py --keep playlist              and keep the best new inputs

It begins with the kept corpus and with seeds that the simulated Spotify makes. An input that is
not dealt with in time, in memory or without another exception than expected is written to a file,
which the last lines name: put it into tests/fuzz/corpus/<target> under a name that begins with
``found-`` (``--keep`` never removes those), mend the parser, and keep both.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shlex
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from zlib import crc32

ROOT = Path(__file__).resolve().parents[2]
CORPUS = Path(__file__).parent / "corpus"
SECONDS_FOR_ONE, MEGABYTES, LONGEST = 5, 1024, 32_768
KEPT, LONGEST_KEPT = 40, 4_000
KINDS_OF_ERRORS = 2_048
# as they stand in the words of an error: bytes, numbers, values and how deep it was
VALUES = re.compile(r"0x[0-9a-f]+|[0-9]+|'.*'|(\[(\.\.\.)?\])+", re.DOTALL)
sys.path[:0] = [str(ROOT), str(ROOT / "src")]


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    words.add_argument("targets", nargs="*")
    words.add_argument("--seconds", type=int, default=60, help="for each target")
    words.add_argument("--keep", action="store_true", help="keep new inputs in the corpus")
    given = words.parse_args()

    from tests.fuzz.seeds import seeds_of_all

    seeds = seeds_of_all()
    found = {}
    for target in given.targets or sorted(seeds):
        if not _run(target, seeds[target], given.seconds, keep=given.keep):
            found[target] = _artifacts(target)
    for target, where in found.items():
        print(f"{target}: an input is not dealt with: {where}")
    return 1 if found else 0


def _artifacts(target: str) -> Path:
    return Path(tempfile.gettempdir()) / "chartlake-fuzz" / target


def _run(target: str, seeds: list[bytes], seconds: int, *, keep: bool) -> bool:
    kept, artifacts = CORPUS / target, _artifacts(target)
    artifacts.mkdir(parents=True, exist_ok=True)
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        grown = Path(folder, "grown")
        grown.mkdir()
        _write(grown, seeds)
        done = _start(
            *(target, grown, kept),
            *(f"-max_total_time={seconds}", f"-artifact_prefix={artifacts}/"),
            *(f"-timeout={SECONDS_FOR_ONE}", f"-rss_limit_mb={MEGABYTES}"),
            *(f"-max_len={LONGEST}", "-print_final_stats=1"),
        )
        if keep and not done:
            _keep(target, [grown, kept], kept, Path(folder))
    return done == 0


def _start(target: str, *words: object) -> int:
    command = [sys.executable, __file__, "--child", target, *map(str, words)]
    return subprocess.run(command, check=False).returncode


def _keep(target: str, found: list[Path], kept: Path, scratch: Path) -> None:
    """The fewest small inputs that reach all code, and some of those with other errors."""
    small = scratch / "small"
    small.mkdir()
    everything = [file.read_bytes() for folder in found for file in folder.iterdir()]
    _write(small, [each for each in everything if len(each) <= LONGEST_KEPT])
    least = _merged(target, small, scratch / "least", "--code-only")
    others = sorted(_merged(target, small, scratch / "others") - least, key=len)
    for file in kept.iterdir():
        if not file.name.startswith("found-"):
            file.unlink()
    room = max(1, KEPT - len(least))
    step = max(1, -(-len(others) // room))  # of all lengths: the shortest are only broken ones
    _write(kept, [*least, *others[::-step][:room]])


def _merged(target: str, inputs: Path, merged: Path, *words: str) -> set[bytes]:
    """A smallest set of inputs that reaches as much as all of them."""
    merged.mkdir()
    control = f"-merge_control_file={merged}.control"
    done = _start(target, *words, "-merge=1", "-use_counters=0", control, merged, inputs)
    found = {file.read_bytes() for file in merged.iterdir()}
    if done or not found:
        raise SystemExit(f"{target}: the inputs could not be merged, and the corpus is as it was")
    return found


def _write(folder: Path, contents: list[bytes]) -> None:
    for content in contents:
        (folder / sha256(content).hexdigest()[:16]).write_bytes(content)


def _fuzz(target: str, words: list[str]) -> None:
    import atheris

    with atheris.instrument_imports(include=["chartlake", "cronsim"]):
        from tests.fuzz.mutate import cells_changed, changed
        from tests.fuzz.targets import TARGETS

    change = cells_changed if target == "charts_csv" else changed

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)
        new = change(data, chance) if chance.random() < 0.7 else None
        return new[:most] if new is not None else bytes(atheris.Mutate(data, most))

    # a merge starts this again, by the first word and a shell
    again = [sys.executable, __file__, "--child", target]
    if words[0] == "--code-only":
        again.append(words.pop(0))
    else:
        _tell_errors_apart()
    atheris.Setup([shlex.join(again), *words], TARGETS[target], custom_mutator=mutate)
    os.environ["PYTHONHASHSEED"] = "0"
    atheris.Fuzz()


def _tell_errors_apart() -> None:
    """JSON is decoded in C, where the fuzzer sees no branches: each kind of error counts as one."""
    import atheris

    from chartlake.model import Undecodable

    branches = [atheris._reserve_counter() for _ in range(KINDS_OF_ERRORS)]

    def init(error: Undecodable, text: str) -> None:
        ValueError.__init__(error, text)
        kind = VALUES.sub("", text).encode("utf-8", "replace")
        atheris._trace_branch(branches[crc32(kind) % KINDS_OF_ERRORS])

    Undecodable.__init__ = init  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        _fuzz(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(main())
