"""How an execution, or a part of it, is told to end."""

import time
from typing import Self

_POLL_EVERY = 0.01  # seconds


class StoppedError(Exception):
    """The execution, or the part of it that this is, was told to end."""


class Stop:
    """Tells a part of an execution to end, with all that is part of it in turn."""

    def __init__(self, whole: Self | None = None) -> None:
        self._whole = whole
        self._set = False

    def set(self) -> None:
        """Tell it to end."""
        self._set = True

    def check(self) -> None:
        """Go on, unless told to end.

        Raises:
            StoppedError: told to end.
        """
        if self._set:
            raise StoppedError
        if self._whole is not None:
            self._whole.check()

    def wait(self, seconds: float) -> None:
        """Go on after some time.

        Raises:
            StoppedError: told to end before that.
        """
        until = time.monotonic() + seconds
        while True:
            self.check()
            left = until - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, _POLL_EVERY))
