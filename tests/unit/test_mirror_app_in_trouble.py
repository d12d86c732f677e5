from __future__ import annotations

from collections.abc import Iterator

import pytest
from werkzeug.test import Client

from adapters.memory.clock import ManualClock
from adapters.memory.served import ServedMemory
from domain.bottle import ObjectKey
from domain.served import BYTES_MEDIA_TYPE
from entrypoints.serving.app import Answered, MirrorApp
from ports.errors import PortError, RefusedError, UnavailableError
from ports.served_objects import ObjectHead, ServedObject, ServedObjects

BOTTLE = ObjectKey("flat/jq-1.8.1.arm64_sonoma.bottle.tar.gz")
DOCUMENT = ObjectKey("api/internal/packages.arm64_sonoma.jws.json")
BODY = bytes(range(256)) * 8


class Failing(ServedObjects, ServedObject):
    """A store that fails: at once, when it is read, or after some bytes."""

    def __init__(self, error: PortError, after: int) -> None:
        self._error = error
        self._after = after
        self.closed = 0

    @property
    def head(self) -> ObjectHead:
        now = ManualClock().now()
        return ObjectHead(len(BODY), '"1"', now, BYTES_MEDIA_TYPE)

    def open(self, key: ObjectKey, *, compressed: bool) -> ServedObject:
        assert key == BOTTLE
        assert not compressed
        if self._after < 0:
            raise self._error
        return self

    def read(self, start: int, stop: int) -> Iterator[bytes]:
        assert (start, stop) == (0, len(BODY))
        if self._after == 0:
            raise self._error
        return self._pieces()

    def close(self) -> None:
        self.closed += 1

    def _pieces(self) -> Iterator[bytes]:
        yield BODY[: self._after]
        raise self._error


@pytest.mark.parametrize("after", [-1, 0])
@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UnavailableError("serve it", "the disk is gone"), 503),
        (RefusedError("serve it", "not with these credentials"), 502),
    ],
)
def test_trouble_with_the_store_is_told_here_and_to_nobody_else(
    error: PortError, status: int, after: int
) -> None:
    objects, told = Failing(error, after), list[Answered]()
    answer = Client(MirrorApp(objects, told.append)).get(f"/{BOTTLE}")
    assert answer.status_code == status
    assert answer.data == b""
    assert [each.trouble for each in told] == [error]
    assert objects.closed == after + 1


def test_bytes_that_stop_coming_end_the_connection() -> None:
    error = UnavailableError("serve it", "the disk is gone")
    objects, told = Failing(error, 7), list[Answered]()
    answer = Client(MirrorApp(objects, told.append)).get(f"/{BOTTLE}")
    assert answer.status_code == 200
    with pytest.raises(ConnectionAbortedError):
        list(answer.response)
    answer.close()
    assert [each.trouble for each in told] == [None, error]
    assert objects.closed == 1


class Republished(ServedMemory):
    """Has every object written anew each time that it is opened, ``times`` times."""

    def __init__(self, times: int) -> None:
        super().__init__(ManualClock())
        self.times = times

    def open(self, key: ObjectKey, *, compressed: bool) -> ServedObject:
        found = super().open(key, compressed=compressed)
        if self.times:
            self.times -= 1
            self.store(key, f"version {self.times}".encode(), BYTES_MEDIA_TYPE)
        return found


@pytest.mark.parametrize(("times", "status"), [(1, 200), (2, 503)])
def test_what_is_published_in_between_is_asked_for_once_more(
    times: int, status: int
) -> None:
    objects = Republished(times)
    objects.store(BOTTLE, BODY, BYTES_MEDIA_TYPE)
    answer = Client(MirrorApp(objects, list[Answered]().append)).get(f"/{BOTTLE}")
    assert answer.status_code == status
    assert answer.data == (b"version 0" if status == 200 else b"")
    answer.close()
    assert objects.opened == 0


def test_a_document_that_is_not_what_it_says_is_no_answer() -> None:
    objects, told = ServedMemory(ManualClock()), list[Answered]()
    objects.store(DOCUMENT, b"no gzip", "application/json", compressed=True)
    answer = Client(MirrorApp(objects, told.append)).get(f"/{DOCUMENT}")
    assert answer.status_code == 502
    assert "it is kept as gzip and is none" in str(told[0].trouble)
    assert objects.opened == 0
