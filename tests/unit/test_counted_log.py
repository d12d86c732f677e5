from __future__ import annotations

import pytest

from adapters.memory.metrics import MemoryMetrics
from adapters.telemetry.counted_log import CountedLog
from application.journal import Journal
from domain.events import GENESIS
from ports.errors import OutcomeUnknownError, UnavailableError
from tests.support.catalogs import make_bottle
from tests.support.chain import mirrored
from tests.support.mirror import Mirror, Process
from tests.support.watched import Call


def counted_journal(
    mirror: Mirror, metrics: MemoryMetrics, process: Process | None = None
) -> Journal:
    process = process or mirror.process()
    opened = process.open()
    opened.ledger.id = process.log.found(mirror.new_id())
    log = CountedLog(process.log, metrics)
    return Journal(log, mirror.clock, mirror.new_id, opened.ledger, "run")


def test_each_time_that_another_came_first_is_counted() -> None:
    mirror, metrics = Mirror(), MemoryMetrics()
    ours = counted_journal(mirror, metrics)
    theirs = mirror.process().journal()
    theirs.record([mirrored(make_bottle("bat"))])
    assert metrics.added == []

    ours.record([mirrored(make_bottle("jq"))])
    assert metrics.added == [("LedgerConflicts", 1, None)]
    assert ours.ledger == mirror.ledger()


def test_what_goes_well_is_not() -> None:
    mirror, metrics = Mirror(), MemoryMetrics()
    ours = counted_journal(mirror, metrics)
    ours.record([mirrored(make_bottle("jq", str(number))) for number in range(600)])
    assert metrics.added == []
    assert len(mirror.commits()) == 3


def test_nor_is_another_failure() -> None:
    mirror, metrics = Mirror(), MemoryMetrics()
    process = mirror.process()
    ours = counted_journal(mirror, metrics, process)

    def lose(_: Call) -> None:
        raise OutcomeUnknownError("create", "connection reset")

    process.watch.before = lose
    with pytest.raises(UnavailableError):
        ours.record([mirrored(make_bottle("jq"))])
    assert metrics.added == []


def test_it_is_the_log_that_it_is_made_of() -> None:
    mirror = Mirror()
    mirror.offer("jq")
    mirror.sync()
    log = mirror.process().log
    counted = CountedLog(log, MemoryMetrics())
    assert counted.identity() == log.identity()
    assert counted.found("another") == log.identity()
    assert list(counted.read(GENESIS)) == mirror.commits()
    assert counted.sha256_at(0) == log.sha256_at(0)
