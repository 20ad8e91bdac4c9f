"""Former versions: a bucket with versioning keeps what was deleted and what was changed.

The lake's own store cannot see them. They are removed here when a user is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chartlake.errors import StorageError

__all__ = ["remove_former_versions"]

_AT_ONCE = 1000  # as many as S3 deletes with one request


def remove_former_versions(url: str, prefixes: Iterable[str]) -> int:
    """Delete every version but the current one of what lies under some prefixes of a lake.

    Of objects that were deleted nothing stays, not even the mark. Returns how many versions
    went. StorageError where the bucket does not allow it, as with an object lock.
    """
    bucket, root = urlsplit(url).netloc, urlsplit(url).path.strip("/")
    client = boto3.client("s3")
    count = 0
    try:
        for prefix in prefixes:
            place = f"{root}/{prefix}" if root else prefix
            # a mark that went before its versions would bring the last of them back
            for former in (_versions, _marks):
                count += _delete(client, bucket, list(former(client, bucket, place)))
    except (BotoCoreError, ClientError) as error:
        raise _refused(url, str(error)) from error
    finally:
        client.close()
    return count


def _pages(client: Any, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
    paginator = client.get_paginator("list_object_versions")
    yield from paginator.paginate(Bucket=bucket, Prefix=prefix)


def _versions(client: Any, bucket: str, prefix: str) -> Iterator[dict[str, str]]:
    for page in _pages(client, bucket, prefix):
        yield from (_named(each) for each in page.get("Versions", ()) if not each["IsLatest"])


def _marks(client: Any, bucket: str, prefix: str) -> Iterator[dict[str, str]]:
    for page in _pages(client, bucket, prefix):
        yield from map(_named, page.get("DeleteMarkers", ()))


def _named(version: dict[str, str]) -> dict[str, str]:
    return {"Key": version["Key"], "VersionId": version["VersionId"]}


def _delete(client: Any, bucket: str, versions: list[dict[str, str]]) -> int:
    for start in range(0, len(versions), _AT_ONCE):
        some = versions[start : start + _AT_ONCE]
        answer = client.delete_objects(Bucket=bucket, Delete={"Objects": some, "Quiet": True})
        for error in answer.get("Errors", ()):
            raise _refused(f"s3://{bucket}/{error['Key']}", f"{error['Code']}: {error['Message']}")
    return len(versions)


def _refused(what: str, why: str) -> StorageError:
    return StorageError(
        f"cannot delete former versions of {what}",
        why=why,
        fix="allow s3:ListBucketVersions and s3:DeleteObjectVersion, and run the command again",
    )
