"""Copies inside one bucket, each shown to be right by the store itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeAlias

from botocore.exceptions import ClientError

from adapters.s3.bucket import Bucket, stored_digest
from adapters.s3.errors import require
from domain.bottle import Digest, ObjectKey
from domain.errors import DigestMismatchError
from ports.errors import ConflictError, NotFoundError, PortError, UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CopyObjectResultTypeDef


class _ConditionUnknownError(Exception):
    """The store does not know ``If-None-Match`` for a copy."""


Known: TypeAlias = "tuple[ObjectKey, str, Digest]"
"""A version of an object, and its digest."""


class Copier:
    """Gives bytes that the bucket holds a further key.

    Not every store heeds ``If-None-Match`` here: some ignore it and overwrite, some
    answer 501. The first copy finds out, by being sent twice. Until then, and where it
    is not heeded, the target is looked at first.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._heeds_condition: bool | None = None
        # What this process has put or looked at, so that a digest with many names is
        # looked at once. About 300 bytes an object.
        self._versions: dict[ObjectKey, tuple[str, Digest]] = {}
        self._tell: Callable[[Known], None] = lambda _: None

    def remember(self, key: ObjectKey, version: str, digest: Digest) -> None:
        """Take note of the digest of one version of an object."""
        self._versions[key] = version, digest
        self._tell((key, version, digest))

    def share(self, tell: Callable[[Known], None]) -> None:
        """Have ``tell`` told of what is taken note of here."""
        self._tell = tell

    def hear(self, known: Known) -> None:
        """Take note of what another process has found out."""
        key, version, digest = known
        self._versions[key] = version, digest

    def copy(self, source: ObjectKey, target: ObjectKey, digest: Digest) -> None:
        """Do as ``Store.copy`` promises."""
        what = f"copy {source} to {target} in {self._bucket}"
        version = self._prove(source, digest, what)
        heeded = self._heeds_condition
        if not heeded and self._is_done(target, digest, what):
            return
        try:
            copied = self._send(source, target, version, what)
        except ConflictError as error:
            # Either the target is there, or the source is another than it was.
            if not self._is_done(target, digest, what):
                self._versions.pop(source, None)
                raise UnavailableError(what, f"{source} was changed") from error
            return
        self._check(target, digest, copied, what)
        if heeded is None:
            self._find_out(source, target, version, what)

    def expose(self, source: ObjectKey, target: ObjectKey, digest: Digest) -> None:
        """Do as ``PublicObjects.expose`` promises."""
        what = f"expose {source} as {target} in {self._bucket}"
        try:
            if self._look(target, what)[1] == digest:
                return
        except NotFoundError:
            pass
        version = self._prove(source, digest, what)
        try:
            copied = self._send_on(source, target, version, what, {})
        except ConflictError as error:
            self._versions.pop(source, None)
            raise UnavailableError(what, f"{source} was changed") from error
        self._versions.pop(target, None)
        self._check(target, digest, copied, what)

    def put_over(self, source: ObjectKey, target: ObjectKey) -> None:
        """Do as ``PublicObjects.copy`` promises."""
        what = f"copy {source} over {target} in {self._bucket}"
        answer = self._bucket.head(source, what)
        if answer is None:
            raise NotFoundError(what, f"there is no {source}")
        self._versions.pop(target, None)
        try:
            self._send_on(source, target, answer["ETag"], what, {})
        except ConflictError as error:
            raise UnavailableError(what, f"{source} was changed") from error

    def _prove(self, source: ObjectKey, digest: Digest, what: str) -> str:
        """Return the version of the source that holds ``digest``."""
        version, found = self._versions.get(source, ("", None))
        if found != digest:
            version, found = self._look(source, what)
            self.remember(source, version, found)
        if found != digest:
            raise DigestMismatchError(source, digest, found)
        return version

    def _check(
        self,
        target: ObjectKey,
        digest: Digest,
        copied: CopyObjectResultTypeDef,
        what: str,
    ) -> None:
        """See that a copy came out right, and remove one that did not.

        Raises:
            DigestMismatchError: It did not.
            UnavailableError: Another has put something else there since.
        """
        version = seen = copied["ETag"].strip('"')
        shown = stored_digest(copied, what)
        if shown is None:
            seen, shown = self._look(target, what)
        if shown == digest:
            return
        # Only of what the answer speaks of is it known that it is no good.
        if seen.strip('"') != version:
            raise UnavailableError(what, f"{target} was changed by another")
        self._remove(target, version, what)
        raise DigestMismatchError(target, digest, shown)

    def _is_done(self, target: ObjectKey, digest: Digest, what: str) -> bool:
        """Tell whether the target holds ``digest`` already.

        Raises:
            ConflictError: It holds something else.
        """
        try:
            _, found = self._look(target, what)
        except NotFoundError:
            return False
        if found != digest:
            raise ConflictError(what, f"{target} holds other bytes: {found}")
        return True

    def _look(self, key: ObjectKey, what: str) -> tuple[str, Digest]:
        """Return the version and digest of an object; it is read if need be."""
        answer = self._bucket.head(key, what)
        if answer is None:
            raise NotFoundError(what, f"there is no {key}")
        if stored := stored_digest(answer, what):
            return answer["ETag"], stored
        read, seen = self._bucket.download(key, what), sha256()
        for piece in read.pieces():
            seen.update(piece)
        return read.version, Digest(seen.hexdigest())

    def _send(
        self, source: ObjectKey, target: ObjectKey, version: str, what: str
    ) -> CopyObjectResultTypeDef:
        if self._heeds_condition is not False:
            try:
                return self._send_on(
                    source, target, version, what, {"IfNoneMatch": "*"}
                )
            except _ConditionUnknownError:
                self._heeds_condition = False
        return self._send_on(source, target, version, what, {})

    def _send_on(
        self,
        source: ObjectKey,
        target: ObjectKey,
        version: str,
        what: str,
        condition: Mapping[str, Any],
    ) -> CopyObjectResultTypeDef:
        bucket = self._bucket
        with bucket.translator.translated(what):
            try:
                answer = bucket.repeats.copy_object(
                    Bucket=bucket.name,
                    Key=bucket.path(target),
                    CopySource={"Bucket": bucket.name, "Key": bucket.path(source)},
                    CopySourceIfMatch=version,
                    ChecksumAlgorithm="SHA256",
                    **condition,
                )
                require(answer, "CopyObjectResult")
                require(answer["CopyObjectResult"], "ETag")
                return answer["CopyObjectResult"]
            except ClientError as error:
                refused = error.response["Error"].get("Code") == "NotImplemented"
                if not (refused and condition):
                    raise
                raise _ConditionUnknownError from error

    def _remove(self, key: ObjectKey, version: str, what: str) -> None:
        """Remove a copy that is no good, if the store lets us.

        Another may have put a good one there since, which is not that version. Not
        every store looks at the condition; where one refuses it, the copy stays.
        """
        bucket = self._bucket
        with suppress(PortError), bucket.translator.translated(what):
            bucket.repeats.delete_object(
                Bucket=bucket.name, Key=bucket.path(key), IfMatch=f'"{version}"'
            )

    def _find_out(
        self, source: ObjectKey, target: ObjectKey, version: str, what: str
    ) -> None:
        # The target is there and right: sent again, the copy changes nothing.
        if self._heeds_condition is not None:
            return
        try:
            self._send(source, target, version, what)
        except ConflictError:
            self._heeds_condition = True
        except PortError:
            # The copy itself is done. The next one will try to find out.
            return
        else:
            self._heeds_condition = False
