"""What a trigger does with runs that others have left, and with odd plans."""

from __future__ import annotations

from datetime import timedelta

import pytest

from application.orchestrate import TIME_FOR_SIZES
from application.tell_of_run import TIME_TO_TELL
from domain.events import (
    BottleLost,
    BottleMirrored,
    BottleSuperseded,
    SyncCompleted,
    SyncStarted,
)
from ports.errors import NotFoundError, UnavailableError
from ports.external_hash_file import ExternalEntries
from tests.support.catalogs import digest_of
from tests.support.chain import started
from tests.support.cloud import COMPLETE, FAILED, STARTED, Cloud
from tests.support.listed_elsewhere import DAY, ListedElsewhere, entries_of
from tests.support.mirror import TAG, Mirror, mirror_of
from tests.support.watched import Call, at_call

HALF_AN_HOUR = timedelta(minutes=30).total_seconds()
A_WEEK = timedelta(days=7).total_seconds()


@pytest.fixture
def cloud() -> Cloud:
    return Cloud(mirror_of("bat", "curl", "jq"))


def is_commit(call: Call) -> bool:
    return call.what == "create" and "/commits/" in call.key


def wait_to_finish(cloud: Cloud) -> None:
    cloud.mirror.clock.sleep(TIME_TO_TELL.total_seconds())


class TestARunThatWasLeftOpen:
    def test_and_has_nothing_left_to_do_ends_as_what_it_is(self, cloud: Cloud) -> None:
        cloud.trigger()
        cloud.work_all()
        # Whoever was asked to close it never came.
        cloud.mirror.clock.sleep(A_WEEK)
        cloud.mirror.offer("new")
        answer = cloud.trigger("run-2")

        assert (answer.run_id, answer.outcome) == ("run-2", "started")
        (end,) = cloud.mirror.recorded(SyncCompleted)
        assert (end.run, end.outcome) == ("run-1", "complete")
        assert cloud.titles == [STARTED, COMPLETE, STARTED]

    def test_and_is_not_silent_is_left_alone(self, cloud: Cloud) -> None:
        cloud.trigger()
        cloud.mirror.clock.sleep(HALF_AN_HOUR - 1)
        assert cloud.trigger("run-2").run_id == "run-1"
        assert cloud.mirror.recorded(SyncCompleted) == []

    def test_and_was_not_shared_out_is_closed_by_the_next_start(
        self, cloud: Cloud
    ) -> None:
        run = cloud.process().runs.begin(cloud.process().open(), "old")
        run.journal.record([started("old", "cloud")])
        cloud.mirror.clock.sleep(HALF_AN_HOUR)
        assert cloud.trigger().outcome == "started"
        (end,) = cloud.mirror.recorded(SyncCompleted)
        assert (end.run, end.outcome) == ("old", "failed")
        assert cloud.titles == [STARTED]

    def test_is_not_closed_by_a_sync_of_the_command_line(self, cloud: Cloud) -> None:
        # Nobody would be told of it, nor measure it.
        cloud.trigger()
        cloud.mirror.clock.sleep(HALF_AN_HOUR)
        assert cloud.mirror.sync().outcome == "complete"
        assert list(cloud.mirror.ledger().runs) == ["run-1"]
        cloud.trigger("run-2")

        assert cloud.titles == [STARTED, FAILED, COMPLETE]
        assert cloud.metrics.values("BottlesMissing") == [0, 0]
        cloud.mirror.check()


class TestAnEndThatNobodyWasToldOf:
    @pytest.fixture
    def untold(self, cloud: Cloud) -> Cloud:
        for number in range(3):
            cloud.mirror.offer(f"new-{number}")
            cloud.trigger(f"run-{number}")
            cloud.work_all()
            cloud.slack.refusal = UnavailableError("slack", "down")
            cloud.close(f"run-{number}")
            cloud.slack.refusal = None
        assert cloud.titles == [STARTED] * 3
        return cloud

    def test_is_told_by_the_next_trigger_a_week_later(self, untold: Cloud) -> None:
        untold.mirror.clock.sleep(A_WEEK)
        untold.trigger("run-9")
        assert untold.titles == [STARTED] * 3 + [COMPLETE] * 4
        untold.trigger("run-10")
        assert untold.titles == [STARTED] * 3 + [COMPLETE] * 5
        assert untold.metrics.values("BottlesMirrored") == [4, 1, 1, 0, 0]

    def test_is_no_news_after_eight_days(self, untold: Cloud) -> None:
        untold.mirror.clock.sleep(timedelta(days=8).total_seconds())
        untold.trigger("run-9")
        assert untold.titles == [STARTED] * 3 + [COMPLETE]

    def test_is_left_to_whoever_has_just_closed_the_run(self, untold: Cloud) -> None:
        untold.trigger("run-9")
        assert untold.titles == [STARTED] * 3 + [COMPLETE]

    def test_is_tried_once_where_nobody_can_be_told(self, untold: Cloud) -> None:
        # Each message may take a minute to fail, of the five that there are.
        wait_to_finish(untold)
        untold.slack.refusal = UnavailableError("slack", "down")
        before = untold.metrics.total("NotificationFailures")
        untold.mirror.offer("more")
        assert untold.trigger("run-9").outcome == "started"
        assert untold.metrics.total("NotificationFailures") == before + 2

    def test_is_of_no_concern_to_runs_of_the_command_line(self, cloud: Cloud) -> None:
        cloud.mirror.sync()
        wait_to_finish(cloud)
        cloud.trigger()
        assert cloud.titles == [COMPLETE]


class TestAPlan:
    def test_that_only_drops_bottles_needs_no_worker(self, cloud: Cloud) -> None:
        cloud.mirror.sync()
        cloud.mirror.withdraw("jq")
        answer = cloud.trigger()

        assert (answer.outcome, answer.shards) == ("nothing_to_do", 0)
        assert len(cloud.mirror.recorded(BottleSuperseded)) == 1
        assert cloud.titles == [COMPLETE]
        assert len(cloud.mirror.ledger().settled) == 1
        cloud.mirror.check()

    def test_that_only_adopts_bottles_needs_no_worker(self) -> None:
        mirror = Mirror()
        (there,) = mirror.offer("there", contents={TAG: "there"})
        mirror.external = ListedElsewhere(entries_of([there]))
        mirror.disk.create(there.object_key(DAY), b"there")
        cloud = Cloud(mirror)
        answer = cloud.trigger()

        assert (answer.outcome, answer.shards) == ("nothing_to_do", 0)
        assert [e.how for e in mirror.recorded(BottleMirrored)] == ["found"]
        (end,) = mirror.recorded(SyncStarted)
        assert (end.bottles, end.skipped) == (0, 1)
        mirror.check()

    def test_what_goes_while_it_is_adopted_is_left_to_the_next(self) -> None:
        mirror = Mirror()
        (there,) = mirror.offer("there", contents={TAG: "there"})
        mirror.external = ListedElsewhere(entries_of([there]))
        key = there.object_key(DAY)
        mirror.disk.create(key, b"there")
        cloud = Cloud(mirror)
        process = cloud.process()
        # What others list is recorded, and then what is adopted.
        process.watch.before = at_call(2, lambda: mirror.disk.delete(key), is_commit)
        cloud.trigger(process=process)

        # Else the catalog, unchanged, would not be read again.
        assert mirror.ledger().settled == {}
        assert mirror.recorded(BottleLost) != []

    def test_of_which_a_part_is_adopted_misses_none_of_the_rest(self) -> None:
        mirror = mirror_of("bat", "jq")
        there = [mirror.offer(f"there-{n}", contents={TAG: f"{n}"})[0] for n in "12"]
        mirror.external = ListedElsewhere(entries_of(there))
        for bottle, content in zip(there, (b"1", b"2"), strict=True):
            mirror.disk.create(bottle.object_key(DAY), content)
        cloud = Cloud(mirror)
        cloud.trigger()
        # Two were adopted, and two are missing: that is not the same as none.
        assert cloud.close(give_up=[0]).outcome == "failed"
        assert cloud.metrics.causes("BottlesFailed") == {"unfinished": 2}
        assert mirror.ledger().settled == {}

    def test_that_only_copies_goes_to_a_worker(self, cloud: Cloud) -> None:
        cloud.mirror.sync()
        cloud.mirror.offer("twin", contents={TAG: "jq"})
        answer = cloud.trigger()
        cloud.work_all()

        assert (answer.route, answer.shards, answer.bytes) == ("lambda", 1, 0)
        assert cloud.close().outcome == "complete"
        assert cloud.mirror.upstream.opened[digest_of("jq")] == 1
        cloud.mirror.check()

    def test_may_have_more_shards_than_loads(self) -> None:
        cloud = Cloud(mirror_of("a" * 45, "b" * 5))
        assert cloud.trigger().shards == 5
        reports = cloud.work_all()
        assert sorted(report.tally.mirrored for report in reports) == [0, 0, 0, 1, 1]
        assert cloud.close().outcome == "complete"

    def test_of_no_bytes_at_all_has_one_shard(self) -> None:
        mirror = Mirror()
        mirror.offer("void", contents={TAG: ""})
        cloud = Cloud(mirror)
        assert (cloud.trigger().shards, cloud.trigger().bytes) == (1, 0)
        cloud.work_all()
        assert cloud.close().outcome == "complete"
        mirror.check()

    @pytest.mark.parametrize("slow", ["ledger/v1/ledger.json", "memory:formula.json"])
    def test_asks_for_no_sizes_when_the_time_for_that_is_over(
        self, cloud: Cloud, slow: str
    ) -> None:
        clock, process = cloud.mirror.clock, cloud.process()

        def take_long(call: Call) -> None:
            clock.sleep(TIME_FOR_SIZES * (call.key == slow))

        process.watch.before = take_long
        assert cloud.trigger(process=process).route == "ecs"
        assert process.watch.of("sizes") == []

    def test_asks_for_none_either_when_a_hash_file_has_taken_it(
        self, cloud: Cloud
    ) -> None:
        clock, process = cloud.mirror.clock, cloud.process()

        class SlowlyListed(ListedElsewhere):
            def fetch(self, unless: str | None = None) -> ExternalEntries | None:
                clock.sleep(TIME_FOR_SIZES)
                return super().fetch(unless)

        cloud.mirror.external = SlowlyListed({})
        assert cloud.trigger(process=process).route == "ecs"
        assert process.watch.of("sizes") == []

    def test_of_which_a_bound_leaves_all_is_not_said_to_be_done(
        self, cloud: Cloud
    ) -> None:
        assert cloud.trigger(max_bytes=1).outcome == "nothing_to_do"
        assert cloud.titles == [COMPLETE]
        assert "held already" not in cloud.slack.messages[0].text
        assert cloud.trigger("run-2").bottles == 3

    def test_of_which_everything_fails_ends_and_is_tried_by_the_next(
        self, cloud: Cloud
    ) -> None:
        for name in ("bat", "curl", "jq"):
            cloud.mirror.upstream.fail(digest_of(name), NotFoundError("blob", "gone"))
        cloud.trigger()
        cloud.work_all()
        assert cloud.close().outcome == "failed"
        assert cloud.trigger("run-2").bottles == 3
