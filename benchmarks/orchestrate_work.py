"""The work of the orchestrator's benchmark, each part in a process of its own."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any, Final

from adapters.ledger.layout import DOCUMENTS
from adapters.memory.progress import SilentProgress
from application.opened_ledger import open_ledger
from domain.bottle import Bottle, Digest
from domain.config import SyncConfig, parse_store
from domain.events import BottleMirrored
from domain.selection import Selection, choose, parse_target_tags
from entrypoints.container import MirrorContainer

ASKING: Final = 150.0
"""Seconds that the orchestrator may spend on asking for sizes."""

_SIZES: Final = 1_000_000  # bytes; bottles have up to so many


class _Watch(SilentProgress):
    """Notes what it is told of, and when.

    Attributes:
        asked: Releases that were asked for sizes.
        seconds: From the first answer to the last.
    """

    def __init__(self) -> None:
        self.asked = 0
        self.notes: list[str] = []
        self._first = self._last = 0.0

    @property
    def seconds(self) -> float:
        return self._last - self._first

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)

    def counted(self, what: str, done: int, total: int) -> None:
        assert what == "releases asked for sizes", total
        self._last = time.perf_counter()
        self._first = self._first or self._last
        self.asked = done


def hold(mirror: MirrorContainer, selection: Selection, _: _Watch) -> dict[str, Any]:
    """Make a mirror that holds the release before of every bottle that is offered."""
    catalog = mirror.catalog().fetch()
    assert catalog is not None
    run = mirror.runs().begin(open_ledger(mirror.event_log(), mirror.hash_file()))

    def before(bottle: Bottle) -> BottleMirrored:
        digest = hashlib.sha256(bottle.key.encode()).hexdigest()
        version = f"{bottle.pkg_version}~1"
        old = Bottle(bottle.name, version, 0, bottle.tag, Digest(digest))
        size = int(digest[:8], 16) % _SIZES
        return BottleMirrored(old, size, old.object_key(run.day), "fetched")

    run.journal.record(map(before, choose(catalog, selection).bottles()))
    run.publish()
    return {"held": len(run.journal.ledger.held)}


def plan(
    mirror: MirrorContainer, selection: Selection, watch: _Watch
) -> dict[str, Any]:
    """Plan as the orchestrator does: ledger, catalog, sizes, document."""
    opened = open_ledger(mirror.event_log(), mirror.hash_file())
    planned = mirror.plan_sync()(selection, opened.ledger, ask_sizes=ASKING)
    assert planned is not None
    _, made = planned
    mirror.documents().save_work(made.work)
    return {
        "bottles": made.work.bottles,
        "unknown": made.work.unknown_sizes,
        "asked": watch.asked,
        "asking": watch.seconds,
        "notes": watch.notes,
    }


def weigh(mirror: MirrorContainer, *_: object) -> dict[str, Any]:
    """Tell how large the document of the plan is."""
    return {"bytes": max(info.size for info in mirror.store().list(DOCUMENTS))}


_Work = Callable[[MirrorContainer, Selection, _Watch], dict[str, Any]]
_WORK: Final[dict[str, _Work]] = {work.__name__: work for work in (hold, plan, weigh)}


def main() -> None:
    """Do the work that the arguments name, with the upstream of the environment."""
    gc.set_threshold(200_000, 20, 100)  # as entrypoints.cli.main does
    _, name, url, tags = sys.argv
    config = SyncConfig(
        store=parse_store(url),
        api_domain=os.environ["BOTTLES_API_DOMAIN"],
        registry=os.environ["BOTTLES_REGISTRY"],
        api_public_key=Path(os.environ["BOTTLES_API_PUBLIC_KEY"]).read_text(),
        selection=Selection(parse_target_tags(tags)),
    )
    watch = _Watch()
    mirror = MirrorContainer(config=config, progress=watch, stop=Event())
    json.dump(_WORK[name](mirror, config.selection, watch), sys.stdout)


if __name__ == "__main__":
    main()
