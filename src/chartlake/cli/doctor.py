"""chartlake doctor: is everything there that a run needs, and what to do where it is not."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.metadata import version
from math import isinf
from typing import Literal, NamedTuple

import typer
from rich.text import Text

from chartlake.cli import show
from chartlake.cli.options import AsJson, ProjectDir, open_here
from chartlake.cli.show import Col
from chartlake.errors import ChartlakeError, Deferred, SourceError
from chartlake.extract.spotify.probing import (
    LISTENER_PATHS,
    Seen,
    probe_app,
    probe_artists,
    probe_listener,
    probe_playlist,
)
from chartlake.lake import keys
from chartlake.settings import FILE_NAME, FeedSettings
from chartlake.settings.feeds import ArtistCatalogFeed, PlaylistFeed
from chartlake.warehouse.duckdb_load import VERSION
from chartlake.wiring.project import Project

__all__ = ["doctor"]

_DEFERRED = Deferred.exit_code
_STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}
_CAPABILITIES = [
    Col("", "level"),
    Col("what", "what", wide=True, wraps=True),
    Col("seen", "state", wide=True, wraps=True),
    Col("what to do", "fix", wide=True, wraps=True),
]


class Finding(NamedTuple):
    """One thing that was looked at."""

    level: str
    what: str
    fix: str | None = None
    exit_code: int = 0


def doctor(as_json: AsJson = False, project: ProjectDir = None) -> None:
    """Look at the set-up: configuration, lake, warehouse, sign-in; say how to mend it."""
    looks = (_versions, _configuration, _lake, _warehouse, _sign_ins, _quota)
    with open_here(project) as here:
        findings = [finding for look in looks for finding in _guarded(look, here)]
        seen = list(_capabilities(here))
    code = _code(findings, seen)
    if as_json:
        show.json(
            {
                "findings": [finding._asdict() for finding in findings],
                "capabilities": [thing._asdict() for thing in seen],
            }
        )
        raise typer.Exit(code)
    for finding in findings:
        show.line(Text(f"{finding.level:<5} ", style=_STYLES[finding.level]) + finding.what)
        if finding.fix:
            show.line(f"      {finding.fix}")
    if seen:
        show.line(Text("\nWhat this app may do, asked just now", style="bold"))
        show.table(_CAPABILITIES, [thing._asdict() for thing in seen])
    raise typer.Exit(code)


def _code(findings: Sequence[Finding], seen: Sequence[Seen]) -> int:
    """The gravest; deferred only where nothing is wrong."""
    by_level = {"ok": 0, "warn": _DEFERRED, "fail": SourceError.exit_code}
    codes = {finding.exit_code for finding in findings} | {by_level[each.level] for each in seen}
    return max(codes - {_DEFERRED}) or max(codes)


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


def _sign_ins(here: Project) -> Iterator[Finding]:
    """Whether each account that a feed reads with gives a token, and for how long."""
    if not here.feeds:
        yield Finding("ok", "no feed needs Spotify's Web API")
        return
    for account, feeds in _feeds_by_account(here).items():
        for finding in _guarded(partial(_sign_in, account), here):
            named = f"{finding.what} (needed by {', '.join(feeds)})"
            yield finding._replace(what=named) if finding.level == "fail" else finding


def _feeds_by_account(here: Project) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, feed in here.settings.feeds.items():
        found.setdefault(feed.account, []).append(name)
    return dict(sorted(found.items()))


def _sign_in(account: str, here: Project) -> Iterator[Finding]:
    here.spotify.client(account).sign_in()
    known = here.spotify.account(account)
    if known is None:
        yield Finding("ok", f"Spotify gave an access token (account {account}: nobody signed in)")
        return
    who = f"account {account}: {known.display_name or known.user_id}"
    if warning := known.warning(here.pipeline.clock()):
        yield Finding("warn", f"{who}: {warning}")
    else:
        yield Finding("ok", f"{who}, signed in until {known.expires_at:%Y-%m-%d}")


def _quota(here: Project) -> Iterator[Finding]:
    if not here.feeds:
        return
    governor = here.spotify.governor
    if until := governor.not_before:
        yield Finding(
            "warn",
            f"Spotify is not asked before {until:%Y-%m-%d %H:%M} UTC, as it said",
            "runs before that end as deferred (75) and keep what is done",
            _DEFERRED,
        )
        return
    left = governor.requests_left
    budget = "no budget of requests" if isinf(left) else f"{left:,.0f} requests left in 24 hours"
    yield Finding("ok", budget)


def _capabilities(here: Project) -> Iterator[Seen]:
    """What the app may do: its mode, then what each feed needs. One that fails hides no other."""
    governor, feeds = here.spotify.governor, here.settings.feeds
    if not feeds or governor.not_before:
        return
    accounts = [account for account in _feeds_by_account(here) if not _lacks(here, account)]
    if accounts:
        yield from _told("the app", lambda: list(probe_app(here.spotify.client(accounts[0]))))
    for name, feed in feeds.items():
        if not governor.not_before:  # told so meanwhile
            yield from _told(f"feed {name}", partial(_probe, here, name, feed))


def _lacks(here: Project, account: str) -> bool:
    """Whether an account gives no token: its finding says so."""
    try:
        here.spotify.client(account).sign_in()
    except ChartlakeError:
        return True
    return False


def _probe(here: Project, name: str, feed: FeedSettings) -> list[Seen]:
    client = here.spotify.client(feed.account, needs_user=feed.source in LISTENER_PATHS)
    if isinstance(feed, PlaylistFeed):
        seen = probe_playlist(client, feed.playlist)
    elif isinstance(feed, ArtistCatalogFeed):
        seen = probe_artists(client, feed.artists)
    elif feed.source in LISTENER_PATHS:
        seen = probe_listener(client, feed.source)
    else:
        seen = Seen("ok", feed.source, "asks for what other feeds name")
    return [seen._replace(what=f"feed {name}: {seen.what}")]


def _told(what: str, ask: Callable[[], list[Seen]]) -> list[Seen]:
    try:
        return ask()
    except ChartlakeError as error:
        level: Literal["warn", "fail"] = "warn" if isinstance(error, Deferred) else "fail"
        why = f" ({error.why})" if error.why else ""
        return [Seen(level, what, f"{error.what}{why}", error.fix or "try again later")]
