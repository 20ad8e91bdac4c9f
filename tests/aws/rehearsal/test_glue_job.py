"""The script of the Glue job on a Spark of this machine: it makes what the functions make."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyspark
import pytest

from chartlake.aws.deploy.artefacts import code_entries
from chartlake.aws.deploy.zips import write_zip
from chartlake.lake import builds, marts
from chartlake.lake.store import Store, open_store
from chartlake.transform.build import unbuilt
from tests.aws.rehearsal.play import Played
from tests.conftest import ROOT
from tests.e2e.projects import curated_of

pytestmark = [
    pytest.mark.needs("java"),
    pytest.mark.xdist_group("rehearsal"),
]

SCRIPT = ROOT / "src" / "chartlake" / "aws" / "glue_job.py"
SLOTS = ("editions", "readings", "missed_slots")
"""The tables in which each slot that was built has a row, in one of them."""
SUBMIT = Path(pyspark.__file__).parent / "bin" / "spark-submit"
SPARK = ["--master", "local[2]"]
for _setting in ("sql.shuffle.partitions=2", "default.parallelism=2", "ui.enabled=false"):
    SPARK += ["--conf", f"spark.{_setting}"]
_ITS_OWN = {"attempt_id", "observed_at"}


def run_job(
    played: Played, lake: str, folder: Path, *more: str
) -> subprocess.CompletedProcess[str]:
    """As Glue would: the code in a zip, and arguments of its own beside ours."""
    code = folder / "code.zip"
    write_zip(code, code_entries((played.folder / "chartlake.toml").read_bytes()))
    variables = {
        **played.account.variables("JobRole"),
        "CHARTLAKE_AUTH__STORE": "file",
        "PATH": os.environ["PATH"],
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYTHONPATH": str(code),
    }
    arguments = ["--JOB_NAME", "chartlake", "--lake_url", lake, "--TempDir", "s3://nowhere/", *more]
    script = Path(shutil.copy(SCRIPT, folder))  # Glue starts it from a folder of its own
    return subprocess.run(
        [SUBMIT, *SPARK, script, *arguments],
        env=variables,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


@pytest.fixture(scope="module")
def backlog(
    played: Played, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Store, subprocess.CompletedProcess[str]]]:
    """The lake without what was built, which the job builds; and what the job said."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in played.account.variables("Somebody").items():
            patch.setenv(name, value)
        s3, bucket = played.account.aws.client("s3"), played.account.bucket
        for zone in ("raw", "manifests"):
            for file in (played.folder / "lake" / zone).rglob("*"):
                if file.is_file():
                    key = file.relative_to(played.folder / "lake").as_posix()
                    s3.put_object(Bucket=bucket, Key=f"backlog/{key}", Body=file.read_bytes())
        url = f"s3://{bucket}/backlog"
        folder = tmp_path_factory.mktemp("job")
        store = open_store(url)
        assert list(store.keys("manifests/"))  # it is open, with these rights
        yield store, run_job(played, url, folder)


def plain(rows: dict[str, list[dict[str, Any]]]) -> dict[str, list[str]]:
    """The rows without what tells the attempt."""
    return {
        table: sorted(
            str({name: value for name, value in row.items() if name not in _ITS_OWN})
            for row in some
        )
        for table, some in rows.items()
    }


def test_it_builds_what_the_function_builds(
    played: Played, backlog: tuple[Store, subprocess.CompletedProcess[str]]
) -> None:
    store, done = backlog
    said = done.stdout + done.stderr  # spark-submit puts a script's errors into its output
    assert re.search(r"RuntimeError: 1 slots could not be built", said), said[-3000:]
    assert done.returncode != 0  # one slot was spoilt, and the job has to say so
    assert len(unbuilt(store)) == 1
    assert len(list(builds.list_builds(store))) == 1
    here = curated_of(open_store(str(played.folder / "lake")))
    built = {(row["feed"], row["slot"]) for table in SLOTS for row in here[table]}
    found = curated_of(store)
    theirs = plain(
        {t: [r for r in rows if (r["feed"], r["slot"]) in built] for t, rows in found.items()}
    )
    ours = plain(here)
    assert theirs.keys() == ours.keys()
    for table, rows in ours.items():
        assert theirs[table] == rows, table


def test_it_makes_the_marts(
    backlog: tuple[Store, subprocess.CompletedProcess[str]],
) -> None:
    store, _ = backlog
    run = marts.published(store)
    assert run
    assert run.engine == "spark"
    assert run.rows["chart_movements"] > 100
