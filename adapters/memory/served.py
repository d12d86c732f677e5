"""Objects in memory, to be served."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from domain.bottle import ObjectKey
from ports.clock import Clock
from ports.errors import ConflictError, NotFoundError
from ports.served_objects import ObjectHead, ServedObject, ServedObjects

_PIECE = 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class _Kept:
    head: ObjectHead
    body: bytes


class ServedMemory(ServedObjects):
    """Objects in a dictionary, each with what it was stored as.

    Attributes:
        opened: How many objects are open now.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[ObjectKey, _Kept] = {}
        self.opened = 0

    def store(
        self, key: ObjectKey, body: bytes, media_type: str, *, compressed: bool = False
    ) -> None:
        """Keep an object, in place of any that has its key."""
        head = ObjectHead(
            size=len(body),
            etag=f'"{sha256(body).hexdigest()}"',
            modified=self._clock.now().replace(microsecond=0),
            media_type=media_type,
            compressed=compressed,
        )
        self._kept[key] = _Kept(head, body)

    def open(self, key: ObjectKey, *, compressed: bool) -> ServedObject:  # noqa: ARG002
        if key not in self._kept:
            raise NotFoundError(f"serve {key}", "there is no such object")
        self.opened += 1
        return _Opened(self, key, self._kept[key])

    def kept(self, key: ObjectKey) -> object:
        """Return what tells one version of an object from the next."""
        return self._kept.get(key)


class _Opened(ServedObject):
    def __init__(self, objects: ServedMemory, key: ObjectKey, kept: _Kept) -> None:
        self._objects = objects
        self._key = key
        self._kept = kept

    @property
    def head(self) -> ObjectHead:
        return self._kept.head

    def read(self, start: int, stop: int) -> Iterator[bytes]:
        if self._objects.kept(self._key) is not self._kept:
            raise ConflictError(f"serve {self._key}", "it has changed")
        part = self._kept.body[start:stop]
        return (part[at : at + _PIECE] for at in range(0, len(part), _PIECE))

    def close(self) -> None:
        self._objects.opened -= 1
