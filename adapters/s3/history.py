"""What a bucket keeps of its objects' past."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeAlias

from botocore.exceptions import ClientError

from adapters.object_keys import is_key
from adapters.s3.bucket import Bucket
from adapters.s3.download import Download
from adapters.s3.errors import require
from domain.bottle import ObjectKey
from ports.errors import NotFoundError, RefusedError
from ports.object_history import ObjectHistory, ObjectVersion

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

_Found: TypeAlias = "tuple[ObjectVersion, datetime]"

# A server that keeps no versions may not know how to list them.
_NOT_KNOWN = {HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED}
# What a version is that cannot be read: there is none, its name cannot be one (AWS),
# or it is a delete marker, of which there are no bytes.
_NO_VERSION = {"NoSuchVersion", "InvalidArgument", "MethodNotAllowed"}


class S3History(ObjectHistory):
    """The versions of objects below ``prefix`` in a bucket.

    A bucket in which versioning was never on has one version of each object, which
    S3 calls "null".

    Raises:
        RefusedError: What is configured for AWS makes no sense.
    """

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        *,
        region: str | None = None,
        pool_size: int,
        retry_attempts: int,
    ) -> None:
        self._bucket = Bucket(
            bucket,
            prefix,
            region=region,
            pool_size=pool_size,
            retry_attempts=retry_attempts,
        )
        self._translator = self._bucket.translator
        self._attempts = retry_attempts

    def versions(self, prefix: str) -> Iterator[ObjectVersion]:
        # Versions and delete markers come in two lists, and their times are whole
        # seconds: of two that were made in one second, the order may be lost. All
        # are held, which is some 300 bytes each.
        listed = sorted(self._listed(prefix), key=_newest_first)
        for found, _ in listed:
            yield found

    def read_version(self, key: ObjectKey, version: str) -> bytes:
        what = f"read version {version} of {key} in {self._bucket}"

        def ask(rest: Mapping[str, Any]) -> GetObjectOutputTypeDef:
            with self._translator.translated(what):
                try:
                    return self._bucket.repeats.get_object(
                        Bucket=self._bucket.name,
                        Key=self._bucket.path(key),
                        VersionId=version,
                        **rest,
                    )
                except ClientError as error:
                    if error.response["Error"].get("Code") in _NO_VERSION:
                        raise NotFoundError(what, "there is no such version") from error
                    raise

        return b"".join(Download(what, ask, self._attempts).pieces())

    def remove_marker(self, key: ObjectKey, version: str) -> None:
        what = f"take back deletion {version} of {key} in {self._bucket}"
        self._bucket.path(key)
        # Without a look first, this request would remove a version with its bytes.
        if not self._is_marker(key, version, what):
            raise RefusedError(
                what, "that version is no delete marker: nothing was done"
            )
        with self._translator.translated(what):
            self._bucket.repeats.delete_object(
                Bucket=self._bucket.name,
                Key=self._bucket.path(key),
                VersionId=version,
            )

    def restore(self, key: ObjectKey, body: bytes) -> None:
        what = f"restore {key} in {self._bucket}"
        path = self._bucket.path(key)
        with self._translator.translated(what, once=True):
            answer = self._bucket.writes.put_object(
                Bucket=self._bucket.name,
                Key=path,
                Body=body,
                ChecksumSHA256=b64encode(sha256(body).digest()).decode(),
            )
            require(answer, "ETag")

    def _is_marker(self, key: ObjectKey, version: str, what: str) -> bool:
        for found in self.versions(key):
            if (found.key, found.version) == (key, version):
                return found.marker
        raise NotFoundError(what, "there is no such version")

    def _listed(self, prefix: str) -> Iterator[_Found]:
        what = f"list versions of {prefix}* in {self._bucket}"
        begin = self._bucket.prefix
        where: dict[str, Any] = {}
        while True:
            with self._translator.translated(what):
                try:
                    page = self._bucket.repeats.list_object_versions(
                        Bucket=self._bucket.name, Prefix=begin + prefix, **where
                    )
                except ClientError as error:
                    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
                    if status in _NOT_KNOWN:
                        return
                    raise
                require(page, "IsTruncated")
                if page["IsTruncated"]:
                    require(page, "NextKeyMarker")
                    require(page, "NextVersionIdMarker")
            for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                key = each["Key"].removeprefix(begin)
                if is_key(key) and key.startswith(prefix):
                    yield _found(ObjectKey(key), each)
            if not page["IsTruncated"]:
                return
            where = {
                "KeyMarker": page["NextKeyMarker"],
                "VersionIdMarker": page["NextVersionIdMarker"],
            }


def _found(key: ObjectKey, entry: Mapping[str, Any]) -> _Found:
    # Only what has bytes has a size.
    found = ObjectVersion(
        key=key,
        version=entry["VersionId"],
        latest=entry["IsLatest"],
        marker="Size" not in entry,
        size=entry.get("Size", 0),
    )
    return found, entry["LastModified"]


def _newest_first(each: _Found) -> tuple[str, bool, float]:
    found, at = each
    return found.key, not found.latest, -at.timestamp()
