"""A store in a bucket of S3, or of what speaks as S3 does."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import IO, TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from adapters.aws.failures import FAILURES, cause_of
from adapters.object_keys import is_key
from adapters.pacing import Pacing
from adapters.s3.body import BodyFailedError, StreamedBody
from adapters.s3.bucket import Bucket, stored_digest
from adapters.s3.copying import Copier, Known
from adapters.s3.errors import require
from adapters.s3.listing import in_order, start_after
from adapters.s3.public_objects import S3PublicObjects
from adapters.s3.short_way import UNASKED
from adapters.verified import verified
from domain.bottle import Digest, ObjectKey
from domain.served import STATUS, media_type
from ports.errors import ConflictError, NotFoundError, RefusedError
from ports.store import ObjectInfo, Store, StoredObject

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import PutObjectOutputTypeDef

_LARGEST = 5 * 1024**3  # bytes that one PutObject takes (S3 user guide, "qfacts")
_ABSENT: Mapping[str, Any] = {"IfNoneMatch": "*"}
# What a digest that is well written can be refused for: AWS says the first (API
# reference, "Error responses"), other servers any of them.
_WRONG_DIGEST = {"BadDigest", "InvalidDigest", "XAmzContentChecksumMismatch"}


class S3Store(Store):
    """Objects below ``prefix`` in a bucket, written by conditional puts.

    Each put carries the SHA-256 that the store must find in what it gets. Credentials,
    endpoint, certificates and proxies are found as by every AWS tool. Threads may
    share it; as many as ``pool_size`` keep their connections.

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
        pacing: Pacing | None = None,
    ) -> None:
        self._bucket = Bucket(
            bucket,
            prefix,
            region=region,
            pool_size=pool_size,
            retry_attempts=retry_attempts,
            pacing=pacing,
        )
        self._translator = self._bucket.translator
        self._copier = Copier(self._bucket)

    @property
    def requests(self) -> int:
        """How many requests were sent, each try counted."""
        return self._bucket.tally.total

    def share(self, tell: Callable[[Known], None]) -> None:
        """Have ``tell`` told of digests that become known to this process."""
        self._copier.share(tell)

    def hear(self, known: Known) -> None:
        """Know what another process has found out."""
        self._copier.hear(known)

    @property
    def public(self) -> S3PublicObjects:
        """What clients read of this bucket."""
        return S3PublicObjects(self._bucket, self._copier)

    def get(self, key: ObjectKey) -> StoredObject:
        download = self._bucket.download(key, f"read {key} in {self._bucket}")
        return StoredObject(b"".join(download.pieces()), download.version)

    def create(self, key: ObjectKey, body: bytes) -> None:
        what = f"write {key} in {self._bucket}"
        self._write(key, what, body, _digest_of(body), _ABSENT)

    def replace(self, key: ObjectKey, body: bytes, version: str) -> None:
        what = f"replace {key} in {self._bucket}"
        try:
            self._write(key, what, body, _digest_of(body), {"IfMatch": version})
        except NotFoundError as error:
            raise ConflictError(what, "it has been removed") from error

    def put(
        self, key: ObjectKey, digest: Digest, size: int, chunks: Iterator[bytes]
    ) -> None:
        what = f"write {key} in {self._bucket}"
        self._bucket.path(key)
        if size > _LARGEST:
            raise RefusedError(
                what, f"{size} bytes are more than S3 takes in one put (5 GiB)"
            )
        pieces = verified(key, digest, size, chunks)
        if size <= UNASKED:
            # It fits into the first piece of a stream: nothing is gained by sending
            # a part of it early.
            body = b"".join(pieces)
            put = self._write(key, what, body, digest, _ABSENT)
        else:
            put = self._stream(key, what, StreamedBody(pieces), digest, size)
        self._copier.remember(key, put["ETag"], digest)

    def rejects(self, key: ObjectKey, digest: Digest, body: bytes) -> bool:
        what = f"write {key} in {self._bucket} under a wrong digest"
        path = self._bucket.path(key)
        with self._translator.translated(what, once=True):
            try:
                # Not by the client for writes: it signs the digest in place of the
                # bytes, and where there is no TLS the signature would be what is
                # refused. One that tries again finds what it has left before.
                answer = self._bucket.repeats.put_object(
                    Bucket=self._bucket.name,
                    Key=path,
                    Body=body,
                    ChecksumSHA256=_checksum(digest),
                    **_ABSENT,
                )
            except ClientError as error:
                if error.response["Error"].get("Code") in _WRONG_DIGEST:
                    return True
                raise
            require(answer, "ETag")
        return False

    def copy(self, source: ObjectKey, target: ObjectKey, digest: Digest) -> None:
        self._copier.copy(source, target, digest)

    def info(self, key: ObjectKey) -> ObjectInfo | None:
        what = f"look at {key} in {self._bucket}"
        found = self._bucket.head(key, what)
        if found is None:
            return None
        return ObjectInfo(key, found["ContentLength"], stored_digest(found, what))

    def read(self, key: ObjectKey) -> Iterator[bytes]:
        what = f"read {key} in {self._bucket}"
        yield from self._bucket.download(key, what).pieces()

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        start = ""
        if after > prefix:
            if not after.startswith(prefix):
                return
            start = start_after(prefix, after)
        for found in in_order(prefix, self._listed(prefix, start)):
            if found.key > after:
                yield found

    def delete(self, key: ObjectKey) -> None:
        with self._translator.translated(f"delete {key} in {self._bucket}"):
            self._bucket.repeats.delete_object(
                Bucket=self._bucket.name, Key=self._bucket.path(key)
            )

    def _write(
        self,
        key: ObjectKey,
        what: str,
        body: bytes,
        digest: Digest,
        condition: Mapping[str, Any],
    ) -> PutObjectOutputTypeDef:
        with self._translator.translated(what, once=True):
            return self._put(key, body, digest, {**condition, **_label(key)})

    def _stream(
        self, key: ObjectKey, what: str, body: StreamedBody, digest: Digest, size: int
    ) -> PutObjectOutputTypeDef:
        try:
            # It reads, which is all that botocore wants of a file.
            file = cast("IO[bytes]", body)
            put = self._put(key, file, digest, {"ContentLength": size, **_ABSENT})
            if body.sent < size:
                raise ResponseParserError("it says yes before it has the bytes")
            return put
        except (*FAILURES, BodyFailedError) as error:
            failure = body.failure
            if failure is None:
                # Nothing can have been written before the last piece has left.
                once = body.sent == size
                told = self._translator.translate(error, what, once=once)
                raise told from cause_of(error)
        raise failure

    def _put(
        self,
        key: ObjectKey,
        body: bytes | IO[bytes],
        digest: Digest,
        more: Mapping[str, Any],
    ) -> PutObjectOutputTypeDef:
        answer = self._bucket.writes.put_object(
            Bucket=self._bucket.name,
            Key=self._bucket.path(key),
            Body=body,
            ChecksumSHA256=_checksum(digest),
            **more,
        )
        require(answer, "ETag")
        return answer

    def _listed(self, prefix: str, start: str) -> Iterator[ObjectInfo]:
        begin = self._bucket.prefix
        where: dict[str, Any] = {"StartAfter": begin + start} if start else {}
        while True:
            with self._translator.translated(f"list {prefix}* in {self._bucket}"):
                page = self._bucket.repeats.list_objects_v2(
                    Bucket=self._bucket.name, Prefix=begin + prefix, **where
                )
                require(page, "IsTruncated")
                if page["IsTruncated"]:
                    require(page, "NextContinuationToken")
            for found in page.get("Contents", ()):
                key = found["Key"].removeprefix(begin)
                # Consoles make empty objects that end in "/", to be shown as folders.
                # SeaweedFS takes "//" for "/".
                if is_key(key) and key.startswith(prefix):
                    yield ObjectInfo(ObjectKey(key), found["Size"])
            if not page["IsTruncated"]:
                return
            where = {"ContinuationToken": page["NextContinuationToken"]}


def _digest_of(body: bytes) -> Digest:
    return Digest(sha256(body).hexdigest())


def _label(key: ObjectKey) -> Mapping[str, str]:
    """Return what a browser has to be told of an object that it may ask for."""
    return {"ContentType": media_type(key)} if key.startswith(STATUS) else {}


def _checksum(digest: Digest) -> str:
    return b64encode(bytes.fromhex(digest)).decode()
