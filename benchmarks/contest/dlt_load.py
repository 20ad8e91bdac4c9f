"""dlt as its documentation shows it: a resource that yields records, and dlt unnests the rest.

Words: FOLDER FILE… It runs where dlt is (see `rivals`). Countries are taken out first, as dlt would
make a row of each; its tables are one for each nested list, written as Parquet. The first file is
for its start, which is not timed.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"

import dlt


def records(files: list[Path]) -> Iterator[list[dict[str, Any]]]:
    """A page at a time."""
    for file in files:
        with file.open() as lines:
            for line in lines:
                page = json.loads(line)
                for number, item in enumerate(page["items"]):
                    del item["track"]["available_markets"]
                    del item["track"]["album"]["available_markets"]
                    item |= {"feed": page["feed"], "slot": page["slot"]}
                    item |= {"position": page["first_item"] + number + 1}
                    item["observed_at"] = page["observed_at"]
                yield page["items"]


def main() -> None:
    folder, first, *files = map(Path, sys.argv[1:])
    pipeline = dlt.pipeline(
        pipeline_name="contest",
        pipelines_dir=str(folder / "work"),
        destination=dlt.destinations.filesystem(bucket_url=str(folder / "tables")),
        dataset_name="tables",
    )

    def load(some: list[Path]) -> None:
        found = dlt.resource(records(some), name="entries", write_disposition="append")
        pipeline.run(found, loader_file_format="parquet").raise_on_failed_jobs()

    load([first])
    begun = time.perf_counter()
    load(files or [first])
    seconds = time.perf_counter() - begun
    sys.stdout.write(json.dumps({"seconds": seconds, "version": dlt.__version__}) + "\n")


if __name__ == "__main__":
    main()
