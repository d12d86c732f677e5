"""A store between which and its user the line is bad."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from enum import Enum
from threading import Lock

from domain.bottle import Digest, ObjectKey
from ports.errors import (
    ConflictError,
    OutcomeUnknownError,
    RefusedError,
    UnavailableError,
)
from ports.store import ObjectInfo, Store, StoredObject


class Fault(Enum):
    """What goes wrong with one call."""

    NONE = "it is carried out and answered"
    LOST = "it never arrives, and nobody can tell"
    LANDED = "it is carried out, and the answer is lost"
    LATE = "it is carried out just before the next call, and nobody can tell"
    UNAVAILABLE = "it is turned away for now"
    CONFLICT = "it is turned away as if another had been first"
    REFUSED = "it is turned away for good"


class FlakyStore(Store):
    """A store whose calls go wrong as told, one fault for each call of a method.

    Faults that leave open what happened are for the writing methods only: that is
    all they may raise. When a method has no faults left, its calls go well.

    Attributes:
        calls: Every call so far: the method, and the key or prefix.
        written: The bytes that each ``create`` and ``replace`` was given.
    """

    def __init__(self, store: Store, faults: Mapping[str, Iterable[Fault]]) -> None:
        self._store = store
        self._faults = {name: deque(queue) for name, queue in faults.items()}
        self._under_way: Callable[[], None] | None = None
        self._lock = Lock()
        self.calls: list[tuple[str, str]] = []
        self.written: list[bytes] = []

    def get(self, key: ObjectKey) -> StoredObject:
        self._called("get", key)
        return self._store.get(key)

    def create(self, key: ObjectKey, body: bytes) -> None:
        self.written.append(body)
        self._write("create", key, lambda: self._store.create(key, body))

    def replace(self, key: ObjectKey, body: bytes, version: str) -> None:
        self.written.append(body)
        self._write("replace", key, lambda: self._store.replace(key, body, version))

    def put(
        self, key: ObjectKey, digest: Digest, size: int, chunks: Iterator[bytes]
    ) -> None:
        self._write("put", key, lambda: self._store.put(key, digest, size, chunks))

    def rejects(self, key: ObjectKey, digest: Digest, body: bytes) -> bool:
        self._called("rejects", key)
        return self._store.rejects(key, digest, body)

    def copy(self, source: ObjectKey, target: ObjectKey, digest: Digest) -> None:
        self._write("copy", target, lambda: self._store.copy(source, target, digest))

    def info(self, key: ObjectKey) -> ObjectInfo | None:
        self._called("info", key)
        return self._store.info(key)

    def read(self, key: ObjectKey) -> Iterator[bytes]:
        self._called("read", key)
        return self._store.read(key)

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        self._called("list", prefix)
        return self._store.list(prefix, after)

    def delete(self, key: ObjectKey) -> None:
        self._write("delete", key, lambda: self._store.delete(key))

    def settle(self) -> None:
        """Let the write that is still under way land, if there is one."""
        with self._lock:
            late, self._under_way = self._under_way, None
        if late is not None:
            # Nobody waits for its answer any more.
            with suppress(ConflictError):
                late()

    def _write(
        self, method: str, key: ObjectKey, carry_out: Callable[[], None]
    ) -> None:
        match self._called(method, key):
            case Fault.NONE:
                carry_out()
                return
            case Fault.LANDED:
                with suppress(ConflictError):
                    carry_out()
            case Fault.LATE:
                self._under_way = carry_out
            case _:
                pass
        raise OutcomeUnknownError(f"{method} {key}", "the line went dead")

    def _called(self, method: str, key: str) -> Fault:
        self.settle()
        with self._lock:
            self.calls.append((method, key))
            queue = self._faults.get(method)
            fault = queue.popleft() if queue else Fault.NONE
        what = f"{method} {key}"
        match fault:
            case Fault.UNAVAILABLE:
                raise UnavailableError(what, "slow down")
            case Fault.CONFLICT:
                raise ConflictError(what, "another was first")
            case Fault.REFUSED:
                raise RefusedError(what, "permission denied")
            case _:
                return fault
