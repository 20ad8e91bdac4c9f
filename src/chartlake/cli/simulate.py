"""chartlake simulator: the simulated Spotify alone, to develop against."""

from __future__ import annotations

import json
import logging
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.text import Text

from chartlake.cli import show
from chartlake.cli.options import AsJson
from chartlake.errors import ConfigError, UsageError
from chartlake.simulator import (
    Approve,
    Fault,
    Mixtape,
    Mode,
    Playlist,
    Shape,
    Simulator,
    World,
    read_faults,
)

__all__ = ["simulator"]

_PER_WINDOW = 10_000
_AFTER_LAST = timedelta(weeks=6)
_MORNING = time_of_day(4, tzinfo=UTC)


def simulator(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Listen here; 0 takes a free port.")
    ] = 0,
    mode: Annotated[
        Mode, typer.Option("--mode", help="What the app may do, by its quota mode.")
    ] = "development",
    shape: Annotated[
        Shape, typer.Option("--shape", help="Names of fields: since 2026, before, or both at once.")
    ] = "2026",
    day: Annotated[
        datetime | None,
        typer.Option(
            "--date",
            metavar="YYYY-MM-DD",
            formats=["%Y-%m-%d"],
            help="The day on which the simulated clock starts (default: the demo's last).",
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Another seed is another world.")] = 1,
    faults: Annotated[
        Path | None,
        typer.Option("--faults", metavar="FILE", help="What goes wrong, as a TOML file."),
    ] = None,
    window: Annotated[
        int, typer.Option("--window", min=1, metavar="N", help="Requests in 30 s before a 429.")
    ] = _PER_WINDOW,
    approve: Annotated[
        Literal["ask", "at-once", "deny"],
        typer.Option("--approve", help="Who answers the authorize page: you, or nobody."),
    ] = "ask",
    as_json: AsJson = False,
) -> None:
    """Run a simulated Spotify on this machine until Ctrl-C: no account, no network.

    It says where it is, and prints a chartlake.toml and a .env that use it. With
    --json this is one JSON document in one line. chartlake -v simulator logs each
    request.

    The file of --faults is TOML, with a table in the list "fault" for each thing
    that goes wrong: kind = "status", what that kind needs (code = 503), and which
    requests it meets: path = "/v1/playlists/*", nth = 2, every = 3, times = 1.
    Kinds: status (code, message), too_many (seconds), quota_exceeded (seconds),
    reset (at), late (seconds), drip (seconds, pieces), truncated (at), shortened
    (at), html, huge (megabytes), mutated (mutation, item).
    """
    world = World(seed)
    choice: dict[str, Approve] = {"ask": "ask", "at-once": "at once", "deny": "deny"}
    start = _start(world, day.date() if day else world.last_date)
    spotify = Simulator(
        world,
        _running_clock(start),
        mode=mode,
        shape=shape,
        window_requests=window,
        approve=choice[approve],
        faults=_read(faults) if faults else (),
        port=port,
    )
    _log_requests()
    try:
        spotify.start()
    except OSError as error:
        raise UsageError(
            f"cannot listen on port {port}", why=error.strerror, fix="--port 0 takes a free one"
        ) from error
    try:
        about = {"date": str(start.date()), **_about(spotify, world)}
        show.line(json.dumps(about)) if as_json else _say(about)
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C does
        threading.Event().wait()
    except KeyboardInterrupt:
        show.note(f"stopped after {spotify.request_count:,} requests to the Web API")
    finally:
        spotify.stop()


def _start(world: World, day: date) -> datetime:
    """Four in the morning of a day on which the world has charts that read naturally."""
    last = world.last_date + _AFTER_LAST
    if not world.first_date <= day <= last:
        raise UsageError(
            f"--date {day}: this world has no charts then",
            fix=f"a day from {world.first_date} to {last}",
        )
    return datetime.combine(day, _MORNING)


def _running_clock(start: datetime) -> Callable[[], datetime]:
    """A clock that starts where it is told to, and goes on as time does."""
    began = time.monotonic()
    return lambda: start + timedelta(seconds=time.monotonic() - began)


def _read(file: Path) -> tuple[Fault, ...]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--faults {file}: cannot be read", why=str(error)) from error
    return read_faults(text, str(file))


def _log_requests() -> None:
    """With -v, and here only: in the demo the client logs the same requests."""
    if logging.getLogger("chartlake").isEnabledFor(logging.INFO):
        logging.getLogger("chartlake.simulator.server").setLevel(logging.DEBUG)


def _about(spotify: Simulator, world: World) -> dict[str, Any]:
    """All that somebody needs to use it."""
    lists: list[Playlist | Mixtape] = [*world.playlists, *world.mixtapes.values()]
    playlists = [
        {"name": found.name, "owner": found.owner_id, "url": _link(found.playlist_id)}
        for found in lists
    ]
    users = [{"user_id": user.user_id, "display_name": user.display_name} for user in world.users]
    return {
        "api_url": spotify.api_url,
        "authorize_url": spotify.authorize_url,
        "token_url": spotify.token_url,
        "client_id": spotify.app.client_id,
        "client_secret": spotify.app.client_secret,
        "redirect_uris": spotify.app.redirect_uris,
        "mode": spotify.mode,
        "users": users,
        "playlists": playlists,
        "chartlake_toml": _toml(spotify, world),
        "dotenv": f"CHARTLAKE_SPOTIFY__CLIENT_SECRET={spotify.app.client_secret}\n",
    }


def _toml(spotify: Simulator, world: World) -> str:
    first = world.playlists[0]
    return f"""\
[spotify]
api_url = "{spotify.api_url}"
token_url = "{spotify.token_url}"
authorize_url = "{spotify.authorize_url}"
client_id = "{spotify.app.client_id}"

[feeds.{first.slug}]
source = "playlist"
playlist = "{_link(first.playlist_id)}"
schedule = "daily"
"""


def _link(playlist_id: str) -> str:
    return f"https://open.spotify.com/playlist/{playlist_id}"


def _say(about: dict[str, Any]) -> None:
    show.line(
        "A simulated Spotify answers here until Ctrl-C. Its music and its users are invented."
    )
    show.line()
    for name in ("api_url", "authorize_url", "token_url", "client_id", "client_secret"):
        show.line(f"{name:<14} {about[name]}")
    show.line(f"{'redirect_uris':<14} {', '.join(about['redirect_uris'])} (on any port)")
    show.line(f"{'mode':<14} {about['mode']}")
    show.line(f"{'date':<14} {about['date']}, going on from four in the morning, UTC")
    _heading("Users")
    for user in about["users"]:
        show.line(f"  {user['display_name']}  {user['user_id']}")
    _heading("Playlists")
    for playlist in about["playlists"]:
        show.line(f"  {playlist['url']}  {playlist['name']}, of {playlist['owner']}")
    _heading("chartlake.toml")
    show.line(about["chartlake_toml"].rstrip())
    _heading(".env")
    show.line(about["dotenv"].rstrip())
    if about["mode"] == "development":
        who = about["users"][0]["display_name"]
        show.line()
        show.line(
            f"In development mode only a user reads playlists: {show.program()} login, as {who}."
        )


def _heading(text: str) -> None:
    show.line(Text(f"\n{text}", style="bold"))
