"""chartlake login and chartlake logout: let chartlake read what a Spotify user may read."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from chartlake.cli import show
from chartlake.cli.options import AsJson, ProjectDir
from chartlake.errors import ConfigError, UsageError
from chartlake.extract.spotify.auth.accounts import DEFAULT, Account, AccountKey, Accounts
from chartlake.extract.spotify.auth.grants import DASHBOARD
from chartlake.extract.spotify.auth.login import REGISTERED, SCOPES, Attempt, StrayAnswer
from chartlake.model import FEED_NAME
from chartlake.settings import Settings, SpotifySettings, read_settings
from chartlake.settings.sections import CredentialKind
from chartlake.wiring.sign_in import open_accounts, open_login

__all__ = ["login", "logout"]

WAIT_SECONDS = 300.0
_PASTES = 3
_APPS = "https://www.spotify.com/account/apps"

StoreOption = Annotated[
    CredentialKind | None,
    typer.Option("--store", help="Where sign-ins are kept (default: as configured, auto)."),
]
AccountName = Annotated[
    str, typer.Option("--account", metavar="NAME", help="A name of yours for this Spotify user.")
]


def login(
    account: AccountName = DEFAULT,
    paste: Annotated[
        bool,
        typer.Option("--paste", help="For a browser on another machine: paste where it ended."),
    ] = False,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address; open it on this machine.")
    ] = False,
    store: StoreOption = None,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """Sign in to Spotify in the browser, so that your own lists can be read."""
    settings = _kept_in(store, read_settings(project or Path()))
    key = AccountKey(_checked(account), _client_id(settings.spotify))
    accounts = open_accounts(settings, show.note)
    accounts.get(key)  # a store that can't be read is told before the browser opens
    try:
        with open_login(settings, accounts) as desk:
            attempt, code = _ask(settings.spotify, key.client_id, paste, no_browser)
            signed_in = desk.complete(attempt, code, key)
    except KeyboardInterrupt:
        show.note("interrupted: nobody was signed in")
        raise typer.Exit(130) from None
    _tell(signed_in, accounts.place, as_json)
    _warn_of_same_user(signed_in, accounts)
    if settings.spotify.access_token:
        show.warn("CHARTLAKE_SPOTIFY__ACCESS_TOKEN is set and goes before this sign-in: remove it")


def logout(
    account: AccountName = DEFAULT,
    everyone: Annotated[
        bool, typer.Option("--all", help="Every account that is kept here, of every app.")
    ] = False,
    store: StoreOption = None,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """Forget a sign-in. What was read with it stays in the lake."""
    settings = _kept_in(store, read_settings(project or Path()))
    accounts = open_accounts(settings, show.note)
    known = accounts.keys()
    client_id = settings.spotify.client_id
    leaving = [
        key
        for key in known
        if everyone or (key.name == account and client_id in (None, key.client_id))
    ]
    if not leaving and not everyone:
        raise UsageError(
            f"nobody is signed in as account {account}",
            fix=f"signed in: {', '.join(sorted({key.name for key in known})) or 'nobody'}",
        )
    if leaving:
        _forget(accounts, leaving)
    if as_json:
        show.json({"forgotten": [key._asdict() for key in leaving]})
        return
    for key in leaving:
        show.line(show.plain(f"Forgot the sign-in of account {key.name}."))
    if not leaving:
        show.line("Nobody was signed in.")
        return
    show.line(f"Spotify still lists the app as allowed, until you remove it at {_APPS}")
    show.line("What was read stays in the lake.")


def _kept_in(store: CredentialKind | None, settings: Settings) -> Settings:
    """The settings with another place for sign-ins, if one is named."""
    if store is None:
        return settings
    auth = settings.auth.model_copy(update={"store": store})
    return settings.model_copy(update={"auth": auth})


def _forget(accounts: Accounts, keys: list[AccountKey]) -> None:
    with accounts.exclusive():
        for key in keys:
            accounts.forget(key)


def _client_id(spotify: SpotifySettings) -> str:
    if spotify.client_id:
        return spotify.client_id
    raise ConfigError(
        "no Spotify client id is configured",
        why="a sign-in is given to an app, and the app is yours",
        fix=f"make an app at {DASHBOARD} with the Redirect URI {REGISTERED}, then put its client "
        "id under [spotify] in chartlake.toml, or into CHARTLAKE_SPOTIFY__CLIENT_ID",
    )


def _checked(account: str) -> str:
    if FEED_NAME.fullmatch(account):
        return account
    raise UsageError(
        f"{account!r} is no name for an account", fix="use small letters, digits and single hyphens"
    )


def _ask(
    spotify: SpotifySettings, client_id: str, paste: bool, no_browser: bool
) -> tuple[Attempt, str]:
    """Send the user to Spotify's page, and get the code that comes back."""
    # imported where it is needed: a web server is slow to load, and most commands need none
    from chartlake.extract.spotify.auth.receiver import PATH, Receiver

    port = spotify.redirect_port
    if not paste:
        with Receiver(port) as receiver:
            attempt = Attempt(spotify.authorize_url, client_id, receiver.redirect_uri)
            receiver.listen(attempt.code_in)
            if no_browser or _open_browser(attempt.url):
                show.note("sign in on Spotify's page; if no browser window is open, go to")
                show.note(attempt.url)
                return attempt, receiver.wait(WAIT_SECONDS)
        show.note("no browser could be opened here: use one anywhere")
    redirect_uri = f"http://127.0.0.1:{port}{PATH}" if port else REGISTERED
    attempt = Attempt(spotify.authorize_url, client_id, redirect_uri)
    return attempt, _pasted(attempt, redirect_uri)


def _open_browser(url: str) -> bool:
    """Whether a window was opened; a browser of text would take the terminal, and can't sign in."""
    has_screen = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
    if sys.platform.startswith("linux") and not has_screen:
        return False
    try:
        return webbrowser.open(url)
    except webbrowser.Error:
        return False


def _pasted(attempt: Attempt, redirect_uri: str) -> str:
    show.note("sign in on Spotify's page, at")
    show.note(attempt.url)
    show.note(
        f"the browser will end at an address that begins with {redirect_uri} and show an error "
        "page, as nothing answers there: that is fine"
    )
    for left in range(_PASTES - 1, -1, -1):
        show.note("copy the whole address and paste it here, then press Enter:")
        text = sys.stdin.readline()
        if not text:
            raise UsageError("no address was pasted", fix="run chartlake login in a terminal")
        try:
            return attempt.code_in_pasted(text)
        except StrayAnswer as problem:
            if not left:
                raise
            show.error(problem)
    raise AssertionError("the last try returns or raises")


def _warn_of_same_user(signed_in: Account, accounts: Accounts) -> None:
    """A browser that is logged in as somebody signs that one in, whatever the account's name."""
    names = accounts.keys()
    others = [accounts.get(k) for k in names if k != signed_in.key and k[1] == signed_in.client_id]
    for other in others:
        if other and other.user_id == signed_in.user_id:
            show.warn(
                f"account {other.name} is the same Spotify user: to sign in as somebody else, "
                f"log out at spotify.com first, then: chartlake login --account {signed_in.name}"
            )


def _tell(account: Account, place: str, as_json: bool) -> None:
    who = account.display_name or account.user_id
    if as_json:
        show.json(
            {
                "account": account.name,
                "user_id": account.user_id,
                "display_name": account.display_name,
                "scopes": account.scopes,
                "authorized_at": account.authorized_at,
                "expires_at": account.expires_at,
                "kept_in": place,
            }
        )
    else:
        show.line(show.plain(f"Signed in as {who} ({account.user_id}), account {account.name}."))
        show.line(show.plain(f"kept in   {place}"))
        show.line(
            f"until     {account.expires_at:%Y-%m-%d}: Spotify ends each sign-in after six months"
        )
        is_for_aws = place.startswith("AWS")
        then = "chartlake aws status" if is_for_aws else "chartlake doctor, then chartlake run"
        show.line(f"next      {then}")
    if missing := set(SCOPES) - set(account.scopes):
        show.warn(f"not allowed: {', '.join(sorted(missing))}: feeds that need it will fail")
