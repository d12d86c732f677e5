"""Workers in the cloud whose time ends before their work."""

from __future__ import annotations

from domain.events import ShardPaused, ShardStarted, SyncCompleted
from tests.e2e.conftest import Deploy
from tests.standin.catalog import plain_catalog
from tests.standin.server import Upstream
from tests.support.deployment import WORKER


def test_a_run_for_which_time_ends_five_times_is_complete(deploy: Deploy) -> None:
    upstream = Upstream(plain_catalog(6))
    cloud = deploy(upstream, jobs="1")
    # Of ten seconds a fifth is kept, and a bottle takes three: then there is no time
    # for a second one, with caution.
    cloud.worker = {"handler": "tests.support.hurried_worker.handler"}
    cloud.deploy()

    cloud.run()

    assert [event.attempt for event in cloud.events(ShardStarted)] == [1, 2, 3, 4, 5, 6]
    assert len(cloud.events(ShardPaused)) == 5
    assert [event.outcome for event in cloud.events(SyncCompleted)] == ["complete"]
    assert len(cloud.ledger().held) == 6
    assert cloud.published() == cloud.ledger()
    assert upstream.requests.count("signed_get") == 6
    outcomes = [record.outcome for record in cloud.lambdas.records(WORKER)]
    assert [outcome.payload for outcome in outcomes if outcome.failed] == []
    assert len(outcomes) == 6
    assert "attempt 2 goes to lambda" in cloud.said()
    assert len(cloud.titles()) == 2
