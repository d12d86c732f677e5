"""The worker on ECS, which on some shards is held up in the middle of two transfers.

Of its first task one transfer is between two pieces of a bottle then, and the other has
just stored one. Some end there by SIGKILL, others wait until they are told to leave. A
file that has the shard's name, in the folder that ``NOTES`` names, says what was stored
and what was on its way.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Lock
from typing import Any, Final, cast

from dependency_injector import providers

from adapters.configuration_sources import ORDER
from adapters.order_codec import decode_order
from adapters.system_clock import SystemClock
from domain.bottle import Digest, ObjectKey
from domain.cloud_config import CloudConfig
from domain.config import SyncConfig
from entrypoints import ecs_worker
from entrypoints.ecs_worker import EcsWorkerContainer

JOBS: Final = 2
KILLED: Final = (0, 1, 2)
TOLD_TO_LEAVE: Final = (3, 4)


class StandingClock(SystemClock):
    """Time that stands still: what was stored is never recorded for its sake."""

    def monotonic(self) -> float:
        return 0.0


class Hold:
    """Holds up the first bottle of a task, and whoever has stored so many others."""

    def __init__(
        self, shard: int, note: Path, stop: Event, put: Callable[..., None]
    ) -> None:
        self._shard = shard
        self._note = note
        self._stop = stop
        self._put = put
        self._lock = Lock()
        self._on_its_way: Digest | None = None
        self._is_on_its_way = Event()
        self._stored: list[Digest] = []

    def put(
        self, key: ObjectKey, digest: Digest, size: int, chunks: Iterator[bytes]
    ) -> None:
        """Store a bottle."""
        with self._lock:
            is_first = self._on_its_way is None
            self._on_its_way = self._on_its_way or digest
        if is_first:
            self._put(key, digest, size, self._held(chunks))
            return
        self._put(key, digest, size, chunks)
        self._stored.append(digest)
        # Each shard is held up at another place.
        if len(self._stored) == 1 + self._shard:
            self._is_on_its_way.wait()
            self._hold()

    def _held(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        yield next(chunks)
        self._is_on_its_way.set()
        self._stop.wait()
        yield from chunks

    def _hold(self) -> None:
        told = {"stored": self._stored, "on_its_way": [self._on_its_way]}
        self._note.write_text(json.dumps(told))
        if self._shard in KILLED:
            os.kill(os.getpid(), signal.SIGKILL)
        self._stop.wait()


def held(config: SyncConfig, settings: CloudConfig) -> EcsWorkerContainer:
    """Return one task, its clock and its store apart where it is to be held up."""
    container = EcsWorkerContainer(config=config, settings=settings)
    shard = decode_order(os.environ[ORDER]).shard
    note = Path(os.environ["NOTES"], str(shard))
    if shard in (*KILLED, *TOLD_TO_LEAVE) and not note.exists():
        container.cloud.clock.override(providers.Object(StandingClock()))
        store = cast("Any", container.cloud.mirror).store()
        store.put = Hold(shard, note, container.cloud.stop(), store.put).put
    return container


if __name__ == "__main__":
    ecs_worker.EcsWorkerContainer = held  # type: ignore[assignment, misc]
    sys.exit(ecs_worker.main())
