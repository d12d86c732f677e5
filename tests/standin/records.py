"""What the stand-in was asked, for tests to count and to look into."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

_KEPT = 20_000  # requests; counters go on, so that a long benchmark stays small


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """One request and the status of its answer; header names are lower-case.

    ``arrived`` is when it was read, by the monotonic clock.
    """

    kind: str
    method: str
    target: str
    headers: Mapping[str, str]
    status: int
    arrived: float


class Requests:
    """The requests so far, in the order of their answers.

    Kinds: ``catalog``, ``catalog_304``, ``token``, ``manifest``, ``manifest_head``,
    ``child_manifest``, ``child_manifest_head``, ``blob``, ``blob_head``,
    ``signed_get``, ``signed_head``, ``unknown``. A request is recorded before the
    first byte of its answer leaves, so whoever has read an answer finds it counted.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[str] = Counter()
        self._statuses: Counter[int] = Counter()
        self._last: deque[RecordedRequest] = deque(maxlen=_KEPT)
        self._given: Counter[str] = Counter()

    def gave(self, kind: str, size: int) -> None:
        """Count bytes of a body that leave."""
        with self._lock:
            self._given[kind] += size

    def given(self, kind: str) -> int:
        """Return how many bytes have left in bodies of a kind, counted as they did."""
        with self._lock:
            return self._given[kind]

    def record(self, request: RecordedRequest) -> None:
        with self._lock:
            self._counts[request.kind] += 1
            self._statuses[request.status] += 1
            self._last.append(request)

    def count(self, *kinds: str) -> int:
        """Count the requests of these kinds; of all kinds when none is named."""
        with self._lock:
            if not kinds:
                return self._counts.total()
            return sum(self._counts[kind] for kind in kinds)

    def counts(self) -> Counter[str]:
        """Return the number of requests by kind."""
        with self._lock:
            return self._counts.copy()

    def statuses(self) -> Counter[int]:
        """Return the number of answers by status."""
        with self._lock:
            return self._statuses.copy()

    def recorded(self, *kinds: str) -> list[RecordedRequest]:
        """Return the requests of these kinds, oldest first; the last 20,000 only."""
        with self._lock:
            kept = list(self._last)
        return [request for request in kept if not kinds or request.kind in kinds]

    def reset(self) -> None:
        """Forget everything."""
        with self._lock:
            self._counts.clear()
            self._statuses.clear()
            self._last.clear()
            self._given.clear()
