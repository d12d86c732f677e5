from __future__ import annotations

from datetime import date, timedelta

import pytest

from adapters.ledger.layout import HASH_FILE
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
from domain.work import Amount
from ports.errors import (
    StoreFullError,
    UnavailableError,
)
from tests.support.catalogs import digest_of, select
from tests.support.mirror import EVERYTHING, TAG, Mirror, mirror_of
from tests.support.watched import Call, is_write

TODAY = date(2026, 8, 22)
DAY = timedelta(days=1).total_seconds()


@pytest.fixture
def mirror() -> Mirror:
    """Return a mirror that holds nothing of the three bottles on offer."""
    return mirror_of("bat", "curl", "jq")


def kinds(mirror: Mirror) -> list[list[type[Event]]]:
    """Return the types of the events of each commit."""
    return [[type(e) for e in one.commit.events] for one in mirror.commits()]


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
        mirror.check()

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
        (started,) = mirror.recorded(SyncStarted)
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
        mirror.check()

    def test_a_catalog_that_changed_elsewhere_costs_one_commit(
        self, mirror: Mirror
    ) -> None:
        mirror.sync()
        mirror.offer("wget", contents={"sonoma": "wget for intel"})
        process = mirror.process()
        assert process.sync().outcome == "complete"
        assert kinds(mirror)[3:] == [[CatalogRead, SyncStarted, SyncCompleted]]
        assert process.plan_sync(EVERYTHING, mirror.ledger(), ask_sizes=None) is None

    def test_a_catalog_that_is_known_is_not_recorded_again(
        self, mirror: Mirror
    ) -> None:
        mirror.sync(select(TAG, formulae=("jq",)))
        mirror.sync()
        assert len(mirror.recorded(CatalogRead)) == 1

    def test_what_upstream_drops_is_superseded_and_kept(self, mirror: Mirror) -> None:
        mirror.sync()
        mirror.withdraw("jq")
        mirror.clock.sleep(DAY)
        mirror.sync()
        (superseded,) = mirror.recorded(BottleSuperseded)
        assert superseded == BottleSuperseded(
            mirror.entry("jq-1.0-arm64_sonoma").bottle.key,
            digest_of("jq"),
            date(2026, 8, 23),
        )
        assert len(mirror.bottles()) == 3
        mirror.check()

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
        mirror.check()

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
        mirror.check()

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
        mirror.check()

    def test_a_new_version_with_known_bytes_is_a_copy(self, mirror: Mirror) -> None:
        mirror.sync()
        mirror.offer("jq", "2.0", contents={TAG: "jq"})
        report = mirror.sync()
        assert (report.mirrored, report.copied) == (Amount(1, 0), 1)
        assert mirror.upstream.opened[digest_of("jq")] == 1
        mirror.check()

    def test_superseded_bytes_serve_as_well(self, mirror: Mirror) -> None:
        mirror.sync()
        mirror.withdraw("jq")
        mirror.sync()
        mirror.offer("jq", "2.0", contents={TAG: "jq"})
        assert mirror.sync().copied == 1
        assert mirror.upstream.opened[digest_of("jq")] == 1
        mirror.check()

    def test_an_original_that_vanished_is_fetched_again(self, mirror: Mirror) -> None:
        mirror.sync()
        mirror.damage(mirror.entry("jq-1.0-arm64_sonoma").object_key)
        mirror.offer("jq", "2.0", contents={TAG: "jq"})
        report = mirror.sync()
        assert (report.outcome, report.copied) == ("complete", 0)
        assert mirror.upstream.opened[digest_of("jq")] == 2


class TestBounds:
    def test_no_more_is_fetched_than_the_bound_allows(self, mirror: Mirror) -> None:
        report = mirror.sync(max_bytes=len("curl") + len("jq"))
        assert (report.outcome, report.mirrored) == ("complete", Amount(2, 6))
        assert (report.skipped, report.left) == (0, 1)

    def test_what_is_left_comes_with_the_next_runs(self, mirror: Mirror) -> None:
        reports = [mirror.sync(max_bytes=4) for _ in range(3)]
        assert [report.left for report in reports] == [2, 1, 0]
        assert len(mirror.ledger().held) == 3
        assert mirror.recorded(SyncCompleted)[-1] == SyncCompleted(
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
        assert list(report.failures) == mirror.recorded(BottleFailed)
        assert len(mirror.ledger().held) == 2
        mirror.check()

    def test_the_next_sync_tries_it_again(self, mirror: Mirror) -> None:
        mirror.upstream.contents.pop(digest_of("curl"))
        mirror.sync()
        mirror.upstream.add(b"curl")
        report = mirror.sync()
        assert (report.outcome, report.mirrored) == ("complete", Amount(1, 4))
        mirror.check()

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
        mirror.check()

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
        mirror.check()

    def test_a_store_without_room_for_anything_is_an_error(
        self, mirror: Mirror
    ) -> None:
        process = mirror.process()

        def refuse(call: Call) -> None:
            if is_write(call) and len(process.watch.of("put")):
                raise StoreFullError(call.key, "no space left on device")

        process.watch.before = refuse
        with pytest.raises(StoreFullError):
            process.sync()
        assert process.progress.ended == 1
        assert mirror.sync().outcome == "complete"
        mirror.check()


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
        mirror.check()
        assert mirror.sync().mirrored.bottles == 2


def test_the_report_tells_the_time_it_took(mirror: Mirror) -> None:
    process = mirror.process()
    process.watch.before = lambda _: mirror.clock.sleep(0.25)
    assert process.sync().duration == round(len(process.watch.calls) / 4)
