"""The warehouse for notebooks and scripts: marts as Arrow, pandas or polars.

    import chartlake

    lake = chartlake.open()                       # the project in this folder
    lake.movements("regional-us-weekly").pandas()
    lake.items("regional-us-weekly").polars()
    lake.query("select * from chart_records where feed = $feed", feed="top-50").arrow()

Nothing is computed here: a row is a row of the mart of that name, as in the data dictionary.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chartlake.errors import UsageError
from chartlake.settings import read_settings
from chartlake.wiring.project import open_project

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from chartlake.warehouse.duckdb import DuckDBWarehouse

__all__ = ["Lake", "Rows", "open_lake"]

_ROWS_SHOWN = 10


class Rows:
    """The rows of a mart or a query, read when they are asked for, and once."""

    def __init__(
        self, warehouse: DuckDBWarehouse, sql: str, parameters: Mapping[str, object]
    ) -> None:
        self._warehouse = warehouse
        self._sql = sql
        self._parameters = dict(parameters)

    def arrow(self) -> pa.Table:
        """All rows as an Arrow table; times are UTC without a zone."""
        return self._table

    def pandas(self) -> pd.DataFrame:
        """All rows as a pandas DataFrame, in Arrow's types: a null stays a null."""
        pandas = _library("pandas")
        frame: pd.DataFrame = self._table.to_pandas(types_mapper=pandas.ArrowDtype)
        return frame

    def polars(self) -> pl.DataFrame:
        """All rows as a polars DataFrame."""
        frame: pl.DataFrame = _library("polars").from_arrow(self._table)
        return frame

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """For whatever reads Arrow: DuckDB, polars, pandas, a chart library."""
        return self._table.__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        return f"<{len(self):,} rows of {', '.join(self._table.column_names)}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the first rows, with names that can do no harm."""
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self._table.column_names)
        rows = "".join(
            "<tr>" + "".join(f"<td>{_shown(value)}</td>" for value in row.values()) + "</tr>"
            for row in self._table.slice(0, _ROWS_SHOWN).to_pylist()
        )
        return f"<table><tr>{head}</tr>{rows}</table><p>{len(self):,} rows</p>"

    @cached_property
    def _table(self) -> pa.Table:
        return self._warehouse.arrow(self._sql, self._parameters)


@dataclass(frozen=True)
class Lake:
    """What a project has collected; open it with `chartlake.open`.

    Dates are `datetime.date` or text such as ``2026-11-19`` and are included. Without ``feed``
    every feed is read. UsageError where there is no warehouse yet, or no such feed.
    """

    _warehouse: DuckDBWarehouse = field(repr=False)

    @property
    def feeds(self) -> list[str]:
        """The ranked lists there are."""
        found = self._warehouse.query("select distinct feed from chart_editions order by feed")
        return [name for (name,) in found.rows]

    def editions(
        self,
        feed: str | None = None,
        since: date | str | None = None,
        until: date | str | None = None,
    ) -> Rows:
        """One row per feed and ranked edition, with the gap before it: ``chart_editions``."""
        return self._of("chart_editions", feed, since, until)

    def movements(
        self,
        feed: str | None = None,
        since: date | str | None = None,
        until: date | str | None = None,
    ) -> Rows:
        """One row per feed, edition and item, and how it came there: ``chart_movements``."""
        return self._of("chart_movements", feed, since, until)

    def exits(
        self,
        feed: str | None = None,
        since: date | str | None = None,
        until: date | str | None = None,
    ) -> Rows:
        """One row per feed, item and edition that is the first without it: ``chart_exits``."""
        return self._of("chart_exits", feed, since, until)

    def items(self, feed: str | None = None) -> Rows:
        """One row per feed and item, its whole time on the chart: ``item_profiles``."""
        return self._of("item_profiles", feed)

    def artists(self, feed: str | None = None) -> Rows:
        """One row per feed and artist, their whole time on the chart: ``artist_profiles``."""
        return self._of("artist_profiles", feed)

    def plays(
        self,
        account: str | None = None,
        since: date | str | None = None,
        until: date | str | None = None,
    ) -> Rows:
        """One row per account, time and item that was played: ``listening_plays``."""
        sql = """
            select * from listening_plays
            where ($account is null or account = $account)
                and ($since is null or cast(played_at as date) >= $since)
                and ($until is null or cast(played_at as date) <= $until)
            order by account, played_at, item_key
            """
        return self.query(sql, account=account, since=_day(since), until=_day(until))

    def query(self, sql: str, **parameters: object) -> Rows:
        """The answer to one reading statement; ``$name`` in it is the parameter of that name."""
        return Rows(self._warehouse, sql, parameters)

    def _of(
        self,
        mart: str,
        feed: str | None,
        since: date | str | None = None,
        until: date | str | None = None,
    ) -> Rows:
        if feed is not None and feed not in (known := self.feeds):
            raise UsageError(f"there is no ranked list {feed!r}", fix=f"known: {', '.join(known)}")
        named = {"feed": feed, "since": _day(since), "until": _day(until)}
        given = {name: value for name, value in named.items() if value is not None}
        tests = {
            "feed": "feed = $feed",
            "since": "chart_date >= $since",
            "until": "chart_date <= $until",
        }
        conditions = " and ".join(tests[name] for name in given) or "true"
        # the marts are written in the order in which they are read
        return self.query(f"select * from {mart} where {conditions}", **given)


def open_lake(project: str | Path = ".") -> Lake:
    """The project in a folder: reads ``chartlake.toml`` there, asks nothing of the network."""
    # a notebook stays open while that file is edited: it must not undo what commands publish
    return Lake(open_project(read_settings(Path(project)), takes_up_choices=False).warehouse)


def _day(given: date | str | None) -> date | None:
    if not isinstance(given, str):
        return given
    try:
        return date.fromisoformat(given)
    except ValueError as error:
        raise UsageError(f"{given!r} is no date", fix="write it as 2026-11-19") from error


def _library(name: str) -> Any:
    try:
        return __import__(name)
    except ImportError as error:
        raise UsageError(
            f"{name} is not installed",
            fix=f"pip install {name}, or take the rows with .arrow()",
        ) from error


def _shown(value: object) -> str:
    return "" if value is None else html.escape(str(value))
