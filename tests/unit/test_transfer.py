from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from adapters.memory.store import MemoryStore
from application.flow import StoppedError
from application.transfer import LoadResult, Placed
from domain.bottle import Bottle, Digest, ObjectKey
from domain.events import BottleFailed, BottleMirrored
from domain.work import Load
from ports.errors import (
    NotFoundError,
    OutcomeUnknownError,
    PortError,
    RefusedError,
    StoreFullError,
    UnavailableError,
)
from ports.store import ObjectInfo
from tests.support.catalogs import digest_of, make_bottle
from tests.support.chain import DAY
from tests.support.mirror import Mirror, Process
from tests.support.watched import Call, at_call, is_a

CONTENT = "the bytes of a bottle"
SIZE = len(CONTENT)
JQ = make_bottle("jq", tag="arm64_sonoma", content=CONTENT)
JQ_TAHOE = make_bottle("jq", tag="arm64_tahoe", content=CONTENT)
JQ_VENTURA = make_bottle("jq", tag="ventura", content=CONTENT)
KEY = JQ.object_key(DAY)
BESIDE = JQ.beside(KEY)
OLD = ObjectKey("2026-08-01/old.tar.gz")


@pytest.fixture
def mirror() -> Mirror:
    mirror = Mirror()
    mirror.upstream.add(CONTENT.encode())
    return mirror


@pytest.fixture
def process(mirror: Mirror) -> Process:
    return mirror.process(attempts=3)


def placed(*bottles: Bottle, source: ObjectKey | None = None) -> Placed:
    """Return a load, each bottle of which lies under the day."""
    size = None if source is None else SIZE
    load = Load(bottles[0].digest, size, bottles, source)
    return Placed(load, {bottle.key: bottle.object_key(DAY) for bottle in bottles})


def only_failure(result: LoadResult) -> BottleFailed:
    assert result.mirrored == ()
    (failure,) = result.failed
    return failure


class TestFetching:
    def test_bytes_are_in_the_store_before_it_is_said(
        self, mirror: Mirror, process: Process
    ) -> None:
        result = process.transfer(placed(JQ))
        assert result == LoadResult((BottleMirrored(JQ, SIZE, KEY, "fetched"),), ())
        assert mirror.bottles() == {KEY: CONTENT.encode()}

    def test_a_bottle_costs_one_opening_and_one_put(self, process: Process) -> None:
        process.transfer(placed(JQ))
        assert [call.what for call in process.watch.calls] == ["open", "put", "piece"]

    def test_shows_the_bytes_as_they_pass(self, process: Process) -> None:
        process.transfer(placed(JQ))
        assert process.progress.passed == {JQ.key: SIZE}
        assert process.progress.done == {JQ.key: None}

    def test_every_further_name_is_a_copy_inside_the_store(
        self, mirror: Mirror, process: Process
    ) -> None:
        result = process.transfer(placed(JQ, JQ_TAHOE, JQ_VENTURA))
        assert [event.how for event in result.mirrored] == ["fetched"] + 2 * ["copied"]
        assert {event.size for event in result.mirrored} == {SIZE}
        assert mirror.upstream.opened == {JQ.digest: 1}
        assert set(mirror.bottles().values()) == {CONTENT.encode()}
        assert len(mirror.bottles()) == 3

    def test_a_body_that_breaks_is_sent_for_again(self, process: Process) -> None:
        def cut() -> None:
            raise UnavailableError("body", "connection reset")

        process.watch.before = at_call(1, cut, is_a("piece"))
        result = process.transfer(placed(JQ))
        assert [event.how for event in result.mirrored] == ["fetched"]
        assert process.progress.passed == {JQ.key: SIZE}

    @pytest.mark.parametrize(
        "refusal",
        [UnavailableError("put", "503"), OutcomeUnknownError("put", "503")],
    )
    @pytest.mark.parametrize("done", [False, True])
    def test_a_store_that_says_no_costs_upstream_nothing(
        self,
        mirror: Mirror,
        process: Process,
        refusal: PortError,
        *,
        done: bool,
    ) -> None:
        def refuse() -> None:
            mirror.disk.delete(KEY)
            raise refusal

        # Before it has seen a byte, or when it has seen them all.
        process.watch.interfere(at_call(1, refuse, is_a("put")), done=done)
        result = process.transfer(placed(JQ))
        assert result.mirrored == (BottleMirrored(JQ, SIZE, KEY, "fetched"),)
        assert mirror.upstream.opened == {JQ.digest: 1}
        assert process.progress.passed == {JQ.key: SIZE}
        assert mirror.bottles() == {KEY: CONTENT.encode()}

    def test_a_large_bottle_of_which_much_has_passed_is_sent_for_again(
        self, mirror: Mirror, process: Process
    ) -> None:
        large = make_bottle("large", content="x" * 3_000_000)
        mirror.upstream.add(b"x" * 3_000_000)

        def refuse() -> None:
            mirror.disk.delete(large.object_key(DAY))
            raise UnavailableError("put", "503")

        process.watch.interfere(at_call(1, refuse, is_a("put")), done=True)
        result = process.transfer(placed(large))
        assert len(result.mirrored) == 1
        assert mirror.upstream.opened == {large.digest: 2}

    @pytest.mark.parametrize(("size", "openings"), [(200_000, 1), (3_000_000, 2)])
    def test_a_store_that_says_nothing_for_a_minute_is_waited_for_by_the_patient(
        self, mirror: Mirror, process: Process, size: int, openings: int
    ) -> None:
        # What is too large to be kept is sent for again once, when the store answers.
        large = make_bottle("large", content="x" * size)
        mirror.upstream.add(b"x" * size)
        clock, transfer = mirror.clock, process.transfer
        silent_until = clock.monotonic() + 60

        def say_nothing(call: Call) -> None:
            if clock.monotonic() < silent_until and call.what in {"put", "info"}:
                mirror.disk.delete(large.object_key(DAY))
                raise UnavailableError(call.what, "503")

        process.watch.after = say_nothing
        patient = replace(transfer, patience=90.0, chance=lambda: 0.5)
        result = patient(placed(large))
        assert result.mirrored[0].how == "fetched"
        assert mirror.upstream.opened == {large.digest: openings}

    def test_one_that_says_nothing_for_longer_is_not(
        self, mirror: Mirror, process: Process
    ) -> None:
        clock, begun = mirror.clock, mirror.clock.monotonic()

        def say_nothing(call: Call) -> None:
            if call.what in {"put", "info"}:
                raise UnavailableError(call.what, "503")

        process.watch.before = say_nothing
        patient = replace(process.transfer, patience=90.0, chance=lambda: 0.5)
        assert only_failure(patient(placed(JQ))).cause == "unavailable"
        assert 90 <= clock.monotonic() - begun < 90 + 30
        assert mirror.upstream.opened == {JQ.digest: 1}

    def test_a_body_that_always_breaks_fails_with_the_attempts_made(
        self, mirror: Mirror, process: Process
    ) -> None:
        broken = UnavailableError("body", "connection reset")
        mirror.upstream.fail(JQ.digest, broken, after=10)
        failure = only_failure(process.transfer(placed(JQ)))
        assert (failure.cause, failure.attempts) == ("unavailable", 3)
        assert mirror.upstream.opened == {JQ.digest: 3}
        assert mirror.bottles() == {}
        assert process.progress.passed == {JQ.key: 0}

    def test_waits_longer_each_time_and_never_very_long(self, mirror: Mirror) -> None:
        process = mirror.process(attempts=1030)
        mirror.upstream.fail(JQ.digest, UnavailableError("body", "reset"), after=0)
        moments: list[float] = []

        def look(call: Call) -> None:
            if call.what == "open":
                moments.append(mirror.clock.monotonic())

        process.watch.before = look
        replace(process.transfer, chance=lambda: 1.0)(placed(JQ))
        waits = [after - before for before, after in pairwise(moments)]
        assert waits[:8] == [0.5, 1, 2, 4, 8, 16, 30, 30]
        assert set(waits[8:]) == {30}

    @pytest.mark.parametrize(
        ("error", "cause"),
        [
            (UnavailableError("jq", "no answer", attempts=5), "unavailable"),
            (NotFoundError("jq", "no such blob"), "not_found"),
            (RefusedError("jq", "403"), "refused"),
        ],
    )
    def test_what_opening_says_is_final(
        self, mirror: Mirror, process: Process, error: PortError, cause: str
    ) -> None:
        mirror.upstream.fail(JQ.digest, error)
        result = process.transfer(placed(JQ))
        failure = only_failure(result)
        assert (failure.cause, failure.attempts) == (cause, error.attempts)
        assert result.error is error
        assert mirror.upstream.opened == {JQ.digest: 1}
        assert process.progress.done == {JQ.key: error}

    def test_wrong_bytes_are_never_visible_and_are_told_of(
        self, mirror: Mirror, process: Process
    ) -> None:
        mirror.upstream.contents[JQ.digest] = b"other bytes altogether"
        failure = only_failure(process.transfer(placed(JQ)))
        assert (failure.cause, failure.attempts) == ("wrong_digest", 3)
        assert JQ.digest in failure.detail
        assert digest_of("other bytes altogether") in failure.detail
        assert mirror.bottles() == {}

    def test_what_was_kept_of_wrong_bytes_is_forgotten_before_the_next_try(
        self, mirror: Mirror, process: Process
    ) -> None:
        mirror.upstream.contents[JQ.digest] = b"other bytes altogether"
        forgotten_before = []

        def look(call: Call) -> None:
            if call.what == "open":
                forgotten_before.append(len(process.spool.forgotten))

        process.watch.before = look
        process.transfer(placed(JQ))
        assert forgotten_before == [0, 1, 2]
        assert process.spool.forgotten == [JQ.digest] * 3

    def test_what_was_kept_of_right_bytes_stays(
        self, mirror: Mirror, process: Process
    ) -> None:
        broken = UnavailableError("body", "connection reset")
        mirror.upstream.fail(JQ.digest, broken, after=10)
        process.transfer(placed(JQ))
        assert process.spool.forgotten == []

    def test_a_full_store_is_not_tried_again(
        self, mirror: Mirror, process: Process
    ) -> None:
        full = StoreFullError("put", "no space left")

        def refuse(call: Call) -> None:
            if call.what == "put":
                raise full

        process.watch.before = refuse
        result = process.transfer(placed(JQ))
        assert only_failure(result).cause == "store_full"
        assert result.error is full
        assert mirror.upstream.opened == {JQ.digest: 1}

    def test_the_names_that_are_there_stay_when_another_fails(
        self, process: Process
    ) -> None:
        def refuse(call: Call) -> None:
            if call.what == "copy" and call.key == JQ_TAHOE.object_key(DAY):
                raise RefusedError("copy", "403")

        process.watch.before = refuse
        result = process.transfer(placed(JQ, JQ_TAHOE, JQ_VENTURA))
        assert [event.bottle for event in result.mirrored] == [JQ]
        assert [event.bottle for event in result.failed] == [JQ_TAHOE, JQ_VENTURA]
        assert {event.cause for event in result.failed} == {"refused"}

    def test_a_detail_has_at_most_500_characters(
        self, mirror: Mirror, process: Process
    ) -> None:
        mirror.upstream.fail(JQ.digest, RefusedError("jq", "x" * 5000))
        assert len(only_failure(process.transfer(placed(JQ))).detail) == 500


class TestUnknownOutcome:
    def lose_put(self, process: Process, *, landed: bool) -> None:
        """Have the answer to the first put be lost."""

        def lose() -> None:
            raise OutcomeUnknownError("put", "connection reset")

        process.watch.interfere(at_call(1, lose, is_a("put")), done=landed)

    def test_a_put_that_landed_is_found(self, mirror: Mirror, process: Process) -> None:
        self.lose_put(process, landed=True)
        result = process.transfer(placed(JQ))
        assert result.mirrored == (BottleMirrored(JQ, SIZE, KEY, "found"),)
        assert mirror.upstream.opened == {JQ.digest: 1}

    def test_a_put_that_landed_is_found_though_the_store_will_not_tell_at_once(
        self, process: Process
    ) -> None:
        def away() -> None:
            raise UnavailableError("info", "503")

        self.lose_put(process, landed=True)
        process.watch.before = at_call(1, away, is_a("info"))
        result = process.transfer(placed(JQ))
        assert result.mirrored == (BottleMirrored(JQ, SIZE, KEY, "found"),)

    def test_a_put_that_did_not_land_is_made_again(
        self, mirror: Mirror, process: Process
    ) -> None:
        self.lose_put(process, landed=False)
        result = process.transfer(placed(JQ))
        assert result.mirrored == (BottleMirrored(JQ, SIZE, KEY, "fetched"),)
        assert mirror.upstream.opened == {JQ.digest: 1}


class TestTakenKey:
    def test_the_right_bytes_are_adopted(
        self, mirror: Mirror, process: Process
    ) -> None:
        mirror.disk.create(KEY, CONTENT.encode())
        result = process.transfer(placed(JQ))
        assert result.mirrored == (BottleMirrored(JQ, SIZE, KEY, "found"),)
        assert process.progress.passed == {JQ.key: 0}

    def test_other_bytes_are_left_alone_and_the_newcomer_lies_beside(
        self, mirror: Mirror, process: Process
    ) -> None:
        mirror.disk.create(KEY, b"somebody else's")
        result = process.transfer(placed(JQ))
        assert result.mirrored == (BottleMirrored(JQ, SIZE, BESIDE, "fetched"),)
        assert f"{KEY}.{JQ.digest[:12]}" == BESIDE
        assert mirror.bottles() == {
            KEY: b"somebody else's",
            BESIDE: CONTENT.encode(),
        }

    def test_a_copy_lies_beside_other_bytes_too(
        self, mirror: Mirror, process: Process
    ) -> None:
        mirror.disk.create(OLD, CONTENT.encode())
        mirror.disk.create(KEY, b"somebody else's")
        result = process.transfer(placed(JQ, source=OLD))
        assert result.mirrored == (BottleMirrored(JQ, SIZE, BESIDE, "copied"),)

    def test_what_was_left_beside_is_adopted_as_well(
        self, mirror: Mirror, process: Process
    ) -> None:
        mirror.disk.create(KEY, b"somebody else's")
        mirror.disk.create(BESIDE, CONTENT.encode())
        result = process.transfer(placed(JQ))
        assert result.mirrored == (BottleMirrored(JQ, SIZE, BESIDE, "found"),)

    @pytest.mark.parametrize("source", [None, OLD], ids=["fetched", "copied"])
    def test_when_both_are_taken_it_fails_and_says_what_to_do(
        self, mirror: Mirror, process: Process, source: ObjectKey | None
    ) -> None:
        mirror.disk.create(OLD, CONTENT.encode())
        mirror.disk.create(KEY, b"somebody else's")
        mirror.disk.create(BESIDE, b"and somebody else's")
        failure = only_failure(process.transfer(placed(JQ, source=source)))
        assert failure.cause == "conflict"
        assert "bottles verify --prune-orphans" in failure.detail
        assert mirror.bottles()[KEY] == b"somebody else's"
        assert mirror.bottles()[BESIDE] == b"and somebody else's"

    def test_a_store_that_keeps_no_digest_is_read(self) -> None:
        class Unsummed(MemoryStore):
            def info(self, key: ObjectKey) -> ObjectInfo | None:
                info = super().info(key)
                return info and replace(info, sha256=None)

        mirror = Mirror()
        mirror.disk = Unsummed()
        mirror.upstream.add(CONTENT.encode())
        mirror.disk.create(KEY, CONTENT.encode())
        process = mirror.process()
        result = process.transfer(placed(JQ))
        assert [event.how for event in result.mirrored] == ["found"]
        assert process.watch.of("read") == [Call("read", KEY)]


class CopyingStore(MemoryStore):
    """Remembers what was copied from where."""

    def __init__(self) -> None:
        super().__init__()
        self.originals: list[ObjectKey] = []

    def copy(self, source: ObjectKey, target: ObjectKey, digest: Digest) -> None:
        self.originals.append(source)
        super().copy(source, target, digest)


class TestCopying:
    @pytest.mark.parametrize("source", [None, OLD], ids=["fetched", "held"])
    def test_every_name_is_a_copy_of_one_original(
        self, source: ObjectKey | None
    ) -> None:
        mirror = Mirror()
        mirror.disk = disk = CopyingStore()
        mirror.upstream.add(CONTENT.encode())
        disk.create(OLD, CONTENT.encode())
        mirror.process().transfer(placed(JQ, JQ_TAHOE, JQ_VENTURA, source=source))
        assert set(disk.originals) == {source or KEY}

    def test_an_original_that_is_gone_is_fetched_once_for_all_names(self) -> None:
        mirror = Mirror()
        mirror.disk = disk = CopyingStore()
        mirror.upstream.add(CONTENT.encode())
        result = mirror.process().transfer(placed(JQ, JQ_TAHOE, JQ_VENTURA, source=OLD))
        assert [e.how for e in result.mirrored] == ["fetched", "copied", "copied"]
        assert disk.originals == [OLD, KEY, KEY]

    def test_nothing_is_asked_of_upstream(
        self, mirror: Mirror, process: Process
    ) -> None:
        mirror.disk.create(OLD, CONTENT.encode())
        result = process.transfer(placed(JQ, JQ_TAHOE, source=OLD))
        assert [event.how for event in result.mirrored] == ["copied", "copied"]
        assert [call.what for call in process.watch.calls] == ["copy", "copy"]

    def test_what_lies_where_it_should_is_found(
        self, mirror: Mirror, process: Process
    ) -> None:
        mirror.disk.create(KEY, CONTENT.encode())
        result = process.transfer(placed(JQ, source=KEY))
        assert result.mirrored == (BottleMirrored(JQ, SIZE, KEY, "found"),)
        assert [call.what for call in process.watch.calls] == ["info"]

    @pytest.mark.parametrize("there", [None, b"damaged"], ids=["missing", "damaged"])
    def test_an_original_that_is_gone_is_told_of_and_fetched_again(
        self, mirror: Mirror, process: Process, there: bytes | None
    ) -> None:
        mirror.damage(OLD, there)
        result = process.transfer(placed(JQ, source=OLD))
        assert result.mirrored == (BottleMirrored(JQ, SIZE, KEY, "fetched"),)
        (note,) = process.progress.notes
        assert note.startswith(f"{OLD} is not as the ledger says")

    def test_what_is_gone_from_its_own_place_is_fetched_into_it(
        self, mirror: Mirror, process: Process
    ) -> None:
        result = process.transfer(placed(JQ, source=KEY))
        assert result.mirrored == (BottleMirrored(JQ, SIZE, KEY, "fetched"),)
        assert len(process.progress.notes) == 1
        assert set(mirror.bottles()) == {KEY}

    def test_what_is_damaged_in_its_own_place_is_fetched_beside_it(
        self, mirror: Mirror, process: Process
    ) -> None:
        mirror.disk.create(KEY, b"damaged")
        result = process.transfer(placed(JQ, source=KEY))
        assert result.mirrored == (BottleMirrored(JQ, SIZE, BESIDE, "fetched"),)
        assert len(process.progress.notes) == 1


class TestStopping:
    def test_nothing_is_begun_after_the_stop(self, process: Process) -> None:
        process.stop.set()
        with pytest.raises(StoppedError):
            process.transfer(placed(JQ))
        assert process.watch.calls == []

    def test_a_transfer_ends_at_its_next_piece_of_bytes(
        self, mirror: Mirror, process: Process
    ) -> None:
        process.watch.before = at_call(1, process.stop.set, is_a("piece"))
        with pytest.raises(StoppedError):
            process.transfer(placed(JQ))
        assert mirror.bottles() == {}

    def test_no_more_is_sent_for_after_a_wait(
        self, mirror: Mirror, process: Process
    ) -> None:
        def stop_meanwhile() -> float:
            process.stop.set()
            return 0.5

        mirror.upstream.fail(JQ.digest, UnavailableError("body", "reset"), after=1)
        with pytest.raises(StoppedError):
            replace(process.transfer, chance=stop_meanwhile)(placed(JQ))
        assert mirror.upstream.opened == {JQ.digest: 1}

    def test_what_is_stored_by_then_is_told(
        self, mirror: Mirror, process: Process
    ) -> None:
        def stop(call: Call) -> None:
            if call.what == "copy":
                process.stop.set()

        process.watch.after = stop
        result = process.transfer(placed(JQ, JQ_TAHOE, JQ_VENTURA))
        assert [event.bottle for event in result.mirrored] == [JQ, JQ_TAHOE]
        assert result.failed == ()
        assert set(mirror.bottles()) == {e.object_key for e in result.mirrored}


def test_a_digest_is_never_taken_on_trust(mirror: Mirror, process: Process) -> None:
    wrong = Digest("ab" * 32)
    mirror.upstream.contents[wrong] = CONTENT.encode()
    bottle = Bottle("jq", "1.8.1", 0, JQ.tag, wrong)
    assert only_failure(process.transfer(placed(bottle))).cause == "wrong_digest"
    assert mirror.bottles() == {}
