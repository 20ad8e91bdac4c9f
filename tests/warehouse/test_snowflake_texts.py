"""Snowflake's texts on fakesnow: not Snowflake, but a translation of its SQL to DuckDB.

That a text is Snowflake's SQL as sqlglot knows it, and gives DuckDB's own rows after two
translations, is shown here. What only Snowflake itself would do or refuse is not: see docs/sql.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
import sqlglot
from fakesnow.instance import FakeSnow
from hypothesis import HealthCheck, Phase, given, settings
from sqlglot import exp

from chartlake.warehouse.dialects import dialect_text
from tests.oracle import catalogue
from tests.oracle.facts import World
from tests.oracle.whole_worlds import whole_worlds
from tests.warehouse import elsewhere
from tests.warehouse.straight import Straight

pytestmark = pytest.mark.filterwarnings("ignore:Arrow output on a DB-API:UserWarning")  # its own

ANY = settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


class OnFakesnow:
    """The same tables in DuckDB and in fakesnow."""

    def __init__(self) -> None:
        self.straight = Straight()
        self.server = FakeSnow()
        self.connection = self.server.connect(database="lake", schema="marts")
        self.db = self.connection._duck_conn

    def hold(self, world: World) -> None:
        self.straight.hold(world)
        for name, rows in elsewhere.given(self.straight.db).items():
            self.db.register("arriving", rows)
            self.db.execute(f"create or replace table lake.marts.{name} as from arriving")
            self.db.unregister("arriving")
        with self.connection.cursor() as cursor:
            for file in elsewhere.FILES:
                text = dialect_text(file.name, "snowflake")
                kind = elsewhere.kind_of(file)
                cursor.execute(f"create or replace {kind} {file.name} as\n{text}")

    def close(self) -> None:
        self.db.close()
        self.server.duck_conn.close()
        self.straight.close()


@pytest.fixture(scope="module")
def both() -> Iterator[OnFakesnow]:
    held = OnFakesnow()
    yield held
    held.close()


every_text = pytest.mark.parametrize("name", [file.name for file in elsewhere.FILES])


def compare(both: OnFakesnow, world: World) -> None:
    both.hold(world)
    elsewhere.assert_same_rows(
        partial(elsewhere.records, both.db), partial(elsewhere.records, both.straight.db)
    )


@ANY
@given(world=whole_worlds())
def test_on_fakesnow_all_marts_have_the_rows_of_duckdb(both: OnFakesnow, world: World) -> None:
    compare(both, world)


@pytest.mark.long
@settings(parent=ANY, max_examples=200)
@given(world=whole_worlds())
def test_on_fakesnow_all_marts_have_the_rows_of_duckdb_in_many_worlds(
    both: OnFakesnow, world: World
) -> None:
    compare(both, world)


def test_on_fakesnow_every_check_runs(both: OnFakesnow) -> None:
    compare(both, World((), (), catalogue.NOW))
    with both.connection.cursor() as cursor:
        for name, text in elsewhere.texts_of_checks("snowflake").items():
            assert cursor.execute(text).fetchall() == [], name


@every_text
def test_for_snowflake_each_text_is_one_select_that_is_understood_whole(name: str) -> None:
    """What sqlglot does not know it takes as a command, or as a function without a meaning."""
    tree = sqlglot.parse_one(dialect_text(name, "snowflake"), read="snowflake")
    assert isinstance(tree, exp.Query)
    assert list(tree.find_all(exp.Command, exp.Anonymous, exp.Parameter, exp.Placeholder)) == []


@every_text
def test_for_snowflake_nulls_come_last_wherever_rows_are_sorted(name: str) -> None:
    """Snowflake puts them first where it sorts downwards, unless it is told."""
    tree = sqlglot.parse_one(dialect_text(name, "snowflake"), read="snowflake")
    for ordered in tree.find_all(exp.Ordered):
        text = ordered.sql("snowflake")
        assert not ordered.args.get("desc") or text.endswith("NULLS LAST"), text
