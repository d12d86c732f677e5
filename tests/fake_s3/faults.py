"""What goes wrong between a bucket and those who use it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from math import inf
from threading import Lock
from typing import TypeAlias, TypeVar

from tests.fake_s3.bucket import S3Error

_Answer = TypeVar("_Answer")


class Kind(Enum):
    """What goes wrong with one request."""

    NONE = "it is carried out and answered"
    REQUEST_LOST = "it never arrives, and nobody can tell"
    ANSWER_LOST = "it is carried out, and the answer is lost"
    LATE = "it is carried out before a later request, and nobody can tell"
    CONFLICT = "409: another write of the key was under way"
    FAILED = "500: it is not carried out"
    SLOW_DOWN = "503: it is not carried out"
    RESET = "the body, of the request or of the answer, breaks off in the middle"
    SHORT_PAGE = "a list gives half a page, and says that more follows"


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one request, and how much.

    Attributes:
        after: How many requests later one that is ``LATE`` is carried out.
        retry_after: Seconds that ``SLOW_DOWN`` asks to wait.
    """

    kind: Kind = Kind.NONE
    after: int = 1
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrives.

    Attributes:
        number: 1 is the first on this line.
        operation: S3's name of it: PutObject, ListObjectsV2...
        key: The object's, the target's of a copy, the prefix of a list.
        conditional: It is a write with If-None-Match or If-Match.
    """

    number: int
    operation: str
    key: str
    conditional: bool = False


Hook: TypeAlias = Callable[[Request], Fault]

NO_FAULT = Fault()


class LineBrokenError(Exception):
    """The connection ended without an answer."""


class Line:
    """The way to a bucket and back. Threads may share it.

    Attributes:
        faults: Says of each request what goes wrong with it.
        requests: Every request so far.
    """

    def __init__(self, faults: Hook = lambda _: NO_FAULT) -> None:
        self.faults = faults
        self.requests: list[Request] = []
        self._lock = Lock()
        # What is still under way, each with the request before which it lands.
        self._late: list[tuple[int, Callable[[], object]]] = []

    def arrive(self, operation: str, key: str, *, conditional: bool = False) -> Fault:
        """Take note of a request, and return what goes wrong with it.

        What was to land before it, lands.
        """
        with self._lock:
            number = len(self.requests) + 1
            request = Request(number, operation, key, conditional)
            self.requests.append(request)
        self._land(number)
        # Outside of the lock: to answer may mean to wait.
        return self.faults(request)

    def carry(self, fault: Fault, carry_out: Callable[[], _Answer]) -> _Answer:
        """Carry a request out as far as what goes wrong with it allows.

        Raises:
            LineBrokenError: No answer comes.
            S3Error: From S3 itself, or because of the fault.
        """
        match fault.kind:
            case Kind.NONE | Kind.SHORT_PAGE:
                return carry_out()
            case Kind.CONFLICT:
                raise S3Error(409, "ConditionalRequestConflict", "Try again.")
            case Kind.FAILED:
                raise S3Error(500, "InternalError", "Try again.")
            case Kind.SLOW_DOWN:
                raise S3Error(503, "SlowDown", "Reduce your request rate.")
            case Kind.ANSWER_LOST | Kind.RESET:
                with suppress(S3Error):
                    carry_out()
            case Kind.LATE:
                with self._lock:
                    due = len(self.requests) + fault.after
                    self._late.append((due, carry_out))
            case Kind.REQUEST_LOST:
                pass
        raise LineBrokenError

    def settle(self) -> None:
        """Let everything land that is still under way."""
        self._land(inf)

    def _land(self, number: float) -> None:
        with self._lock:
            landing = [carry_out for due, carry_out in self._late if due <= number]
            self._late = [late for late in self._late if late[0] > number]
        for carry_out in landing:
            # Nobody waits for its answer any more.
            with suppress(S3Error):
                carry_out()
