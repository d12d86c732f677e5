"""Shards that are left: asking for them, and giving them to another worker."""

from __future__ import annotations

from dataclasses import replace

import pytest

from application.close_run import Closing, UnknownRunError
from application.work_shard import MOST_ATTEMPTS
from domain.events import ShardStarted
from domain.order import Order
from ports.errors import UnavailableError
from tests.support.cloud import COMPLETE, STARTED, Cloud
from tests.support.mirror import mirror_of
from tests.support.watched import Killed, at_call, is_a

NAMES = tuple(letter * 5 for letter in "abcdef")
LATER = 90.0  # seconds


@pytest.fixture
def cloud() -> Cloud:
    """Return a cloud with a run of six bottles in three shards."""
    cloud = Cloud(mirror_of(*NAMES))
    cloud.trigger()
    return cloud


def die(cloud: Cloud, order: Order, at: int = 1, what: str = "open") -> None:
    """Have a worker die over an order without a word."""
    dying = cloud.process()
    dying.watch.before = at_call(at, dying.watch.kill, is_a(what))
    with pytest.raises(Killed):
        cloud.work(order, process=dying)


class TestTheQuestionWhatIsLeft:
    def test_is_answered_with_orders_for_what_has_not_ended(self, cloud: Cloud) -> None:
        first, second, third = cloud.orders
        assert cloud.shards() == (first, second, third)
        cloud.work(second)
        assert cloud.shards() == (first, third)
        cloud.work(first)
        cloud.work(third)
        assert cloud.shards() == ()

    def test_counts_each_attempt(self, cloud: Cloud) -> None:
        first, second, third = cloud.orders
        die(cloud, first)
        die(cloud, replace(second, attempt=5))
        assert cloud.shards() == (
            replace(first, attempt=2),
            replace(second, attempt=6),
            third,
        )

    def test_may_be_of_some_shards_only(self, cloud: Cloud) -> None:
        first, second, third = cloud.orders
        cloud.work(first)
        assert cloud.shards(among=[0, 2, 9]) == (third,)
        assert cloud.shards(among=[1, 2]) == (second, third)
        assert cloud.shards(among=[]) == ()

    def test_is_answered_with_nothing_when_the_run_is_over(self, cloud: Cloud) -> None:
        cloud.close(give_up=range(3))
        assert cloud.shards() == ()

    def test_is_not_answered_of_a_run_that_nobody_knows(self, cloud: Cloud) -> None:
        with pytest.raises(UnknownRunError, match="run-9"):
            cloud.shards("run-9")

    def test_is_not_answered_of_a_run_that_is_not_shared_out(
        self, cloud: Cloud
    ) -> None:
        process = cloud.mirror.process()
        cloud.mirror.offer("new")
        process.watch.before = at_call(1, process.watch.kill, is_a("open"))
        with pytest.raises(Killed):
            process.sync()
        (local,) = set(cloud.mirror.ledger().runs) - {"run-1"}
        with pytest.raises(UnknownRunError):
            cloud.shards(local)

    def test_writes_nothing(self, cloud: Cloud) -> None:
        before = cloud.mirror.commits()
        cloud.shards()
        assert cloud.mirror.commits() == before


class TestAWorkerThatDied:
    def test_is_replaced_by_one_of_the_next_attempt(self, cloud: Cloud) -> None:
        order = cloud.orders.popleft()
        die(cloud, order)
        further = cloud.worker_died(order)

        assert further == replace(order, attempt=2)
        assert cloud.orders[-1] == further
        cloud.work_all()
        assert cloud.close().outcome == "complete"

    def test_before_it_could_claim_its_shard_counts_as_well(self, cloud: Cloud) -> None:
        # Or it would go on for ever.
        order = cloud.orders.popleft()
        attempts = []
        for _ in range(MOST_ATTEMPTS):
            die(cloud, order, what="get")
            replaced = cloud.worker_died(order)
            assert isinstance(replaced, Order)
            order = replaced
            attempts.append(order.attempt)

        assert attempts == list(range(2, MOST_ATTEMPTS + 2))
        assert cloud.mirror.recorded(ShardStarted) == []
        assert list(cloud.waiting["ecs"].orders) == [order]

    @pytest.mark.parametrize(
        ("died", "route"), [(MOST_ATTEMPTS - 1, "lambda"), (MOST_ATTEMPTS, "ecs")]
    )
    def test_is_replaced_in_lambda_eight_times_in_all(
        self, cloud: Cloud, died: int, route: str
    ) -> None:
        order = replace(cloud.orders.popleft(), attempt=died)
        cloud.orders.clear()
        die(cloud, order)
        further = cloud.worker_died(order)
        assert list(cloud.waiting[route].orders) == [further]  # type: ignore[index]

    @pytest.mark.parametrize(
        ("died", "pause"), [(1, 2), (2, 4), (5, 32), (6, 60), (MOST_ATTEMPTS, 60)]
    )
    def test_is_replaced_the_later_the_more_have_died(
        self, cloud: Cloud, died: int, pause: float
    ) -> None:
        order = replace(cloud.orders.popleft(), attempt=died)
        die(cloud, order)
        clock = cloud.mirror.clock
        before = clock.now()
        cloud.worker_died(order)
        assert (clock.now() - before).total_seconds() == pause

    def test_is_not_waited_for_when_nothing_is_left_of_its_shard(
        self, cloud: Cloud
    ) -> None:
        order = cloud.orders.popleft()
        cloud.work(order)
        before = cloud.mirror.clock.now()
        cloud.worker_died(order)
        assert cloud.mirror.clock.now() == before

    def test_is_not_replaced_when_another_has_taken_over(self, cloud: Cloud) -> None:
        order = cloud.orders.popleft()
        die(cloud, order)
        die(cloud, replace(order, attempt=2))
        handed = len(cloud.waiting["lambda"].handed)

        assert cloud.worker_died(order) == Closing("run-1", None, (0,))
        assert len(cloud.waiting["lambda"].handed) == handed

    def test_is_replaced_once_though_it_is_told_of_twice(self, cloud: Cloud) -> None:
        order = cloud.orders.popleft()
        die(cloud, order)
        # The second time before the other worker has begun, the third time after.
        assert cloud.worker_died(order) == cloud.worker_died(order)
        endings = sorted(report.ending for report in cloud.work_all())
        assert endings == ["completed"] * 3 + ["left_alone"]
        assert isinstance(cloud.worker_died(order), Closing)
        assert not cloud.orders
        assert cloud.mirror.upstream.opened.total() <= len(NAMES) + 1

    def test_after_its_last_deed_has_the_run_closed(self, cloud: Cloud) -> None:
        orders = list(cloud.orders)
        cloud.orders.clear()
        for order in orders[:-1]:
            cloud.work(order)
        dying = cloud.process()
        # It claims, records its bottles, and that its shard has ended.
        dying.watch.after = at_call(3, dying.watch.kill, is_a("create"))
        with pytest.raises(Killed):
            cloud.work(orders[-1], process=dying)
        assert cloud.closer.asked == []

        assert cloud.worker_died(orders[-1]) == Closing("run-1", "complete")
        assert cloud.titles == [STARTED, COMPLETE]
        cloud.mirror.check()

    def test_after_its_shard_has_ended_leaves_the_others_to_theirs(
        self, cloud: Cloud
    ) -> None:
        order = cloud.orders.popleft()
        cloud.work(order)
        assert cloud.worker_died(order) == Closing("run-1", None, (1, 2))
        assert len(cloud.orders) == 2

    def test_when_its_run_is_over_is_nobodys_concern(self, cloud: Cloud) -> None:
        order = cloud.orders[0]
        cloud.close(give_up=range(3))
        cloud.mirror.clock.sleep(LATER)
        before = cloud.mirror.commits()

        assert cloud.worker_died(order) == Closing("run-1", "failed")
        assert cloud.mirror.commits() == before
        assert len(cloud.titles) == 2

    def test_of_a_run_that_nobody_knows_is_told_so(self, cloud: Cloud) -> None:
        with pytest.raises(UnknownRunError, match="run-9"):
            cloud.worker_died(replace(cloud.orders[0], run_id="run-9"))

    def test_is_told_of_again_when_no_other_can_be_had(self, cloud: Cloud) -> None:
        order = cloud.orders.popleft()
        die(cloud, order)
        cloud.waiting["lambda"].refusal = UnavailableError("lambda", "throttled")
        with pytest.raises(UnavailableError):
            cloud.worker_died(order)
        cloud.waiting["lambda"].refusal = None
        assert cloud.worker_died(order) == replace(order, attempt=2)

    def test_and_whose_place_was_taken_by_a_worker_that_lives_harms_nobody(
        self, cloud: Cloud
    ) -> None:
        # It was thought dead, and was only slow.
        order, slow = cloud.orders.popleft(), cloud.process()

        def give_it_up() -> None:
            cloud.worker_died(order)
            cloud.work(cloud.orders.pop())

        slow.watch.before = at_call(2, give_it_up, is_a("put"))
        cloud.work(order, process=slow)
        cloud.work_all()
        assert cloud.close().outcome == "complete"
        cloud.mirror.check()
