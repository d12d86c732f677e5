"""One bucket as S3 keeps it: versions, delete markers, checksums, conditions, locks.

A model, not a server: no I/O, no chance, no clock but the one that is handed in. What
S3 does is taken from the API reference of PutObject, CopyObject, DeleteObject,
GetObject and ListObjectsV2, and the user guide on conditional writes, versioning and
Object Lock. It never answers 409: here every write is over before the next begins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import md5, sha256
from threading import RLock
from types import MappingProxyType

from tests.fake_s3.shelf import Shelf

UNVERSIONED = "null"
LOCK_MODE = "x-amz-object-lock-mode"
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_A_DAY = datetime(2026, 11, 22, tzinfo=UTC)


class S3Error(Exception):
    """S3 says no.

    Attributes:
        status: Of the answer.
        code: S3's name for it.
        marker: The delete marker that was found where an object was looked for.
    """

    def __init__(
        self, status: int, code: str, message: str, marker: Version | None = None
    ) -> None:
        super().__init__(status, code, message)
        self.status = status
        self.code = code
        self.message = message
        self.marker = marker


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one object, or the mark that it was deleted.

    Attributes:
        etag: The MD5 of the body, in quotes as in every header.
        sha256: The digest that S3 checked and keeps; None when the put named none.
        marker: It is a delete marker: it has no body.
        latest: Nothing was on top of it when it was looked at.
        retain_until: Until when Object Lock refuses to remove it.
        headers: What the put said of the body (Content-Type, x-amz-meta-...), to be
            said again with it. Names are in lower case.
    """

    key: str
    version_id: str
    body: bytes
    etag: str
    sha256: str | None
    marker: bool
    at: datetime
    retain_until: datetime | None
    headers: Mapping[str, str]
    latest: bool = True


class Bucket:
    """Objects under keys. Threads may share it; each call is one indivisible step.

    Attributes:
        versioning: Whether what is overwritten or deleted stays below.
        page_size: How many keys a list gives at most.
    """

    def __init__(
        self,
        *,
        versioning: bool = True,
        page_size: int = 1000,
        now: Callable[[], datetime] = lambda: _A_DAY,
    ) -> None:
        self.versioning = versioning
        self.page_size = page_size
        self._now = now
        self._lock = RLock()
        self._count = 0
        self._shelf = Shelf()

    def put(
        self,
        key: str,
        body: bytes,
        *,
        if_none_match: bool = False,
        if_match: str | None = None,
        sha256: str | None = None,
        retain_until: datetime | None = None,
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> Version:
        """Write an object.

        Args:
            if_none_match: Only where there is none, or a delete marker.
            if_match: Only over the version with this ETag.
            sha256: What the digest of the body has to be, in hex.
            retain_until: Object Lock.
            headers: What is to be said of the body.

        Raises:
            S3Error: 400 BadDigest, 412 PreconditionFailed, 404 NoSuchKey where
                ``if_match`` finds nothing, 400 for a lock that cannot be kept.
        """
        if sha256 is not None and _sha256(body) != sha256:
            raise S3Error(400, "BadDigest", "The body does not have this SHA-256.")
        with self._lock:
            self.check_put(key, if_none_match=if_none_match, if_match=if_match)
            self._check_lock(retain_until)
            return self._add(
                key, body, sha256, retain_until=retain_until, headers=headers
            )

    def check_put(
        self, key: str, *, if_none_match: bool = False, if_match: str | None = None
    ) -> None:
        """Check a put's conditions, as S3 does before it asks for the body.

        Raises:
            S3Error: 412 PreconditionFailed or 404 NoSuchKey.
        """
        if not if_none_match and if_match is None:
            return
        with self._lock:
            found = self._shelf.latest(key)
        if found is None or found.marker:
            if if_match is not None:
                raise _no_such_key(key, found)
        elif if_none_match:
            raise _failed("If-None-Match")
        elif found.etag != if_match:
            raise _failed("If-Match")

    def get(self, key: str, version_id: str | None = None) -> Version:
        """Return the latest version of an object, or the one that is named.

        Raises:
            S3Error: 404 NoSuchKey or NoSuchVersion, 405 if it is a delete marker.
        """
        with self._lock:
            if version_id is None:
                found = self._shelf.latest(key)
                if found is None or found.marker:
                    raise _no_such_key(key, found)
                return found
            named = self._shelf.find(key, version_id)
        if named is None:
            raise S3Error(404, "NoSuchVersion", f"There is no {version_id} of {key}.")
        if named.marker:
            raise S3Error(405, "MethodNotAllowed", "It is a delete marker.", named)
        return named

    def copy(
        self,
        source: str,
        target: str,
        *,
        source_version_id: str | None = None,
        source_if_match: str | None = None,
        if_none_match: bool = False,
        checksum: bool = False,
    ) -> Version:
        """Write what one object holds under another key, or an old version anew.

        The source's checksum goes along, its lock does not.

        Args:
            source_version_id: Which version; the latest, if None.
            source_if_match: Only if the source has this ETag.
            if_none_match: As for ``put``.
            checksum: Keep the SHA-256 of the bytes, even if the source has none.

        Raises:
            S3Error: As ``get`` says of the source and ``put`` of the target; 400
                InvalidRequest for a copy that would change nothing.
        """
        with self._lock:
            try:
                found = self.get(source, source_version_id)
            except S3Error as error:
                if error.code == "MethodNotAllowed":
                    raise _invalid("The source is a delete marker.") from error
                raise
            if source_if_match is not None and found.etag != source_if_match:
                raise _failed("x-amz-copy-source-If-Match")
            self.check_put(target, if_none_match=if_none_match)
            if source == target and source_version_id is None:
                raise _invalid("An object cannot be copied to itself unchanged.")
            digest = found.sha256
            if checksum and digest is None:
                digest = _sha256(found.body)
            headers = {n: v for n, v in found.headers.items() if n != LOCK_MODE}
            return self._add(target, found.body, digest, headers=headers)

    def delete(self, key: str, version_id: str | None = None) -> Version | None:
        """Lay a delete marker on an object, or remove one version for good.

        A marker is laid also where there is nothing. What is not there is no error.

        Returns:
            The marker that was laid, or the version that was removed, if any.

        Raises:
            S3Error: 403 AccessDenied: the version is under Object Lock.
        """
        with self._lock:
            if version_id is None and self.versioning:
                return self._add(key, b"", None, marker=True)
            found = self._shelf.find(key, version_id or UNVERSIONED)
            if found is None:
                return None
            if found.retain_until is not None and found.retain_until > self._now():
                raise S3Error(403, "AccessDenied", "Object Lock protects it.")
            self._shelf.take(found)
            return found

    def page(
        self, prefix: str, start_after: str = "", limit: int | None = None
    ) -> tuple[list[Version], bool]:
        """Return the next objects in the order of their keys, and whether more follow.

        Only what a GET would find: latest versions that are no delete markers.
        """
        size = self.page_size if limit is None else min(limit, self.page_size)
        with self._lock:
            found = self._shelf.present(prefix, start_after, size + 1)
        return found[:size], len(found) > size

    def versions(self, prefix: str = "") -> list[Version]:
        """Return every version and delete marker, by key and the newest first."""
        with self._lock:
            return self._shelf.all(prefix)

    def _check_lock(self, retain_until: datetime | None) -> None:
        if retain_until is None:
            return
        if not self.versioning:
            raise _invalid("Bucket is missing Object Lock Configuration")
        if retain_until <= self._now():
            raise S3Error(400, "InvalidArgument", "The retain until date is past.")

    def _add(
        self,
        key: str,
        body: bytes,
        digest: str | None,
        *,
        marker: bool = False,
        retain_until: datetime | None = None,
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> Version:
        self._count += 1
        version = Version(
            key=key,
            version_id=f"{self._count:012}" if self.versioning else UNVERSIONED,
            body=body,
            etag="" if marker else _etag(body),
            sha256=digest,
            marker=marker,
            at=self._now(),
            retain_until=retain_until,
            headers=headers,
        )
        if not self.versioning and (below := self._shelf.latest(key)):
            self._shelf.take(below)
        self._shelf.lay(version)
        return version


def _etag(body: bytes) -> str:
    return f'"{md5(body, usedforsecurity=False).hexdigest()}"'


def _sha256(body: bytes) -> str:
    return sha256(body).hexdigest()


def _failed(condition: str) -> S3Error:
    return S3Error(412, "PreconditionFailed", f"It did not hold: {condition}")


def _invalid(message: str) -> S3Error:
    return S3Error(400, "InvalidRequest", message)


def _no_such_key(key: str, found: Version | None) -> S3Error:
    return S3Error(404, "NoSuchKey", f"There is no object {key}.", found)
