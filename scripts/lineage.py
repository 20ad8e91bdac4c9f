"""From which columns each column of a view or mart is made, read from the syntax trees.

    src/chartlake/warehouse/lineage.json    written by `make dialects`

A column is made from the columns in its expression, through all CTEs: also those that a window
sorts or parts by, and those that a case asks. What only a join or a filter reads does not count.
`count(*)` is made from rows, which are written as a column with the name `*`: those of FROM and of
inner joins.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.scope import Scope, build_scope

from sql_shapes import Shapes, reads

__all__ = ["Select", "lineage", "lineage_text"]


class Select(NamedTuple):
    """A SELECT that makes a relation: its name, its file in warehouse/, its kind and its text."""

    name: str
    file: str
    kind: str
    text: str


def lineage_text(selects: Iterable[Select]) -> str:
    """All of it as JSON, one line for each column."""
    relations = []
    for name, relation in lineage(selects).items():
        columns = relation.pop("columns")
        lines = [f"  {_json(column)}: {_json(about)}" for column, about in columns.items()]
        head = f"{_json(name)}: {_json(relation)[:-1]}, {_json('columns')}: {{"
        relations.append(head + "\n" + ",\n".join(lines) + "\n}}")
    return "{\n" + ",\n".join(relations) + "\n}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def lineage(selects: Iterable[Select]) -> dict[str, Any]:
    """By relation: its file, its kind, the relations that it reads, and its columns."""
    selects = list(selects)
    shapes = Shapes({select.name: select.text for select in selects})
    found = {}
    for select in selects:
        tree = shapes.typed(select.text)
        scope = build_scope(tree)
        assert scope
        found[select.name] = {
            "file": select.file,
            "kind": select.kind,
            "reads": sorted(reads(select.text)),
            "rows": [one.removesuffix(".*") for one in _in_order(_rows(scope))],
            "columns": {
                name: {"from": list(_origins(scope, place)), "says": says}
                for place, (name, says) in enumerate(_said(tree, select.text))
            },
        }
    return found


def _said(tree: exp.Query, text: str) -> Iterator[tuple[str, str]]:
    """Each column's name, and its expression as the last SELECT of the file writes it."""
    written = sqlglot.parse_one(text, read="duckdb")
    assert isinstance(written, exp.Query)
    as_written = {one.alias_or_name: one for one in written.selects}
    for column in tree.selects:
        name = column.alias_or_name
        said = as_written.get(name, column).unalias().transform(_as_said)
        yield name, said.sql("duckdb", normalize_functions="lower", comments=False)


def _as_said(node: exp.Expr) -> exp.Expr:
    """x is not null, which the tree holds as not (x is null)."""
    if isinstance(node, exp.Not) and isinstance(node.this, exp.Is):
        return exp.Is(this=node.this.this, expression=exp.Not(this=node.this.expression))
    return node


@cache
def _origins(scope: Scope, place: int) -> tuple[str, ...]:
    """The columns of other relations from which this one of a SELECT's is made."""
    if scope.set_operation_scopes:
        branches = (_origins(branch, place) for branch in scope.set_operation_scopes)
        return _in_order(one for branch in branches for one in branch)
    assert isinstance(scope.expression, exp.Query)
    column = scope.expression.selects[place]
    return _in_order(one for node in column.walk() for one in _made_from(scope, node))


def _made_from(scope: Scope, node: exp.Expr) -> Iterator[str]:
    if isinstance(node, exp.Count) and isinstance(node.this, exp.Star):
        yield from _rows(scope)
    elif isinstance(node, exp.Column) and not isinstance(node.this, exp.Star):
        source = scope.sources[node.table]
        if isinstance(source, Scope):
            assert isinstance(source.expression, exp.Query)
            yield from _origins(source, source.expression.named_selects.index(node.name))
        else:
            yield f"{source.name}.{node.name}"


def _rows(scope: Scope) -> Iterator[str]:
    for branch in scope.set_operation_scopes:
        yield from _rows(branch)
    left = {join.alias_or_name for join in scope.expression.args.get("joins", ()) if join.side}
    for name in scope.selected_sources.keys() - left:  # which adds none and takes none away
        source = scope.sources[name]
        if isinstance(source, Scope):
            yield from _rows(source)
        else:
            yield f"{source.name}.*"


def _in_order(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))
