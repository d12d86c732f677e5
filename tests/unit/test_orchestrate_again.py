"""Triggers that come again, at once, or after an orchestrator that died."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from domain.events import (
    BottleMirrored,
    BottleSuperseded,
    CatalogRead,
    NotificationSent,
    SyncCompleted,
    SyncStarted,
)
from domain.plan import make_plan
from domain.selection import choose
from ports.errors import RefusedError, UnavailableError
from tests.support.cloud import COMPLETE, FAILED, STARTED, Cloud
from tests.support.listed_elsewhere import DAY, ListedElsewhere, entries_of
from tests.support.mirror import EVERYTHING, TAG, mirror_of
from tests.support.watched import Call, Killed, at_call, is_a

LATER = 90.0  # seconds: after about a minute AWS tries again


def busy_cloud() -> Cloud:
    """Return a cloud with work of every kind.

    There are bottles to fetch, one that another takes the place of, one that lies in
    the store already, and one that has the bytes of another.
    """
    mirror = mirror_of("bat", "jq")
    mirror.sync()
    mirror.offer("jq", "2.0", contents={TAG: "jq 2.0"})
    mirror.offer("new", contents={TAG: "new"})
    mirror.offer("twin", contents={TAG: "bat"})
    (there,) = mirror.offer("there", contents={TAG: "there"})
    mirror.external = ListedElsewhere(entries_of([there]))
    mirror.disk.create(there.object_key(DAY), b"there")
    return Cloud(mirror)


def idle_cloud() -> Cloud:
    """Return a cloud that lacks nothing."""
    mirror = mirror_of("bat", "jq")
    mirror.sync()
    return Cloud(mirror)


def check_ended(cloud: Cloud, run_id: str = "run-1") -> None:
    """Check that the run is over, and that the mirror has what upstream offers."""
    mirror = cloud.mirror
    ledger = mirror.ledger()
    assert not ledger.runs
    assert ledger.ended[run_id].closed.outcome == "complete"
    assert ledger.ended[run_id].is_told
    catalog = mirror.catalog.fetch()
    assert catalog is not None
    plan = make_plan(choose(catalog, EVERYTHING), ledger, {})
    assert (plan.work.loads, plan.work.superseded, plan.elsewhere) == ((), (), ())
    ended = [e for e in mirror.recorded(NotificationSent) if e.about == "ended"]
    assert [event.run for event in ended] == [run_id]
    mirror.check()


def finish(cloud: Cloud) -> None:
    """Have the workers do their work, and the run closed."""
    cloud.work_all()
    if cloud.closer.asked:
        cloud.close(cloud.closer.asked[0])


def is_its_own(call: Call) -> bool:
    """Return whether a call is made by the process itself, and not by its helpers."""
    return call.what != "sizes"


def calls_of(make: Callable[[], Cloud]) -> int:
    """Return how often the outside is asked by a trigger."""
    cloud = make()
    process = cloud.process()
    cloud.trigger(process=process)
    return len(list(filter(is_its_own, process.watch.calls)))


WORLDS = [
    pytest.param(make, number, id=f"{make.__name__}-{number}")
    for make in (busy_cloud, idle_cloud)
    for number in range(1, calls_of(make) + 1)
]


@pytest.mark.parametrize(("make", "number"), WORLDS)
def test_wherever_it_dies_the_same_trigger_again_makes_it_right(
    make: Callable[[], Cloud], number: int
) -> None:
    cloud = make()
    dying = cloud.process()
    dying.watch.before = at_call(number, dying.watch.kill, is_its_own)
    with pytest.raises(Killed):
        cloud.trigger(process=dying)
    cloud.mirror.clock.sleep(LATER)
    cloud.trigger()
    finish(cloud)

    check_ended(cloud)
    assert not set(cloud.titles) - {STARTED, COMPLETE}
    assert cloud.mirror.upstream.opened.total() == (4 if make is busy_cloud else 2)


@pytest.mark.parametrize(("make", "number"), WORLDS)
def test_delivered_twice_at_once_it_is_one_run(
    make: Callable[[], Cloud], number: int
) -> None:
    cloud = make()
    slow = cloud.process()

    def come_again() -> None:
        # It would wait until the first is done, which cannot go on here.
        if "run-1" not in cloud.mirror.ledger().ended:
            cloud.trigger()

    slow.watch.before = at_call(number, come_again, is_its_own)
    cloud.trigger(process=slow)
    finish(cloud)

    check_ended(cloud)
    assert cloud.titles.count(COMPLETE) == 1
    assert len(cloud.metrics.values("SyncDuration")) == 1
    assert cloud.mirror.upstream.opened.total() == (4 if make is busy_cloud else 2)


@pytest.mark.parametrize(("make", "number"), WORLDS)
def test_of_two_triggers_at_once_one_starts_a_run_and_the_other_names_it(
    make: Callable[[], Cloud], number: int
) -> None:
    cloud = make()
    slow = cloud.process()
    answers = []
    slow.watch.before = at_call(
        number, lambda: answers.append(cloud.trigger("run-2")), is_its_own
    )
    answers.append(cloud.trigger(process=slow))
    finish(cloud)

    if make is busy_cloud:
        assert len({answer.run_id for answer in answers}) == 1
        assert {answer.outcome for answer in answers} == {"started", "already_running"}
        check_ended(cloud, answers[0].run_id)
    else:
        # Neither keeps the other waiting: both have found nothing to do.
        assert {answer.outcome for answer in answers} == {"nothing_to_do"}
    assert cloud.titles.count(COMPLETE) == len(cloud.mirror.ledger().ended) - 1
    cloud.mirror.check()


def test_a_start_that_comes_too_late_names_the_run_that_came_first() -> None:
    cloud = busy_cloud()
    slow = cloud.process()

    def run_and_end() -> None:
        cloud.trigger()
        finish(cloud)

    slow.watch.before = at_call(1, run_and_end, is_a("create"))
    answer = cloud.trigger(process=slow)
    assert (answer.run_id, answer.outcome) == ("run-1", "already_running")
    assert cloud.titles == [STARTED, COMPLETE]


@pytest.mark.parametrize("route", ["lambda", "ecs"])
def test_the_same_orders_are_handed_out_again_not_some_of_them(route: str) -> None:
    # What starts tasks is named after the orders: the same ones start nothing twice.
    cloud = Cloud(mirror_of("aaaaaaaa", "bbbbbbb", "cccccc"))
    cloud.size_threshold = 1_000 if route == "lambda" else 1
    cloud.trigger()
    waiting = cloud.waiting[route]  # type: ignore[index]
    first = list(waiting.handed)
    cloud.work(waiting.orders.popleft(), route)  # type: ignore[arg-type]
    cloud.trigger()

    assert waiting.handed == [*first, *first]
    cloud.work_all(route)  # type: ignore[arg-type]
    assert cloud.close().outcome == "complete"
    assert set(cloud.mirror.upstream.opened.values()) == {1}


def test_nothing_is_handed_out_again_when_all_of_it_has_begun() -> None:
    cloud = Cloud(mirror_of("bat"))
    cloud.trigger()
    dying = cloud.process()
    dying.watch.before = at_call(1, dying.watch.kill, is_a("open"))
    with pytest.raises(Killed):
        cloud.work(cloud.orders[0], process=dying)
    cloud.trigger()

    assert len(cloud.waiting["lambda"].handed) == 1


def test_a_run_of_which_nobody_hears_is_closed_by_its_own_trigger_too() -> None:
    cloud = Cloud(mirror_of("bat"))
    cloud.trigger()
    dying = cloud.process()
    dying.watch.before = at_call(1, dying.watch.kill, is_a("open"))
    with pytest.raises(Killed):
        cloud.work(cloud.orders.popleft(), process=dying)
    cloud.mirror.clock.sleep(timedelta(days=1).total_seconds())
    answer = cloud.trigger()

    # An id is good for one run.
    assert (answer.run_id, answer.outcome) == ("run-1", "already_running")
    assert cloud.titles == [STARTED, FAILED]
    assert cloud.trigger("run-2").outcome == "started"


def test_a_trigger_that_comes_again_much_later_names_its_own_run() -> None:
    cloud = Cloud(mirror_of("bat"))
    cloud.trigger()
    finish(cloud)
    cloud.mirror.offer("new")
    cloud.trigger("run-2")
    answer = cloud.trigger()
    assert (answer.run_id, answer.outcome) == ("run-1", "already_running")


def test_that_it_may_not_be_handed_out_is_told_once() -> None:
    cloud = Cloud(mirror_of("bat"))
    cloud.waiting["lambda"].refusal = UnavailableError("lambda", "no answer")
    with pytest.raises(UnavailableError):
        cloud.trigger()
    cloud.waiting["lambda"].refusal = RefusedError("lambda", "no such function")
    with pytest.raises(RefusedError):
        cloud.trigger()
    cloud.trigger()

    assert cloud.titles == [STARTED, FAILED]
    assert dict(cloud.slack.messages[-1].lines)["Error"] == (
        "it could not be handed out: lambda: no such function; 0 of 1 bottles were"
        " mirrored; 1 were not (1 unfinished)"
    )
    (end,) = cloud.mirror.recorded(SyncCompleted)
    assert (end.outcome, end.counts["missing"]) == ("failed", 1)


@pytest.mark.parametrize("call", ["fetch", "create"])
def test_that_a_run_cannot_begin_is_told(call: str) -> None:
    cloud = Cloud(mirror_of("bat"))
    refused = cloud.process()

    def deny() -> None:
        raise RefusedError("s3", "access denied")

    refused.watch.before = at_call(1, deny, is_a(call))
    with pytest.raises(RefusedError):
        cloud.trigger(process=refused)

    assert cloud.titles == [FAILED]
    assert "access denied" in cloud.slack.messages[0].text
    assert cloud.mirror.recorded(SyncStarted) == []


def test_that_a_run_cannot_begin_is_told_once_though_its_trigger_is_tried_again() -> (
    None
):
    cloud = Cloud(mirror_of("bat"))

    def deny() -> None:
        raise RefusedError("s3", "access denied")

    def try_it(run_id: str) -> None:
        refused = cloud.process()
        refused.watch.before = at_call(1, deny, is_a("fetch"))
        with pytest.raises(RefusedError):
            cloud.trigger(run_id, process=refused)

    cloud.slack.refusal = UnavailableError("slack", "down")
    try_it("run-1")
    cloud.slack.refusal = None
    try_it("run-1")
    try_it("run-1")
    assert cloud.titles == [FAILED]
    try_it("run-2")
    assert cloud.titles == [FAILED, FAILED]


def test_what_is_found_out_before_the_start_is_recorded_before_it() -> None:
    cloud = busy_cloud()
    cloud.trigger()
    kinds = [type(event) for event in cloud.mirror.events()]
    assert kinds[-5:-1] == [BottleMirrored, BottleSuperseded, CatalogRead, SyncStarted]
