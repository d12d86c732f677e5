"""The store port over a bucket in memory, without HTTP and without waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import TypeAlias, TypeVar

from botocore.exceptions import ClientError, ConnectionClosedError

from adapters.object_keys import check_key, is_key
from adapters.s3.errors import Translator
from adapters.verified import verified
from domain.bottle import Digest, ObjectKey
from domain.errors import DigestMismatchError
from ports.errors import ConflictError, NotFoundError, UnavailableError
from ports.store import ObjectInfo, Store, StoredObject
from tests.fake_s3.bucket import Bucket, S3Error, Version
from tests.fake_s3.faults import NO_FAULT, Fault, Kind, Line, LineBrokenError

_PIECE = 1024 * 1024  # bytes
_Answer = TypeVar("_Answer")
_Page: TypeAlias = "tuple[list[Version], bool]"


class FakeStore(Store):
    """Does what ``S3Store`` does, as far as anyone can tell from outside.

    Errors go through its own translator. Each request is tried once: what S3Store
    hides by trying again comes out here.

    Attributes:
        bucket: What holds the objects.
        line: The way there; stores that share it share what goes wrong on it.
    """

    def __init__(self, bucket: Bucket, line: Line | None = None) -> None:
        self.bucket = bucket
        self.line = line or Line()
        self._translator = Translator("fake", lambda: 1)

    def get(self, key: ObjectKey) -> StoredObject:
        found, pieces = self._download(key)
        return StoredObject(b"".join(pieces), found.etag)

    def create(self, key: ObjectKey, body: bytes) -> None:
        check_key(key)
        self._put(key, body, _digest_of(body), if_none_match=True)

    def replace(self, key: ObjectKey, body: bytes, version: str) -> None:
        check_key(key)
        try:
            self._put(key, body, _digest_of(body), if_match=version)
        except NotFoundError as error:
            raise ConflictError(f"replace {key}", "it has been removed") from error

    def put(
        self, key: ObjectKey, digest: Digest, size: int, chunks: Iterator[bytes]
    ) -> None:
        check_key(key)
        body = b"".join(verified(key, digest, size, chunks))
        self._put(key, body, digest, if_none_match=True)

    def rejects(self, key: ObjectKey, digest: Digest, body: bytes) -> bool:
        check_key(key)

        def offer() -> bool:
            try:
                self.bucket.put(key, body, if_none_match=True, sha256=digest)
            except S3Error as error:
                if error.code == "BadDigest":
                    return True
                raise
            return False

        fault = self.line.arrive("PutObject", key, conditional=True)
        return self._ask(f"write {key} under a wrong digest", fault, offer, once=True)

    def copy(self, source: ObjectKey, target: ObjectKey, digest: Digest) -> None:
        check_key(source)
        check_key(target)
        what = f"copy {source} to {target}"
        found = self._head(source)
        if found is None:
            raise NotFoundError(what, f"there is no {source}")
        if (held := self._digest_of(found)) != digest:
            raise DigestMismatchError(source, digest, held)
        try:
            self._ask(
                what,
                self.line.arrive("CopyObject", target, conditional=True),
                lambda: self.bucket.copy(
                    source,
                    target,
                    source_if_match=found.etag,
                    if_none_match=True,
                    checksum=True,
                ),
            )
        except ConflictError as error:
            there = self._head(target)
            if there is None:
                raise UnavailableError(what, f"{source} was changed") from error
            if self._digest_of(there) != digest:
                raise ConflictError(what, f"{target} holds other bytes") from error

    def info(self, key: ObjectKey) -> ObjectInfo | None:
        check_key(key)
        found = self._head(key)
        if found is None:
            return None
        digest = Digest(found.sha256) if found.sha256 else None
        return ObjectInfo(key, len(found.body), digest)

    def read(self, key: ObjectKey) -> Iterator[bytes]:
        _, pieces = self._download(key)
        yield from pieces

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        follows = True
        while follows:
            fault = self.line.arrive("ListObjectsV2", prefix)
            half = max(1, self.bucket.page_size // 2)
            limit = half if fault.kind is Kind.SHORT_PAGE else None
            page, follows = self._page(fault, prefix, after, limit)
            for found in page:
                after = found.key
                if is_key(after):
                    yield ObjectInfo(ObjectKey(after), len(found.body))

    def delete(self, key: ObjectKey) -> None:
        check_key(key)
        self._ask(
            f"delete {key}",
            self.line.arrive("DeleteObject", key),
            lambda: self.bucket.delete(key),
        )

    def _put(
        self,
        key: ObjectKey,
        body: bytes,
        digest: Digest,
        *,
        if_none_match: bool = False,
        if_match: str | None = None,
    ) -> None:
        what = f"write {key}"
        fault = self.line.arrive("PutObject", key, conditional=True)
        if fault.kind is Kind.RESET:
            fault = Fault(Kind.REQUEST_LOST)

        def carry_out() -> Version:
            return self.bucket.put(
                key,
                body,
                if_none_match=if_none_match,
                if_match=if_match,
                sha256=digest,
            )

        self._ask(what, fault, carry_out, once=True)

    def _head(self, key: ObjectKey) -> Version | None:
        fault = self.line.arrive("HeadObject", key)
        try:
            return self._ask(f"look at {key}", fault, lambda: self.bucket.get(key))
        except NotFoundError:
            return None

    def _download(self, key: ObjectKey) -> tuple[Version, Iterator[bytes]]:
        check_key(key)
        what = f"read {key}"
        fault = self.line.arrive("GetObject", key)
        broken = fault.kind is Kind.RESET
        found = self._ask(
            what, NO_FAULT if broken else fault, lambda: self.bucket.get(key)
        )
        return found, _pieces(what, found.body, broken=broken)

    def _page(self, fault: Fault, prefix: str, after: str, limit: int | None) -> _Page:
        return self._ask(
            f"list {prefix}*",
            fault,
            lambda: self.bucket.page(prefix, after, limit),
        )

    def _digest_of(self, found: Version) -> Digest:
        if found.sha256 is not None:
            return Digest(found.sha256)
        return _digest_of(self.get(ObjectKey(found.key)).body)

    def _ask(
        self,
        what: str,
        fault: Fault,
        carry_out: Callable[[], _Answer],
        *,
        once: bool = False,
    ) -> _Answer:
        with self._translator.translated(what, once=once), _as_botocore(fault):
            return self.line.carry(fault, carry_out)


@contextmanager
def _as_botocore(fault: Fault) -> Iterator[None]:
    """Let S3's errors come out as botocore raises them."""
    try:
        yield
    except S3Error as error:
        wait = fault.retry_after
        raise ClientError(
            {
                "Error": {"Code": error.code, "Message": error.message},
                "ResponseMetadata": {
                    "HTTPStatusCode": error.status,
                    "HTTPHeaders": {} if wait is None else {"retry-after": str(wait)},
                    "HostId": "",
                    "RequestId": "",
                    "RetryAttempts": 0,
                },
            },
            "Fake",
        ) from error
    except LineBrokenError as error:
        raise ConnectionClosedError(endpoint_url="fake") from error


def _pieces(what: str, body: bytes, *, broken: bool) -> Iterator[bytes]:
    end = len(body) // 2 if broken else len(body)
    whole = memoryview(body)[:end]
    for start in range(0, end, _PIECE):
        yield bytes(whole[start : start + _PIECE])
    if broken:
        raise UnavailableError(what, f"broken off after {end} bytes")


def _digest_of(body: bytes) -> Digest:
    return Digest(sha256(body).hexdigest())
