"""Athena's texts in a guarded way: there is no Athena, and no Trino, that could run here.

Each is parsed as Athena's SQL and, translated back, run on DuckDB: it gives the rows of DuckDB's
own text. That would hold as well for what Athena refuses or means otherwise, so what is known of
that is looked for on the syntax tree. What nobody thought of is not found: see docs/sql.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
import sqlglot
from hypothesis import HealthCheck, Phase, given, settings
from sqlglot import exp

from chartlake.warehouse.dialects import dialect_text
from sql_shapes import Shapes
from sql_subset import problems
from tests.oracle import catalogue
from tests.oracle.facts import Row, World
from tests.oracle.whole_worlds import whole_worlds
from tests.warehouse import elsewhere
from tests.warehouse.straight import Straight
from tests.warehouse.translated_back import back

ANY = settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


class TranslatedBack:
    """DuckDB's marts in the schema main, and those of Athena's texts in the schema athena."""

    def __init__(self) -> None:
        self.straight = Straight()
        self.db = self.straight.db
        self.db.execute("create schema athena")

    def hold(self, world: World) -> None:
        self.in_schema("main")
        self.straight.hold(world)
        self.in_schema("athena")
        for file in elsewhere.FILES:
            text = back(dialect_text(file.name, "athena"))
            kind = elsewhere.kind_of(file)
            if file.kind == "state":  # which would be found first, as a temporary table
                self.db.execute(f"create or replace table main.{file.name} as from {file.name}")
                self.db.execute(f"drop table temp.{file.name}")
            self.db.execute(f"create or replace {kind} athena.{file.name} as {text}")

    def in_schema(self, name: str) -> None:
        """Let names be looked for there first."""
        self.db.execute(f"set search_path = '{name if name == 'main' else f'{name},main'}'")

    def close(self) -> None:
        self.straight.close()


@pytest.fixture(scope="module")
def both() -> Iterator[TranslatedBack]:
    held = TranslatedBack()
    yield held
    held.close()


def compare(both: TranslatedBack, world: World) -> None:
    both.hold(world)

    def records(schema: str, ask: str) -> list[Row]:
        both.in_schema(schema)
        return elsewhere.records(both.db, ask)

    elsewhere.assert_same_rows(partial(records, "athena"), partial(records, "main"))


@ANY
@given(world=whole_worlds())
def test_translated_back_all_marts_have_the_rows_of_duckdb(
    both: TranslatedBack, world: World
) -> None:
    compare(both, world)


@pytest.mark.long
@settings(parent=ANY, max_examples=200)
@given(world=whole_worlds())
def test_translated_back_all_marts_have_the_rows_of_duckdb_in_many_worlds(
    both: TranslatedBack, world: World
) -> None:
    compare(both, world)


def test_translated_back_every_check_runs(both: TranslatedBack) -> None:
    compare(both, World((), (), catalogue.NOW))
    both.in_schema("athena")
    for name, text in elsewhere.texts_of_checks("athena").items():
        assert both.db.execute(back(text)).fetchall() == [], name


# What sqlglot would let pass, and Athena would not ----------------------------

ALL = [file.name for file in elsewhere.FILES]
every_text = pytest.mark.parametrize("name", ALL)


def tree_of(name: str) -> exp.Expr:
    (tree,) = sqlglot.parse(dialect_text(name, "athena"), read="athena")
    assert tree
    return tree


@every_text
def test_for_athena_each_text_is_one_select_that_is_understood_whole(name: str) -> None:
    """What sqlglot does not know it takes as a command, or as a function without a meaning."""
    tree = tree_of(name)
    assert isinstance(tree, exp.Query)
    assert list(tree.find_all(exp.Command, exp.Anonymous, exp.Parameter, exp.Placeholder)) == []


@every_text
def test_for_athena_no_number_is_added_to_a_date(name: str) -> None:
    for sum_ in tree_of(name).find_all(exp.Add, exp.Sub):
        assert not any(side.is_type("date") for side in (sum_.this, sum_.expression)), sum_.sql()


@every_text
def test_for_athena_it_keeps_to_the_subset_when_translated_back(name: str, shapes: Shapes) -> None:
    """So no whole numbers are divided, no text is compared with a number, no alias is a column."""
    found = problems(name, back(dialect_text(name, "athena")), shapes)
    assert [one for one in found if "DPipe (" not in one] == []  # which is how concat comes back


@pytest.fixture(scope="module")
def shapes() -> Shapes:
    return Shapes({file.name: file.text for file in elsewhere.FILES})
