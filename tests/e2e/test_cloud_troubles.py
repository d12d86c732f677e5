"""The cloud while those that it depends on ask it to slow down."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace

import pytest

from domain.events import BottleMirrored, SyncCompleted
from tests.e2e.conftest import Deploy
from tests.fake_s3.faults import NO_FAULT, Fault, Kind, Line, Request
from tests.fake_s3.server import FakeS3
from tests.standin import faults
from tests.standin.catalog import plain_catalog
from tests.standin.server import Upstream
from tests.standin.sizes import fixed
from tests.support.deployment import WORKER, Deployment, wait_for


def assert_whole(cloud: Deployment, bottles: int, *, most: int = 1) -> None:
    """Assert that the run is complete, and that each bottle came once.

    Args:
        most: How often one may have come.
    """
    assert [event.outcome for event in cloud.events(SyncCompleted)] == ["complete"]
    assert len(cloud.events(BottleMirrored)) == len(cloud.ledger().held) == bottles
    assert cloud.published() == cloud.ledger()
    assert len(cloud.titles()) == 2
    came = fetched(cloud)
    assert len(came) == bottles
    assert max(came.values()) <= most


def fetched(cloud: Deployment) -> Counter[str]:
    """Return how often the bytes of each bottle came."""
    return Counter(
        request.target.partition("?")[0]
        for request in cloud.upstream.requests.recorded("signed_get")
        if request.status == 200
    )


@pytest.mark.parametrize(
    ("seconds", "retry_after"),
    [(1.0, 1), pytest.param(60.0, 20, marks=pytest.mark.minutes)],
)
def test_an_upstream_that_asks_to_slow_down_is_given_the_time_that_it_wants(
    deploy: Deploy, seconds: float, retry_after: int
) -> None:
    upstream = Upstream(plain_catalog(8))
    cloud = deploy(upstream, jobs="2")
    everything = faults.Fault("429", retry_after=retry_after)
    sixth = upstream.formulae[5]["name"]

    upstream.faults.add(everything)
    cloud.send({"source": "aws.events", "id": "1", "detail-type": "Scheduled Event"})
    wait_for(lambda: upstream.requests.statuses()[429])
    time.sleep(seconds)
    # However soon the bottles before it come, it is still to come.
    upstream.faults.only(replace(everything, on="blob", path=f"core/{sixth}/"))
    wait_for(
        lambda: any(one.status == 429 for one in upstream.requests.recorded("blob"))
    )
    upstream.faults.only(everything)
    time.sleep(seconds)
    upstream.faults.clear()
    cloud.settle()

    assert_whole(cloud, 8)
    refused = upstream.requests.statuses()[429]
    assert cloud.total("UpstreamThrottles") == refused >= 2


class SlowDown:
    """Answers 503 to everything for some seconds from the first bottle on."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._begun: float | None = None
        self.refused = 0

    def __call__(self, request: Request) -> Fault:
        if request.operation == "PutObject" and request.key.startswith("20"):
            self._begun = self._begun or time.monotonic()
        if self._begun is None or time.monotonic() - self._begun > self._seconds:
            return NO_FAULT
        self.refused += 1
        return Fault(Kind.SLOW_DOWN)


@pytest.mark.parametrize(
    ("seconds", "size", "most"),
    [
        # Longer than all tries take that somebody makes who has no patience.
        (8.0, 4_096, 1),
        pytest.param(60.0, 4_096, 1, marks=pytest.mark.minutes),
        pytest.param(60.0, 600_000, 2, marks=pytest.mark.minutes),
    ],
)
def test_a_store_that_asks_to_slow_down_is_waited_for(
    deploy: Deploy, seconds: float, size: int, most: int
) -> None:
    slow_down = SlowDown(seconds)
    with FakeS3(Line(slow_down)) as s3:
        upstream = Upstream(plain_catalog(8), sizes=fixed(size))
        cloud = deploy(upstream, s3=s3, jobs="2")
        cloud.run()

        assert slow_down.refused
        assert_whole(cloud, 8, most=most)
        # Of those that are not kept, what was on its way when it began to refuse.
        assert fetched(cloud).total() <= 8 + 2 * (most - 1)
        # No worker has died of it.
        assert [record.outcome.failed for record in cloud.lambdas.records(WORKER)] == [
            False
        ]
        assert {event.how for event in cloud.events(BottleMirrored)} == {"fetched"}
