"""The crew of a command: processes that transfer, where they are quicker than threads.

Threads share one interpreter: with small bottles, two processors are no quicker than
one. A process has an interpreter of its own, and costs some megabytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from adapters.pacing import Complaint
from adapters.processes.crew import ForkedCrew, can_fork, processors
from adapters.processes.hand import Hand, Trade
from application.handed_over import (
    brought_back,
    handed_over,
    taken_back,
    taken_over,
)
from entrypoints.cli.sync_container import SyncContainer
from entrypoints.injector import providers

_THREADS: Final = 4
"""Transfers at a time that keep a processor busy, of small bottles nearby."""


@contextmanager
def at_hand(mirror: SyncContainer) -> Iterator[None]:
    """Have processes carry out what ``mirror`` transfers, if that is of use."""
    config, cloud = mirror.config(), mirror.cloud()
    processes = min(processors(), config.jobs // _THREADS) if can_fork() else 0
    # What is kept of large bottles is told of in sentences, by whoever keeps it.
    if processes <= 1 or cloud.spool is not None:
        yield
        return
    transfer, http, store = mirror.transfer(), mirror.http(), mirror.store()

    paces = mirror.store_pacing(), mirror.upstream_pacing()

    def learned(hand: Hand) -> Trade:
        for pace in paces:
            pace.share(hand.tell)
        here = transfer.telling(hand.progress)
        return Trade(
            work=lambda handed: brought_back(here(taken_over(handed))),
            counts=lambda: (http.requests, store.requests),
            hear=heed,
        )

    def heed(complaint: Complaint) -> None:
        # Each knows its own hosts.
        for pace in paces:
            pace.hear(complaint)

    with ForkedCrew(
        learned,
        processes=processes,
        threads=-(-config.jobs // processes),
        stop=mirror.stop(),
        progress=mirror.progress(),
        hand_over=handed_over,
        take_back=taken_back,
    ) as crew:
        mirror.crew.override(providers.Object(crew))
        yield


def requests_of(mirror: SyncContainer) -> tuple[int, int]:
    """Return how many requests went upstream and to the store, the crew's included."""
    upstream, store = mirror.http().requests, mirror.store().requests
    crew = mirror.crew()
    if isinstance(crew, ForkedCrew):
        for asked, stored in crew.counts():
            upstream, store = upstream + asked, store + stored
    return upstream, store
