from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from threading import Thread

import pytest

from adapters.ledger.hash_codec import encode_hash_file
from adapters.ledger.layout import HASH_FILE
from application.sync_bottles import SyncReport
from domain.bottle import ObjectKey
from domain.errors import LedgerDamagedError, SelectionError
from domain.events import (
    BottleFailed,
    BottleMirrored,
    BottleSuperseded,
    CatalogRead,
    Event,
    SyncCompleted,
    SyncStarted,
)
from domain.plan import Amount
from ports.errors import (
    OutcomeUnknownError,
    StoreFullError,
    UnavailableError,
)
from tests.support.catalogs import digest_of, select
from tests.support.mirror import EVERYTHING, TAG, Mirror, Process, at_call
from tests.support.watched import Call, Killed

TODAY = date(2026, 8, 22)
DAY = timedelta(days=1).total_seconds()


@pytest.fixture
def mirror() -> Mirror:
    """Return a mirror that holds nothing of the three bottles on offer."""
    mirror = Mirror()
    for name in ("bat", "curl", "jq"):
        mirror.offer(name, contents={TAG: name})
    return mirror


def kinds(mirror: Mirror) -> list[list[type[Event]]]:
    """Return the types of the events of each commit."""
    return [[type(e) for e in one.commit.events] for one in mirror.commits()]


def only(mirror: Mirror, kind: type[Event]) -> list[Event]:
    return [event for event in mirror.events() if isinstance(event, kind)]


def check_right(mirror: Mirror) -> None:
    """Check that the ledger, its hash file and the store agree."""
    ledger = mirror.ledger()
    assert {key: len(body) for key, body in mirror.bottles().items()} == {
        **{entry.object_key: entry.size for entry in ledger.held.values()},
        **{key: old.size for key, old in ledger.superseded.items()},
    }
    assert mirror.hash_file() == encode_hash_file(ledger)


class TestSyncing:
    def test_brings_in_and_records_all_that_is_missing(self, mirror: Mirror) -> None:
        report = mirror.sync()
        assert report.outcome == "complete"
        assert report.mirrored == Amount(3, len("batcurljq"))
        assert (report.copied, report.skipped, report.left) == (0, 0, 0)
        assert sorted(mirror.ledger().held) == [
            "bat-1.0-arm64_sonoma",
            "curl-1.0-arm64_sonoma",
            "jq-1.0-arm64_sonoma",
        ]
        assert report.ledger == mirror.ledger()
        check_right(mirror)

    def test_tells_the_run_from_its_beginning_to_its_end(self, mirror: Mirror) -> None:
        mirror.sync()
        assert kinds(mirror) == [
            [CatalogRead, SyncStarted],
            [BottleMirrored, BottleMirrored, BottleMirrored],
            [SyncCompleted],
        ]
        assert mirror.ledger().runs == {}

    def test_the_plan_is_kept_before_the_run_begins(self, mirror: Mirror) -> None:
        process = mirror.process()
        process.sync()
        documents = [c for c in process.watch.of("create") if "/documents/" in c.key]
        commits = [c for c in process.watch.of("create") if "/commits/" in c.key]
        calls = process.watch.calls
        assert calls.index(documents[0]) < calls.index(commits[0])
        (started,) = only(mirror, SyncStarted)
        assert isinstance(started, SyncStarted)
        work = process.runs.documents.load_work(started.plan)
        assert work.bottles == started.bottles == 3

    def test_the_hash_file_is_published_after_the_last_commit(
        self, mirror: Mirror
    ) -> None:
        process = mirror.process()
        process.sync()
        assert process.watch.calls[-1] == Call("create", HASH_FILE)

    def test_a_second_sync_has_little_to_do(self, mirror: Mirror) -> None:
        mirror.sync()
        process = mirror.process()
        report = process.sync()
        assert (report.outcome, report.mirrored) == ("complete", Amount())
        assert report.skipped == 3
        assert kinds(mirror)[3:] == [[SyncStarted, SyncCompleted]]
        assert len(process.watch.calls) <= 7
        check_right(mirror)

    def test_a_catalog_that_changed_elsewhere_costs_one_commit(
        self, mirror: Mirror
    ) -> None:
        mirror.sync()
        mirror.offer("wget", contents={"sonoma": "wget for intel"})
        process = mirror.process()
        assert process.sync().outcome == "complete"
        assert kinds(mirror)[3:] == [[CatalogRead, SyncStarted, SyncCompleted]]
        assert process.plan_sync(EVERYTHING, mirror.ledger(), ask_sizes=False) is None

    def test_a_catalog_that_is_known_is_not_recorded_again(
        self, mirror: Mirror
    ) -> None:
        mirror.sync(select(TAG, formulae=("jq",)))
        mirror.sync()
        assert len(only(mirror, CatalogRead)) == 1

    def test_what_upstream_drops_is_superseded_and_kept(self, mirror: Mirror) -> None:
        mirror.sync()
        mirror.withdraw("jq")
        mirror.clock.sleep(DAY)
        mirror.sync()
        (superseded,) = only(mirror, BottleSuperseded)
        assert superseded == BottleSuperseded(
            mirror.ledger().held["jq-1.0-arm64_sonoma"].bottle.key,
            digest_of("jq"),
            date(2026, 8, 23),
        )
        assert len(mirror.bottles()) == 3
        check_right(mirror)

    def test_what_upstream_offers_again_is_found_where_it_lay(
        self, mirror: Mirror
    ) -> None:
        mirror.sync()
        mirror.withdraw("jq")
        mirror.sync()
        mirror.offer("jq", contents={TAG: "jq"})
        mirror.clock.sleep(DAY)
        process = mirror.process()
        report = process.sync()
        assert (report.mirrored, report.copied) == (Amount(1, 0), 0)
        assert process.watch.of("open", "put", "copy") == []
        assert mirror.ledger().superseded == {}
        check_right(mirror)

    def test_a_selection_that_names_nothing_known_changes_nothing(
        self, mirror: Mirror
    ) -> None:
        with pytest.raises(SelectionError):
            mirror.sync(select(TAG, formulae=("jqq",)))
        assert list(mirror.disk.list("")) == []

    def test_a_damaged_hash_file_is_told_of_and_replaced(self, mirror: Mirror) -> None:
        mirror.sync()
        mirror.damage(HASH_FILE, b"{}")
        process = mirror.process()
        process.sync()
        assert len(process.progress.notes) == 1
        check_right(mirror)

    def test_a_damaged_log_changes_nothing(self, mirror: Mirror) -> None:
        mirror.sync()
        mirror.damage(ObjectKey("ledger/v1/commits/00000000000000000002.jsonl"))
        before = mirror.bottles()
        mirror.offer("wget")
        with pytest.raises(LedgerDamagedError):
            mirror.sync()
        assert mirror.bottles() == before

    def test_shows_its_progress_and_stops_showing(self, mirror: Mirror) -> None:
        process = mirror.process()
        process.sync()
        (plan,) = process.progress.plans
        assert plan.work.bottles == 3
        assert process.progress.ended == 1


class TestCopies:
    def test_equal_digests_are_fetched_once(self, mirror: Mirror) -> None:
        mirror.offer("jq", contents={TAG: "same", "sonoma": "same", "ventura": "same"})
        report = mirror.sync(select(TAG, "sonoma", "ventura"))
        assert (report.mirrored, report.copied) == (
            Amount(5, len("batcurlsame")),
            2,
        )
        assert mirror.upstream.opened[digest_of("same")] == 1
        check_right(mirror)

    def test_a_new_version_with_known_bytes_is_a_copy(self, mirror: Mirror) -> None:
        mirror.sync()
        mirror.offer("jq", "2.0", contents={TAG: "jq"})
        report = mirror.sync()
        assert (report.mirrored, report.copied) == (Amount(1, 0), 1)
        assert mirror.upstream.opened[digest_of("jq")] == 1
        check_right(mirror)

    def test_superseded_bytes_serve_as_well(self, mirror: Mirror) -> None:
        mirror.sync()
        mirror.withdraw("jq")
        mirror.sync()
        mirror.offer("jq", "2.0", contents={TAG: "jq"})
        assert mirror.sync().copied == 1
        assert mirror.upstream.opened[digest_of("jq")] == 1
        check_right(mirror)

    def test_an_original_that_vanished_is_fetched_again(self, mirror: Mirror) -> None:
        mirror.sync()
        mirror.damage(mirror.ledger().held["jq-1.0-arm64_sonoma"].object_key)  # type: ignore[index]
        mirror.offer("jq", "2.0", contents={TAG: "jq"})
        report = mirror.sync()
        assert (report.outcome, report.copied) == ("complete", 0)
        assert mirror.upstream.opened[digest_of("jq")] == 2


class TestSameNameNewDigest:
    def test_within_the_day_it_lies_beside_the_first(self, mirror: Mirror) -> None:
        mirror.sync()
        (bottle,) = mirror.offer("jq", contents={TAG: "jq, built again"})
        mirror.sync()
        key = bottle.object_key(TODAY)
        ledger = mirror.ledger()
        assert ledger.held[bottle.key].object_key == f"{key}.{bottle.digest[:12]}"
        assert mirror.bottles()[key] == b"jq"
        assert mirror.bottles()[bottle.beside(key)] == b"jq, built again"
        assert ledger.superseded[key].sha256 == digest_of("jq")
        check_right(mirror)

    def test_on_another_day_it_lies_under_that_day(self, mirror: Mirror) -> None:
        mirror.sync()
        mirror.clock.sleep(DAY)
        (bottle,) = mirror.offer("jq", contents={TAG: "jq, built again"})
        mirror.sync()
        entry = mirror.ledger().held[bottle.key]
        assert entry.object_key == bottle.object_key(date(2026, 8, 23))
        check_right(mirror)

    def test_the_first_one_may_come_back(self, mirror: Mirror) -> None:
        mirror.sync()
        mirror.offer("jq", contents={TAG: "jq, built again"})
        mirror.sync()
        (bottle,) = mirror.offer("jq", contents={TAG: "jq"})
        mirror.sync()
        assert mirror.ledger().held[bottle.key].object_key == bottle.object_key(TODAY)
        assert mirror.upstream.opened[digest_of("jq")] == 1
        check_right(mirror)

    def test_an_object_that_is_not_ours_is_left_alone(self, mirror: Mirror) -> None:
        (bottle,) = mirror.offer("jq", contents={TAG: "jq"})
        key = bottle.object_key(TODAY)
        mirror.disk.create(key, b"somebody else's")
        assert mirror.sync().outcome == "complete"
        assert mirror.ledger().held[bottle.key].object_key == bottle.beside(key)
        assert mirror.bottles()[key] == b"somebody else's"


class TestBounds:
    def test_no_more_is_fetched_than_the_bound_allows(self, mirror: Mirror) -> None:
        report = mirror.sync(max_bytes=len("curl") + len("jq"))
        assert (report.outcome, report.mirrored) == ("complete", Amount(2, 6))
        assert (report.skipped, report.left) == (0, 1)

    def test_what_is_left_comes_with_the_next_runs(self, mirror: Mirror) -> None:
        reports = [mirror.sync(max_bytes=4) for _ in range(3)]
        assert [report.left for report in reports] == [2, 1, 0]
        assert len(mirror.ledger().held) == 3
        assert only(mirror, SyncCompleted)[-1] == SyncCompleted(
            reports[-1].run,
            "complete",
            mirror.catalog.fetch().document.sha256,  # type: ignore[union-attr]
            {"bytes": 2, "copied": 0, "failed": 0, "mirrored": 1, "skipped": 2},
            mirror.ledger().state,
        )

    def test_when_nothing_fits_it_is_recorded_and_not_settled(
        self, mirror: Mirror
    ) -> None:
        report = mirror.sync(max_bytes=1)
        assert (report.outcome, report.left) == ("complete", 3)
        assert kinds(mirror) == [[CatalogRead, SyncStarted, SyncCompleted]]
        assert mirror.ledger().settled == {}


class TestFailures:
    def test_one_bottle_fails_and_the_others_are_there(self, mirror: Mirror) -> None:
        mirror.upstream.contents[digest_of("curl")] = b"something else"
        report = mirror.sync()
        assert report.outcome == "degraded"
        assert report.causes == {"wrong_digest": 1}
        (failure,) = report.failures
        assert (failure.bottle.name, failure.attempts) == ("curl", 2)
        assert list(report.failures) == only(mirror, BottleFailed)
        assert len(mirror.ledger().held) == 2
        check_right(mirror)

    def test_the_next_sync_tries_it_again(self, mirror: Mirror) -> None:
        mirror.upstream.contents.pop(digest_of("curl"))
        mirror.sync()
        mirror.upstream.add(b"curl")
        report = mirror.sync()
        assert (report.outcome, report.mirrored) == ("complete", Amount(1, 4))
        check_right(mirror)

    def test_an_upstream_that_is_down_ends_the_run_early(self) -> None:
        mirror = Mirror()
        for number in range(50):
            mirror.offer(f"x{number}")
        mirror.upstream.reachable = False
        report = mirror.sync()
        assert report.outcome == "failed"
        assert isinstance(report.gave_up, UnavailableError)
        assert 10 <= len(report.failures) <= 11
        assert mirror.ledger().runs == {}
        check_right(mirror)

    def test_a_store_without_room_for_bottles_ends_the_run(
        self, mirror: Mirror
    ) -> None:
        process = mirror.process()

        def refuse(call: Call) -> None:
            if call.what == "put":
                raise StoreFullError(call.key, "no space left on device")

        process.watch.before = refuse
        report = process.sync()
        assert report.outcome == "failed"
        assert isinstance(report.gave_up, StoreFullError)
        check_right(mirror)

    def test_a_store_without_room_for_anything_is_an_error(
        self, mirror: Mirror
    ) -> None:
        process = mirror.process()

        def refuse(call: Call) -> None:
            if call.is_write and len(process.watch.of("put")):
                raise StoreFullError(call.key, "no space left on device")

        process.watch.before = refuse
        with pytest.raises(StoreFullError):
            process.sync()
        assert process.progress.ended == 1
        assert mirror.sync().outcome == "complete"
        check_right(mirror)


class TestStopping:
    def test_what_was_stored_is_recorded_and_the_run_is_closed(
        self, mirror: Mirror
    ) -> None:
        process = mirror.process()

        def stop(call: Call) -> None:
            if call.what == "put":
                process.stop.set()

        process.watch.after = stop
        report = process.sync()
        assert (report.outcome, report.mirrored.bottles) == ("interrupted", 1)
        assert mirror.ledger().runs == {}
        check_right(mirror)
        assert mirror.sync().mirrored.bottles == 2


class TestResuming:
    """A process dies somewhere; another one comes later."""

    def kill(self, process: Process, what: str, number: int, *, done: bool) -> None:
        """Let the process die at its nth call of a kind, when it is carried out."""
        numbers: Iterator[int] = iter(range(1, 1000))

        def die(call: Call) -> None:
            if call.what == what and next(numbers) == number:
                process.watch.kill()

        if done:
            process.watch.after = die
        else:
            process.watch.before = die
        with pytest.raises(Killed):
            process.sync()

    def test_what_was_stored_and_not_recorded_is_found_on_the_same_day(
        self, mirror: Mirror
    ) -> None:
        self.kill(mirror.process(), "put", 2, done=True)
        assert len(mirror.bottles()) == 2
        process = mirror.process()
        report = process.sync()
        how = [e.how for e in only(mirror, BottleMirrored) if hasattr(e, "how")]
        assert sorted(how) == ["fetched", "found", "found"]
        assert report.mirrored == Amount(3, 2)
        assert sum(process.progress.passed.values()) == 2
        check_right(mirror)

    def test_on_another_day_it_costs_one_more_fetch(self, mirror: Mirror) -> None:
        self.kill(mirror.process(), "put", 1, done=True)
        mirror.clock.sleep(DAY)
        assert mirror.sync().mirrored == Amount(3, len("batcurljq"))
        assert mirror.upstream.opened[digest_of("curl")] == 1
        assert mirror.upstream.opened[digest_of("bat")] == 2
        assert len(mirror.bottles()) == 4
        mirror.sync()
        assert mirror.upstream.opened[digest_of("bat")] == 2

    def test_what_was_recorded_is_never_fetched_again(self, mirror: Mirror) -> None:
        # Identity, document, SyncStarted, and the commit of the bottles.
        self.kill(mirror.process(), "create", 5, done=False)
        assert len(only(mirror, BottleMirrored)) == 3
        process = mirror.process()
        assert process.sync().mirrored == Amount()
        assert process.watch.of("open") == []
        check_right(mirror)

    @pytest.mark.parametrize("number", range(1, 7))
    @pytest.mark.parametrize("done", [True, False], ids=["after", "before"])
    def test_wherever_it_died_the_next_sync_makes_it_right(
        self, mirror: Mirror, number: int, *, done: bool
    ) -> None:
        self.kill(mirror.process(), "create", number, done=done)
        assert mirror.sync().outcome == "complete"
        assert len(mirror.ledger().held) == 3
        check_right(mirror)

    def test_a_run_that_fell_silent_is_closed_as_failed_by_the_next(
        self, mirror: Mirror
    ) -> None:
        # Dead before its last commit: three bottles were recorded.
        self.kill(mirror.process(), "create", 5, done=False)
        (dead,) = mirror.ledger().runs
        mirror.clock.sleep(30 * 60)
        report = mirror.sync()
        closed, own = only(mirror, SyncCompleted)
        assert isinstance(closed, SyncCompleted)
        assert isinstance(own, SyncCompleted)
        assert (closed.run, closed.outcome, closed.catalog) == (dead, "failed", None)
        assert closed.counts == {"bytes": 9, "failed": 0, "mirrored": 3}
        assert (own.run, own.outcome) == (report.run, "complete")
        assert mirror.ledger().runs == {}

    def test_a_run_that_is_not_silent_is_left_alone(self, mirror: Mirror) -> None:
        self.kill(mirror.process(), "create", 5, done=False)
        mirror.clock.sleep(30 * 60 - 1)
        mirror.sync()
        assert len(mirror.ledger().runs) == 1
        assert len(only(mirror, SyncCompleted)) == 1

    def test_a_hash_file_that_was_not_published_is_by_the_next(
        self, mirror: Mirror
    ) -> None:
        process = mirror.process()

        def lose(call: Call) -> None:
            if call.key == HASH_FILE and call.is_write:
                process.watch.kill()

        process.watch.before = lose
        with pytest.raises(Killed):
            process.sync()
        mirror.sync()
        check_right(mirror)


class TestTwoAtOnce:
    def test_a_sync_within_a_sync_leaves_both_complete(self, mirror: Mirror) -> None:
        calls = len(self.counted(mirror))
        for number in range(1, calls + 1):
            mirror = Mirror()
            for name in ("bat", "curl", "jq"):
                mirror.offer(name, contents={TAG: name})
            process, reports = mirror.process(), list[SyncReport]()
            process.watch.before = at_call(
                number, lambda m=mirror, r=reports: r.append(m.sync())  # type: ignore[misc]
            )
            reports.append(process.sync())
            assert [report.outcome for report in reports] == ["complete"] * 2
            assert len(mirror.ledger().held) == 3
            assert mirror.ledger().runs == {}
            check_right(mirror)

    def counted(self, mirror: Mirror) -> list[Call]:
        process = mirror.process()
        process.sync()
        return process.watch.calls

    def test_two_threads_over_one_store_leave_it_right(self) -> None:
        mirror = Mirror()
        for number in range(300):
            mirror.offer(f"x{number:03}")
        outcomes: list[str] = []
        processes = [mirror.process(jobs=2), mirror.process(jobs=2)]
        threads = [
            Thread(target=lambda p=process: outcomes.append(p.sync().outcome))  # type: ignore[misc]
            for process in processes
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert outcomes == ["complete", "complete"]
        assert len(mirror.ledger().held) == 300
        assert mirror.ledger().runs == {}
        check_right(mirror)

    def test_a_bottle_found_lost_meanwhile_is_not_taken_for_settled(
        self, mirror: Mirror
    ) -> None:
        for number in range(1, 8):
            mirror.sync()
            entry = next(e for e in mirror.ledger().held.values() if e.size == 2)
            process = mirror.process()

            def lose(other: Process = mirror.process(), key: str = entry.object_key) -> None:
                content = mirror.upstream.contents.pop(digest_of("jq"))
                mirror.damage(ObjectKey(key))
                other.verify(repair=True)
                mirror.upstream.add(content)

            process.watch.before = at_call(number, lose)
            process.sync()
            mirror.sync()
            assert len(mirror.ledger().held) == 3

    def test_a_later_hash_file_is_not_replaced_by_an_earlier_one(
        self, mirror: Mirror
    ) -> None:
        process = mirror.process()

        def overtake(call: Call) -> None:
            if call.what == "create" and call.key == HASH_FILE:
                process.watch.before = lambda _: None
                mirror.sync()

        process.watch.before = overtake
        process.sync()
        check_right(mirror)


class TestStoreFaults:
    @pytest.mark.parametrize("applied", [True, False], ids=["applied", "not-applied"])
    def test_no_single_fault_of_a_write_harms(
        self, mirror: Mirror, *, applied: bool
    ) -> None:
        process = mirror.process()
        process.sync()
        writes = [call for call in process.watch.calls if call.is_write]
        for number in range(1, len(writes) + 1):
            mirror = Mirror()
            for name in ("bat", "curl", "jq"):
                mirror.offer(name, contents={TAG: name})
            process = mirror.process()
            numbers = iter(range(1, 100))

            def fail(call: Call, n: int = number, ns: Iterator[int] = numbers) -> None:
                if call.is_write and next(ns) == n:
                    raise OutcomeUnknownError(call.key, "connection reset")

            if applied:
                process.watch.after = fail
            else:
                process.watch.before = fail
            assert process.sync().outcome == "complete"
            check_right(mirror)


def test_the_report_tells_the_time_it_took(mirror: Mirror) -> None:
    process = mirror.process()
    process.watch.before = lambda _: mirror.clock.sleep(0.25)
    assert process.sync().duration == round(len(process.watch.calls) / 4)
