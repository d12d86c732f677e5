"""S3's operations on one bucket."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping

from tests.fake_s3.bucket import Bucket, Version
from tests.fake_s3.documents import (
    page_document,
    versioning_document,
    versions_document,
)
from tests.fake_s3.objects import copy_object, delete_object, get_object, put_object
from tests.fake_s3.wire import Call, Reply, not_implemented

_XML = {"Content-Type": "application/xml"}


def list_objects(bucket: Bucket, call: Call) -> Reply:
    """Do a ListObjectsV2."""
    query, limit = call.query, _limit(bucket, call)
    prefix, after = query.get("prefix", ""), query.get("start-after", "")
    token = query.get("continuation-token")
    if token is not None:
        # It has the last word: S3 heeds StartAfter on the first page only.
        after = urlsafe_b64decode(token).decode()
    found, follows = bucket.page(prefix, after, limit)
    fields = [
        ("Name", call.bucket),
        ("Prefix", prefix),
        ("MaxKeys", str(limit)),
        ("KeyCount", str(len(found))),
        ("IsTruncated", str(follows).lower()),
    ]
    if "start-after" in query:
        fields.append(("StartAfter", query["start-after"]))
    if token is not None:
        fields.append(("ContinuationToken", token))
    if follows:
        following = urlsafe_b64encode(found[-1].key.encode()).decode()
        fields.append(("NextContinuationToken", following))
    return Reply(200, _XML, page_document(fields, found, encoded=_encoded(call)))


def list_versions(bucket: Bucket, call: Call) -> Reply:
    """Do a ListObjectVersions."""
    query, limit = call.query, _limit(bucket, call)
    prefix = query.get("prefix", "")
    marker = query.get("key-marker", ""), query.get("version-id-marker", "")
    left = _following(bucket.versions(prefix), *marker)
    found = left[:limit]
    fields = [
        ("Name", call.bucket),
        ("Prefix", prefix),
        ("KeyMarker", marker[0]),
        ("VersionIdMarker", marker[1]),
        ("MaxKeys", str(limit)),
        ("IsTruncated", str(len(left) > limit).lower()),
    ]
    if len(left) > limit:
        fields.append(("NextKeyMarker", found[-1].key))
        fields.append(("NextVersionIdMarker", found[-1].version_id))
    return Reply(200, _XML, versions_document(fields, found, encoded=_encoded(call)))


def get_versioning(bucket: Bucket, _: Call) -> Reply:
    """Do a GetBucketVersioning."""
    return Reply(200, _XML, versioning_document(enabled=bucket.versioning))


def put_versioning(bucket: Bucket, call: Call) -> Reply:
    """Do a PutBucketVersioning."""
    if b"<Status>Enabled</Status>" not in call.body:
        raise not_implemented("to suspend versioning")
    bucket.versioning = True
    return Reply()


def head_bucket(_: Bucket, __: Call) -> Reply:
    """Do a HeadBucket."""
    return Reply(200, {"x-amz-bucket-region": "us-east-1"})


# What is done in a bucket that is there.
OPERATIONS: Mapping[str, Callable[[Bucket, Call], Reply]] = {
    "PutObject": put_object,
    "GetObject": get_object,
    "HeadObject": get_object,
    "CopyObject": copy_object,
    "DeleteObject": delete_object,
    "ListObjectsV2": list_objects,
    "ListObjectVersions": list_versions,
    "GetBucketVersioning": get_versioning,
    "PutBucketVersioning": put_versioning,
    "HeadBucket": head_bucket,
}


def _limit(bucket: Bucket, call: Call) -> int:
    if call.query.get("delimiter"):
        raise not_implemented("a list by folders")
    asked = int(call.query.get("max-keys", bucket.page_size))
    # A page of none would never end.
    if asked < 1:
        raise not_implemented("a page without a key")
    return min(asked, bucket.page_size)


def _encoded(call: Call) -> bool:
    return call.query.get("encoding-type") == "url"


def _following(versions: list[Version], key: str, version_id: str) -> list[Version]:
    for place, version in enumerate(versions):
        if version.key > key:
            return versions[place:]
        if (version.key, version.version_id) == (key, version_id):
            return versions[place + 1 :]
    return []
