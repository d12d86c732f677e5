"""Bytes that cannot become whole unless they are the right ones."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from domain.bottle import Digest, ObjectKey
from domain.errors import DigestMismatchError
from ports.errors import MalformedError


def verified(
    key: ObjectKey, digest: Digest, size: int, chunks: Iterator[bytes]
) -> Iterator[bytes]:
    """Yield ``chunks`` as they come, but the last one only when all are proved right.

    Whoever passes them on and has announced ``size`` bytes can therefore stop at any
    error: what was passed on until then is not whole.

    Raises:
        DigestMismatchError: The bytes are not those of ``digest``.
        MalformedError: There were more or fewer bytes than ``size``.
    """
    seen, missing, last = sha256(), size, b""
    for chunk in chunks:
        if not chunk:
            continue
        seen.update(chunk)
        missing -= len(chunk)
        if missing > 0:
            yield chunk
        elif missing < 0:
            raise MalformedError(
                f"the bytes of {key}", f"there are more than the {size} announced"
            )
        else:
            last = chunk
    if missing:
        raise MalformedError(
            f"the bytes of {key}",
            f"they ended after {size - missing} of the {size} announced",
        )
    if seen.hexdigest() != digest:
        raise DigestMismatchError(key, digest, seen.hexdigest())
    if last:
        yield last
