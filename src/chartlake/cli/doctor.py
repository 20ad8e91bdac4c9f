"""chartlake doctor: is everything there that a run needs, and what to do where it is not."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import NamedTuple

import typer
from rich.text import Text

from chartlake.cli import show
from chartlake.cli.options import AsJson, ProjectDir, open_here
from chartlake.errors import ChartlakeError
from chartlake.lake import keys
from chartlake.settings import FILE_NAME
from chartlake.warehouse.duckdb_load import VERSION
from chartlake.wiring import Project

__all__ = ["doctor"]

_STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}


class Finding(NamedTuple):
    """One thing that was looked at."""

    level: str
    what: str
    fix: str | None = None
    exit_code: int = 0


def doctor(as_json: AsJson = False, project: ProjectDir = None) -> None:
    """Look at the set-up: configuration, lake, warehouse, sign-in; say how to mend it."""
    looks = (_versions, _configuration, _lake, _warehouse, _sign_in)
    with open_here(project) as here:
        findings = [finding for look in looks for finding in _guarded(look, here)]
    if as_json:
        show.json({"findings": [finding._asdict() for finding in findings]})
    else:
        for finding in findings:
            show.line(Text(f"{finding.level:<5} ", style=_STYLES[finding.level]) + finding.what)
            if finding.fix:
                show.line(f"      {finding.fix}")
    raise typer.Exit(max(finding.exit_code for finding in findings))


def _guarded(look: Callable[[Project], Iterator[Finding]], here: Project) -> Iterator[Finding]:
    try:
        yield from look(here)
    except ChartlakeError as error:
        why = f" ({error.why})" if error.why else ""
        yield Finding("fail", f"{error.what}{why}", error.fix, error.exit_code)


def _versions(here: Project) -> Iterator[Finding]:
    libraries = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "pyarrow", "obstore"))
    yield Finding(
        "ok", f"chartlake {version('chartlake')}, python {platform.python_version()}, {libraries}"
    )


def _configuration(here: Project) -> Iterator[Finding]:
    file = here.settings.project / FILE_NAME
    if not file.exists():
        yield Finding(
            "warn",
            f"no {FILE_NAME} in {here.settings.project}: defaults are used",
            "chartlake init writes one",
        )
        return
    yield Finding("ok", f"{file}, feeds: {len(here.feeds)}")


def _lake(here: Project) -> Iterator[Finding]:
    probe = f"state/doctor-{keys.new_attempt()}"
    here.store.create(probe, b"")
    here.store.delete(probe)
    yield Finding("ok", f"lake {here.store.url} can be written")


def _warehouse(here: Project) -> Iterator[Finding]:
    if not here.warehouse.path.exists():
        yield Finding("ok", f"warehouse {here.warehouse.path} will be made by the first run")
        return
    found = here.warehouse.query("select max(version) from warehouse_version").rows[0][0]
    yield Finding("ok", f"warehouse {here.warehouse.path} at version {found} of {VERSION}")


def _sign_in(here: Project) -> Iterator[Finding]:
    if not here.feeds:
        yield Finding("ok", "no feed needs Spotify's Web API")
        return
    here.spotify.sign_in()
    yield Finding("ok", "Spotify gave an access token")
