"""A port where nobody listens, for as long as it takes to be refused there."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def nobody_listens(port: int = 0) -> Iterator[int]:
    """Hold a port of the loopback address, and yield it: who connects is refused.

    Args:
        port: One that was listened on until now; 0 for any.

    Raises:
        OSError: Somebody listens on it.
    """
    # One that is merely free may be given to another process at any time.
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", port))
        yield held.getsockname()[1]
