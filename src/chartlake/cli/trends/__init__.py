"""chartlake trends: what changed in an edition, and what was best in all of them.

edition   commands about one edition        things    about a track, an artist, records, releases
compared  two editions                      columns   the tables          answers   how they begin
"""

from __future__ import annotations

import typer

from chartlake.cli.options import ProjectDir
from chartlake.cli.trends.answers import describe
from chartlake.cli.trends.columns import EXITS, MOVERS, NEW
from chartlake.cli.trends.compared import compare
from chartlake.cli.trends.edition import (
    artists,
    chart,
    exits,
    markets,
    movers,
    new,
    roster,
    streaks,
)
from chartlake.cli.trends.things import artist, new_releases, records, track

__all__ = ["EXITS", "MOVERS", "NEW", "app", "describe"]

app = typer.Typer(
    no_args_is_help=True,
    help="What changed: movers, new, exits, streaks, chart, compare, artists, records and more.",
)


@app.callback()
def _options(project: ProjectDir = None) -> None:
    pass


app.command()(movers)
app.command()(new)
app.command()(exits)
app.command()(streaks)
app.command()(chart)
app.command()(compare)
app.command()(track)
app.command()(artists)
app.command()(artist)
app.command()(markets)
app.command()(roster)
app.command()(records)
app.command("releases")(new_releases)
