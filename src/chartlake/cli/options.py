"""The options that commands share, and opening the project that they name."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from chartlake.report.editions import feed_names
from chartlake.settings import Engine, Settings, read_settings
from chartlake.wiring.project import Project, open_project

__all__ = [
    "AsJson",
    "Day",
    "EngineOption",
    "FeedOption",
    "From",
    "Limit",
    "ProjectDir",
    "RosterOnly",
    "To",
    "on_engine",
    "open_here",
    "open_with",
]


def _choose(context: typer.Context, folder: Path | None) -> Path | None:
    """--project may stand before or after the command: the later one wins."""
    root = context.find_root()
    chosen: Path | None = folder or root.obj
    root.obj = chosen
    return chosen


def open_here(folder: Path | None, engine: Engine | None = None) -> Project:
    """The project in a folder, by default the working folder; its transform on this engine."""
    return open_with(on_engine(read_settings(folder or Path()), engine))


def on_engine(settings: Settings, engine: Engine | None) -> Settings:
    """The settings with another engine for the transform, if one is named."""
    if not engine:
        return settings
    transform = settings.transform.model_copy(update={"engine": engine})
    return settings.model_copy(update={"transform": transform})


def open_with(settings: Settings) -> Project:
    """The project of these settings; every command opens it here."""
    return open_project(settings)


def _complete_feed(context: typer.Context, incomplete: str) -> list[str]:
    try:
        names = feed_names(open_here(context.params.get("project")).warehouse)
    except Exception:  # completion must stay silent, whatever is wrong
        return []
    return [name for name in names if name.startswith(incomplete)]


ProjectDir = Annotated[
    Path | None,
    typer.Option(
        "--project",
        metavar="DIR",
        help="Folder of the project (default: the working folder).",
        callback=_choose,
        envvar="CHARTLAKE_PROJECT",
        is_eager=True,
        file_okay=False,
    ),
]
EngineOption = Annotated[
    Engine | None,
    typer.Option("--engine", help="Where the transform runs (default: as configured, local)."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer with one JSON document.")]
FeedOption = Annotated[
    str | None,
    typer.Option(
        "--feed",
        metavar="NAME",
        help="The feed (default: the only one).",
        autocompletion=_complete_feed,
    ),
]
Day = Annotated[
    datetime | None,
    typer.Option(
        "--date",
        metavar="YYYY-MM-DD",
        formats=["%Y-%m-%d"],
        help="The chart date (default: the latest).",
    ),
]
From = Annotated[
    datetime | None,
    typer.Option("--from", metavar="YYYY-MM-DD", formats=["%Y-%m-%d"], help="The first date."),
]
To = Annotated[
    datetime | None,
    typer.Option("--to", metavar="YYYY-MM-DD", formats=["%Y-%m-%d"], help="The last date."),
]
RosterOnly = Annotated[
    bool, typer.Option("--roster", help="Only what the roster of chartlake.toml follows.")
]
Limit = Annotated[int, typer.Option("--limit", min=1, help="How many rows.")]
