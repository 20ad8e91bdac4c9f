"""Make a golden lake and warehouse with whatever chartlake is imported. See README.md here."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from chartlake.schema import TABLES
from chartlake.settings import read_settings
from chartlake.simulator import Simulator, World
from chartlake.wiring.project import Project, open_project

SEED = 7
DAYS = (date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 19))  # and none of the 18th
NEXT_DAY = date(2026, 11, 20)
CHART = "regional-is-daily"
MARTS = ("chart_editions", "chart_movements", "chart_exits", "chart_turnover")


def at(day: date) -> Callable[[], datetime]:
    """A clock that stands at five in the morning of a day."""
    return lambda: datetime(day.year, day.month, day.day, 5, tzinfo=UTC)


@cache
def world() -> World:
    """The invented world that is followed, the same in every version."""
    return World(seed=SEED, last_date=NEXT_DAY)


def write_project(folder: Path, spotify: Simulator) -> None:
    """A project that follows one playlist."""
    playlist = world().playlists[1].playlist_id
    (folder / "chartlake.toml").write_text(
        f'[spotify]\nclient_id = "simulated-client"\napi_url = "{spotify.api_url}"\n'
        f'token_url = "{spotify.token_url}"\n\n[feeds.top-60]\nsource = "playlist"\n'
        f'playlist = "{playlist}"\nschedule = "daily"\n'
    )
    (folder / ".env").write_text("CHARTLAKE_SPOTIFY__CLIENT_SECRET=simulated-secret\n")


def read_a_day(folder: Path, day: date) -> None:
    """Extract, build and load what is due on a day."""
    with Simulator(world(), at(day)) as spotify:
        write_project(folder, spotify)
        with open_project(read_settings(folder), at(day)) as here:
            assert [result.status for result in here.pipeline.extract(here.feeds)] == ["new"]
            here.pipeline.transform()
            here.pipeline.load()


def write_chart(folder: Path, day: date, names: str) -> Path:
    """A charts file of the format until 2021, of invented songs."""
    lines = ['Position,"Track Name",Artist,Streams,URL']
    lines += [
        f'{place},"Song {name}","Artist {name}",{9000 - place},'
        f"https://open.spotify.com/track/{name * 22}"
        for place, name in enumerate(names, start=1)
    ]
    file = folder / f"{CHART}-{day}.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


def import_charts(here: Project, folder: Path) -> None:
    """Two dates, of which one is corrected later."""
    first, second = date(2020, 3, 1), date(2020, 3, 2)
    for day, names, replace in (
        (first, "abc", False),
        (second, "cab", False),
        (first, "bad", True),
    ):
        (done,) = here.pipeline.import_files([write_chart(folder, day, names)], replace=replace)
        assert done.status in ("new", "replaced"), done
        here.pipeline.transform()
        here.pipeline.load()


def rows_of(warehouse: Path) -> dict[str, Any]:
    """Every table and most marts, as JSON has them: columns, and rows in order."""
    with duckdb.connect(str(warehouse), read_only=True) as db:
        found = {name: db.sql(f"from {name} order by all") for name in (*TABLES, *MARTS)}
        return {
            name: {"columns": rows.columns, "rows": [list(map(plain, r)) for r in rows.fetchall()]}
            for name, rows in found.items()
        }


def plain(value: Any) -> Any:
    """A value as JSON knows it."""
    return value if value is None or isinstance(value, int | float | bool | str) else str(value)


def as_lines(tables: dict[str, Any]) -> str:
    """JSON with a row on each line, so that a difference can be read."""
    parts = []
    for name, table in tables.items():
        columns, rows = json.dumps(table["columns"]), ",\n".join(map(json.dumps, table["rows"]))
        parts.append(f'{json.dumps(name)}: {{"columns": {columns}, "rows": [\n{rows}\n]}}')
    return "{" + ",\n".join(parts) + "}\n"


def main(target: Path) -> None:
    """Fill ``target`` with lake/, warehouse.duckdb.zst and expected.json."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for day in DAYS:
            read_a_day(folder, day)
        import_charts(open_project(read_settings(folder), at(DAYS[-1])), folder)
        data = folder / "chartlake-data"
        lake, warehouse = data / "lake", data / "warehouse.duckdb"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(lake, target / "lake", ignore=shutil.ignore_patterns(".locks"))
        packed = pa.Codec("zstd", compression_level=19).compress(warehouse.read_bytes())
        (target / "warehouse.duckdb.zst").write_bytes(bytes(packed))
        (target / "expected.json").write_text(as_lines(rows_of(warehouse)))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
