from __future__ import annotations

from datetime import date, timedelta

import pytest

from adapters.ledger.layout import HASH_FILE
from domain.events import (
    BottleMirrored,
    SyncCompleted,
)
from domain.work import Amount
from ports.errors import (
    OutcomeUnknownError,
)
from tests.support.catalogs import digest_of
from tests.support.mirror import Mirror, mirror_of
from tests.support.watched import Killed, at_call, is_a, is_write

TODAY = date(2026, 8, 22)
DAY = timedelta(days=1).total_seconds()


@pytest.fixture
def mirror() -> Mirror:
    """Return a mirror that holds nothing of the three bottles on offer."""
    return mirror_of("bat", "curl", "jq")


def kill(mirror: Mirror, number: int, what: str, *, done: bool) -> None:
    """Begin a sync that dies at its nth call of a kind, when it is carried out."""
    watch = (process := mirror.process()).watch
    watch.interfere(at_call(number, watch.kill, is_a(what)), done=done)
    with pytest.raises(Killed):
        process.sync()


class TestResuming:
    """A process dies somewhere; another one comes later."""

    def test_what_was_stored_and_not_recorded_is_found_on_the_same_day(
        self, mirror: Mirror
    ) -> None:
        kill(mirror, 2, "put", done=True)
        assert len(mirror.bottles()) == 2
        process = mirror.process()
        report = process.sync()
        how = sorted(event.how for event in mirror.recorded(BottleMirrored))
        assert how == ["fetched", "found", "found"]
        assert report.mirrored == Amount(3, 2)
        assert sum(process.progress.passed.values()) == 2
        mirror.check()

    def test_on_another_day_it_costs_one_more_fetch(self, mirror: Mirror) -> None:
        kill(mirror, 1, "put", done=True)
        mirror.clock.sleep(DAY)
        assert mirror.sync().mirrored == Amount(3, len("batcurljq"))
        assert mirror.upstream.opened[digest_of("curl")] == 1
        assert mirror.upstream.opened[digest_of("bat")] == 2
        assert len(mirror.bottles()) == 4
        mirror.sync()
        assert mirror.upstream.opened[digest_of("bat")] == 2

    def test_what_was_recorded_is_never_fetched_again(self, mirror: Mirror) -> None:
        # Identity, document, SyncStarted, and the commit of the bottles.
        kill(mirror, 5, "create", done=False)
        assert len(mirror.recorded(BottleMirrored)) == 3
        process = mirror.process()
        assert process.sync().mirrored == Amount()
        assert process.watch.of("open") == []
        mirror.check()

    @pytest.mark.parametrize("number", range(1, 7))
    @pytest.mark.parametrize("done", [True, False], ids=["after", "before"])
    def test_wherever_it_died_the_next_sync_makes_it_right(
        self, mirror: Mirror, number: int, *, done: bool
    ) -> None:
        kill(mirror, number, "create", done=done)
        assert mirror.sync().outcome == "complete"
        assert len(mirror.ledger().held) == 3
        mirror.check()

    def test_a_run_that_fell_silent_is_closed_as_failed_by_the_next(
        self, mirror: Mirror
    ) -> None:
        # Dead before its last commit: three bottles were recorded.
        kill(mirror, 5, "create", done=False)
        (dead,) = mirror.ledger().runs
        mirror.clock.sleep(30 * 60)
        report = mirror.sync()
        closed, own = mirror.recorded(SyncCompleted)
        assert (closed.run, closed.outcome, closed.catalog) == (dead, "failed", None)
        assert closed.counts == {"bytes": 9, "failed": 0, "mirrored": 3}
        assert (own.run, own.outcome) == (report.run, "complete")
        assert mirror.ledger().runs == {}

    def test_a_run_that_is_not_silent_is_left_alone(self, mirror: Mirror) -> None:
        kill(mirror, 5, "create", done=False)
        mirror.clock.sleep(30 * 60 - 1)
        mirror.sync()
        assert len(mirror.ledger().runs) == 1
        assert len(mirror.recorded(SyncCompleted)) == 1

    def test_a_hash_file_that_was_not_published_is_by_the_next(
        self, mirror: Mirror
    ) -> None:
        kill(mirror, 6, "create", done=False)
        assert mirror.disk.info(HASH_FILE) is None
        assert mirror.ledger().runs == {}
        mirror.sync()
        mirror.check()


@pytest.mark.parametrize("number", range(1, 10))
@pytest.mark.parametrize("done", [True, False], ids=["applied", "not-applied"])
def test_one_write_without_an_answer_harms_nothing(
    mirror: Mirror, number: int, *, done: bool
) -> None:
    def lose() -> None:
        raise OutcomeUnknownError("write", "connection reset")

    process = mirror.process()
    process.watch.interfere(at_call(number, lose, is_write), done=done)
    assert process.sync().outcome == "complete"
    # One that did not land is made again.
    assert len(list(filter(is_write, process.watch.calls))) in {9, 10}
    mirror.check()
