"""A bucket's objects, passed on as S3 gives them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from adapters.object_keys import is_key
from adapters.s3.bucket import Bucket
from adapters.s3.download import Download, Part
from domain.bottle import ObjectKey
from domain.served import BYTES_MEDIA_TYPE
from ports.errors import NotFoundError
from ports.served_objects import ObjectHead, ServedObject, ServedObjects

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef


class ServedBucket(ServedObjects):
    """The objects below ``prefix``, each asked for when somebody wants it.

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

    def open(self, key: ObjectKey, *, compressed: bool) -> ServedObject:  # noqa: ARG002
        what = f"serve {key} from {self._bucket}"
        # Elsewhere "flat/" is a folder, and no object either.
        found = self._bucket.head(key, what) if is_key(key) else None
        if found is None:
            raise NotFoundError(what, "there is no such object")
        return _Passed(self._bucket, key, what, found)


class _Passed(ServedObject):
    """A version of an object that stays where it is until its bytes are wanted."""

    def __init__(
        self, bucket: Bucket, key: ObjectKey, what: str, found: HeadObjectOutputTypeDef
    ) -> None:
        self._bucket = bucket
        self._key = key
        self._what = what
        self._head = ObjectHead(
            size=found["ContentLength"],
            etag=found["ETag"],
            modified=found["LastModified"],
            media_type=found.get("ContentType", BYTES_MEDIA_TYPE),
            compressed="gzip" in found.get("ContentEncoding", ""),
        )
        self._download: Download | None = None

    @property
    def head(self) -> ObjectHead:
        return self._head

    def read(self, start: int, stop: int) -> Iterator[bytes]:
        if start == stop:
            return iter(())
        part = Part(self._head.etag, start, stop)
        self._download = self._bucket.download(self._key, self._what, part)
        return self._download.pieces()

    def close(self) -> None:
        if self._download is not None:
            self._download.close()
