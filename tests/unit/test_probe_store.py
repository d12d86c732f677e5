from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from threading import Barrier, Lock
from typing import NoReturn
from uuid import UUID

import pytest

from adapters.ledger.identity import read_identity
from adapters.memory.store import MemoryStore
from application.probe_store import PROBES, ProbeStore
from application.store_trial import RACERS
from domain.bottle import Digest, ObjectKey
from ports.errors import (
    ConflictError,
    NotFoundError,
    NotOurStoreError,
    OutcomeUnknownError,
    PortError,
    RefusedError,
    StoreFullError,
    StoreUnfitError,
    UnavailableError,
)
from ports.store import ObjectInfo, Store, StoredObject
from tests.support.flaky_store import Fault, FlakyStore
from tests.support.watched import Watch, WatchedStore, at_call, is_a

# What one probe asks to be written: two creates and two replaces of one object, the
# race, and what is listed. Of these go well:
WRITES = 2 + 2 + RACERS + 3
WRITTEN = 1 + 1 + 1 + 3
HASH_FILE = ObjectKey("bottles_hash.json")


def new_id() -> str:
    return str(UUID(int=7))


def shortcomings(store: Store) -> list[str]:
    return [str(each) for each in ProbeStore(store, new_id)().shortcomings]


class LastWins(MemoryStore):
    """Takes If-None-Match for noise."""

    def create(self, key: ObjectKey, body: bytes) -> None:
        self.delete(key)
        super().create(key, body)


class Unversioned(MemoryStore):
    """Takes If-Match for noise."""

    def replace(self, key: ObjectKey, body: bytes, version: str) -> None:  # noqa: ARG002
        super().replace(key, body, self.get(key).version)


class Stubborn(MemoryStore):
    """Holds no version for the right one."""

    def replace(self, key: ObjectKey, body: bytes, version: str) -> None:  # noqa: ARG002
        raise ConflictError(key, "it has changed since it was read")


class Trusting(MemoryStore):
    """Takes every digest for the right one."""

    def rejects(self, key: ObjectKey, digest: Digest, body: bytes) -> bool:  # noqa: ARG002
        self.create(key, body)
        return False


class Hypocrite(MemoryStore):
    """Says no, and does it."""

    def create(self, key: ObjectKey, body: bytes) -> None:
        try:
            super().create(key, body)
        except ConflictError:
            self.delete(key)
            super().create(key, body)
            raise

    def replace(self, key: ObjectKey, body: bytes, version: str) -> None:
        try:
            super().replace(key, body, version)
        except ConflictError:
            super().replace(key, body, self.get(key).version)
            raise

    def rejects(self, key: ObjectKey, digest: Digest, body: bytes) -> bool:
        super().create(key, body)
        return super().rejects(ObjectKey(f"{key}.elsewhere"), digest, body)


class Resent(MemoryStore):
    """Takes wrong bytes, and meets itself when it asks again."""

    def rejects(self, key: ObjectKey, digest: Digest, body: bytes) -> bool:
        self.create(key, body)
        return super().rejects(key, digest, body)


class Cached(MemoryStore):
    """Reads what it has read before."""

    def __init__(self) -> None:
        super().__init__()
        self._read: dict[ObjectKey, StoredObject] = {}

    def get(self, key: ObjectKey) -> StoredObject:
        if key not in self._read:
            self._read[key] = super().get(key)
        return self._read[key]


class Slow(MemoryStore):
    """Shows what was written to nobody who asks right after."""

    def get(self, key: ObjectKey) -> StoredObject:
        raise NotFoundError(key, "there is no such object")


class ListsLate(MemoryStore):
    """Lists an object when the next one is written."""

    def __init__(self) -> None:
        super().__init__()
        self._last: ObjectKey | None = None

    def create(self, key: ObjectKey, body: bytes) -> None:
        super().create(key, body)
        self._last = key

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        return (each for each in super().list(prefix, after) if each.key != self._last)


class Disorderly(MemoryStore):
    """Lists the last first, and begins anywhere."""

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:  # noqa: ARG002
        return iter([*super().list(prefix)][::-1])


class Undying(MemoryStore):
    """Removes nothing."""

    def delete(self, key: ObjectKey) -> None:
        pass


class Keeping(MemoryStore):
    """Lets nobody remove anything, as the policy of a bucket may."""

    def delete(self, key: ObjectKey) -> None:
        raise RefusedError(f"delete {key}", "not allowed")


class Racy(MemoryStore):
    """Looks before it writes, and lets others in between, as ``winners`` do.

    It is atomic as long as only one asks.
    """

    def __init__(self, winners: int) -> None:
        super().__init__()
        self._winners = winners
        self._entered = count()
        self._doorway = Lock()
        self._inside = Barrier(winners)

    def create(self, key: ObjectKey, body: bytes) -> None:
        if not key.endswith("raced"):
            super().create(key, body)
            return
        with self._doorway:
            number = next(self._entered)
        if number >= self._winners:
            raise ConflictError(key, "there is an object already")
        self._inside.wait(timeout=60)
        with self._doorway:
            self.delete(key)
            super().create(key, body)


class Swapping(MemoryStore):
    """Says yes to the first of a race, and keeps the bytes of the last."""

    def create(self, key: ObjectKey, body: bytes) -> None:
        try:
            super().create(key, body)
        except ConflictError:
            if key.endswith("raced"):
                self.delete(key)
                super().create(key, body)
            raise


class Nobody(MemoryStore):
    """Turns all of a race away, and keeps the bytes of one, or of none."""

    def __init__(self, kept: bytes | None = None) -> None:
        super().__init__()
        self._kept = kept

    def create(self, key: ObjectKey, body: bytes) -> None:
        if not key.endswith("raced"):
            super().create(key, body)
            return
        if body == self._kept:
            super().create(key, body)
        raise ConflictError(key, "there is an object already")


MISBEHAVING: list[tuple[Callable[[], Store], list[str]]] = [
    (
        LastWins,
        [
            "is not overwritten: a second object took the place of the first",
            "one wins: 16 of 16 were told that they had",
        ],
    ),
    (Unversioned, ["an old version was replaced as if it were the latest"]),
    (Stubborn, ["the version that was just read was turned away"]),
    (Trusting, ["are refused: they were taken (x-amz-checksum-sha256)"]),
    (Resent, ["are refused: they were taken (x-amz-checksum-sha256)"]),
    (
        Hypocrite,
        [
            "turned away, and took the first one's place",
            "turned away, and is there all the same",
            "were refused, and are there all the same",
            "not those of the one who won",
        ],
    ),
    (
        Cached,
        [
            "the new bytes were not there right after they were written",
            "an object could be read after it was deleted",
        ],
    ),
    (
        Slow,
        [
            "was not there right after it was created",
            "there is no such object",
            "not those of the one who won",
        ],
    ),
    (ListsLate, ["at once, in the order of the keys: 0 of 1 objects were listed"]),
    (
        Disorderly,
        ["listed in another order", "did not begin with the one after it"],
    ),
    (
        Undying,
        ["read after it was deleted", "were listed after they were deleted"],
    ),
    (lambda: Racy(2), ["one wins: 2 of 16 were told that they had"]),
    (Swapping, ["not those of the one who won"]),
    (Nobody, ["one wins: all of 16 were turned away"]),
    (lambda: Nobody(b"racer 3\n"), ["one wins: all of 16 were turned away"]),
]


class TestMisbehavingStores:
    @pytest.mark.parametrize(("make", "expected"), MISBEHAVING)
    def test_are_told_by_all_that_they_do_not_keep(
        self, make: Callable[[], Store], expected: list[str]
    ) -> None:
        found = shortcomings(make())
        assert len(found) >= len(expected)
        for phrase in expected:
            assert any(phrase in each for each in found), (phrase, found)

    def test_are_refused_with_what_to_do(self) -> None:
        with pytest.raises(StoreUnfitError) as raised:
            ProbeStore(LastWins(), new_id).require_fit()
        said = str(raised.value)
        assert said.startswith("the store is not fit for a mirror: what is written")
        assert "; of many who create one object at once, one wins: 16 of 16" in said
        assert "use a store that does" in said
        assert raised.value.cause == "store_unfit"

    @pytest.mark.parametrize(
        "make", [make for make, _ in MISBEHAVING if make is not Undying]
    )
    def test_are_left_empty_all_the_same(self, make: Callable[[], Store]) -> None:
        store = make()
        shortcomings(store)
        left = [each.key for each in store.list("") if "elsewhere" not in each.key]
        assert left == []

    def test_a_race_is_judged_as_often_as_it_is_lost(self) -> None:
        for winners in (1, 2, 3, RACERS):
            found = shortcomings(Racy(winners))
            assert bool(found) == (winners > 1)


class TestGoodStores:
    def test_have_no_shortcomings_and_nothing_left(self) -> None:
        store = MemoryStore()
        store.create(HASH_FILE, b"{}")
        ProbeStore(store, new_id).require_fit()
        assert [each.key for each in store.list("")] == [HASH_FILE]

    def test_are_written_below_one_prefix_only(self) -> None:
        watch = Watch()
        ProbeStore(WatchedStore(MemoryStore(), watch), new_id).require_fit()
        assert watch.calls
        assert all(call.key.startswith(f"{PROBES}{new_id()}.") for call in watch.calls)

    def test_are_not_written_where_a_policy_keeps_the_ledger(self) -> None:
        assert not PROBES.startswith("ledger/")

    def test_may_let_nobody_remove_anything(self) -> None:
        store = Keeping()
        found = ProbeStore(store, new_id)()
        left = [each.key for each in store.list("")]
        assert found.shortcomings == ()
        assert found.untried.startswith(
            "what is deleted is gone at once cannot be tried: delete probe-"
        )
        assert left
        assert found.untried.endswith(
            f": not allowed; these objects stay: {', '.join(left)}"
        )
        ProbeStore(store, lambda: str(UUID(int=8))).require_fit()
        assert read_identity(store) is None

    def test_may_refuse_to_remove_one_object_and_lose_the_others(self) -> None:
        disk = MemoryStore()
        found = ProbeStore(FlakyStore(disk, {"delete": [Fault.REFUSED]}), new_id)()
        (left,) = disk.list("")
        assert found.shortcomings == ()
        assert found.untried.endswith(f"; these objects stay: {left.key}")

    def test_are_told_to_be_tried_as_a_whole(self) -> None:
        assert ProbeStore(MemoryStore(), new_id)().untried == ""

    def test_are_still_empty_when_something_was_left_behind(self) -> None:
        store = Undying()
        shortcomings(store)
        assert list(store.list(PROBES))
        assert read_identity(store) is None

    def test_are_no_mirrors_for_another_folder_of_that_name(self) -> None:
        store = MemoryStore()
        store.create(ObjectKey(f"{PROBES}cat.jpg"), b"meow")
        with pytest.raises(NotOurStoreError):
            read_identity(store)

    @pytest.mark.parametrize("method", ["create", "rejects"])
    def test_are_asked_again_with_other_keys(self, method: str) -> None:
        ids = count()
        watch = Watch()
        probe = ProbeStore(
            WatchedStore(MemoryStore(), watch), lambda: str(UUID(int=next(ids)))
        )
        probe()
        first = {call.key for call in watch.of(method)}
        watch.calls.clear()
        probe()
        assert first.isdisjoint(call.key for call in watch.of(method))


class TestUnclearAnswers:
    def test_of_a_race_tell_nothing_against_a_store(self) -> None:
        for fault in (Fault.LOST, Fault.LANDED, Fault.UNAVAILABLE):
            # The first two creates come before the race.
            faults = [Fault.NONE, Fault.NONE, fault, fault]
            assert shortcomings(FlakyStore(MemoryStore(), {"create": faults})) == []

    def test_of_all_in_a_race_but_one_that_landed(self) -> None:
        faults = [Fault.NONE, Fault.NONE, Fault.LANDED, *[Fault.LOST] * (RACERS - 1)]
        assert shortcomings(FlakyStore(MemoryStore(), {"create": faults})) == []

    def test_of_all_in_a_race_are_raised(self) -> None:
        for fault, kind in (
            (Fault.LOST, OutcomeUnknownError),
            (Fault.UNAVAILABLE, UnavailableError),
        ):
            faults = [Fault.NONE, Fault.NONE, *[fault] * RACERS]
            disk = MemoryStore()
            with pytest.raises(PortError) as raised:
                shortcomings(FlakyStore(disk, {"create": faults}))
            assert raised.type is kind
            assert list(disk.list("")) == []

    @pytest.mark.parametrize("fault", [Fault.LOST, Fault.LANDED])
    @pytest.mark.parametrize("method", ["create", "replace"])
    def test_elsewhere_are_raised_and_nothing_is_left(
        self, method: str, fault: Fault
    ) -> None:
        disk = MemoryStore()
        with pytest.raises(OutcomeUnknownError):
            shortcomings(FlakyStore(disk, {method: [fault]}))
        assert list(disk.list("")) == []


class TestStoresOutOfReach:
    @pytest.mark.parametrize("method", ["get", "list", "rejects", "replace", "delete"])
    def test_are_not_called_unfit(self, method: str) -> None:
        disk = MemoryStore()
        with pytest.raises(UnavailableError):
            shortcomings(FlakyStore(disk, {method: [Fault.UNAVAILABLE]}))
        assert list(disk.list("")) == []

    def test_take_back_no_error_when_nothing_can_be_removed(self) -> None:
        faults = {"get": [Fault.UNAVAILABLE], "delete": [Fault.REFUSED]}
        with pytest.raises(UnavailableError):
            shortcomings(FlakyStore(MemoryStore(), faults))

    def test_that_take_nothing_are_not_called_unfit(self) -> None:
        with pytest.raises(RefusedError, match="permission denied"):
            shortcomings(FlakyStore(MemoryStore(), {"create": [Fault.REFUSED]}))

    def test_that_are_full_are_not_called_unfit(self) -> None:
        class Full(MemoryStore):
            def replace(self, key: ObjectKey, body: bytes, version: str) -> None:  # noqa: ARG002
                raise StoreFullError(key, "no room")

        with pytest.raises(StoreFullError):
            shortcomings(Full())

    def test_that_have_no_room_to_remove_anything_are_not_called_unfit(self) -> None:
        class Full(MemoryStore):
            def delete(self, key: ObjectKey) -> None:
                raise StoreFullError(key, "no room")

        with pytest.raises(StoreFullError):
            shortcomings(Full())

    @pytest.mark.parametrize(
        ("method", "promise"),
        [
            ("replace", "is replaced only in the version that was read"),
            ("rejects", "bytes that are not those of their SHA-256 are refused"),
            ("list", "what is written is listed at once"),
        ],
    )
    def test_that_refuse_one_thing_are_unfit_for_it(
        self, method: str, promise: str
    ) -> None:
        store = FlakyStore(MemoryStore(), {method: [Fault.REFUSED]})
        (found,) = shortcomings(store)
        assert found.startswith(promise) or promise in found
        assert "permission denied" in found


class TestInterruptions:
    @pytest.mark.parametrize(("calls", "done"), [(WRITES, False), (WRITTEN, True)])
    def test_leave_nothing_wherever_they_come(self, calls: int, *, done: bool) -> None:
        for number in range(1, calls + 1):
            disk, watch = MemoryStore(), Watch()
            hook = at_call(number, _interrupt, is_a("create", "replace"))
            watch.interfere(hook, done=done)
            with pytest.raises(KeyboardInterrupt):
                shortcomings(WatchedStore(disk, watch))
            assert list(disk.list("")) == [], number


def _interrupt() -> NoReturn:
    raise KeyboardInterrupt
