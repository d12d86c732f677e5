"""The work of the orchestrator's benchmark, each part in a process of its own.

``python -m benchmarks.orchestrate_work WORK STORE TAGS`` prints what came of it, as
JSON. The orchestrator is the one of the cloud, but for whom it hands its orders to.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from dependency_injector import providers

from adapters.ledger.work_codec import encode_work
from adapters.memory.progress import SilentProgress
from application.opened_ledger import open_ledger
from domain.bottle import Bottle, Digest
from domain.cloud_config import CloudConfig
from domain.config import SyncConfig, parse_store
from domain.events import BottleMirrored
from domain.order import Order
from domain.selection import Selection, choose, parse_target_tags
from entrypoints.foundation import new_id
from entrypoints.lambda_orchestrator import OrchestratorContainer
from ports.dispatcher import Dispatcher

_SIZES: Final = 1_000_000  # bytes; bottles have up to so many

Answer = dict[str, Any]


class _Watch(SilentProgress):
    """Notes what it is told of, and when.

    Attributes:
        asked: Releases that were asked for sizes.
    """

    def __init__(self) -> None:
        self.asked = 0
        self.notes: list[str] = []
        self._first = self._last = 0.0

    @property
    def seconds(self) -> float:
        """The time from the first answer to the last."""
        return self._last - self._first

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)

    def counted(self, what: str, done: int, total: int) -> None:
        assert what == "releases asked for sizes", total
        self._last = time.perf_counter()
        self._first = self._first or self._last
        self.asked = done


class _Nobody(Dispatcher):
    """Takes orders, and lets nobody carry them out."""

    def dispatch(self, orders: Sequence[Order]) -> None:
        assert orders


def hold(container: OrchestratorContainer) -> Answer:
    """Make a mirror that holds the release before of every bottle that is offered."""
    catalog = container.cloud.prepare_sync().plan_sync.catalog.fetch()
    assert catalog is not None
    runs = container.cloud.runs()
    run = runs.begin(open_ledger(runs.log, runs.hash_file))

    def before(bottle: Bottle) -> BottleMirrored:
        digest = hashlib.sha256(bottle.key.encode()).hexdigest()
        version = f"{bottle.pkg_version}~1"
        old = Bottle(bottle.name, version, 0, bottle.tag, Digest(digest))
        size = int(digest[:8], 16) % _SIZES
        return BottleMirrored(old, size, old.object_key(run.day), "fetched")

    selection = container.config().selection
    run.journal.record(map(before, choose(catalog, selection).bottles()))
    run.publish()
    return {"held": len(run.journal.ledger.held)}


def start(container: OrchestratorContainer) -> Answer:
    """Start a run, up to the orders for the workers."""
    watch: _Watch = container.cloud.progress()
    begun = container.orchestrate()(container.config().selection, new_id())
    return {
        "bottles": begun.bottles,
        "asked": watch.asked,
        "seconds": watch.seconds,
        "notes": watch.notes,
    }


def weigh(container: OrchestratorContainer) -> Answer:
    """Look at the document of the plan."""
    (work,) = container.cloud.runs().documents.works()
    return {"bytes": len(encode_work(work)), "unknown": work.unknown_sizes}


_WORK: Final[dict[str, Callable[[OrchestratorContainer], Answer]]] = {
    work.__name__: work for work in (hold, start, weigh)
}


def main() -> None:
    """Do the work that the arguments name, with the upstream of the environment."""
    _, name, url, tags = sys.argv
    config = SyncConfig(
        store=parse_store(url),
        api_domain=os.environ["BOTTLES_API_DOMAIN"],
        registry=os.environ["BOTTLES_REGISTRY"],
        api_public_key=Path(os.environ["BOTTLES_API_PUBLIC_KEY"]).read_text(),
        selection=Selection(parse_target_tags(tags)),
    )
    container = OrchestratorContainer(config=config, settings=CloudConfig())
    container.cloud.stream.override(providers.Object(sys.stderr))
    container.cloud.progress.override(providers.Singleton(_Watch))
    nobody = _Nobody()
    workers = {"lambda": nobody, "ecs": nobody}
    container.cloud.dispatchers.override(providers.Object(workers))
    json.dump(_WORK[name](container), sys.stdout)


if __name__ == "__main__":
    main()
