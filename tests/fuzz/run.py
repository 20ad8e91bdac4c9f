"""Fuzz the parsers with atheris, each target in a process of its own.

    .venv/bin/python tests/fuzz/run.py --seconds 60                 every target, one after another
    .venv/bin/python tests/fuzz/run.py --seconds 600 playlist       only this one
    .venv/bin/python tests/fuzz/run.py --keep playlist              and keep the best new inputs

It begins with the kept corpus and with seeds that the simulated Spotify makes. An input that is
not dealt with in time, in memory or without another exception than expected is written to a file,
which the last lines name: put it into tests/fuzz/corpus/<target>, mend the parser, and keep both.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORPUS = Path(__file__).parent / "corpus"
SECONDS_FOR_ONE, MEGABYTES, LONGEST = 5, 1024, 32_768
KEPT, LONGEST_KEPT = 20, 4_000
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
    with tempfile.TemporaryDirectory() as folder:
        grown = Path(folder)
        _write(grown, seeds)
        command = [sys.executable, __file__, "--child", target, str(grown), str(kept)]
        command += [f"-max_total_time={seconds}", f"-timeout={SECONDS_FOR_ONE}"]
        command += [f"-rss_limit_mb={MEGABYTES}", f"-max_len={LONGEST}", "-print_final_stats=1"]
        kept.mkdir(parents=True, exist_ok=True)
        done = subprocess.run([*command, f"-artifact_prefix={artifacts}/"], check=False)
        if keep and not done.returncode:
            _keep(grown, kept, seeds)
    return done.returncode == 0


def _write(folder: Path, contents: list[bytes]) -> None:
    for content in contents:
        (folder / sha256(content).hexdigest()[:16]).write_bytes(content)


def _keep(grown: Path, kept: Path, seeds: list[bytes]) -> None:
    """Some of what reached further: libFuzzer keeps an input only if it does."""
    found = {file.read_bytes() for folder in (grown, kept) for file in folder.iterdir()}
    small = sorted((each for each in found if len(each) <= LONGEST_KEPT), key=len)
    shutil.rmtree(kept)
    kept.mkdir()
    step = max(1, len(small) // KEPT)  # of all lengths: the shortest are only broken ones
    _write(kept, small[::step][:KEPT])
    _write(kept, [seed for seed in seeds if len(seed) <= LONGEST_KEPT])


def _fuzz(target: str, words: list[str]) -> None:
    import atheris

    with atheris.instrument_imports(include=["chartlake"]):
        from tests.fuzz.mutate import changed
        from tests.fuzz.targets import TARGETS

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)
        new = changed(data, chance) if chance.random() < 0.7 else None
        return new[:most] if new is not None else bytes(atheris.Mutate(data, most))

    atheris.Setup([sys.argv[0], *words], TARGETS[target], custom_mutator=mutate)
    os.environ["PYTHONHASHSEED"] = "0"
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        _fuzz(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(main())
