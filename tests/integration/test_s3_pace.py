"""The pace that all who ask a store keep to, by what it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import pytest

from adapters.memory.clock import ManualClock
from adapters.pacing import Complaint, Pacing
from adapters.s3.store import S3Store
from domain.bottle import ObjectKey
from ports.errors import OutcomeUnknownError, UnavailableError
from tests.support.canned import Answer, CannedServer

KEY = ObjectKey("bottles_hash.json")
WRITTEN = Answer(200, headers={"ETag": '"etag"'})
OK = Answer(200, headers=WRITTEN.headers, body=b"{}")

Answering = Callable[..., S3Store]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def answering(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Answering]:
    """Yield what makes a store that gives these answers, the last one for ever."""
    with ExitStack() as servers:

        def open_(*answers: Answer) -> S3Store:
            server = servers.enter_context(CannedServer(*answers))
            monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint_url)
            pacing = Pacing(clock, lambda: 0.0, longest=8.0, first=0.25)
            return S3Store("bucket", pool_size=2, retry_attempts=2, pacing=pacing)

        yield open_


@pytest.mark.parametrize(
    ("answer", "pause"),
    [
        (Answer(503, "SlowDown"), 0.25),
        (Answer(503, "SlowDown", {"Retry-After": "7"}), 7.0),
        (Answer(503, "SlowDown", {"Retry-After": "7000"}), 8.0),
        (Answer(429, "TooManyRequests"), 0.25),
        (Answer(500, "InternalError"), 0.0),
    ],
)
def test_a_store_that_says_slow_down_is_left_alone(
    answering: Answering, clock: ManualClock, answer: Answer, pause: float
) -> None:
    store = answering(answer, WRITTEN)
    with suppress(UnavailableError, OutcomeUnknownError):
        store.create(KEY, b"{}")
    assert clock.monotonic() == 0.0

    store.create(ObjectKey("next"), b"{}")
    assert clock.monotonic() == pause

    store.create(ObjectKey("last"), b"{}")
    assert clock.monotonic() == pause


def test_it_is_left_alone_for_longer_while_it_goes_on_to_complain(
    answering: Answering, clock: ManualClock
) -> None:
    store = answering(Answer(503, "SlowDown"))
    for _ in range(4):
        with pytest.raises(OutcomeUnknownError):
            store.create(KEY, b"{}")
    assert clock.monotonic() == 0.25 + 0.5 + 1.0


def test_what_is_asked_again_waits_as_well(
    answering: Answering, clock: ManualClock
) -> None:
    store = answering(Answer(503, "SlowDown"), OK)
    assert store.get(KEY).body == b"{}"
    assert clock.monotonic() == 0.25


def test_an_object_that_is_given_ends_the_complaints(
    answering: Answering, clock: ManualClock
) -> None:
    slow = Answer(503, "SlowDown")
    store = answering(slow, OK, OK, slow, OK)
    store.get(KEY)  # asks twice
    store.get(KEY)
    assert clock.monotonic() == 0.25

    store.get(KEY)
    # The second pause is as long as the first; after more complaints it would be twice.
    assert clock.monotonic() == 0.25 + 0.25


def test_what_one_is_told_another_that_shares_its_pace_heeds(
    answering: Answering, clock: ManualClock
) -> None:
    told: list[object] = []
    pacing = Pacing(clock, lambda: 0.0, longest=8.0, first=0.25)
    pacing.share(told.append)
    answering(Answer(503, "SlowDown"), OK)
    store = S3Store("bucket", pool_size=2, retry_attempts=1, pacing=pacing)
    with pytest.raises(OutcomeUnknownError):
        store.create(KEY, b"{}")

    other = Pacing(clock, lambda: 0.0, longest=8.0, first=0.25)
    (complaint,) = told
    assert isinstance(complaint, Complaint)
    other.hear(complaint)

    assert other.remaining(complaint.origin) == 0.25
