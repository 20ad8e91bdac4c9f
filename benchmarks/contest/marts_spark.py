"""Spark on two threads: the product's own SQL in Spark's words. Words: PLAN TABLES MEMORY FOLDER

PLAN is JSON: for each view, state and mart its name, its kind, and its SQL. TABLES has a file
or a folder of Parquet for each table. Marts are made in order, each as Parquet in FOLDER, from
which those that follow read it. What Spark does not run is told with Spark's words.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import pyspark
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from chartlake.spark.marts import MEANING

_CONF = {
    **MEANING,
    "spark.log.level": "OFF",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.shuffle.partitions": "16",  # 200 are for a cluster
    "spark.sql.parquet.compression.codec": "zstd",
}


def session(memory: str, scratch: Path) -> SparkSession:
    """A new one, whose JVM has so much memory; it spills into ``scratch``."""
    builder = SparkSession.builder.master("local[2]").config("spark.driver.memory", memory)
    for name, value in {**_CONF, "spark.local.dir": str(scratch)}.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def run(spark: SparkSession, plan: list[dict[str, Any]], tables: Path, folder: Path) -> Any:
    """The seconds of each mart, and why others could not be made."""
    for table in sorted(tables.iterdir()):
        spark.read.parquet(str(table)).createOrReplaceTempView(table.name.partition(".")[0])
    seconds: dict[str, float] = {}
    failed: dict[str, str] = {}
    for each in plan:
        begun = time.perf_counter()
        name, place = each["name"], str(folder / each["name"])
        try:
            rows = spark.sql(each["sql"])
            if each["kind"] == "state":
                rows = rows.persist()
            if each["kind"] == "table":
                rows.write.parquet(place)
                rows = spark.read.parquet(place)
            rows.createOrReplaceTempView(name)
            seconds[name] = time.perf_counter() - begun
        except (PySparkException, Py4JError) as error:
            shutil.rmtree(place, ignore_errors=True)
            failed[name] = str(error).partition("\n\nJVM stacktrace")[0][:2000]
    return {"seconds": sum(seconds.values()), "parts": seconds, "failed": failed}


def main() -> None:
    plan, tables, memory, folder = sys.argv[1:]
    begun = time.perf_counter()
    spark = session(memory, Path(folder).with_name(f"{Path(folder).name}.tmp"))
    spark.range(1).count()
    start = time.perf_counter() - begun
    told = run(spark, json.loads(Path(plan).read_text()), Path(tables), Path(folder))
    sys.stdout.write(json.dumps({**told, "start": start, "version": pyspark.__version__}) + "\n")
    spark.stop()


if __name__ == "__main__":
    main()
