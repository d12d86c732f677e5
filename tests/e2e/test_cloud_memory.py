"""A worker in Lambda that takes more memory than it has, in the middle of its shard."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from uuid import uuid4

from adapters.ledger.documents import StoredDocuments
from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.hash_file import StoredHashFile
from adapters.memory.clock import ManualClock
from adapters.memory.store import MemoryStore
from adapters.retry import ONCE
from application.journal import Journal
from application.opened_ledger import open_ledger
from domain.bottle import BottleKey, Digest, ObjectKey
from domain.events import (
    BottleMirrored,
    HashFileImported,
    ShardStarted,
    SyncCompleted,
)
from domain.records import Elsewhere
from tests.e2e.conftest import Deploy
from tests.standin.catalog import plain_catalog
from tests.standin.faults import Fault
from tests.standin.server import Upstream
from tests.support.deployment import WORKER, Deployment, wait_for
from tests.support.mirror import no_chance

SMALLEST = 128
"""Megabytes that Lambda gives a function at least; a worker that mirrors needs less."""
ENTRIES = 100_000
DAY = date(2025, 7, 21)


class Another:
    """Somebody who imports a large hash file into the ledger of a system."""

    def __init__(self, cloud: Deployment) -> None:
        self._cloud = cloud
        self._copy = MemoryStore()
        self._clock = ManualClock()
        self._entries: Mapping[BottleKey, Elsewhere] = {
            BottleKey(f"elsewhere-{n}-1.0-arm64_sonoma"): Elsewhere(
                Digest(hashlib.sha256(b"%d" % n).hexdigest()), 1_000, DAY
            )
            for n in range(ENTRIES)
        }
        documents = StoredDocuments(self._copy, self._clock, ONCE, no_chance)
        self._document = documents.save_import(self._entries)
        self._put("")

    def import_it(self) -> None:
        """Record it behind what the log says by now."""
        for key in self._cloud.tree("ledger/"):
            if self._copy.info(ObjectKey(key)) is None:
                self._copy.create(ObjectKey(key), self._cloud.read(key))
        log = StoredEventLog(self._copy, self._clock, ONCE, no_chance)
        hash_file = StoredHashFile(self._copy, self._clock, ONCE, no_chance)
        ledger = open_ledger(log, hash_file).ledger
        head = ledger.position.seq
        journal = Journal(log, self._clock, lambda: str(uuid4()), ledger, str(uuid4()))
        event = HashFileImported(
            source="https://mirror.test/bottles_hash.json",
            document=self._document,
            count=ENTRIES,
            etag=None,
            entries=self._entries,
        )
        journal.record([event])
        self._put(f"ledger/v1/commits/{head:020}")

    def _put(self, after: str) -> None:
        for info in self._copy.list("ledger/", after):
            self._cloud.damage(info.key, self._copy.get(info.key).body)


def test_a_worker_that_is_out_of_memory_loses_nothing(deploy: Deploy) -> None:
    upstream = Upstream(plain_catalog(4))
    cloud = deploy(upstream, jobs="1")
    cloud.worker = {"memory": SMALLEST}
    cloud.deploy()
    another = Another(cloud)
    late = upstream.formulae[2]["name"]
    upstream.faults.add(Fault("429", on="blob", path=late, retry_after=1))

    cloud.invoke({"source": "manual"})
    wait_for(lambda: upstream.requests.statuses()[429])
    # What the worker finds when it comes to record is more than it has room for.
    another.import_it()
    upstream.faults.clear()
    wait_for(lambda: cloud.lambdas.records(WORKER))
    # Or every further one would die of it, and the shard would go to ECS.
    cloud.worker = {}
    cloud.deploy()
    cloud.settle()

    first, *others = cloud.lambdas.records(WORKER)
    assert json.loads(first.outcome.payload)["errorMessage"].endswith("signal: killed")
    assert not others[-1].outcome.failed
    attempts = [event.attempt for event in cloud.events(ShardStarted)]
    assert attempts[0] == 1
    assert len(attempts) > 1
    assert [end.outcome for end in cloud.events(SyncCompleted)] == ["complete"]
    ledger = cloud.ledger()
    assert len(ledger.held) == 4
    assert len(ledger.elsewhere) == ENTRIES
    assert cloud.published() == ledger
    # All of it was stored, and none recorded.
    assert [event.how for event in cloud.events(BottleMirrored)] == ["found"] * 4
    assert upstream.requests.count("signed_get") == 4
