"""For the few who take no gzip: a document as it was before it was compressed."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import replace

from domain.bottle import ObjectKey
from ports.errors import MalformedError
from ports.served_objects import ObjectHead, ServedObject


def uncompressed(served: ServedObject, key: ObjectKey) -> ServedObject:
    """Return the object without its compression, read as a whole.

    Raises:
        MalformedError: It was not compressed, or not whole.
        ConflictError: The object is another one by now.
        UnavailableError: The bytes do not come.
    """
    head = served.head
    compressed = b"".join(served.read(0, head.size))
    try:
        body = gzip.decompress(compressed)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise MalformedError(
            f"serve {key}", f"it is kept as gzip and is none: {error}"
        ) from error
    etag = f"{head.etag[:-1]}-uncompressed{head.etag[-1:]}"
    return _Uncompressed(
        replace(head, size=len(body), etag=etag, compressed=False), body
    )


class _Uncompressed(ServedObject):
    def __init__(self, head: ObjectHead, body: bytes) -> None:
        self._head = head
        self._body = body

    @property
    def head(self) -> ObjectHead:
        return self._head

    def read(self, start: int, stop: int) -> Iterator[bytes]:
        return iter((self._body[start:stop],))

    def close(self) -> None:
        """Whoever opened the compressed one closes it."""
