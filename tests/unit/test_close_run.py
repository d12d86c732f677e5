"""How a run ends, by what its workers did."""

from __future__ import annotations

import pytest

from application.close_run import UnknownRunError
from domain.events import ShardCompleted, SyncCompleted
from ports.errors import NotFoundError
from tests.support.catalogs import digest_of
from tests.support.cloud import COMPLETE, DEGRADED, FAILED, STARTED, Cloud
from tests.support.mirror import mirror_of
from tests.support.watched import Killed, at_call, is_a

NAMES = ("aaaaaaaa", "bbbbbbb", "cccccc")
SHARDS = 3


@pytest.fixture
def cloud() -> Cloud:
    """Return a cloud with a run of three bottles in three shards, none of them done."""
    cloud = Cloud(mirror_of(*NAMES))
    cloud.trigger()
    return cloud


@pytest.fixture
def done(cloud: Cloud) -> Cloud:
    """Return the same when the workers have done their work."""
    cloud.work_all()
    return cloud


def fail(cloud: Cloud, *names: str) -> None:
    for name in names:
        cloud.mirror.upstream.fail(digest_of(name), NotFoundError("blob", "gone"))


def ends(cloud: Cloud) -> list[SyncCompleted]:
    return cloud.mirror.recorded(SyncCompleted)


class TestTheEnd:
    def test_is_complete_when_every_bottle_is_there(self, done: Cloud) -> None:
        closing = done.close()

        assert (closing.outcome, closing.unfinished) == ("complete", ())
        (end,) = ends(done)
        assert end.counts == {
            "bytes": 21,
            "failed": 0,
            "mirrored": 3,
            "missing": 0,
            "skipped": 0,
        }
        assert list(done.mirror.ledger().settled.values()) == [end.catalog]
        assert end.catalog is not None
        done.mirror.check()

    def test_is_degraded_when_some_have_failed(self, cloud: Cloud) -> None:
        fail(cloud, NAMES[0])
        cloud.work_all()

        assert cloud.close().outcome == "degraded"
        assert ends(cloud)[0].catalog is None
        assert cloud.mirror.ledger().settled == {}
        assert cloud.titles == [STARTED, DEGRADED]

    def test_is_failed_when_none_is_there(self, cloud: Cloud) -> None:
        fail(cloud, *NAMES)
        cloud.work_all()

        assert cloud.close().outcome == "failed"
        assert cloud.titles == [STARTED, FAILED]

    def test_does_not_come_while_somebody_works(self, cloud: Cloud) -> None:
        cloud.work(cloud.orders.popleft())
        before = cloud.mirror.commits()
        closing = cloud.close()

        assert (closing.outcome, closing.unfinished) == (None, (1, 2))
        assert cloud.mirror.commits() == before
        assert cloud.titles == [STARTED]

    def test_comes_when_the_rest_is_given_up(self, cloud: Cloud) -> None:
        cloud.work(cloud.orders.popleft())
        closing = cloud.close(give_up=(0, 1, 2))

        assert closing.outcome == "degraded"
        outcomes = [event.outcome for event in cloud.mirror.recorded(ShardCompleted)]
        assert outcomes == ["complete", "failed", "failed"]
        assert ends(cloud)[0].counts["missing"] == 2
        assert cloud.metrics.causes("BottlesFailed") == {"unfinished": 2}
        assert cloud.metrics.values("BottlesMissing") == [2]

    def test_counts_no_bottle_as_failed_and_as_left(self, cloud: Cloud) -> None:
        fail(cloud, NAMES[0])
        cloud.work(cloud.orders.popleft())
        cloud.work(cloud.orders.popleft())
        assert cloud.close(give_up=[2]).outcome == "degraded"
        assert cloud.metrics.causes("BottlesFailed") == {
            "not_found": 1,
            "unfinished": 1,
        }

    def test_waits_for_those_that_are_not_given_up(self, cloud: Cloud) -> None:
        closing = cloud.close(give_up=(1, 7))

        assert (closing.outcome, closing.unfinished) == (None, (0, 2))
        (given_up,) = cloud.mirror.recorded(ShardCompleted)
        assert (given_up.shard, given_up.outcome) == (1, "failed")

    def test_gives_up_nothing_that_has_ended_meanwhile(self, cloud: Cloud) -> None:
        slow = cloud.process()
        slow.watch.before = at_call(1, cloud.work_all, is_a("create"))
        assert cloud.close(give_up=range(SHARDS), process=slow).outcome == "complete"

    def test_of_a_run_that_nobody_knows_is_none(self, cloud: Cloud) -> None:
        before = cloud.mirror.commits()
        with pytest.raises(UnknownRunError, match="run-9"):
            cloud.close("run-9")
        assert cloud.mirror.commits() == before

    def test_of_a_run_of_the_command_line_is_not_hurried(self, cloud: Cloud) -> None:
        dying = cloud.mirror.process()
        dying.watch.before = at_call(1, dying.watch.kill, is_a("open"))
        with pytest.raises(Killed):
            dying.sync()
        (run,) = cloud.mirror.ledger().runs.keys() - {"run-1"}
        before = cloud.mirror.commits()

        assert cloud.close(run, give_up=[0]).outcome is None
        assert cloud.mirror.commits() == before

    def test_of_a_run_of_the_command_line_is_its_own_business(
        self, done: Cloud
    ) -> None:
        done.close()
        run = done.mirror.sync().run
        before = done.mirror.commits()

        assert done.close(run, give_up=[0]).outcome == "complete"
        assert done.mirror.commits() == before
        assert done.titles == [STARTED, COMPLETE]


def test_what_a_run_came_to_is_measured(done: Cloud) -> None:
    done.mirror.clock.sleep(90)
    done.close()

    measured = {
        name: done.metrics.values(name)
        for name in (
            "SyncDuration",
            "SyncProgress",
            "BottlesMirrored",
            "BytesMirrored",
            "BottlesFailed",
            "BottlesMissing",
            "AgeOfLastCompleteSync",
        )
    }
    assert measured == {
        "SyncDuration": [90],
        "SyncProgress": [33, 66, 100],
        "BottlesMirrored": [3],
        "BytesMirrored": [21],
        "BottlesFailed": [0],
        "BottlesMissing": [0],
        "AgeOfLastCompleteSync": [0],
    }
    (cost,) = done.metrics.values("EstimatedCost")
    assert 0 < cost < 0.01


def test_a_run_that_was_not_complete_has_no_age(cloud: Cloud) -> None:
    fail(cloud, NAMES[0])
    cloud.work_all()
    cloud.close()
    assert cloud.metrics.values("AgeOfLastCompleteSync") == []


def test_bytes_that_stay_wrong_are_a_security_event(cloud: Cloud) -> None:
    fail(cloud, NAMES[0])
    cloud.mirror.upstream.contents[digest_of(NAMES[1])] = b"wrong"
    cloud.work_all()
    cloud.close()
    assert cloud.metrics.causes("SecurityEvents") == {"wrong_digest": 1}
