"""Putting bytes where they belong: what is there, what is wrong, what fails."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event as Flag

import pytest

from adapters.memory.clock import ManualClock
from adapters.memory.store import MemoryStore
from application.flow import StoppedError
from application.put_right import PutRight
from domain.bottle import ObjectKey
from ports.errors import RefusedError, UnavailableError
from ports.store import Store
from tests.support.catalogs import digest_of
from tests.support.flaky_store import Fault, FlakyStore

KEY, OTHER = ObjectKey("2026-11-22/jq"), ObjectKey("2026-11-22/bat")
DIGEST = digest_of("right")


def putting(store: Store, stop: Flag | None = None) -> PutRight:
    return PutRight(store, ManualClock(), 3, lambda: 0.5, stop or Flag())


def right() -> Iterator[bytes]:
    yield b"ri"
    yield b"ght"


def unread() -> Iterator[bytes]:
    raise AssertionError("it is there, and was read all the same")


def test_puts_what_is_not_there_and_tells_so() -> None:
    store = MemoryStore()
    assert putting(store).put(KEY, DIGEST, 5, right)
    assert store.get(KEY).body == b"right"
    assert not putting(store).put(KEY, DIGEST, 5, unread)


def test_what_is_wrong_gives_way() -> None:
    store = MemoryStore()
    store.create(KEY, b"wrong")
    assert putting(store).put(KEY, DIGEST, 5, right)
    assert store.get(KEY).body == b"right"


@pytest.mark.parametrize(
    "fault", [Fault.LOST, Fault.LANDED, Fault.UNAVAILABLE, Fault.CONFLICT]
)
def test_what_fails_twice_is_tried_a_third_time(fault: Fault) -> None:
    store = MemoryStore()
    assert putting(FlakyStore(store, {"put": [fault, fault]})).put(
        KEY, DIGEST, 5, right
    )
    assert store.get(KEY).body == b"right"


def test_what_fails_three_times_fails() -> None:
    flaky = FlakyStore(MemoryStore(), {"put": [Fault.UNAVAILABLE] * 3})
    with pytest.raises(UnavailableError, match="tried 3 times"):
        putting(flaky).put(KEY, DIGEST, 5, right)


def test_what_is_refused_is_not_tried_again() -> None:
    flaky = FlakyStore(MemoryStore(), {"put": [Fault.REFUSED]})
    with pytest.raises(RefusedError):
        putting(flaky).put(KEY, DIGEST, 5, right)


def test_a_copy_takes_the_place_of_what_is_wrong() -> None:
    store = MemoryStore()
    store.create(OTHER, b"right")
    store.create(KEY, b"wrong")
    putting(store).copy(OTHER, KEY, DIGEST)
    putting(store).copy(OTHER, KEY, DIGEST)
    assert store.get(KEY).body == b"right"


def test_who_is_told_to_stop_stops_at_the_next_piece() -> None:
    store, stop = MemoryStore(), Flag()

    def stopping() -> Iterator[bytes]:
        yield b"ri"
        stop.set()
        yield b"ght"

    with pytest.raises(StoppedError):
        putting(store, stop).put(KEY, DIGEST, 5, stopping)
    with pytest.raises(StoppedError):
        putting(store, stop).copy(OTHER, KEY, DIGEST)
    assert store.info(KEY) is None
