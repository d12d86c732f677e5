"""A run is closed once, whoever asks, and whoever dies over it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Event as Flag
from threading import Thread

import pytest

from application.close_run import Closing
from application.tell_of_ends import LOOK_EVERY
from application.tell_of_run import TIME_TO_TELL
from domain.events import NotificationSent, SyncCompleted
from ports.clock import Clock
from ports.errors import UnavailableError
from tests.support.cloud import COMPLETE, STARTED, Cloud
from tests.support.mirror import mirror_of
from tests.support.other_clock import OtherClock
from tests.support.watched import Killed, at_call, is_a

A_MOMENT = 5.0  # seconds: so soon the state machine asks again
LONG = 60  # seconds after which a test that waits for a thread has failed


def finished_cloud() -> Cloud:
    """Return a cloud of which the workers have done their work."""
    cloud = Cloud(mirror_of("bat", "curl", "jq"))
    cloud.trigger()
    cloud.work_all()
    return cloud


@pytest.fixture
def cloud() -> Cloud:
    return finished_cloud()


def close_by(cloud: Cloud, clock: Clock) -> Closing:
    """Have a process close the run whose clock is another."""
    process = cloud.process()
    process.runs = replace(process.runs, clock=clock)
    return cloud.close(process=process)


def ended_once(cloud: Cloud) -> None:
    """Check that the run has ended once, and that nothing of its end is left."""
    assert len(cloud.mirror.recorded(SyncCompleted)) == 1
    told = [event.about for event in cloud.mirror.recorded(NotificationSent)]
    assert told == ["started", "ended"]
    cloud.mirror.check()


def test_to_ask_again_changes_nothing(cloud: Cloud) -> None:
    cloud.close()
    commits, figures = cloud.mirror.commits(), list(cloud.metrics.added)
    for _ in range(2):
        assert cloud.close().outcome == "complete"
        cloud.mirror.clock.sleep(TIME_TO_TELL.total_seconds())

    assert cloud.mirror.commits() == commits
    assert cloud.metrics.added == figures
    assert cloud.titles == [STARTED, COMPLETE]


def test_to_ask_again_in_the_next_run_tells_and_measures_nothing(cloud: Cloud) -> None:
    cloud.close()
    cloud.mirror.offer("new")
    cloud.trigger("run-2")
    figures = list(cloud.metrics.added)
    cloud.close("run-1")

    assert cloud.metrics.added == figures
    assert cloud.titles == [STARTED, COMPLETE, STARTED]


def test_nobody_waits_for_who_has_told_already(cloud: Cloud) -> None:
    dying = cloud.process()
    # It closes, publishes, tells, records that it did, and does not publish that.
    dying.watch.before = at_call(4, dying.watch.kill, is_a("create", "replace"))
    with pytest.raises(Killed):
        cloud.close(process=dying)
    assert cloud.titles == [STARTED, COMPLETE]
    clock = OtherClock(cloud.mirror.clock)
    close_by(cloud, clock)

    assert clock.slept == []
    ended_once(cloud)


def calls_of_closing() -> int:
    cloud = finished_cloud()
    process = cloud.process()
    cloud.close(process=process)
    return len(process.watch.calls)


@pytest.mark.parametrize("number", range(1, calls_of_closing() + 1))
@pytest.mark.parametrize("later", [A_MOMENT, 90.0])
def test_whoever_comes_after_one_that_died_finishes_his_work(
    cloud: Cloud, number: int, later: float
) -> None:
    dying = cloud.process()
    dying.watch.before = at_call(number, dying.watch.kill)
    with pytest.raises(Killed):
        cloud.close(process=dying)
    cloud.mirror.clock.sleep(later)

    assert cloud.close().outcome == "complete"
    # One that died before it could record that people were told tells them twice.
    assert cloud.titles[:2] == [STARTED, COMPLETE]
    assert len(cloud.titles) <= 3
    ended_once(cloud)


def test_of_two_at_once_one_closes_it(cloud: Cloud) -> None:
    slow = cloud.process()
    slow.watch.before = at_call(1, cloud.close, is_a("create"))

    assert cloud.close(process=slow).outcome == "complete"
    assert cloud.titles == [STARTED, COMPLETE]
    assert cloud.metrics.values("BottlesMirrored") == [3]
    ended_once(cloud)


def test_the_other_waits_until_the_first_is_done(cloud: Cloud) -> None:
    is_about_to_tell, may_go_on = Flag(), Flag()

    def wait() -> None:
        is_about_to_tell.set()
        assert may_go_on.wait(LONG)

    cloud.slack.before = wait
    thread = Thread(target=cloud.close)
    thread.start()
    assert is_about_to_tell.wait(LONG)

    def let_it_finish() -> None:
        may_go_on.set()
        thread.join(LONG)

    clock = OtherClock(cloud.mirror.clock, meanwhile=let_it_finish)
    closing = close_by(cloud, clock)

    assert closing.outcome == "complete"
    # It sees so at its next look, and does not wait for all the time that there is.
    assert clock.slept == [LOOK_EVERY]
    assert cloud.titles == [STARTED, COMPLETE]
    assert cloud.metrics.values("BottlesMirrored") == [3]
    ended_once(cloud)


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_wrong_makes_nobody_wait_for_long(
    cloud: Cloud, hours: int
) -> None:
    dying = cloud.process()
    dying.watch.after = at_call(1, dying.watch.kill, is_a("create"))
    with pytest.raises(Killed):
        cloud.close(process=dying)
    clock = OtherClock(cloud.mirror.clock, timedelta(hours=hours))
    close_by(cloud, clock)

    assert sum(clock.slept) <= TIME_TO_TELL.total_seconds() + LOOK_EVERY
    ended_once(cloud)


def test_a_clock_that_is_behind_measures_no_time_below_zero(cloud: Cloud) -> None:
    close_by(cloud, OtherClock(cloud.mirror.clock, timedelta(hours=-1)))
    assert cloud.metrics.values("SyncDuration") == [0]
    assert "Duration: less than a second" in cloud.slack.messages[-1].text


def test_that_people_cannot_be_told_keeps_nothing_from_being_published(
    cloud: Cloud,
) -> None:
    cloud.slack.refusal = UnavailableError("slack", "down")
    assert cloud.close().outcome == "complete"
    cloud.mirror.check()

    # Whoever asks again tries that again, and nothing else.
    assert cloud.close().outcome == "complete"
    assert cloud.titles == [STARTED]
    assert cloud.metrics.total("NotificationFailures") == 2
    assert cloud.metrics.values("BottlesMirrored") == [3]
    cloud.slack.refusal = None
    assert cloud.close().outcome == "complete"
    assert cloud.titles == [STARTED, COMPLETE]
    ended_once(cloud)
