"""Former versions: a bucket with versioning keeps what was deleted and what was changed.

The lake's own store cannot see them. They are removed here when a user is forgotten.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chartlake.errors import StorageError
from chartlake.lake.places import Places, places_of

__all__ = ["remove_former_versions"]

_AT_ONCE = 1000  # as many as S3 deletes with one request
_NO_VERSIONS = "NotImplemented"  # so says a server that is like S3 and knows no versions

_Versions = list[dict[str, str]]


def remove_former_versions(url: str, prefixes: Iterable[str]) -> int:
    """Delete every version but the current one of what lies under some prefixes of a lake.

    Of objects that were deleted nothing stays, not even the mark. Returns how many versions
    went. StorageError where the bucket does not allow it, as with an object lock.
    """
    places = places_of(url)
    # a name that the lake's store knows too, and boto does not
    endpoint = None if "AWS_ENDPOINT_URL" in os.environ else os.environ.get("AWS_ENDPOINT")
    client = boto3.client("s3", endpoint_url=endpoint)
    count = 0
    try:
        for bucket, place in (_split(each) for each in _under(places, prefixes)):
            versions, marks = _former(client, bucket, place)
            # a mark that went before its versions would bring the last of them back
            count += _delete(client, bucket, versions) + _delete(client, bucket, marks)
    except ClientError as error:
        if error.response["Error"]["Code"] != _NO_VERSIONS:
            raise _refused(url, str(error)) from error
    except BotoCoreError as error:
        raise _refused(url, str(error)) from error
    finally:
        client.close()
    return count


def _under(places: Places, prefixes: Iterable[str]) -> Iterator[str]:
    return (f"{place}/{prefix}" for prefix in prefixes for place in places.all_of(prefix))


def _split(url: str) -> tuple[str, str]:
    """A bucket, and the beginning of keys in it."""
    parts = urlsplit(url)
    return parts.netloc, parts.path.lstrip("/")


def _former(client: Any, bucket: str, prefix: str) -> tuple[_Versions, _Versions]:
    """Former versions, and marks of deletions.

    Both from one listing: the mark of what is deleted after it stays.
    """
    versions: _Versions = []
    marks: _Versions = []
    paginator = client.get_paginator("list_object_versions")
    for page in paginator.paginate(Bucket=bucket, Prefix=prefix):
        versions += [_named(each) for each in page.get("Versions", ()) if not each["IsLatest"]]
        marks += [_named(each) for each in page.get("DeleteMarkers", ())]
    return versions, marks


def _named(version: dict[str, str]) -> dict[str, str]:
    return {"Key": version["Key"], "VersionId": version["VersionId"]}


def _delete(client: Any, bucket: str, versions: _Versions) -> int:
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
