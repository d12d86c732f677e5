"""Being interrupted: the first signal stops a run in order, the second kills it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

from ports.progress import Progress

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_SHOW_CURSOR: Final = b"\x1b[?25h"
_STOPPING: Final = (
    "stopping: what has been fetched is recorded first; interrupt again to quit at once"
)


class StopFlag(threading.Event):
    """A flag that knows whether anybody looks at it yet.

    Only who transfers bottles does, and from then on setting it is enough: whatever
    was stored will be recorded. Before that there is nothing to record.

    Attributes:
        is_watched: Whether somebody has looked.
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_watched = False

    def is_set(self) -> bool:
        """Return whether to stop."""
        self.is_watched = True
        return super().is_set()


@contextmanager
def stopped_by_signals(stop: StopFlag, progress: Progress) -> Iterator[None]:
    """Have SIGINT and SIGTERM stop what is done here.

    Raises:
        KeyboardInterrupt: One came before anybody looked at ``stop``.
    """
    if threading.current_thread() is not threading.main_thread():
        # Python lets no other thread have signals.
        yield
        return
    over = False

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        if not stop.is_watched:
            raise KeyboardInterrupt
        with suppress(OSError, ValueError):
            if sys.stderr.isatty():
                # The next one kills, and whatever was hidden stays so: before anybody
                # is told that there may be a next one.
                os.write(sys.stderr.fileno(), _SHOW_CURSOR)
        stop.set()

    def tell() -> None:
        # In a thread of its own: a handler could wait for a lock that is held by the
        # very code that it interrupts.
        stop.wait()
        if not over:
            progress.note(_STOPPING)

    before = {number: signal.signal(number, on_signal) for number in _SIGNALS}
    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        over = True
        stop.set()
        for number, handler in before.items():
            signal.signal(number, handler)
        teller.join()
