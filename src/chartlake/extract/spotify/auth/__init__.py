"""Signing in: who asks Spotify, and with which access token.

    tokens            what gives access tokens: a given one, or an app's own (client credentials)
    user              the same for a signed-in user: refreshed, by one of all workers at a time
    sources           which of them a feed gets
    grants            the token endpoint: posts to it, understands what it answers
    login             one sign-in of a user: code with PKCE, who that is, what is kept
    receiver          waits on this machine for the browser to come back
    accounts          what is kept per account
    stores            where it is kept: files or keyring; others plug in here
    keyring_store     the operating system's keyring
    private_files     files and folders that nobody else can read

Secrets are in no message, repr or log: errors are raised apart from the HTTP library's own, which
know the request and its body.
"""

from chartlake.extract.spotify.auth.accounts import Account, Accounts
from chartlake.extract.spotify.auth.sources import TokenSources
from chartlake.extract.spotify.auth.tokens import (
    ClientCredentials,
    GivenToken,
    NoCredentials,
    TokenSource,
)
from chartlake.extract.spotify.auth.user import UserTokens

__all__ = [
    "Account",
    "Accounts",
    "ClientCredentials",
    "GivenToken",
    "NoCredentials",
    "TokenSource",
    "TokenSources",
    "UserTokens",
]
