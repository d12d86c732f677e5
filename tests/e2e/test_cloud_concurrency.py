"""Several at once in the cloud: shards, deliveries of one event, orchestrators."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from domain.events import ShardCompleted, SyncCompleted
from domain.generations import IndexMirrored
from domain.ledger import replay
from tests.e2e.conftest import Deploy
from tests.standin.catalog import plain_catalog
from tests.standin.faults import Fault
from tests.standin.server import Upstream
from tests.support.deployment import WORKER, Deployment

STARTED = "🚀 Homebrew Bottles Sync Started"
COMPLETE = "✅ Homebrew Bottles Sync Complete"
GB = 10**9


def scheduled(number: int) -> dict[str, object]:
    return {
        "source": "aws.events",
        "detail-type": "Scheduled Event",
        "id": f"7f6b8c0d-0000-4000-8000-{number:012}",
    }


def assert_whole(cloud: Deployment, bottles: int) -> None:
    """Assert that one run mirrored every bottle, fetched once, and told of it once."""
    ledger = cloud.ledger()
    assert len(ledger.held) == bottles
    assert not ledger.runs
    assert cloud.upstream.requests.count("signed_get") == bottles
    assert [event.outcome for event in cloud.events(SyncCompleted)] == ["complete"]
    assert cloud.titles() == [STARTED, COMPLETE]
    commits, published = cloud.commits(), cloud.published()
    last = published.position.seq
    assert published == replay([one for one in commits if one.commit.seq <= last])
    # An order that came twice may tell of an index once more when all is over.
    later = [one.commit.events for one in commits if one.commit.seq > last]
    assert all(isinstance(each, IndexMirrored) for events in later for each in events)


def test_a_plan_of_19_9_gb_is_shared_out_among_four_lambda_workers(
    deploy: Deploy,
) -> None:
    upstream = Upstream(plain_catalog(20), claims=995 * 10**6)
    cloud = deploy(upstream, jobs="4")
    # None of them ends before all have begun.
    upstream.faults.add(Fault("slow", on="signed_get", rate=8_192))

    answer = cloud.run()

    assert (answer["route"], answer["shards"]) == ("lambda", 4)
    assert answer["bytes"] == 19_900_000_000
    assert_whole(cloud, 20)
    ended = cloud.events(ShardCompleted)
    assert sorted(event.shard for event in ended) == [0, 1, 2, 3]
    assert [event.counts["mirrored"] for event in ended] == [5, 5, 5, 5]
    writers = {one.commit.writer for one in cloud.commits()}
    assert len({w for w in writers if w.split("/")[1] in "123"}) == 3


def test_orders_that_are_delivered_twice_are_carried_out_once(deploy: Deploy) -> None:
    upstream = Upstream(plain_catalog(12), claims=GB)
    cloud = deploy(upstream, lambda_shard_gb="6", jobs="2")
    cloud.worker = {"deliveries": 2}
    cloud.deploy()
    upstream.faults.add(Fault("slow", on="signed_get", rate=16_384))

    cloud.run()

    assert_whole(cloud, 12)
    assert len(cloud.lambdas.records(WORKER)) == 4
    assert sum("left_alone" in line["message"] for line in cloud.lines()) == 2


class Kept:
    """The orders to workers, which nobody carries out before they are handed out."""

    def __init__(self, cloud: Deployment) -> None:
        self._cloud = cloud
        self._orders: list[bytes] = []
        cloud.worker = {"deliveries": 0}
        cloud.deploy()
        cloud.lambdas.admits = self._keep

    def _keep(self, name: str, event: bytes) -> bool:
        if name == WORKER:
            self._orders.append(event)
        return True

    def hand_out(self) -> None:
        """Send the orders so far, and let all that follow go their way."""
        self._cloud.worker = {}
        self._cloud.deploy()
        for order in tuple(self._orders):
            self._cloud.lambdas.send(WORKER, order)


def test_an_event_that_is_delivered_three_times_at_once_is_one_run(
    deploy: Deploy,
) -> None:
    upstream = Upstream(plain_catalog(8))
    cloud = deploy(upstream)
    cloud.orchestrator = {"deliveries": 3}
    # Orders wait until all have answered: however slow one is, the run is not over.
    orders = Kept(cloud)

    cloud.send(scheduled(1))
    cloud.settle()
    orders.hand_out()
    cloud.settle()

    assert_whole(cloud, 8)


def test_two_orchestrators_at_once_start_one_run(deploy: Deploy) -> None:
    upstream = Upstream(plain_catalog(8))
    cloud = deploy(upstream)
    # Orders wait until both have answered: however slow one is, the run is not over.
    orders = Kept(cloud)

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(cloud.invoke, (scheduled(1), scheduled(2))))
    orders.hand_out()
    cloud.settle()

    assert sorted(answer["outcome"] for answer in answers) == [
        "already_running",
        "started",
    ]
    assert len({answer["run_id"] for answer in answers}) == 1
    assert_whole(cloud, 8)
