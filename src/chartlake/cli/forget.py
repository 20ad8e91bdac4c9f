"""chartlake forget-user: everything of an account, everywhere, and a search that proves it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from chartlake.cli import show
from chartlake.cli.options import AsJson, ProjectDir, open_with
from chartlake.cli.remove import Yes, alone, check_sure, finish_removals
from chartlake.errors import UsageError
from chartlake.extract.spotify.auth.accounts import Account, AccountKey, Accounts
from chartlake.extract.spotify.capabilities import playlist_fact
from chartlake.lake import forget, keys
from chartlake.lake.ahead import read_ahead
from chartlake.lake.search import Hit, Words, search
from chartlake.lake.store import Store
from chartlake.model import Feed
from chartlake.settings import Settings, read_settings
from chartlake.transform.owners import playlists_of
from chartlake.wiring.project import Project
from chartlake.wiring.sign_in import open_accounts

__all__ = ["feeds_of_account", "forget_user", "remove_feeds"]

_APPS = "https://www.spotify.com/account/apps"
_VERSIONS = (
    "the bucket keeps former versions: they still hold what was removed. To delete them: "
    "pip install 'chartlake[aws]' and run this again; or a lifecycle rule for noncurrent versions "
    "(NoncurrentVersionExpiration, and ExpiredObjectDeleteMarker)"
)
_CANNOT_SEE = (
    "no object shows that the bucket keeps former versions. Whether it did once and still has some "
    "(versioning that is suspended) only the extra can see: pip install 'chartlake[aws]'"
)


def forget_user(
    account: Annotated[str, typer.Argument(help="The account's name here, such as default.")],
    user_id: Annotated[
        list[str] | None,
        typer.Option("--user-id", metavar="ID", help="Its Spotify id, where nobody is signed in."),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option("--name", metavar="NAME", help="A name of the user, to be searched for too."),
    ] = None,
    yes: Yes = False,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """Remove an account everywhere: feeds, playlists, tables, sign-in; then search for it."""
    settings = read_settings(project or Path())
    here = open_with(settings)
    accounts = open_accounts(settings, show.note)
    everybody = accounts.keys()
    signed_in = [key for key in everybody if key.name == account]
    known = [who for key in signed_in if (who := accounts.get(key))]
    ids = [*(user_id or ()), *(who.user_id for who in known)]
    words = Words([*ids, *(name or ()), *(who.display_name or "" for who in known)])
    feeds = feeds_of_account(here, account, ids)
    _check_anything(account, settings, feeds, signed_in, words)
    names = ", ".join(sorted(feeds)) or "no feeds"
    check_sure(f"forget account {account}, with all of {names}, everywhere and for good", yes)
    with alone(here.store, "keep", "extract", "marts"):
        slots = remove_feeds(here, feeds)
        versioned = _leaves_versions(here.store, feeds)
        _sign_out(accounts, signed_in)
        hits = [*search(here.store, words), *(Hit(*h) for h in here.warehouse.search(words))]
    if as_json:
        facts = {"account": account, "feeds": sorted(feeds), "slots": slots}
        found = {"found": [hit._asdict() for hit in hits], "keeps_versions": versioned}
        show.json({**facts, "sign_ins": len(signed_in), "searched_for": words.words, **found})
    else:
        _tell(account, slots, feeds, known, words, hits)
    if versioned:
        show.warn(_VERSIONS)
    still = [feed for feed in settings.feeds if feed in feeds]
    if still:
        show.warn(f"remove from chartlake.toml: {', '.join(still)}. They are not asked any more")
    if hits or versioned:
        raise typer.Exit(1)


def feeds_of_account(here: Project, account: str, ids: list[str]) -> dict[str, Feed]:
    """The account's own feeds, read or only configured, and the playlists of its user."""
    found = [feed for feed in here.feeds if forget.is_of(feed, account)]
    found += forget.feeds_of(here.store, account)
    for user_id in dict.fromkeys(ids):
        found += playlists_of(here.store, user_id)
    return {feed.name: feed for feed in found}


def remove_feeds(here: Project, feeds: dict[str, Feed]) -> int:
    """Close feeds and remove all that is there of them; how many slots that was."""
    now = here.pipeline.clock()
    slots = sum(forget.close_and_bury(here.store, feed, now) for feed in feeds.values())
    finish_removals(here)
    # also of feeds that an interrupted call had begun with: nothing else tells of them any more
    done = [*feeds.values(), *forget.begun(here.store)]
    forget.remove_leavings(here.store, [feed.name for feed in done])
    facts = [playlist_fact(feed.source_id) for feed in done if feed.source == "playlist"]
    forget.forget_facts(here.store, facts)
    return slots


def _sign_out(accounts: Accounts, signed_in: list[AccountKey]) -> None:
    """Last, since it tells who the user is: what was interrupted can be done again."""
    if signed_in:
        with accounts.exclusive():
            for key in signed_in:
                accounts.forget(key)


def _leaves_versions(store: Store, feeds: Iterable[str]) -> bool:
    """Delete the former versions of all that may have been of the account; whether some stay."""
    if urlsplit(store.url).scheme != "s3":
        return False
    try:
        from chartlake.aws.versions import remove_former_versions
    except ImportError:
        keeps = _keeps_versions(store)
        if not keeps:
            show.warn(_CANNOT_SEE)
        return keeps
    names = {*feeds, *(feed.name for feed in forget.begun(store))}
    if count := remove_former_versions(store.url, keys.that_may_name(names)):
        show.note(f"{count:,} former versions deleted from the bucket")
    return False


def _keeps_versions(store: Store) -> bool:
    """Whether any object has a version: the tombstones, which are new, or one from earlier.

    Not each of them has one. What was written before versioning has none, and neither has what
    is written while it is suspended.
    """

    def has_version(key: str) -> bool:
        with suppress(FileNotFoundError):  # removed since it was listed
            return store.keeps_versions(key)
        return False

    return any(read_ahead(has_version, chain(store.keys(keys.TOMBSTONES), store.keys(""))))


def _check_anything(
    account: str, settings: Settings, feeds: dict[str, Feed], signed_in: object, words: Words
) -> None:
    if not (feeds or signed_in or words.words):
        raise UsageError(
            f"nothing is known of an account {account!r}",
            fix="the accounts of feeds: "
            + (", ".join(sorted({f.account for f in settings.feeds.values()})) or "none"),
        )
    if not words.words:
        show.warn("nobody is signed in: name the user with --user-id and --name, to search for it")


def _tell(
    account: str,
    slots: int,
    feeds: dict[str, Feed],
    known: list[Account],
    words: Words,
    hits: list[Hit],
) -> None:
    for feed in sorted(feeds):
        show.line(f"removed   {feed}")
    show.line(show.plain(f"Forgot account {account}: {slots:,} slots, {len(known)} sign-ins."))
    if known:
        show.line(f"Spotify still lists the app as allowed, until you remove it at {_APPS}")
    if words.words and not hits:
        told = ", ".join(words.words)
        show.line(show.plain(f"Searched all bytes of lake and warehouse for {told}: nothing."))
    for hit in hits:
        show.warn(f"still there: {hit.word} in {hit.where}")
    if hits:
        show.note("in a feed of somebody else: chartlake purge FEED --date DAY removes the slot")
