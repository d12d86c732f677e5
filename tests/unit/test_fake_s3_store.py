"""The store over a model of a bucket, when things go wrong on the way."""

from collections import deque
from collections.abc import Callable

import pytest

from domain.bottle import ObjectKey
from ports.errors import (
    ConflictError,
    OutcomeUnknownError,
    PortError,
    UnavailableError,
)
from tests.fake_s3.bucket import Bucket
from tests.fake_s3.faults import NO_FAULT, Fault, Hook, Kind, Line, Request
from tests.fake_s3.store import FakeStore
from tests.support.blobs import digest_of, put

KEY = ObjectKey("ledger/v1/commits/00000000000000000001.jsonl")
OTHER = ObjectKey("bottles_hash.json")


def once(*faults: Fault) -> Hook:
    """Return what lets the first requests go wrong, and no others."""
    left = deque(faults)
    return lambda _: left.popleft() if left else NO_FAULT


def store_with(*faults: Fault) -> FakeStore:
    return FakeStore(Bucket(), Line(once(*faults)))


class TestWrites:
    @pytest.mark.parametrize(
        ("kind", "landed"),
        [
            (Kind.REQUEST_LOST, False),
            (Kind.ANSWER_LOST, True),
            (Kind.CONFLICT, False),
            (Kind.FAILED, False),
            (Kind.SLOW_DOWN, False),
            (Kind.RESET, False),
        ],
    )
    def test_leave_open_what_happened(self, kind: Kind, *, landed: bool) -> None:
        calls: list[Callable[[FakeStore], None]] = [
            lambda store: store.create(KEY, b"body"),
            lambda store: put(store, KEY, b"body"),
        ]
        for call in calls:
            store = store_with(Fault(kind))
            with pytest.raises(OutcomeUnknownError):
                call(store)
            assert len(store.bucket.versions()) == landed

    def test_tried_again_may_meet_themselves(self) -> None:
        store = store_with(Fault(Kind.ANSWER_LOST))
        with pytest.raises(OutcomeUnknownError):
            store.create(KEY, b"body")
        with pytest.raises(ConflictError):
            store.create(KEY, b"body")
        assert store.get(KEY).body == b"body"

    def test_that_are_late_land_before_a_later_request(self) -> None:
        store = store_with(Fault(Kind.LATE, after=2))
        with pytest.raises(OutcomeUnknownError):
            store.create(KEY, b"body")
        assert store.info(KEY) is None
        assert store.info(KEY) is not None

    def test_that_are_late_still_heed_their_conditions(self) -> None:
        store = store_with(Fault(Kind.LATE, after=2))
        with pytest.raises(OutcomeUnknownError):
            store.create(KEY, b"late")
        store.create(KEY, b"early")
        assert store.get(KEY).body == b"early"
        assert len(store.bucket.versions()) == 1

    def test_that_are_late_land_at_the_latest_when_all_is_settled(self) -> None:
        store = store_with(Fault(Kind.LATE, after=100))
        with pytest.raises(OutcomeUnknownError):
            store.create(KEY, b"late")
        store.line.settle()
        store.line.settle()
        assert store.get(KEY).body == b"late"

    def test_of_one_store_land_at_the_request_of_another(self) -> None:
        bucket, line = Bucket(), Line(once(Fault(Kind.LATE)))
        first, second = FakeStore(bucket, line), FakeStore(bucket, line)
        with pytest.raises(OutcomeUnknownError):
            first.create(KEY, b"first")
        with pytest.raises(ConflictError):
            second.create(KEY, b"second")

    def test_replace_nothing_that_another_has_changed(self) -> None:
        store = store_with()
        store.create(OTHER, b"first")
        version = store.get(OTHER).version
        store.line.faults = once(Fault(Kind.ANSWER_LOST))
        with pytest.raises(OutcomeUnknownError):
            store.replace(OTHER, b"second", version)
        with pytest.raises(ConflictError):
            store.replace(OTHER, b"second", version)

    def test_that_may_be_repeated_are_unavailable(self) -> None:
        for kind in (Kind.REQUEST_LOST, Kind.ANSWER_LOST, Kind.LATE, Kind.FAILED):
            store = store_with()
            store.create(KEY, b"body")
            store.line.faults = lambda request, kind=kind: (  # type: ignore[misc]
                Fault(kind) if request.operation == "DeleteObject" else NO_FAULT
            )
            with pytest.raises(UnavailableError):
                store.delete(KEY)
            store.line.settle()
            assert (store.info(KEY) is None) == (kind in {Kind.ANSWER_LOST, Kind.LATE})


class TestReads:
    @pytest.mark.parametrize(
        "kind", [kind for kind in Kind if kind not in {Kind.NONE, Kind.SHORT_PAGE}]
    )
    def test_that_go_wrong_are_unavailable(self, kind: Kind) -> None:
        calls: list[Callable[[FakeStore], object]] = [
            lambda store: store.get(KEY),
            lambda store: list(store.read(KEY)),
            lambda store: store.info(KEY),
            lambda store: list(store.list("")),
        ]
        for call in calls:
            store = store_with(NO_FAULT, Fault(kind))
            store.create(KEY, b"body")
            with pytest.raises(UnavailableError):
                call(store)
            call(store)

    def test_give_the_bytes_that_came_before_the_end(self) -> None:
        store = store_with(NO_FAULT, Fault(Kind.RESET))
        store.create(KEY, b"body")
        pieces = store.read(KEY)
        assert next(pieces) == b"bo"
        with pytest.raises(UnavailableError, match="after 2 bytes"):
            next(pieces)

    def test_are_told_how_long_to_wait(self) -> None:
        store = store_with(Fault(Kind.SLOW_DOWN, retry_after=7))
        with pytest.raises(UnavailableError) as raised:
            store.get(KEY)
        assert raised.value.retry_after == 7

    def test_of_short_pages_miss_nothing(self) -> None:
        keys = [ObjectKey(f"{number:02}") for number in range(10)]
        store = FakeStore(Bucket(page_size=4))
        for key in keys:
            store.create(key, b"")
        store.line.faults = lambda _: Fault(Kind.SHORT_PAGE)
        before = len(store.line.requests)
        assert [found.key for found in store.list("")] == keys
        assert len(store.line.requests) - before == 5


class TestCopies:
    def test_that_go_wrong_can_be_repeated(self) -> None:
        for kind in (Kind.REQUEST_LOST, Kind.ANSWER_LOST, Kind.LATE, Kind.FAILED):
            store = store_with()
            put(store, KEY, b"body")
            store.line.faults = once(NO_FAULT, Fault(kind))
            with pytest.raises(UnavailableError):
                store.copy(KEY, OTHER, digest_of(b"body"))
            store.copy(KEY, OTHER, digest_of(b"body"))
            assert store.get(OTHER).body == b"body"
            assert len(store.bucket.versions(OTHER)) == 1

    def test_notice_that_the_source_was_changed_meanwhile(self) -> None:
        store = store_with()
        put(store, KEY, b"body")

        def change(request: Request) -> Fault:
            if request.operation == "CopyObject":
                store.bucket.put(KEY, b"other")
            return NO_FAULT

        store.line.faults = change
        with pytest.raises(UnavailableError, match="was changed"):
            store.copy(KEY, OTHER, digest_of(b"body"))
        assert store.info(OTHER) is None


class TestLine:
    def test_tells_of_every_request(self) -> None:
        store = store_with()
        store.create(KEY, b"body")
        store.info(KEY)
        list(store.list("ledger/"))
        assert store.line.requests == [
            Request(1, "PutObject", KEY, conditional=True),
            Request(2, "HeadObject", KEY),
            Request(3, "ListObjectsV2", "ledger/"),
        ]

    def test_may_be_held_up_by_whoever_decides_what_goes_wrong(self) -> None:
        store = store_with()

        def meddle(request: Request) -> Fault:
            if request.number == 1:
                store.create(KEY, b"meddler")
            return NO_FAULT

        store.line.faults = meddle
        with pytest.raises(ConflictError):
            store.create(KEY, b"body")

    def test_every_fault_is_a_kind_of_the_ports(self) -> None:
        for kind in Kind:
            store = store_with(Fault(kind))
            try:
                store.create(KEY, b"body")
            except PortError:
                continue
            assert kind in {Kind.NONE, Kind.SHORT_PAGE}
