from __future__ import annotations

import pytest

from adapters.ledger.layout import HASH_FILE, commit_key
from adapters.memory.metrics import MemoryMetrics
from application.report_age import ReportAge
from domain.errors import LedgerDamagedError
from ports.errors import NotFoundError
from tests.support.mirror import Mirror

DAY = 86_400


@pytest.fixture
def mirror() -> Mirror:
    mirror = Mirror()
    mirror.offer("jq")
    return mirror


@pytest.fixture
def metrics() -> MemoryMetrics:
    return MemoryMetrics()


def report(mirror: Mirror, metrics: MemoryMetrics) -> int | None:
    process = mirror.process()
    return ReportAge(process.log, process.published, metrics, mirror.clock)()


def fail_all(mirror: Mirror, name: str) -> None:
    for bottle in mirror.offer(name):
        error = NotFoundError(bottle.key, "no such blob")
        mirror.upstream.fail(bottle.digest, error)


def test_is_that_of_the_last_run_that_was_complete(
    mirror: Mirror, metrics: MemoryMetrics
) -> None:
    mirror.sync()
    mirror.clock.sleep(8 * DAY)
    assert report(mirror, metrics) == 8 * DAY
    assert metrics.added == [("AgeOfLastCompleteSync", 8 * DAY, None)]


def test_a_run_that_was_not_complete_makes_it_no_younger(
    mirror: Mirror, metrics: MemoryMetrics
) -> None:
    mirror.sync()
    mirror.clock.sleep(DAY)
    fail_all(mirror, "bat")
    assert mirror.sync().outcome == "degraded"
    mirror.clock.sleep(DAY)
    assert report(mirror, metrics) == 2 * DAY


def test_a_run_with_nothing_to_do_does(mirror: Mirror, metrics: MemoryMetrics) -> None:
    mirror.sync()
    mirror.clock.sleep(DAY)
    mirror.sync()
    assert report(mirror, metrics) == 0


def test_is_that_of_the_ledger_when_no_run_was_ever_complete(
    mirror: Mirror, metrics: MemoryMetrics
) -> None:
    fail_all(mirror, "bat")
    assert mirror.sync().outcome == "degraded"
    mirror.clock.sleep(3 * DAY)
    assert mirror.sync().outcome == "degraded"
    mirror.clock.sleep(DAY)
    assert report(mirror, metrics) == 4 * DAY


def test_no_ledger_has_none_and_the_alarm_goes_without(
    mirror: Mirror, metrics: MemoryMetrics
) -> None:
    assert report(mirror, metrics) is None
    assert metrics.added == []


def test_nor_has_a_ledger_without_a_commit(
    mirror: Mirror, metrics: MemoryMetrics
) -> None:
    mirror.process().log.found(mirror.new_id())
    assert report(mirror, metrics) is None
    assert metrics.added == []


def test_nor_has_one_that_is_damaged(mirror: Mirror, metrics: MemoryMetrics) -> None:
    mirror.sync()
    mirror.damage(HASH_FILE)
    mirror.damage(commit_key(0), b"not a commit\n")
    with pytest.raises(LedgerDamagedError):
        report(mirror, metrics)
    assert metrics.added == []


def test_is_never_less_than_nothing(mirror: Mirror, metrics: MemoryMetrics) -> None:
    ahead = Mirror()
    ahead.clock.sleep(DAY)
    ahead.offer("jq")
    ahead.sync()
    # This clock is behind that of the writer.
    ahead.clock = mirror.clock
    assert report(ahead, metrics) == 0


def test_nothing_is_written(mirror: Mirror, metrics: MemoryMetrics) -> None:
    mirror.sync()
    before = {info.key: info for info in mirror.disk.list("")}
    report(mirror, metrics)
    assert {info.key: info for info in mirror.disk.list("")} == before
