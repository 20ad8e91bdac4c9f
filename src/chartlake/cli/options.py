"""The options that commands share, and opening the project that they name."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from chartlake.report.trends import feed_names
from chartlake.settings import read_settings
from chartlake.wiring import Project, open_project

__all__ = ["AsJson", "Day", "FeedOption", "Limit", "ProjectDir", "day_of", "open_here"]

_chosen: dict[str, Path] = {}


def choose_project(folder: Path | None) -> Path | None:
    """Remember --project wherever it stands on the command line."""
    if folder is not None:
        _chosen["folder"] = folder
    return folder


def open_here() -> Project:
    """The project that --project names, else that of the working folder."""
    return open_project(read_settings(project_folder()))


def project_folder() -> Path:
    """The folder of the project in use."""
    return _chosen.get("folder", Path())


def _complete_feed(incomplete: str) -> list[str]:
    try:
        names = feed_names(open_here().warehouse)
    except Exception:  # completion must stay silent, whatever is wrong
        return []
    return [name for name in names if name.startswith(incomplete)]


ProjectDir = Annotated[
    Path | None,
    typer.Option(
        "--project",
        metavar="DIR",
        help="Folder of the project (default: the working folder).",
        callback=choose_project,
        envvar="CHARTLAKE_PROJECT",
        is_eager=True,
        file_okay=False,
    ),
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
Limit = Annotated[int, typer.Option("--limit", min=1, help="How many rows.")]


def day_of(moment: datetime | None) -> date | None:
    """The date of an option that typer read as a datetime."""
    return moment.date() if moment else None
