"""The system in the cloud, where a run is small enough for AWS Lambda."""

from __future__ import annotations

import json

from adapters.ledger.hash_codec import encode_hash_file
from domain.events import BottleMirrored, Position, SyncCompleted
from domain.served import STATUS_PAGE
from tests.e2e.conftest import Deploy
from tests.standin.catalog import plain_catalog
from tests.standin.server import Upstream
from tests.support.deployment import Deployment
from tests.support.mirror_bucket import HASH_FILE, PUBLIC
from tests.support.pages import Page

STARTED = "🚀 Homebrew Bottles Sync Started"
COMPLETE = "✅ Homebrew Bottles Sync Complete"
_PAGE = "Status page: s3://%s/status/index.html"
_EVENT = "7f6b8c0d-0000-4000-8000-000000000001"
_SCHEDULED = {
    "version": "0",
    "id": _EVENT,
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "123456789012",
    "time": "2026-11-22T03:00:00Z",
    "region": "us-east-1",
    "resources": ["arn:aws:events:us-east-1:123456789012:rule/homebrew-sync-schedule"],
    "detail": {},
}


def test_every_sunday_the_mirror_becomes_what_upstream_is(deploy: Deploy) -> None:
    upstream = Upstream(plain_catalog(20))
    cloud = deploy(upstream)

    # The first Sunday: everything.
    cloud.send(_SCHEDULED)
    cloud.settle()

    ledger = cloud.ledger()
    assert len(ledger.held) == 20
    assert not ledger.runs
    assert cloud.read(HASH_FILE) == encode_hash_file(ledger)
    tree = cloud.tree()
    assert {entry.object_key for entry in ledger.held.values()} == {
        key for key in tree if not key.startswith(("ledger/", HASH_FILE, *PUBLIC))
    }
    entry = next(iter(ledger.held.values()))
    assert cloud.read(entry.object_key) == upstream.content(entry.bottle.digest)
    assert upstream.requests.count("signed_get") == 20
    (ended,) = cloud.events(SyncCompleted)
    assert (ended.run, ended.outcome) == (_EVENT, "complete")

    day = f"{entry.download_date}"
    head = ledger.position
    begun, done = cloud.told()
    assert begun.splitlines() == [
        STARTED,
        "Environment: test",
        f"Date: {day}",
        "Estimated bottles: 20",
        "Estimated size: 81.9 kB",
        "Sync method: Lambda",
    ]
    assert done.splitlines()[:5] == [
        COMPLETE,
        "Environment: test",
        f"Date: {day}",
        "New bottles: 20",
        "Total size: 81.9 kB",
    ]
    for line in (f"S3 location: s3://{cloud.bucket}/{day}/", _PAGE % cloud.bucket):
        assert line in done
    assert _page(cloud) == (ledger.position, 20)

    assert cloud.total("BottlesMirrored") == 20
    assert cloud.total("BytesMirrored") == 20 * 4_096
    assert cloud.total("BottlesMissing") == cloud.total("BottlesFailed") == 0
    assert cloud.total("EstimatedCost") > 0
    assert {figure.namespace for figure in cloud.figures()} == {"HomebrewBottlesSync"}
    assert {figure.dimensions["Environment"] for figure in cloud.figures()} == {"test"}
    told_of_shard = [line for line in cloud.lines() if line.get("shard") == 0]
    assert told_of_shard[-1]["mirrored"] == 20
    assert {line["run_id"] for line in cloud.lines()} == {_EVENT}

    # The second one: nothing is new.
    upstream.reset_requests()
    answer = cloud.run()

    assert answer["outcome"] == "nothing_to_do"
    assert (answer["route"], answer["bottles"], answer["shards"]) == ("none", 0, 0)
    assert cloud.titles() == [STARTED, COMPLETE, COMPLETE]
    assert "Nothing to do: test, " in cloud.told()[-1]
    assert upstream.requests.counts().keys() <= {"catalog", "catalog_304"}
    assert cloud.published() == cloud.ledger()
    assert cloud.events(SyncCompleted)[-1].outcome == "complete"
    assert _page(cloud) == (cloud.ledger().position, 20)

    # The third one: some is.
    upstream.publish(plain_catalog(23))
    upstream.reset_requests()
    answer = cloud.run()

    assert (answer["outcome"], answer["bottles"]) == ("started", 3)
    assert upstream.requests.count("signed_get") == 3
    assert len(cloud.events(BottleMirrored)) == len(cloud.ledger().held) == 23
    assert cloud.titles() == [STARTED, COMPLETE, COMPLETE, STARTED, COMPLETE]
    assert cloud.published() == cloud.ledger()
    assert head.seq < cloud.ledger().position.seq


def _page(cloud: Deployment) -> tuple[Position, int]:
    """Return of which commit the status page is, and how many bottles it tells of."""
    said = json.loads(cloud.read("status/status.json"))
    at = Position(said["ledger"]["seq"], said["ledger"]["sha256"])
    assert at.sha256 in Page(cloud.read(STATUS_PAGE)).text
    return at, said["held"]["bottles"]
