"""The ways of processes to the store they share, and what goes wrong on them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from ports.store import Store
from tests.fake_s3 import faults as fake
from tests.fake_s3.bucket import Bucket
from tests.fake_s3.store import FakeStore
from tests.support.flaky_store import Fault, FlakyStore


class Harm(Enum):
    """What goes wrong with one request: in a store of ours, and in S3."""

    NONE = Fault.NONE, fake.Kind.NONE
    LOST = Fault.LOST, fake.Kind.REQUEST_LOST
    LANDED = Fault.LANDED, fake.Kind.ANSWER_LOST
    LATE = Fault.LATE, fake.Kind.LATE
    CONFLICT = Fault.CONFLICT, fake.Kind.CONFLICT
    AWAY = Fault.UNAVAILABLE, fake.Kind.SLOW_DOWN


@dataclass(frozen=True, slots=True)
class Trouble:
    """What goes wrong with the next requests of a process, each kind in its order.

    Attributes:
        overtaken: How many commits another appends meanwhile.
    """

    writes: tuple[Harm, ...] = ()
    reads: tuple[Harm, ...] = ()
    overtaken: int = 0


NO_TROUBLE = Trouble()


class Line(Store, Protocol):
    """One process's own way to the store they share."""

    def strike(self, trouble: Trouble, meanwhile: Callable[[], None]) -> None:
        """Let trouble befall the next requests, before each of which others act."""
        ...

    def settle(self) -> None:
        """Let everything land that is still under way."""
        ...


class FlakyLine(FlakyStore):
    """The way to a store in memory."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, {})
        self._meanwhile: Callable[[], None] = lambda: None

    def strike(self, trouble: Trouble, meanwhile: Callable[[], None]) -> None:
        writes = deque(harm.value[0] for harm in trouble.writes)
        reads = deque(harm.value[0] for harm in trouble.reads)
        self._faults = {"create": writes, "replace": writes, "get": reads}
        self._meanwhile = meanwhile

    def _called(self, method: str, key: str) -> Fault:
        self._meanwhile()
        return super()._called(method, key)


class FakeLine(FakeStore):
    """The way to a bucket."""

    def __init__(self, bucket: Bucket) -> None:
        super().__init__(bucket, fake.Line(self._fault))
        self.strike(NO_TROUBLE, lambda: None)

    def strike(self, trouble: Trouble, meanwhile: Callable[[], None]) -> None:
        self._writes = deque(harm.value[1] for harm in trouble.writes)
        self._reads = deque(harm.value[1] for harm in trouble.reads)
        self._meanwhile = meanwhile

    def settle(self) -> None:
        self.line.settle()

    def _fault(self, request: fake.Request) -> fake.Fault:
        self._meanwhile()
        queue = self._writes if request.conditional else self._reads
        if queue:
            return fake.Fault(queue.popleft())
        # A page can come short at any time, and nobody may notice.
        is_list = request.operation == "ListObjectsV2"
        return fake.Fault(fake.Kind.SHORT_PAGE if is_list else fake.Kind.NONE)
