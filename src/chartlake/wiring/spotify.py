"""The Spotify side of a project: one governor, one memory, and a reader for each feed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from threading import Event

from chartlake.extract.due import Read
from chartlake.extract.spotify import expected
from chartlake.extract.spotify.allowance import Allowance
from chartlake.extract.spotify.artist_catalog import AlbumsRead, read_artist_catalog
from chartlake.extract.spotify.auth import Account, Accounts, TokenSources
from chartlake.extract.spotify.auth.accounts import DEFAULT, AccountKey
from chartlake.extract.spotify.capabilities import BATCH, MODE, Capabilities
from chartlake.extract.spotify.client import SpotifyApi, SpotifyClient
from chartlake.extract.spotify.governor import Governor
from chartlake.extract.spotify.hydration import Wanted, read_hydration
from chartlake.extract.spotify.playlist import read_playlist
from chartlake.extract.spotify.probing import LISTENER_PATHS
from chartlake.extract.spotify.quota import QuotaMemory
from chartlake.extract.spotify.recently_played import read_recently_played
from chartlake.extract.spotify.retry import Retry
from chartlake.extract.spotify.saved_tracks import read_saved_tracks
from chartlake.extract.spotify.top_items import read_top_items
from chartlake.lake.store import Store
from chartlake.model import Manifest, sha256
from chartlake.settings import Settings, SpotifySettings
from chartlake.settings.feeds import (
    ArtistCatalogFeed,
    HydrationFeed,
    PlaylistFeed,
    RecentlyPlayedFeed,
    SavedTracksFeed,
    TopItemsFeed,
)
from chartlake.transform.wanted import bring_up_to_date, mark_missing, waiting
from chartlake.wiring.sign_in import open_accounts, open_http, tokens_for

__all__ = ["DEVELOPMENT_BUDGET", "Spotify", "open_spotify"]

DEVELOPMENT_BUDGET = 1000
"""Requests in 24 hours; apps in development mode were locked out at some 1,100."""


class Spotify:
    """Spotify as one project knows it. Nothing is asked before a feed is read."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        api: SpotifyApi,
        tokens: TokenSources,
        accounts: Accounts,
    ) -> None:
        self._settings = settings
        self._store = store
        self._tokens = tokens
        self._accounts = accounts
        self.api = api

    @property
    def governor(self) -> Governor:
        """What keeps below the quotas."""
        return self.api.governor

    @property
    def request_count(self) -> int:
        """How many requests went to the Web API."""
        return self.api.governor.request_count

    def close(self) -> None:
        """Remember what was spent and seen, and close the connections."""
        self.api.close()

    def client(self, account: str | None = None, *, needs_user: bool = False) -> SpotifyClient:
        """A client for one reading: it gathers the facts of its requests."""
        return SpotifyClient(self.api, self._tokens.of(account, needs_user=needs_user))

    def account(self, name: str) -> Account | None:
        """Who is signed in under this name, if anybody."""
        client_id = self._settings.spotify.client_id
        given = self._settings.spotify.access_token
        return self._accounts.get(AccountKey(name, client_id)) if client_id and not given else None

    def lacks_sign_in(self, name: str) -> bool:
        """Whether a feed can't be read before somebody signs in; nothing is asked for that."""
        spotify, feed = self._settings.spotify, self._settings.feeds[name]
        is_default = feed.account == DEFAULT
        if spotify.access_token and is_default:
            return False
        app_does = bool(spotify.client_id and spotify.client_secret) and is_default
        known = self.account(feed.account)
        if known:
            return not known.refresh_token
        return not app_does or feed.source in LISTENER_PATHS

    def sign_in_days(self) -> int | None:
        """In how many days the first sign-in ends that a feed uses; None where nobody is signed in.

        One that has ended has none.
        """
        names = {feed.account for feed in self._settings.feeds.values()}
        known = [found for name in sorted(names) if (found := self.account(name))]
        days = (
            (each.expires_at - self.api.now()).days if each.refresh_token else 0 for each in known
        )
        return max(0, min(days)) if known else None

    def sign_in_warnings(self) -> Iterator[str]:
        """The accounts in use whose sign-in ends soon, or has ended."""
        for name in sorted({feed.account for feed in self._settings.feeds.values()}):
            known = self.account(name)
            if known and (warning := known.warning(self.api.now())):
                yield f"account {name}: {warning}"

    def reader(self, name: str) -> Read:
        """What reads the feed of this name."""
        store, feed = self._store, self._settings.feeds[name]
        client = partial(self.client, feed.account)
        match feed:
            case PlaylistFeed():
                return lambda due: read_playlist(client(), feed.full_read_every, due)
            case TopItemsFeed():
                time_range = f"{feed.time_range}_term"
                return lambda due: read_top_items(
                    client(needs_user=True), feed.items, time_range, feed.length, due
                )
            case RecentlyPlayedFeed():
                return lambda due: read_recently_played(client(needs_user=True), due)
            case SavedTracksFeed():
                return lambda due: read_saved_tracks(
                    client(needs_user=True), feed.full_read_every, due
                )
            case ArtistCatalogFeed():
                albums = AlbumsRead(store, name)
                allowance = Allowance(store, name, feed.daily_requests)
                return lambda due: read_artist_catalog(
                    client(), feed.artists, feed.groups, allowance, albums, due
                )
            case HydrationFeed():
                wanted = Wanted(
                    lambda day: bring_up_to_date(store).on(day), partial(mark_missing, store)
                )
                return lambda due: read_hydration(
                    client(), wanted, Allowance(store, name, feed.daily_requests), due
                )

    def expected(self, name: str, previous: Manifest | None) -> expected.Expected:
        """How many requests the next reading of a feed will take."""
        feed = self._settings.feeds[name]
        match feed:
            case PlaylistFeed() | SavedTracksFeed():
                return expected.of_list(previous, feed.full_read_every)
            case TopItemsFeed():
                return expected.of_top_items(feed.length)
            case RecentlyPlayedFeed():
                return expected.of_plays()
            case ArtistCatalogFeed():
                return expected.of_catalog(previous, len(feed.artists), feed.daily_requests)
            case HydrationFeed():
                seen = self.api.capabilities.value(BATCH)
                batch = None if seen is None else seen == "yes"
                return expected.of_hydration(waiting(self._store), batch, feed.daily_requests)


def open_spotify(
    settings: Settings, store: Store, clock: Callable[[], datetime], retry: Retry | None
) -> Spotify:
    """Wire it; a run that is ended wakes up whoever waits."""
    ended = Event()
    patience = retry or Retry(
        run_seconds=settings.spotify.longest_run_minutes * 60, sleep=ended.wait
    )
    app, http = _app_name(settings.spotify), open_http(settings.spotify)
    capabilities = Capabilities(clock, store, app)
    governor = Governor(
        clock,
        patience,
        QuotaMemory(store, app),
        concurrency=settings.spotify.workers,
        budget=partial(_budget, settings.spotify, capabilities),
    )
    api = SpotifyApi(
        http, settings.spotify.api_url, clock, governor, capabilities, patience, ended.set
    )
    accounts = open_accounts(settings)
    return Spotify(settings, store, api, tokens_for(settings, http, clock, patience), accounts)


def _budget(spotify: SpotifySettings, capabilities: Capabilities) -> int | None:
    if spotify.daily_requests:
        return spotify.daily_requests
    return None if capabilities.value(MODE) == "extended" else DEVELOPMENT_BUDGET


def _app_name(spotify: SpotifySettings) -> str:
    """By which an app's state is kept: a quota is an app's, whatever the project."""
    return sha256((spotify.client_id or "given token").encode())[:12]
