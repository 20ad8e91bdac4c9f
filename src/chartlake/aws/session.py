"""Where every client of AWS comes from, and what its errors mean for people."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    LoginError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

from chartlake.errors import (
    ChartlakeError,
    ConfigError,
    Refused,
    SignInError,
    StorageError,
    Unavailable,
)

__all__ = ["Session", "code_of", "open_client", "open_session", "told"]

Session = boto3.Session
"""For those who hand it on and need nothing else of boto."""

_ENDED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
_WRONG = {
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "AuthFailure",
}
_DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "AuthorizationError",
    "403",
}
_BUSY = {"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded"}
_RIGHTS = {
    "HeadObject": "s3:GetObject and s3:ListBucket on the bucket of the code",
    "HeadBucket": "s3:ListBucket",
    "ListObjectsV2": "s3:ListBucket",
}
"""What a right is called, where it is not called like the request."""
_HOW_TO_SIGN_IN = (
    "name a profile (aws.profile in chartlake.toml, or AWS_PROFILE), or sign in: aws sso login"
)


def open_session(region: str | None = None, profile: str | None = None) -> boto3.Session:
    """A session for a region and a profile; ConfigError where there is no such profile or region.

    Nothing is asked of the network yet. AWS_REGION counts too, which boto knows only in Lambda.
    There are no profiles there: what a project says of one is for the machine that deploys it.
    """
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        profile = None
    try:
        session = boto3.Session(
            region_name=region or os.environ.get("AWS_REGION") or None, profile_name=profile
        )
    except ProfileNotFound as error:
        raise ConfigError(
            f"AWS has no profile {profile or os.environ.get('AWS_PROFILE')!r} here",
            why=str(error),
            fix="aws configure list-profiles shows those there are",
        ) from error
    if not session.region_name:
        raise _no_region()
    return session


def open_client(session: boto3.Session, service: str) -> Any:
    """A client that the caller closes; AWS_ENDPOINT_URL leads it to another address."""
    # a name that the lake's store knows too, and boto does not
    endpoint = None if "AWS_ENDPOINT_URL" in os.environ else os.environ.get("AWS_ENDPOINT")
    return session.client(
        service, endpoint_url=endpoint, config=Config(retries={"mode": "standard"})
    )


def code_of(error: ClientError) -> str:
    """The code by which AWS names an error, such as AccessDenied."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def told(doing: str) -> Iterator[None]:
    """Errors of AWS inside become ours: what could not be done, why, and what to do."""
    try:
        yield
    except ClientError as error:
        raise _refused(error, doing) from error
    except BotoCoreError as error:
        raise _failed(error, doing) from error


def _refused(error: ClientError, doing: str) -> ChartlakeError:
    code, why = code_of(error), str(error)
    if code in _ENDED:
        return SignInError(
            f"cannot {doing}: the sign-in to AWS has ended",
            why=why,
            fix="sign in again (aws sso login), or get new credentials",
        )
    if code in _WRONG:
        return SignInError(
            f"cannot {doing}: AWS does not know these credentials", why=why, fix=_HOW_TO_SIGN_IN
        )
    if code in _DENIED:
        return Refused(
            f"cannot {doing}: AWS does not allow it",
            why=why,
            fix=f"allow {_RIGHTS.get(error.operation_name, error.operation_name)} for whoever "
            "deploys, or use another profile",
        )
    if code in _BUSY:
        return Unavailable(
            f"cannot {doing}: AWS asks to wait", why=why, fix="run the command again in a minute"
        )
    return StorageError(f"cannot {doing}", why=why)


def _failed(error: BotoCoreError, doing: str) -> ChartlakeError:
    why = str(error)
    if isinstance(error, NoCredentialsError):
        return ConfigError(f"cannot {doing}: no AWS credentials here", fix=_HOW_TO_SIGN_IN)
    if isinstance(error, PartialCredentialsError):
        return ConfigError(
            f"cannot {doing}: the AWS credentials are not whole", why=why, fix=_HOW_TO_SIGN_IN
        )
    if isinstance(error, NoRegionError):
        return _no_region()
    if isinstance(error, SSOError | TokenRetrievalError | LoginError):
        how = "aws login" if isinstance(error, LoginError) else "aws sso login"
        return SignInError(f"cannot {doing}: the sign-in to AWS has ended", why=why, fix=how)
    if isinstance(error, CredentialRetrievalError):
        return SignInError(
            f"cannot {doing}: the AWS credentials cannot be had", why=why, fix=_HOW_TO_SIGN_IN
        )
    if isinstance(error, EndpointConnectionError | HTTPClientError):
        return Unavailable(
            f"cannot {doing}: AWS cannot be reached", why=why, fix="look at the network, try again"
        )
    return StorageError(f"cannot {doing}", why=why)


def _no_region() -> ConfigError:
    return ConfigError(
        "no AWS region is chosen",
        fix='set region = "eu-central-1", or another, under [aws] in chartlake.toml',
    )
