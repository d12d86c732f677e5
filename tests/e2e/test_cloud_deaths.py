"""Programs in the cloud that die without a word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from domain.events import BottleMirrored, ShardStarted, SyncCompleted
from tests.e2e.conftest import Deploy
from tests.standin.catalog import plain_catalog
from tests.standin.faults import Fault
from tests.standin.server import Upstream
from tests.support.deployment import ORCHESTRATOR, WORKER, Deployment, wait_for

STARTED = "🚀 Homebrew Bottles Sync Started"
COMPLETE = "✅ Homebrew Bottles Sync Complete"


class Assassin:
    """Kills a function the first time that it invokes another; that is never done."""

    def __init__(self, cloud: Deployment, victim: str, invoked: str) -> None:
        self._cloud = cloud
        self._victim = victim
        self._invoked = invoked
        self.has_struck = False
        cloud.lambdas.admits = self

    def __call__(self, name: str, _event: bytes) -> bool:
        if self.has_struck or name != self._invoked:
            return True
        self.has_struck = self._cloud.lambdas.kill(self._victim) == 1
        return not self.has_struck


def assert_whole(
    cloud: Deployment, bottles: int, titles: Sequence[str] = (STARTED, COMPLETE)
) -> None:
    """Assert that the run is complete, and people were told of it once."""
    ledger = cloud.ledger()
    assert len(ledger.held) == bottles
    assert not ledger.runs
    assert [event.outcome for event in cloud.events(SyncCompleted)] == ["complete"]
    assert cloud.titles() == list(titles)
    assert cloud.published() == ledger


def test_a_worker_that_is_killed_is_replaced_and_what_it_stored_is_kept(
    deploy: Deploy,
) -> None:
    upstream = Upstream(plain_catalog(4))
    cloud = deploy(upstream, jobs="1")
    third = upstream.formulae[2]["name"]
    upstream.faults.add(Fault("slow", on="signed_get", path=third, rate=20, times=1))

    cloud.invoke({"source": "manual"})
    wait_for(lambda: upstream.requests.count("signed_get") == 3)
    assert cloud.lambdas.kill(WORKER) == 1
    cloud.settle()

    assert_whole(cloud, 4)
    # Two it had stored, and told nobody; one was on its way.
    hows = Counter(event.how for event in cloud.events(BottleMirrored))
    assert hows == {"found": 2, "fetched": 2}
    assert upstream.requests.count("signed_get") == 4 + 1
    assert [event.attempt for event in cloud.events(ShardStarted)] == [1, 2]
    assert "died in attempt 1; attempt 2 goes to lambda" in cloud.said()


def test_a_worker_that_dies_after_its_last_commit_leaves_nothing_open(
    deploy: Deploy,
) -> None:
    upstream = Upstream(plain_catalog(4))
    cloud = deploy(upstream)
    assassin = Assassin(cloud, WORKER, ORCHESTRATOR)

    cloud.send({"source": "aws.events", "id": "1", "detail-type": "Scheduled Event"})
    cloud.settle()

    assert assassin.has_struck
    assert_whole(cloud, 4)
    assert upstream.requests.count("signed_get") == 4


def test_an_orchestrator_that_dies_before_it_hands_out_its_run_does_so_when_tried_again(
    deploy: Deploy,
) -> None:
    upstream = Upstream(plain_catalog(4))
    cloud = deploy(upstream)
    assassin = Assassin(cloud, ORCHESTRATOR, WORKER)

    cloud.send({"source": "aws.events", "id": "1", "detail-type": "Scheduled Event"})
    cloud.settle()

    assert assassin.has_struck
    # It is over before it is known whether whoever died has told of its start.
    assert_whole(cloud, 4, [COMPLETE])
    assert upstream.requests.count("signed_get") == 4
