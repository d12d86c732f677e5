"""A cloud run while others write to its ledger: syncs, and workers of dead runs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from application.batch import FLUSH_SECONDS
from application.journal import MAX_EVENTS
from domain.bottle import ObjectKey
from domain.events import BottleMirrored, SyncCompleted
from ports.errors import NotFoundError
from tests.support.catalogs import digest_of
from tests.support.cloud import COMPLETE, STARTED, Cloud
from tests.support.mirror import TAG, mirror_of
from tests.support.watched import Killed, at_call, is_a

NAMES = ("bat", "curl", "jq")


def cloud_of_one_shard() -> Cloud:
    cloud = Cloud(mirror_of(*NAMES))
    cloud.shard_bytes = 100
    return cloud


@pytest.fixture
def cloud() -> Cloud:
    return cloud_of_one_shard()


def calls_of_a_worker() -> int:
    cloud = cloud_of_one_shard()
    cloud.trigger()
    process = cloud.process()
    cloud.work(cloud.orders[0], process=process)
    return len(process.watch.calls)


@pytest.mark.parametrize("number", range(1, calls_of_a_worker() + 1))
def test_what_a_sync_brings_in_meanwhile_is_not_missing(
    cloud: Cloud, number: int
) -> None:
    cloud.trigger()
    slow = cloud.process()
    slow.watch.before = at_call(number, cloud.mirror.sync)
    cloud.work(cloud.orders.popleft(), process=slow)

    assert cloud.close().outcome == "complete"
    assert cloud.titles == [STARTED, COMPLETE]
    assert cloud.metrics.values("BottlesMissing") == [0]
    assert len(cloud.mirror.ledger().held) == 3
    assert len(cloud.mirror.ledger().settled) == 1
    cloud.mirror.check()


def failed_run(cloud: Cloud, *names: str) -> None:
    """Have a run fail at some bottles that upstream has again by its end."""
    cloud.trigger()
    for name in names:
        cloud.mirror.upstream.fail(digest_of(name), NotFoundError("blob", "gone"))
    cloud.work_all()
    for name in names:
        cloud.mirror.upstream.heal(digest_of(name))


def test_what_a_run_failed_at_and_a_sync_brought_in_has_not_failed(
    cloud: Cloud,
) -> None:
    failed_run(cloud, "bat", "jq")
    cloud.mirror.sync()

    assert cloud.close().outcome == "complete"
    assert cloud.titles == [STARTED, COMPLETE]
    assert ("New bottles", "1") in cloud.slack.messages[-1].lines
    assert cloud.metrics.total("BottlesFailed") == 0
    assert cloud.metrics.values("BottlesMissing") == [0]
    (end,) = (e for e in cloud.mirror.recorded(SyncCompleted) if e.run == "run-1")
    assert (end.counts["failed"], end.counts["missing"]) == (0, 0)
    account = cloud.mirror.ledger().ended["run-1"].account
    assert account is not None
    assert (account.bottles, account.mirrored, account.causes) == (1, 1, {})
    cloud.mirror.check()


def test_only_what_is_there_has_not_failed(cloud: Cloud) -> None:
    failed_run(cloud, "bat", "jq")
    cloud.mirror.upstream.fail(digest_of("jq"), NotFoundError("blob", "gone"))
    cloud.mirror.sync()

    assert cloud.close().outcome == "degraded"
    assert cloud.metrics.causes("BottlesFailed") == {"not_found": 1}
    assert cloud.metrics.values("BottlesMissing") == [1]


def test_other_bytes_under_its_name_are_not_what_a_run_failed_at(cloud: Cloud) -> None:
    failed_run(cloud, "bat")
    cloud.mirror.offer("bat", contents={TAG: "other bytes"})
    cloud.mirror.sync()

    assert cloud.close().outcome == "degraded"
    assert cloud.metrics.causes("BottlesFailed") == {"not_found": 1}


def test_however_many_there_are_that_others_brought_in() -> None:
    names = [f"b{n}" for n in range(MAX_EVENTS + 1)]
    cloud = Cloud(mirror_of(*names))
    cloud.shard_bytes = 10_000
    cloud.size_threshold = 1_000_000
    failed_run(cloud, *names)
    cloud.mirror.sync()

    assert cloud.close().outcome == "complete"
    assert cloud.metrics.total("BottlesFailed") == 0


def test_what_a_run_failed_at_stays_so_when_its_plan_is_gone(cloud: Cloud) -> None:
    cloud.trigger()
    plan = cloud.orders[0].plan_sha256
    cloud.mirror.upstream.fail(digest_of("bat"), NotFoundError("blob", "gone"))
    cloud.work_all()
    cloud.mirror.upstream.heal(digest_of("bat"))
    cloud.mirror.sync()
    cloud.mirror.damage(ObjectKey(f"ledger/v1/documents/{plan}.json"))

    assert cloud.close().outcome == "degraded"
    assert cloud.metrics.causes("BottlesFailed") == {"not_found": 1}


def test_nor_what_it_brings_in_before_the_worker_comes(cloud: Cloud) -> None:
    cloud.trigger()
    cloud.mirror.sync()
    (report,) = cloud.work_all()

    assert (report.ending, report.tally.mirrored) == ("completed", 0)
    assert cloud.close().outcome == "complete"
    assert set(cloud.mirror.upstream.opened.values()) == {1}


def test_nor_what_a_worker_of_a_run_before_records_late(cloud: Cloud) -> None:
    cloud.trigger()
    late = cloud.process()

    def close_its_run() -> None:
        cloud.mirror.clock.sleep(timedelta(minutes=30).total_seconds())
        cloud.trigger("run-2")

    late.watch.after = at_call(3, close_its_run, is_a("put"))
    report = cloud.work(cloud.orders.popleft(), process=late)
    assert report.ending == "left_alone"
    assert [event.how for event in cloud.mirror.recorded(BottleMirrored)] == [
        "fetched"
    ] * 3
    cloud.work_all()

    assert cloud.close("run-2").outcome == "complete"
    assert set(cloud.mirror.upstream.opened.values()) == {1}
    cloud.mirror.check()


def test_a_sync_with_a_newer_catalog_is_not_undone(cloud: Cloud) -> None:
    cloud.trigger()
    slow = cloud.process()

    def sync_anew() -> None:
        cloud.mirror.offer("jq", "2.0", contents={TAG: "jq 2.0"})
        cloud.mirror.sync()

    slow.watch.before = at_call(2, sync_anew, is_a("open"))
    cloud.work(cloud.orders.popleft(), process=slow)
    cloud.work_all()
    assert cloud.close().outcome == "complete"
    # Its catalog is not the one that is settled: the next run looks again.
    cloud.trigger("run-2")
    cloud.work_all()

    ledger = cloud.mirror.ledger()
    assert not ledger.runs
    assert "jq-2.0-arm64_sonoma" in ledger.held
    dropped = cloud.mirror.entry("jq-1.0-arm64_sonoma")
    assert list(ledger.superseded) == [dropped.object_key]
    cloud.mirror.check()


def test_a_bottle_that_a_sync_dropped_and_a_worker_brought_back_is_dropped_again(
    cloud: Cloud,
) -> None:
    cloud.trigger()
    slow = cloud.process()

    def drop() -> None:
        cloud.mirror.sync()
        cloud.mirror.withdraw("jq")
        cloud.mirror.sync()

    # It has seen that it is to mirror jq, and jq is there by then, and gone again.
    slow.watch.before = at_call(3, drop, is_a("open"))
    cloud.work(cloud.orders.popleft(), process=slow)
    cloud.work_all()
    cloud.close()
    assert cloud.mirror.ledger().superseded == {}
    cloud.trigger("run-2")

    assert len(cloud.mirror.ledger().superseded) == 1
    cloud.mirror.check()


def test_what_a_worker_brings_in_that_a_newer_catalog_has_not_is_dropped(
    cloud: Cloud,
) -> None:
    cloud.trigger()
    cloud.mirror.withdraw("jq")
    cloud.mirror.sync()
    cloud.work_all()
    assert cloud.close().outcome == "complete"
    assert "jq-1.0-arm64_sonoma" in cloud.mirror.ledger().held
    cloud.trigger("run-2")

    assert len(cloud.mirror.ledger().superseded) == 1
    cloud.mirror.check()


def test_a_bottle_found_lost_while_a_run_is_planned_is_brought_in_by_the_next(
    cloud: Cloud,
) -> None:
    cloud.mirror.sync()
    cloud.mirror.offer("new")
    slow = cloud.process()

    def lose() -> None:
        cloud.mirror.damage(cloud.mirror.entry("bat-1.0-arm64_sonoma").object_key)
        content = cloud.mirror.upstream.contents.pop(digest_of("bat"))
        cloud.mirror.process().verify(repair=True)
        cloud.mirror.upstream.add(content)

    # Its plan is made, and its start not recorded yet.
    slow.watch.before = at_call(1, lose, is_a("create"))
    cloud.trigger(process=slow)
    cloud.work_all()
    assert cloud.close().outcome == "complete"
    assert cloud.mirror.ledger().settled == {}
    assert cloud.trigger("run-2").bottles == 1


def test_a_shard_that_a_sync_and_two_workers_share_is_fetched_once(
    cloud: Cloud,
) -> None:
    cloud.trigger()
    order = cloud.orders.popleft()
    dying = cloud.process()
    dying.watch.before = at_call(2, dying.watch.kill, is_a("open"))
    with pytest.raises(Killed):
        cloud.work(order, process=dying)
    cloud.mirror.sync()
    cloud.worker_died(order)
    cloud.mirror.clock.sleep(FLUSH_SECONDS)
    cloud.work_all()

    assert cloud.close().outcome == "complete"
    # One was on its way when the worker died, and the one before it was stored.
    assert cloud.mirror.upstream.opened.total() <= len(NAMES) + 1
    cloud.mirror.check()
