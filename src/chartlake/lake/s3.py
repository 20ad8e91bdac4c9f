"""Opening a bucket: with the rights that boto3 finds, where the environment itself names none."""

from __future__ import annotations

import os
from typing import Any

from obstore.store import from_url

from chartlake.errors import ConfigError
from chartlake.lake.store_errors import errors_of

__all__ = ["open_bucket"]


def open_bucket(url: str) -> Any:
    """The objects below an s3:// URL; region and endpoint come from the usual AWS variables."""
    with errors_of("open", url, ""):
        return from_url(url, **_rights())


def _rights() -> dict[str, Any]:
    """Profiles, single sign-on and roles, which obstore alone does not know."""
    if "AWS_ACCESS_KEY_ID" in os.environ:
        return {}
    try:  # slow to import, and part of an extra
        from obstore.auth.boto3 import Boto3CredentialProvider
    except ModuleNotFoundError:
        return {}
    try:
        return {"credential_provider": Boto3CredentialProvider()}
    except ValueError:  # there are none: the first request says so
        return {}
    except Exception as error:  # its own kinds of errors are a vendor's
        raise ConfigError(
            "the rights that AWS gives cannot be found",
            why=str(error),
            fix="see AWS_PROFILE, and profile under [aws] in chartlake.toml",
        ) from error
