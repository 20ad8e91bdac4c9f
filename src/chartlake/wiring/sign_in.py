"""From settings to sign-ins: accounts, access tokens, and connections to Spotify."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import platformdirs

from chartlake.errors import ConfigError
from chartlake.extract.spotify.auth import Accounts, NoCredentials, TokenSources
from chartlake.extract.spotify.auth.grants import TokenEndpoint
from chartlake.extract.spotify.auth.login import Login
from chartlake.extract.spotify.auth.person import who_is
from chartlake.extract.spotify.auth.private_files import lock_in
from chartlake.extract.spotify.auth.sources import AppCredentials
from chartlake.extract.spotify.auth.stores import CredentialStore
from chartlake.extract.spotify.auth.stores import open_store as open_credential_store
from chartlake.extract.spotify.retry import Retry
from chartlake.lake.store import open_store
from chartlake.settings import Settings, SpotifySettings
from chartlake.wiring.clock import system_clock

__all__ = ["open_accounts", "open_http", "open_login", "tokens_for"]

logger = logging.getLogger(__name__)

_TURN_SECONDS = 30.0
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def open_accounts(settings: Settings, say: Callable[[str], None] = logger.warning) -> Accounts:
    """The accounts that are signed in, of every app; nothing is read yet."""
    chosen = settings.auth.folder
    # not resolved: where a link leads is for the store to refuse
    folder = (
        settings.project / chosen.expanduser()
        if chosen
        else Path(platformdirs.user_config_dir("chartlake")) / "accounts"
    )
    if settings.auth.store == "aws":
        return Accounts(_secrets(settings), _turn_over(settings.lake_url))
    store = open_credential_store(settings.auth.store, folder, say)
    return Accounts(store, lock_in(folder))


def _secrets(settings: Settings) -> CredentialStore:
    """Secrets Manager, of which nothing is imported before it is wanted: boto3 is slow to load."""
    try:
        from chartlake.aws.secrets import SecretsStore
        from chartlake.aws.session import open_client, open_session
    except ModuleNotFoundError as error:
        raise ConfigError(
            'store = "aws" needs a package that is not installed',
            why=str(error),
            fix="pip install 'chartlake[aws]'",
        ) from error
    place = settings.aws
    session = partial(open_session, place.region, place.profile)
    return SecretsStore(lambda: open_client(session(), "secretsmanager"), place.name)


def _turn_over(lake_url: str) -> Callable[[], AbstractContextManager[None]]:
    """Who refreshes a sign-in has the turn over the lake, wherever others run."""

    @contextmanager
    def turn() -> Iterator[None]:
        with open_store(lake_url).alone("accounts", _TURN_SECONDS):
            yield

    return turn


def tokens_for(
    settings: Settings, http: httpx2.Client, clock: Callable[[], datetime], retry: Retry
) -> TokenSources:
    """Access tokens, by account; nothing is read or asked for yet."""
    spotify = settings.spotify
    secret, token = spotify.client_secret, spotify.access_token
    app = AppCredentials(
        client_id=spotify.client_id,
        client_secret=secret.get_secret_value() if secret else None,
        access_token=token.get_secret_value() if token else None,
    )
    otherwise = None
    if urlsplit(spotify.api_url).hostname in _LOOPBACK:
        otherwise = NoCredentials(
            f"no credentials for the Spotify at {spotify.api_url}, which is on this machine",
            "if it was a demo's: it ended with it, and chartlake demo makes another",
        )
    endpoint = TokenEndpoint(http, spotify.token_url, retry)
    return TokenSources(app, open_accounts(settings), endpoint, clock, otherwise)


@contextmanager
def open_login(
    settings: Settings,
    accounts: Accounts,
    clock: Callable[[], datetime] = system_clock,
    retry: Retry | None = None,
) -> Iterator[Login]:
    """What signs a user in, with connections of its own."""
    spotify, patience = settings.spotify, retry or Retry()
    with open_http(spotify) as http:
        endpoint = TokenEndpoint(http, spotify.token_url, patience)
        yield Login(endpoint, partial(who_is, http, spotify.api_url, patience), accounts, clock)


def open_http(spotify: SpotifySettings) -> httpx2.Client:
    """Connections to Spotify, or to what stands for it on this machine."""
    # a proxy of the environment has no business with a server on this machine
    local = urlsplit(spotify.api_url).hostname in _LOOPBACK
    # reading all certificates takes a while: not where no address needs one
    return httpx2.Client(
        timeout=httpx2.Timeout(30.0, connect=10.0),
        headers={"User-Agent": f"chartlake/{version('chartlake')}"},
        trust_env=not local,
        verify=any(url.startswith("https:") for url in (spotify.api_url, spotify.token_url)),
    )
