"""Ways to people that take a message and do not answer: AWS ends the program there.

What a run is for was done before anybody is told of it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Event as Flag
from threading import Thread
from typing import NoReturn

import pytest

from application.tell_of_run import TIME_TO_TELL
from domain.events import SyncCompleted
from ports.errors import UnavailableError
from tests.support.cloud import COMPLETE, FAILED, STARTED, Cloud
from tests.support.mirror import mirror_of
from tests.support.other_clock import OtherClock
from tests.support.watched import Killed

LONG = 10  # seconds after which a test that waits for a thread has failed
A_WEEK = timedelta(days=7).total_seconds()


@pytest.fixture
def cloud() -> Cloud:
    return Cloud(mirror_of("bat", "curl", "jq"))


def hang() -> NoReturn:
    """Be ended by AWS, as whoever waits for an answer until its time is over."""
    raise Killed


def trigger_in_vain(cloud: Cloud, run_id: str = "run-1") -> None:
    with pytest.raises(Killed):
        cloud.trigger(run_id)


def test_a_run_is_handed_out_before_people_are_told_of_it(cloud: Cloud) -> None:
    cloud.slack.before = hang
    trigger_in_vain(cloud)

    assert [order.run_id for order in cloud.orders] == ["run-1"]


def test_a_run_is_carried_out_though_nobody_can_be_told_of_it(cloud: Cloud) -> None:
    cloud.slack.before = hang
    trigger_in_vain(cloud)
    cloud.work_all()
    with pytest.raises(Killed):
        cloud.close()

    (end,) = cloud.mirror.recorded(SyncCompleted)
    assert end.outcome == "complete"
    assert cloud.metrics.values("BottlesMirrored") == [3]
    # What is published has all of it.
    cloud.mirror.check()


def test_a_run_that_found_nothing_to_do_is_published_before_it_is_told(
    cloud: Cloud,
) -> None:
    cloud.trigger()
    cloud.work_all()
    cloud.close()
    cloud.slack.before = hang
    trigger_in_vain(cloud, "run-2")

    assert cloud.mirror.ledger().last_complete
    cloud.mirror.check()


def test_the_next_run_is_handed_out_before_people_are_told_of_one_before_it(
    cloud: Cloud,
) -> None:
    cloud.trigger()
    cloud.slack.before = hang
    cloud.work_all()
    with pytest.raises(Killed):
        cloud.close()
    cloud.mirror.clock.sleep(A_WEEK)
    cloud.mirror.offer("new")
    trigger_in_vain(cloud, "run-2")

    assert {order.run_id for order in cloud.orders} == {"run-2"}


def test_a_run_that_fell_silent_is_told_of_after_the_next_is_handed_out(
    cloud: Cloud,
) -> None:
    cloud.trigger()
    cloud.orders.clear()
    cloud.mirror.clock.sleep(A_WEEK)
    cloud.slack.before = hang
    trigger_in_vain(cloud, "run-2")
    assert {order.run_id for order in cloud.orders} == {"run-2"}

    cloud.slack.before = lambda: None
    cloud.mirror.clock.sleep(TIME_TO_TELL.total_seconds())
    cloud.trigger("run-2")
    assert cloud.titles == [STARTED, STARTED]
    cloud.work_all()
    cloud.close("run-2")
    cloud.trigger("run-3")
    # Its end waits for the next run of all.
    assert cloud.titles == [STARTED, STARTED, COMPLETE, FAILED, COMPLETE]


def test_an_end_is_told_when_closing_is_asked_for_again(cloud: Cloud) -> None:
    cloud.trigger()
    cloud.work_all()
    cloud.slack.before = hang
    with pytest.raises(Killed):
        cloud.close()
    cloud.slack.before = lambda: None

    assert cloud.close().outcome == "complete"
    assert cloud.titles == [STARTED, COMPLETE]
    assert cloud.metrics.values("BottlesMirrored") == [3]
    cloud.mirror.check()


def test_that_nobody_answers_where_orders_are_handed_out_is_told_with_the_start(
    cloud: Cloud,
) -> None:
    cloud.waiting["lambda"].refusal = UnavailableError("lambda", "no answer")
    with pytest.raises(UnavailableError):
        cloud.trigger()
    assert cloud.titles == [STARTED]


class TestAWorkerQuickerThanTheMessage:
    """Its run is over while whoever has handed it out still tells of its start."""

    def test_has_its_end_told_after_its_start(self, cloud: Cloud) -> None:
        is_telling, slack_answers = Flag(), Flag()

        def answer_late() -> None:
            is_telling.set()
            assert slack_answers.wait(LONG)

        cloud.slack.before = answer_late
        starter = Thread(target=cloud.trigger)
        starter.start()
        assert is_telling.wait(LONG)
        cloud.work_all()

        def let_slack_answer() -> None:
            slack_answers.set()
            starter.join(LONG)

        closer = cloud.process()
        clock = OtherClock(cloud.mirror.clock, meanwhile=let_slack_answer)
        closer.runs = replace(closer.runs, clock=clock)
        cloud.close(process=closer)

        assert cloud.titles == [STARTED, COMPLETE]
        cloud.mirror.check()

    def test_has_no_start_told_after_its_end(self, cloud: Cloud) -> None:
        cloud.waiting["lambda"].then = lambda: (cloud.work_all(), cloud.close())
        cloud.trigger()

        assert cloud.titles == [COMPLETE]
        cloud.mirror.check()
