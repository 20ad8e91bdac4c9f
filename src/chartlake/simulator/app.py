"""The app as it stands in the dashboard: its id and secret, its redirect addresses, its users."""

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from chartlake.simulator.modes import Mode

MOST_USERS = 5  # on the list of an app in development mode
_LOOPBACK = ("127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class App:
    """The one app that may ask; ``users`` are those on its list, None lets everybody in."""

    client_id: str
    client_secret: str
    redirect_uris: tuple[str, ...]
    users: frozenset[str] | None = None

    def __post_init__(self) -> None:
        """Refuse what the dashboard would not take."""
        for uri in self.redirect_uris:
            if problem := redirect_problem(uri):
                raise ValueError(f"redirect_uris: {uri!r} {problem}")

    def knows_redirect(self, uri: str) -> bool:
        """Whether a login may end at this address: it is safe, and registered."""
        if redirect_problem(uri):
            return False
        return any(_same_place(known, uri) for known in self.redirect_uris)

    def lists(self, user_id: str | None) -> bool:
        """Whether a user is on the app's list; the app itself always is."""
        return self.users is None or user_id is None or user_id in self.users


def app_users(registered: Collection[str] | None, mode: Mode) -> frozenset[str] | None:
    """The app's list of users; ValueError where the dashboard has no room for them."""
    if registered is None:
        return None
    if mode == "development" and len(set(registered)) > MOST_USERS:
        raise ValueError(
            f"registered_users has {len(set(registered))}: "
            f"an app in development mode has at most {MOST_USERS}"
        )
    return frozenset(registered)


def redirect_problem(uri: str) -> str | None:
    """What is wrong with a redirect address since 2025: https, or a loopback address in numbers."""
    try:
        parts = urlsplit(uri)
        _ = parts.port  # is only looked at when it is asked for
    except ValueError as error:
        return f"is not a URL: {error}"
    if parts.fragment or parts.username or not parts.hostname:
        return "is not a full URL without a user and a fragment"
    if not uri.isascii() or not uri.isprintable() or " " in uri:
        return "has characters that a URL has not"
    if parts.scheme == "https" and parts.hostname != "localhost":
        return None
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return None
    return "is not https, nor http on 127.0.0.1 or [::1] (localhost is not taken either)"


def _same_place(known: str, asked: str) -> bool:
    registered, wanted = urlsplit(known), urlsplit(asked)
    if registered.hostname in _LOOPBACK and registered.port is None:
        # a program on the user's machine takes whatever port is free
        return _without_port(registered) == _without_port(wanted)
    return known == asked


def _without_port(parts: SplitResult) -> tuple[str, str | None, str, str]:
    return parts.scheme, parts.hostname, parts.path, parts.query
