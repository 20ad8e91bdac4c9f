"""A bucket made empty, with every version of what it held, and removed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chartlake.errors import StorageError

__all__ = ["remove_bucket"]


def remove_bucket(s3: Any, bucket: str, account: str, say: Callable[[int], None]) -> int:
    """Delete all versions of all objects, then the bucket; tells how many are gone so far."""
    gone = 0
    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket=bucket, ExpectedBucketOwner=account
    )
    for page in pages:
        every = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        objects = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in every]
        if not objects:
            continue
        answer = s3.delete_objects(
            Bucket=bucket, ExpectedBucketOwner=account, Delete={"Objects": objects, "Quiet": True}
        )
        for error in answer.get("Errors", ()):
            raise StorageError(
                f"cannot delete {error['Key']} of bucket {bucket}",
                why=f"{error['Code']}: {error['Message']}",
                fix="allow s3:DeleteObjectVersion, and run the command again",
            )
        gone += len(objects)
        say(gone)
    s3.delete_bucket(Bucket=bucket, ExpectedBucketOwner=account)
    return gone
