"""Every view, mart and check is the same on DuckDB and on Spark: rows, types, order.

The worlds are hypothesis's, many in one set of tables (`batches`), with rows beside them that no
world has (`odd_rows`). DuckDB's rows are held against the oracle elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from chartlake.spark import marts
from chartlake.spark.marts import own_session
from chartlake.warehouse.dialects import check_text, dialect_text
from chartlake.warehouse.gate import run_checks
from chartlake.warehouse.sql import Check, checks
from tests.oracle.charts import read_chart_csv
from tests.oracle.facts import World
from tests.spark.batches import Tables, gathered, tables_of
from tests.spark.marks import ON_SPARK
from tests.spark.two_engines import (
    SELECTS,
    TABLES_MADE,
    Both,
    difference,
    through_duckdb,
    through_spark,
)
from tests.warehouse.test_marts_real import DAILY, WEEKLY

pytestmark = ON_SPARK

# what differs if Spark's text is taken as sqlglot alone would have it, or as anybody might write it
PLANTED = {
    "a number of 32 bits": ("timeline", "AS BIGINT) AS ordinal", "AS INT) AS ordinal"),
    "nulls first": ("item_forms", " NULLS LAST", ""),
    "nulls that win": ("tracks", " IGNORE NULLS", ""),
    "a sigma at a word's end": ("track_identities", "'Σİ'", "''"),
    "a space that is none": ("track_identities", "\\u00A0", ""),
    "an inner join": ("chart_returns", "LEFT JOIN", "INNER JOIN"),
    "rows, not the range": ("chart_movements", "range BETWEEN 6", "rows BETWEEN 6"),
    "a market too many": ("market_spread", "count(DISTINCT market)", "count(*) + 1"),
    "ties by another column": ("listening_plays", "p.feed NULLS LAST", "p.feed DESC"),
    "another rank": ("chart_records", "rank()", "dense_rank()"),
    "a window cut short": ("attribute_history", "UNBOUNDED preceding", "1 preceding"),
    "rounded": (
        "chart_turnover",
        "AS DOUBLE) / previous_items, 6",
        "AS DOUBLE) / previous_items, 5",
    ),
}


@contextmanager
def _both(spark: SparkSession, tables: Tables, to: Path) -> Iterator[Both]:
    with closing(through_duckdb(tables)) as duck, pytest.MonkeyPatch.context() as patch:
        patch.setitem(marts.MEANING, "spark.sql.shuffle.partitions", "2")  # the tables are small
        with own_session(None) as session, through_spark(session, tables, duck, to) as made:
            yield Both(duck, session, made)


@pytest.fixture(scope="module")
def both(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    tables = tables_of(gathered(40), as_one=True, kinds=True)
    with _both(spark, tables, tmp_path_factory.mktemp("both")) as made:
        yield made


def _differences(both: Both) -> dict[str, str]:
    found = {}
    for name in SELECTS:
        duck = both.duck.sql(f"from {name}").to_arrow_table()
        theirs = both.marts[name] if name in both.marts else both.spark.table(name).toArrow()
        found[name] = difference(name, duck, theirs, in_order=name in both.marts)
    return {name: words for name, words in found.items() if words}


def test_all_views_and_marts_are_the_same(both: Both) -> None:
    assert _differences(both) == {}


def test_there_is_something_to_compare_in_every_one(both: Both) -> None:
    """With recordings as one, and with exclusions of all kinds."""
    empty = [name for name in SELECTS if not both.duck.sql(f"from {name} limit 1").fetchall()]
    assert empty == []
    assert [*both.marts] == TABLES_MADE


def test_all_checks_find_as_much(both: Both) -> None:
    ours = {result.name: result.failures for result in run_checks(both.duck)}
    theirs: dict[str, int] = {}
    left = iter(checks())
    while some := list(islice(left, 12)):
        found = both.spark.sql(" union all ".join(map(_counted, some))).collect()
        theirs |= {row["name"]: row["failures"] for row in found}
    assert theirs == ours
    assert sum(count > 0 for count in ours.values()) >= 5


def _counted(check: Check) -> str:
    text = check_text(check, "spark")
    return f"select '{check.name}' as name, count(*) as failures from (\n{text}\n) found"


@pytest.mark.parametrize("name", PLANTED)
def test_a_wrong_definition_is_seen(both: Both, name: str) -> None:
    select, right, wrong = PLANTED[name]
    text = dialect_text(select, "spark")
    assert right in text
    duck = both.duck.sql(f"from {select}").to_arrow_table()
    theirs = both.spark.sql(text.replace(right, wrong)).toArrow()
    assert difference(select, duck, theirs, in_order=select in both.marts)
    if select not in both.marts:
        theirs = both.spark.sql(text).toArrow()
        assert difference(select, duck, theirs, in_order=False) == ""


@pytest.mark.long
def test_recordings_apart_are_the_same_too(spark: SparkSession, tmp_path: Path) -> None:
    with _both(spark, tables_of(gathered(30), as_one=False), tmp_path) as made:
        assert _differences(made) == {}
        assert len(made.marts["chart_movements"]) > 100


@pytest.mark.long
def test_nothing_at_all_is_the_same_too(spark: SparkSession, tmp_path: Path) -> None:
    tables = {name: rows.slice(0, 0) for name, rows in tables_of([], as_one=False).items()}
    with _both(spark, tables, tmp_path) as made:
        assert _differences(made) == {}


@pytest.mark.long
@pytest.mark.parametrize("turn", range(6))
def test_hundreds_of_worlds_are_the_same(spark: SparkSession, turn: int, tmp_path: Path) -> None:
    worlds = gathered(250, max_editions=12)
    tables = tables_of(worlds, as_one=turn % 2 == 0, kinds=turn % 3 == 0)
    with _both(spark, tables, tmp_path) as made:
        assert _differences(made) == {}


@pytest.mark.long
@pytest.mark.needs("real-data")
def test_real_charts_are_the_same(spark: SparkSession, real_data: Path, tmp_path: Path) -> None:
    """102 weeks of one list, and days with gaps of another."""
    folders = {WEEKLY: "us-weekly", DAILY: "global-daily"}
    editions = [
        read_chart_csv(file)
        for folder in folders.values()
        for file in sorted((real_data / "charts" / folder).glob("*.csv"))
    ]
    world = World(tuple(folders), tuple(editions), now=max(e.scheduled_at for e in editions))
    with _both(spark, tables_of([world], as_one=True), tmp_path) as made:
        assert _differences(made) == {}
        assert len(made.marts["chart_movements"]) > 20_000
