"""Putting bytes where they belong in a store, if they are not there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from threading import Event as Flag

from application.digests import stored_digest
from application.flow import StoppedError
from domain.bottle import Digest, ObjectKey
from ports.clock import Clock
from ports.errors import ConflictError, OutcomeUnknownError, UnavailableError
from ports.store import Store

_FIRST_PAUSE = 0.5  # seconds at most, and twice as many each time
_LONGEST_PAUSE = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class PutRight:
    """Makes an object hold what it should. May be used by many threads at once.

    Attributes:
        attempts: How often the bytes of one object are sent.
        chance: Gives numbers in [0, 1), to spread what is tried again.
        stop: When set, what is being done ends at the next piece of bytes.
    """

    store: Store
    clock: Clock
    attempts: int
    chance: Callable[[], float]
    stop: Flag

    def put(
        self,
        key: ObjectKey,
        digest: Digest,
        size: int,
        read: Callable[[], Iterator[bytes]],
    ) -> bool:
        """Put what ``read`` gives at ``key``; what is there and wrong goes.

        Returns:
            Whether it was not there before.

        Raises:
            StoppedError: ``stop`` was set.
            PortError: It cannot be read or written.
        """
        for attempt in count(1):
            self._go_on(key)
            if self._is_there(key, digest):
                return attempt > 1
            try:
                self.store.put(key, digest, size, self._flow(key, read()))
            except ConflictError:
                # Another has put it there just now: it is looked at.
                if attempt >= self.attempts:
                    raise
            except (UnavailableError, OutcomeUnknownError) as error:
                if attempt >= self.attempts:
                    error.attempts = max(error.attempts, attempt)
                    raise
                self._pause(attempt)
            else:
                return True
        raise AssertionError  # pragma: no cover - the count has no end

    def copy(self, source: ObjectKey, key: ObjectKey, digest: Digest) -> None:
        """Make ``key`` hold what ``source`` holds; what is there and wrong goes.

        Raises:
            StoppedError: ``stop`` was set.
            PortError: It cannot be done.
        """
        self._go_on(key)
        try:
            self.store.copy(source, key, digest)
        except ConflictError:
            self.store.delete(key)
            self.store.copy(source, key, digest)

    def _is_there(self, key: ObjectKey, digest: Digest) -> bool:
        found = stored_digest(self.store, key)
        if found is not None and found != digest:
            self.store.delete(key)
        return found == digest

    def _flow(self, key: ObjectKey, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._go_on(key)
            yield chunk

    def _go_on(self, key: ObjectKey) -> None:
        if self.stop.is_set():
            raise StoppedError(f"{key}: stopped")

    def _pause(self, failed: int) -> None:
        # 2.0 ** 1024 is not a float any more.
        longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(failed - 1, 64))
        self.clock.sleep(longest * self.chance())
