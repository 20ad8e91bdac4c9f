"""The bucket for artefacts: made before the stack, which takes its code from there.

Nothing in it goes by its age, as the Glue job reads its script at each run. What a deployment has
replaced is deleted when the next one is done, and its versions stay for 90 days.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from botocore.exceptions import ClientError

from chartlake.aws.deploy.artefacts import Artefact
from chartlake.aws.session import code_of
from chartlake.errors import ConfigError, Refused

__all__ = ["bucket_name", "check_bucket", "exists", "open_bucket", "remove_replaced", "upload"]

_DAYS = 90
_NOT_THERE = {"404", "NoSuchBucket", "NoSuchKey", "NotFound"}
_NOT_YOURS = {"403", "AccessDenied", "BucketAlreadyExists"}


def bucket_name(name: str, account: str, region: str) -> str:
    """That of a stack's artefacts."""
    return f"{name}-artefacts-{account}-{region}"


def open_bucket(s3: Any, name: str, account: str, region: str, kms_key: str | None = None) -> bool:
    """See that the bucket is there and closed to others; returns whether it was made now."""
    try:
        made = not exists(s3, name, account)
        if made:
            place = {} if region == "us-east-1" else {"LocationConstraint": region}
            s3.create_bucket(Bucket=name, **({"CreateBucketConfiguration": place} if place else {}))
    except ClientError as error:
        if code_of(error) in _NOT_YOURS:
            raise Refused(
                f"bucket {name} cannot be used for artefacts",
                why=f"it belongs to another account, or s3:ListBucket is not allowed: {error}",
                fix="look at who owns it, or take another aws.name",
            ) from error
        raise
    _protect(s3, name, account, kms_key)
    return made


def exists(s3: Any, name: str, account: str) -> bool:
    """Whether there is a bucket of this name in this account."""
    try:
        s3.head_bucket(Bucket=name, ExpectedBucketOwner=account)
    except ClientError as error:
        if code_of(error) in _NOT_THERE:
            return False
        raise
    return True


def check_bucket(s3: Any, name: str, account: str, region: str) -> None:
    """Whether a bucket that was there before can hold the lake.

    It is there, in the region, and the account's own: whoever else owns it would get all data.
    """
    try:
        told = s3.head_bucket(Bucket=name, ExpectedBucketOwner=account)
    except ClientError as error:
        if code_of(error) in _NOT_THERE:
            raise ConfigError(
                f"bucket {name} does not exist",
                fix="make it, or remove its name from [aws] in chartlake.toml: then one is made",
            ) from error
        if code_of(error) in _NOT_YOURS:
            raise Refused(
                f"bucket {name} is not one of account {account}",
                why=f"it belongs to another account, or s3:ListBucket is not allowed: {error}",
                fix="look at its name, and at the profile; only a bucket of the account is taken",
            ) from error
        raise
    place = told.get("BucketRegion")
    if place and place != region:
        raise ConfigError(
            f"bucket {name} is in {place}, and the stack would be in {region}",
            fix=f'set region = "{place}" under [aws] in chartlake.toml, or take another bucket',
        )


def _protect(s3: Any, name: str, account: str, kms_key: str | None) -> None:
    """Set each time: what somebody has loosened is tight again."""
    ours: dict[str, str] = {"Bucket": name, "ExpectedBucketOwner": account}
    closed = (
        "BlockPublicAcls",
        "IgnorePublicAcls",
        "BlockPublicPolicy",
        "RestrictPublicBuckets",
    )
    s3.put_public_access_block(**ours, PublicAccessBlockConfiguration=dict.fromkeys(closed, True))
    by_key = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": kms_key}
    rule = {
        "ApplyServerSideEncryptionByDefault": by_key if kms_key else {"SSEAlgorithm": "AES256"},
        "BucketKeyEnabled": bool(kms_key),
    }
    s3.put_bucket_encryption(**ours, ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_bucket_versioning(**ours, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_lifecycle_configuration(**ours, LifecycleConfiguration=_lifecycle())
    s3.put_bucket_policy(**ours, Policy=json.dumps(_only_tls(f"arn:*:s3:::{name}", name)))


def _lifecycle() -> dict[str, Any]:
    """Only for what was deleted: never for an object that is there, however old it is."""
    rule = {
        "ID": "replaced-artefacts",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": _DAYS},
        "Expiration": {"ExpiredObjectDeleteMarker": True},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }
    return {"Rules": [rule]}


def _only_tls(arn: str, name: str) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "OnlyTLS",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [arn, f"{arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }


def upload(s3: Any, bucket: str, account: str, artefacts: Sequence[Artefact]) -> list[str]:
    """Upload what is not there; returns the keys that were new."""
    return [each.key for each in artefacts if _put(s3, bucket, account, each)]


def _put(s3: Any, bucket: str, account: str, artefact: Artefact) -> bool:
    place = {"Bucket": bucket, "Key": artefact.key}
    try:
        s3.head_object(**place, ExpectedBucketOwner=account)
    except ClientError as error:
        if code_of(error) not in _NOT_THERE:
            raise
    else:
        return False
    with artefact.file.open("rb") as body:
        s3.put_object(**place, Body=body, ExpectedBucketOwner=account, ChecksumAlgorithm="SHA256")
    return True


def remove_replaced(s3: Any, bucket: str, used: Collection[str]) -> int:
    """Delete the objects that the stack does not use now; their versions stay for 90 days."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [each["Key"] for page in pages for each in page.get("Contents", ())]
    old = [key for key in keys if key not in used]
    for key in old:
        s3.delete_object(Bucket=bucket, Key=key)
    return len(old)
