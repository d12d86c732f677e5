"""S3Store before a server with which everything goes wrong."""

from collections import deque
from collections.abc import Callable, Iterator

import pytest

from adapters.s3.store import S3Store
from domain.bottle import ObjectKey
from ports.errors import (
    ConflictError,
    OutcomeUnknownError,
    PortError,
    UnavailableError,
)
from tests.fake_s3.bucket import Bucket
from tests.fake_s3.faults import NO_FAULT, Fault, Kind, Line, Request
from tests.fake_s3.server import FakeS3
from tests.support.blobs import MIB, blob, digest_of, put
from tests.support.stores import use_fake_s3

KEY = ObjectKey("ledger/v1/commits/00000000000000000001.jsonl")
BOTTLE = ObjectKey("2026-11-22/curl-8.0.0.all.bottle.tar.gz")
BODY = blob(3 * MIB)


class World:
    """A server, and a store that uses it and tries once.

    Attributes:
        faults: What goes wrong with the next requests, one after the other.
    """

    def __init__(self, server: FakeS3) -> None:
        self.faults: deque[Fault] = deque()
        server.line.faults = self._next
        self.line: Line = server.line
        self.bucket = server.buckets["mirror"] = Bucket(page_size=4)
        self.store = S3Store("mirror", pool_size=2, retry_attempts=1)

    def operations(self) -> list[str]:
        return [request.operation for request in self.line.requests]

    def _next(self, _: Request) -> Fault:
        return self.faults.popleft() if self.faults else NO_FAULT


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with FakeS3() as server:
        use_fake_s3(monkeypatch, server.endpoint_url)
        yield World(server)


SENDS: list[Callable[[S3Store], None]] = [
    lambda store: store.create(KEY, b"body"),
    lambda store: put(store, KEY, b"body"),
    lambda store: put(store, KEY, BODY),
]


class TestWrites:
    @pytest.mark.parametrize("send", SENDS)
    @pytest.mark.parametrize(
        ("kind", "landed"),
        [
            (Kind.ANSWER_LOST, True),
            (Kind.CONFLICT, False),
            (Kind.FAILED, False),
            (Kind.SLOW_DOWN, False),
        ],
    )
    def test_leave_open_what_happened(
        self, world: World, send: Callable[[S3Store], None], kind: Kind, *, landed: bool
    ) -> None:
        world.faults.append(Fault(kind))
        with pytest.raises(OutcomeUnknownError):
            send(world.store)
        assert len(world.bucket.versions()) == landed
        assert world.operations() == ["PutObject"]

    @pytest.mark.parametrize("kind", [Kind.REQUEST_LOST, Kind.RESET])
    def test_that_never_arrive_leave_nothing(self, world: World, kind: Kind) -> None:
        for send in SENDS:
            world.faults.append(Fault(kind))
            # A bottle that broke off before its last byte has left cannot be there.
            with pytest.raises((OutcomeUnknownError, UnavailableError)):
                send(world.store)
        assert world.bucket.versions() == []
        assert world.operations() == ["PutObject"] * 3

    def test_tried_again_may_meet_themselves(self, world: World) -> None:
        world.faults.append(Fault(Kind.ANSWER_LOST))
        with pytest.raises(OutcomeUnknownError):
            world.store.create(KEY, b"body")
        with pytest.raises(ConflictError):
            world.store.create(KEY, b"body")
        assert world.store.get(KEY).body == b"body"

    @pytest.mark.parametrize("send", SENDS)
    def test_that_are_late_land_before_a_later_request(
        self, world: World, send: Callable[[S3Store], None]
    ) -> None:
        world.faults.append(Fault(Kind.LATE, after=2))
        with pytest.raises(OutcomeUnknownError):
            send(world.store)
        assert world.store.info(KEY) is None
        assert world.store.info(KEY) is not None

    def test_that_are_late_still_heed_their_conditions(self, world: World) -> None:
        world.faults.append(Fault(Kind.LATE, after=2))
        with pytest.raises(OutcomeUnknownError):
            world.store.create(KEY, b"late")
        world.store.create(KEY, b"early")
        world.line.settle()
        assert [each.body for each in world.bucket.versions()] == [b"early"]

    def test_that_replace_leave_open_what_happened(self, world: World) -> None:
        world.store.create(KEY, b"first")
        version = world.store.get(KEY).version
        for kind in (Kind.CONFLICT, Kind.REQUEST_LOST, Kind.ANSWER_LOST):
            world.faults.append(Fault(kind))
            with pytest.raises(OutcomeUnknownError):
                world.store.replace(KEY, b"second", version)
        with pytest.raises(ConflictError):
            world.store.replace(KEY, b"second", version)
        assert len(world.bucket.versions()) == 2


class TestReads:
    @pytest.mark.parametrize(
        "kind", [Kind.REQUEST_LOST, Kind.ANSWER_LOST, Kind.FAILED, Kind.SLOW_DOWN]
    )
    def test_that_go_wrong_are_unavailable(self, world: World, kind: Kind) -> None:
        store = world.store
        calls: list[Callable[[], object]] = [
            lambda: store.get(KEY),
            lambda: store.info(KEY),
            lambda: list(store.list("")),
            lambda: store.delete(KEY),
        ]
        store.create(KEY, b"body")
        for call in calls:
            world.faults.append(Fault(kind))
            with pytest.raises(UnavailableError):
                call()

    def test_are_told_how_long_to_wait(self, world: World) -> None:
        world.faults.append(Fault(Kind.SLOW_DOWN, retry_after=7))
        with pytest.raises(UnavailableError) as raised:
            world.store.get(KEY)
        assert raised.value.retry_after == 7

    def test_go_on_where_the_bytes_broke_off(self, world: World) -> None:
        store = S3Store("mirror", pool_size=1, retry_attempts=2)
        put(store, BOTTLE, BODY)
        world.faults += [Fault(Kind.RESET)] * 3
        assert b"".join(store.read(BOTTLE)) == BODY
        assert world.operations() == ["PutObject"] + ["GetObject"] * 4

    def test_do_not_mix_two_versions(self, world: World) -> None:
        store = S3Store("mirror", pool_size=1, retry_attempts=2)
        put(store, BOTTLE, BODY)
        world.faults.append(Fault(Kind.RESET))
        read = store.read(BOTTLE)
        next(read)
        world.bucket.put(BOTTLE, blob(3 * MIB, seed=1))
        with pytest.raises(UnavailableError, match="changed while it was read"):
            list(read)

    def test_of_short_pages_miss_nothing(self, world: World) -> None:
        keys = [ObjectKey(f"{number:02}") for number in range(10)]
        for key in keys:
            world.bucket.put(key, b"")
        world.faults += [Fault(Kind.SHORT_PAGE)] * 2
        assert [found.key for found in world.store.list("")] == keys
        # 2 + 2 + 4 + 2
        assert world.operations() == ["ListObjectsV2"] * 4


class TestCopies:
    @pytest.mark.parametrize(
        "kind", [Kind.REQUEST_LOST, Kind.ANSWER_LOST, Kind.FAILED, Kind.LATE]
    )
    def test_that_go_wrong_can_be_repeated(self, world: World, kind: Kind) -> None:
        put(world.store, BOTTLE, BODY)

        def copy() -> None:
            world.store.copy(BOTTLE, KEY, digest_of(BODY))

        # Found out beforehand: that conditions are heeded.
        world.store.copy(BOTTLE, ObjectKey("first"), digest_of(BODY))
        world.faults.append(Fault(kind))
        with pytest.raises(PortError):
            copy()
        copy()
        assert world.store.get(KEY).body == BODY
        assert len(world.bucket.versions(KEY)) == 1
