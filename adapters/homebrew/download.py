"""The bytes of one bottle, taken up again where they broke off."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from http import HTTPStatus
from typing import Final

from adapters.homebrew.answers import Body
from adapters.homebrew.sizes import read_size
from adapters.retry import Backoff
from ports.clock import Clock
from ports.errors import MalformedError, UnavailableError

# Small at first and over slow lines, so that the reader is not kept waiting for what
# has come already; large else, for each read costs as much as the next.
_FIRST_READ: Final = 256 * 1024  # bytes
_LARGEST_READ: Final = 1024 * 1024  # bytes
_SMALLEST_READ: Final = 16 * 1024  # bytes
_QUICK: Final = 0.5  # seconds
_SLOW: Final = 2.0  # seconds

_MOST_BREAKS: Final = 5
_GAIN: Final = 1024 * 1024  # bytes that make up for the breaks before them

_WAITS: Final = Backoff(base=0.25, ceiling=2.0)
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


def whole_size(body: Body, start: int) -> int | None:
    """Return how many bytes there are in all, of which ``body`` is all but the first.

    Args:
        start: How many those are. None is returned when it is another answer.
    """
    told = _CONTENT_RANGE.fullmatch(body.headers.get("Content-Range", ""))
    if body.status != HTTPStatus.PARTIAL_CONTENT or told is None:
        return None
    size = read_size(told[3])
    if size is None or told.groups()[:2] != (str(start), str(size - 1)):
        return None
    return size


class Download:
    """The bytes of a body of ``size`` from ``start`` on, read once.

    When the connection breaks, the rest is asked for and the bytes go on as if
    nothing had been, each of them once. ``patience`` is for how many seconds the
    reader may be kept without any; what time the reader itself takes is its own.
    """

    def __init__(
        self,
        body: Body,
        start: int,
        size: int,
        reopen: Callable[[int, float], Body],
        *,
        what: str,
        patience: float,
        clock: Clock,
        chance: Callable[[], float],
    ) -> None:
        self._body = body
        self._size = size
        self._reopen = reopen
        self._what = what
        self._patience = patience
        self._clock = clock
        self._chance = chance
        self._came = start
        self._came_before_break = start
        self._breaks = 0
        self._reading = _FIRST_READ

    def chunks(self) -> Generator[bytes]:
        """Yield the bytes in order.

        Raises:
            UnavailableError: They stopped, and did not flow again in time.
            MalformedError: They stopped, and the rest is not that of this body.
            RefusedError: They stopped, and the registry does not give the rest.
        """
        while self._came < self._size:
            chunk = self._next()
            self._came += len(chunk)
            yield chunk

    def close(self) -> None:
        """Let go of the connection."""
        self._body.close()

    def _next(self) -> bytes:
        """Return the next bytes, from another connection where this one breaks."""
        since = self._clock.monotonic()
        while True:
            try:
                return self._read()
            except UnavailableError as error:
                failure = error
            self._take_up(since, failure)

    def _read(self) -> bytes:
        begun = self._clock.monotonic()
        chunk = self._body.read(min(self._reading, self._size - self._came))
        if not chunk:
            raise UnavailableError(self._what, "the body ended early")
        took = self._clock.monotonic() - begun
        if took < _QUICK:
            self._reading = min(_LARGEST_READ, self._reading * 2)
        elif took > _SLOW:
            self._reading = max(_SMALLEST_READ, self._reading // 4)
        return chunk

    def _take_up(self, since: float, failure: UnavailableError) -> None:
        """Open the rest of the body, as long as the patience lasts."""
        self._body.close()
        if self._came - self._came_before_break >= _GAIN:
            self._breaks = 0
        self._breaks += 1
        self._came_before_break = self._came
        attempts, wait = 1, 0.0
        while self._breaks <= _MOST_BREAKS:
            left = since + self._patience - self._clock.monotonic()
            if wait >= left:
                break
            self._clock.sleep(wait)
            try:
                body = self._reopen(self._came, left - wait)
            except UnavailableError as error:
                failure, told = error, error.retry_after
                wait = _WAITS.wait(attempts, told, self._chance())
                attempts += 1
            else:
                self._join(body)
                return
        raise UnavailableError(
            self._what,
            f"broke off after {self._came:,} of {self._size:,} bytes "
            f"({failure.detail}) and could not be taken up again",
            attempts=max(attempts, self._breaks),
        ) from failure

    def _join(self, body: Body) -> None:
        """Go on with ``body`` if it begins where the bytes so far end."""
        self._body = body
        if body.status == HTTPStatus.OK:
            raise UnavailableError(
                self._what,
                f"broke off after {self._came:,} of {self._size:,} bytes, and the "
                "registry gives no part of it: it starts again from its beginning",
            )
        wanted = str(self._came), str(self._size - 1), str(self._size)
        told = _CONTENT_RANGE.fullmatch(body.headers.get("Content-Range", ""))
        if told is None or told.groups() not in (wanted, (*wanted[:2], "*")):
            raise MalformedError(
                self._what,
                f"{self._size:,} bytes were promised, and the rest from "
                f"{self._came:,} on is not there",
            )
