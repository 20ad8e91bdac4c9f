"""The command line: `chartlake`.

    fill      run, import
    look      status, query, check
    keep      verify, gc
    remove    purge
    forget    forget-user
    mend      reconcile, backfill, rebuild, compact
    marts     marts
    trends    trends movers|new|exits|chart|compare|track|…    stories   stories
    explain   explain       lineage  lineage
    lake      lake ls|cat
    aws       aws deploy|status|destroy          aws_told  what these say
    account   login, logout
    project   init          doctor   doctor          demonstrate   demo
    simulate  simulator
    stages    what run, import and demo print as they go
    signals   how they end early     deadline   how run does
    show      tables, JSON and errors

Exit codes: 0 done · 1 done with data problems · 2 usage or configuration ·
3 source or sign-in · 4 warehouse or lake · 70 internal error · 75 deferred, try
again later · 130 interrupted (143 by SIGTERM).
"""

from __future__ import annotations

import io
import logging
import os
import sys
import traceback
from importlib.metadata import version
from typing import Annotated, Any

import typer
import typer.core
from typer.exceptions import TyperException

from chartlake.cli import aws, lake, show, signals, trends
from chartlake.cli.account import login, logout
from chartlake.cli.demonstrate import demo
from chartlake.cli.doctor import doctor
from chartlake.cli.explain import explain
from chartlake.cli.fill import import_, run
from chartlake.cli.forget import forget_user
from chartlake.cli.keep import gc, verify
from chartlake.cli.lineage import lineage
from chartlake.cli.look import check, query, status
from chartlake.cli.marts import marts
from chartlake.cli.mend import backfill, compact, rebuild, reconcile
from chartlake.cli.options import ProjectDir
from chartlake.cli.project import init
from chartlake.cli.remove import purge
from chartlake.cli.simulate import simulator
from chartlake.cli.stories import stories
from chartlake.errors import ChartlakeError, StorageError

__all__ = ["app", "main"]


class _Commands(typer.core.TyperGroup):
    """The commands, with our errors and exit codes around all of them."""

    def invoke(self, ctx: Any) -> Any:
        try:
            with signals.unmasked():
                return super().invoke(ctx)
        except ChartlakeError as error:
            show.error(error)
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt as error:
            show.note(signals.kept(error))
            raise typer.Exit(signals.exit_code(error)) from error
        except BrokenPipeError as error:
            # the reader of our output went away, as `head` does; keep Python from complaining
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from error
        except (typer.Exit, typer.Abort, TyperException):
            raise
        except OSError as error:
            show.error(StorageError(f"{error.strerror or error}: {error.filename or 'the disk'}"))
            raise typer.Exit(StorageError.exit_code) from error
        except Exception as error:
            show.error(_internal(error))
            raise typer.Exit(ChartlakeError.exit_code) from error


def _internal(error: Exception) -> ChartlakeError:
    """A fault of ours: all that is needed to report it."""
    trace = "".join(traceback.format_exception(error)).rstrip()
    return ChartlakeError(
        f"internal error: {type(error).__name__}: {error}",
        why=trace,
        fix="please report it, with the lines above; what is committed is kept",
    )


app = typer.Typer(
    name="chartlake",
    cls=_Commands,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    help="Keep the history that Spotify throws away: music charts and playlists, in a lake you "
    "own, and see what moved.",
    epilog="No account yet? chartlake demo",
)
app.command()(init)
app.command()(demo)
app.command()(login)
app.command()(logout)
app.command()(run)
app.command("import")(import_)
app.command()(status)
app.add_typer(trends.app, name="trends")
app.command()(stories)
app.command()(explain)
app.command()(lineage)
app.command()(query)
app.command()(check)
app.command()(reconcile)
app.command()(backfill)
app.command()(rebuild)
app.command()(compact)
app.command()(marts)
app.command()(verify)
app.command()(gc)
app.command()(purge)
app.command("forget-user")(forget_user)
app.add_typer(lake.app, name="lake")
app.add_typer(aws.app, name="aws")
app.command()(doctor)
app.command()(simulator)


class _ForPeople(logging.Formatter):
    """Warnings look like all others; what --verbose adds has its time."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        if record.levelno < logging.WARNING:
            return super().format(record)
        return f"warning: {show.plain(record.getMessage())}"


def _version(wanted: bool) -> None:
    if wanted:
        show.line(f"chartlake {version('chartlake')}")
        raise typer.Exit


@app.callback()
def _options(
    project: ProjectDir = None,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Log each request to standard error.")
    ] = False,
) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_ForPeople("%(asctime)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("chartlake").setLevel(logging.INFO if verbose else logging.WARNING)


def main() -> None:
    """Run the command line and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that can't show ▲ shows ?
    signals.watch()
    try:
        app()
    except SystemExit as end:
        signals.leave(end.code)
        raise
