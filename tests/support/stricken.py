"""A store in memory that can be struck: told what becomes of one call, or of many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeAlias

from adapters.memory.store import MemoryStore
from domain.bottle import Digest, ObjectKey
from ports.errors import ConflictError
from ports.store import ObjectInfo, StoredObject
from tests.support.watched import Call, is_any, is_write

Carry: TypeAlias = Callable[[], Any]
"""Carries the call out and returns its answer; may be called again later."""

Act: TypeAlias = Callable[[Call, Carry], object]
"""What becomes of a call: returns its answer, or raises in the place of one."""


@dataclass(slots=True)
class Blow:
    """What becomes of some of the calls.

    Attributes:
        first: The number of the first call it befalls, among those that are meant.
        lasting: Whether it befalls all that are meant from then on.
        seen: How many were meant so far.
        met: The calls that it befell.
    """

    act: Act
    meant: Callable[[Call], bool] = is_any
    first: int = 1
    lasting: bool = False
    seen: int = 0
    met: list[Call] = field(default_factory=list)

    def befalls(self, call: Call) -> bool:
        """Count the call, and return whether it is befallen."""
        if not self.meant(call):
            return False
        self.seen += 1
        befallen = self.seen == self.first or (self.lasting and self.seen > self.first)
        if befallen:
            self.met.append(call)
        return befallen


class StrickenStore(MemoryStore):
    """Goes well until it is struck, and again when it is relieved.

    What a blow does to the store itself goes well, too.

    Attributes:
        calls: How many calls it has had.
    """

    def __init__(self) -> None:
        super().__init__()
        self._blow: Blow | None = None
        self._under_way: tuple[str, Carry] | None = None
        self._counting = Lock()
        self.calls = 0

    def strike(self, blow: Blow) -> None:
        """Let ``blow`` decide of calls from now on."""
        self._blow = blow

    def relieve(self) -> None:
        """Let all go well again, but for what is still under way."""
        self._blow = None

    def delay(self, call: Call, carry: Carry) -> None:
        """Carry a write out just before the next one to its key, and tell nobody."""
        self._under_way = call.key, carry

    @property
    def is_under_way(self) -> bool:
        """Whether there is a write that has not landed yet."""
        return self._under_way is not None

    def branch(self) -> StrickenStore:
        """Return a store that holds the same, and changes apart from this one."""
        twin = StrickenStore()
        for info in self.list(""):
            twin.create(info.key, self.peek(info.key))
        twin.calls = 0
        return twin

    def peek(self, key: ObjectKey) -> bytes:
        """Return the bytes of an object; this is no call."""
        return super().get(key).body

    def get(self, key: ObjectKey) -> StoredObject:
        get = super().get
        found: StoredObject = self._called("get", key, lambda: get(key))
        return found

    def create(self, key: ObjectKey, body: bytes) -> None:
        create = super().create
        self._called("create", key, lambda: create(key, body))

    def replace(self, key: ObjectKey, body: bytes, version: str) -> None:
        replace = super().replace
        self._called("replace", key, lambda: replace(key, body, version))

    def put(
        self, key: ObjectKey, digest: Digest, size: int, chunks: Iterator[bytes]
    ) -> None:
        put = super().put
        # A put that lands late can ask nobody for its bytes any more.
        pieces = tuple(chunks)
        self._called("put", key, lambda: put(key, digest, size, iter(pieces)))

    def copy(self, source: ObjectKey, target: ObjectKey, digest: Digest) -> None:
        copy = super().copy
        self._called("copy", target, lambda: copy(source, target, digest))

    def info(self, key: ObjectKey) -> ObjectInfo | None:
        info = super().info
        found: ObjectInfo | None = self._called("info", key, lambda: info(key))
        return found

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        listed = super().list
        yield from self._called("list", prefix, lambda: tuple(listed(prefix, after)))

    def delete(self, key: ObjectKey) -> None:
        delete = super().delete
        self._called("delete", key, lambda: delete(key))

    def _called(self, what: str, key: str, carry: Carry) -> Any:  # noqa: ANN401
        call = Call(what, key)
        with self._counting:
            self.calls += 1
            blow = self._blow
            befallen = blow is not None and blow.befalls(call)
        late = self._under_way
        if late is not None and is_write(call) and late[0] == key:
            self._under_way = None
            # Nobody waits for its answer any more.
            with suppress(ConflictError):
                late[1]()
        if blow is None or not befallen:
            return carry()
        self.relieve()
        try:
            return blow.act(call, carry)
        finally:
            if blow.lasting:
                self.strike(blow)
