"""Clients that wait for "100 Continue" as long as it takes."""

from __future__ import annotations

import pytest
import urllib3

from adapters.wire import connections

_AS_LONG_AS_IT_TAKES = 60.0  # seconds


def wait_for_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send no body unasked, to servers that do answer when they get to it."""
    wait_for_read = urllib3.util.wait_for_read
    monkeypatch.setattr(connections, "_LEAVE", _AS_LONG_AS_IT_TAKES)
    # As long as botocore waits it says there, in a number.
    monkeypatch.setattr(
        urllib3.util,
        "wait_for_read",
        lambda sock, _timeout: wait_for_read(sock, _AS_LONG_AS_IT_TAKES),
    )
