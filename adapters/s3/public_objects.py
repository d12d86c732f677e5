"""What clients read of a bucket: objects with the headers that they are served with."""

from __future__ import annotations

import gzip
import zlib
from base64 import b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from adapters.s3.errors import require
from domain.bottle import Digest, ObjectKey
from ports.errors import MalformedError
from ports.public_objects import PublicObjects

if TYPE_CHECKING:
    from adapters.s3.bucket import Bucket
    from adapters.s3.copying import Copier

_GZIP = "gzip"
_GZIP_BITS: Final = 31  # what zlib takes for gzip, and nothing else
_PIECE: Final = 1024 * 1024  # bytes


class S3PublicObjects(PublicObjects):
    """Objects that are put over those which were there before.

    The put says what is put, whatever is there: it may be sent twice.
    """

    def __init__(self, bucket: Bucket, copier: Copier) -> None:
        self._bucket = bucket
        self._copier = copier

    def write(
        self, key: ObjectKey, body: bytes, media_type: str, *, compressed: bool = False
    ) -> None:
        headers: dict[str, Any] = {"ContentType": media_type}
        if compressed:
            # Without a time in it: the same document is the same object.
            body = gzip.compress(body, mtime=0)
            headers["ContentEncoding"] = _GZIP
        path, digest = self._bucket.path(key), sha256(body)
        with self._bucket.translator.translated(f"write {key} in {self._bucket}"):
            answer = self._bucket.repeats.put_object(
                Bucket=self._bucket.name,
                Key=path,
                Body=body,
                ChecksumSHA256=b64encode(digest.digest()).decode(),
                **headers,
            )
            require(answer, "ETag")
        # It may be copied next.
        self._copier.remember(key, answer["ETag"], Digest(digest.hexdigest()))

    def read(self, key: ObjectKey) -> bytes:
        return b"".join(self.pieces(key))

    def pieces(self, key: ObjectKey) -> Iterator[bytes]:
        what = f"read {key} in {self._bucket}"
        download = self._bucket.download(key, what)
        if download.encoding != _GZIP:
            yield from download.pieces()
            return
        try:
            yield from _unpacked(download.pieces())
        except (EOFError, zlib.error) as error:
            raise MalformedError(what, f"its gzip cannot be read: {error}") from error

    def expose(self, source: ObjectKey, target: ObjectKey, digest: Digest) -> None:
        self._copier.expose(source, target, digest)

    def copy(self, source: ObjectKey, target: ObjectKey) -> None:
        self._copier.put_over(source, target)

    def remove(self, key: ObjectKey) -> None:
        path = self._bucket.path(key)
        with self._bucket.translator.translated(f"remove {key} in {self._bucket}"):
            self._bucket.repeats.delete_object(Bucket=self._bucket.name, Key=path)


def _unpacked(packed: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what was compressed.

    Raises:
        EOFError: Its end is missing.
        zlib.error: It is no gzip.
    """
    unpacker = zlib.decompressobj(_GZIP_BITS)
    for piece in packed:
        left = piece
        while left:
            yield unpacker.decompress(left, _PIECE)
            left = unpacker.unconsumed_tail
    yield unpacker.flush()
    if not unpacker.eof:
        raise EOFError("it ends too early")
