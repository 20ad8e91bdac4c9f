"""Which account of AWS a project means: for the lake's store, for boto3 and for child processes."""

from __future__ import annotations

import os

from chartlake.settings import AwsSettings

__all__ = ["mean_account"]


def mean_account(settings: AwsSettings) -> None:
    """Let the profile and the region of a project count where the environment names none.

    The environment is what all of them read. In Lambda it says everything, and has no profiles.
    """
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        return
    has_keys = "AWS_ACCESS_KEY_ID" in os.environ
    if settings.profile and not has_keys:
        os.environ.setdefault("AWS_PROFILE", settings.profile)
    if settings.region:
        os.environ.setdefault("AWS_REGION", settings.region)
        os.environ.setdefault("AWS_DEFAULT_REGION", settings.region)
