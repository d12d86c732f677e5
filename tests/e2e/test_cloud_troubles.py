"""The cloud while those that it depends on ask it to slow down."""

from __future__ import annotations

import time
from collections import Counter

from domain.events import BottleMirrored, SyncCompleted
from tests.e2e.conftest import Deploy
from tests.fake_s3.faults import NO_FAULT, Fault, Kind, Line, Request
from tests.fake_s3.server import FakeS3
from tests.standin import faults
from tests.standin.catalog import plain_catalog
from tests.standin.server import Upstream
from tests.support.deployment import Deployment, wait_for


def assert_whole(cloud: Deployment, bottles: int) -> None:
    """Assert that the run is complete, and that each bottle came once."""
    assert [event.outcome for event in cloud.events(SyncCompleted)] == ["complete"]
    assert len(cloud.events(BottleMirrored)) == len(cloud.ledger().held) == bottles
    assert cloud.published() == cloud.ledger()
    assert len(cloud.titles()) == 2
    came = Counter(
        request.target.partition("?")[0]
        for request in cloud.upstream.requests.recorded("signed_get")
        if request.status == 200
    )
    assert len(came) == bottles
    assert set(came.values()) == {1}


def test_an_upstream_that_asks_to_slow_down_is_given_the_time_that_it_wants(
    deploy: Deploy,
) -> None:
    upstream = Upstream(plain_catalog(8))
    cloud = deploy(upstream, jobs="2")

    def throttle() -> None:
        """Refuse everything, until two have been told so."""
        refused = upstream.requests.statuses()[429]
        upstream.faults.add(faults.Fault("429", retry_after=1))
        wait_for(lambda: upstream.requests.statuses()[429] >= refused + 2)
        upstream.faults.clear()

    cloud.send({"source": "aws.events", "id": "1", "detail-type": "Scheduled Event"})
    throttle()
    wait_for(lambda: upstream.requests.count("signed_get"))
    throttle()
    cloud.settle()

    assert_whole(cloud, 8)
    refused = upstream.requests.statuses()[429]
    assert cloud.total("UpstreamThrottles") == refused >= 4


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


def test_a_store_that_asks_to_slow_down_is_tried_again(deploy: Deploy) -> None:
    slow_down = SlowDown(3.0)
    with FakeS3(Line(slow_down)) as s3:
        cloud = deploy(Upstream(plain_catalog(8)), s3=s3, jobs="2")
        cloud.run()
        assert slow_down.refused
        assert_whole(cloud, 8)
