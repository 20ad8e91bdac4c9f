"""Why the warehouse's SQL is a subset: what is banned differs, what is allowed does not.

Each SELECT runs on DuckDB and, translated, on Spark. What is banned is translated by sqlglot
alone, what is allowed (probes.sql) as scripts/dialects.py does it.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest
import sqlglot
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from dialects import translated
from sql_ban import NAMES, ROWS, RUN, TYPES, Ban
from sql_bans import BANS
from sql_subset import ALLOWED
from tests.spark.marks import ON_SPARK

pytestmark = ON_SPARK

_TEXT = Path(__file__).with_name("probes.sql").read_text(encoding="utf-8")
_PARTS = [part.partition("\n") for part in re.split(r"^-- ", _TEXT, flags=re.MULTILINE) if part]
READ, *PROBES = [(said, select) for said, _, select in _PARTS]
_KINDS = {
    "timestamp_ntz": "timestamp",
    "timestamp": "timestamp with time zone",
    "string": "varchar",
    "int": "integer",
    "void": "integer",
}


class Answer(NamedTuple):
    """The names and types of the columns, and the rows as they come."""

    names: list[str]
    kinds: list[str]
    rows: list[tuple[object, ...]]

    def in_any_order(self) -> Answer:
        return self._replace(rows=sorted(self.rows, key=repr))


@pytest.fixture(scope="module")
def db(spark: SparkSession) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB and Spark have the same rows in r."""
    spark.sql(translated(READ[1], "spark")).createOrReplaceTempView("r")
    with duckdb.connect() as db:
        db.execute(f"create table r as {READ[1]}")
        yield db
    spark.catalog.dropTempView("r")


def on_duckdb(db: duckdb.DuckDBPyConnection, select: str) -> Answer:
    asked = db.sql(select)
    kinds = [str(kind).lower() for kind in asked.types]
    return Answer(asked.columns, kinds, asked.fetchall())


def on_spark(spark: SparkSession, select: str) -> Answer:
    frame = spark.sql(select)
    kinds = [_KINDS.get(kind, kind) for _, kind in frame.dtypes]
    return Answer(frame.columns, kinds, [tuple(row) for row in frame.collect()])


def differing(spark: SparkSession, db: duckdb.DuckDBPyConnection, select: str) -> set[str]:
    """In what Spark's answer differs from DuckDB's, or the condition with which it fails."""
    ours = on_duckdb(db, select)
    try:
        theirs = on_spark(spark, sqlglot.transpile(select, read="duckdb", write="spark")[0])
    except PySparkException as error:
        return {str(error.getCondition())}
    parts = zip((NAMES, TYPES, ROWS), ours, theirs, strict=True)
    return {part for part, our, their in parts if our != their}


@pytest.mark.parametrize("ban", [ban for ban in BANS if ban.evidence == RUN], ids=str)
def test_what_is_banned_differs_as_it_says(
    spark: SparkSession, db: duckdb.DuckDBPyConnection, ban: Ban
) -> None:
    """A bad translation would differ as well, in something else."""
    assert ban.differs in differing(spark, db, ban.example)


@pytest.mark.parametrize("select", [s for _, s in PROBES], ids=[said for said, _ in PROBES])
def test_what_is_allowed_is_the_same(
    spark: SparkSession, db: duckdb.DuckDBPyConnection, select: str
) -> None:
    ours, theirs = on_duckdb(db, select), on_spark(spark, translated(select, "spark"))
    if not sqlglot.parse_one(select, read="duckdb").args.get("order"):
        ours, theirs = ours.in_any_order(), theirs.in_any_order()
    assert theirs == ours


def test_each_allowed_construct_is_probed_with_each_of_its_parts() -> None:
    trees = [sqlglot.parse_one(select, read="duckdb") for _, select in PROBES]
    nodes = [node for tree in trees for node in tree.walk()]
    parts = {(type(node), part) for node in nodes for part, value in node.args.items() if value}
    probed = {*parts, *((type(node), "") for node in nodes)}
    allowed = {(kind, part) for kind, parts in ALLOWED.items() for part in ("", *parts)}
    assert allowed - probed == set()


def test_letters_and_spaces_of_all_alphabets_are_the_same(spark: SparkSession) -> None:
    """All that either engine may make small or take away; and words in which the place counts."""
    letters = [
        letter
        for letter in map(chr, range(sys.maxunicode + 1))
        if letter.lower() != letter or letter.upper() != letter or letter.isspace()
        if unicodedata.category(letter) != "Cs"
    ]
    texts = [*letters, *(f"{letter}x{letter}" for letter in letters), "ΟΔΟΣ", "ΣΑΣ Σ.", "İZMİR"]
    assert len(texts) > 5000
    frame = spark.createDataFrame([(text,) for text in texts], "text string")
    frame.createOrReplaceTempView("texts")
    select = "select text, lower(trim(text)) as small from texts"
    theirs = {row.text: row.small for row in spark.sql(translated(select, "spark")).collect()}
    with duckdb.connect() as db:
        ours = dict(
            db.execute(select.replace("texts", "(select unnest(?) as text)"), [texts]).fetchall()
        )
    assert {text: (ours[text], theirs[text]) for text in texts if ours[text] != theirs[text]} == {}
