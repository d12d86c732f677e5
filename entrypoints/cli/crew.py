"""The crew of a command: processes that transfer, where they are quicker than threads.

Threads share one interpreter: with small bottles, two processors are no quicker than
one. A process has an interpreter of its own, and costs some megabytes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, NamedTuple

from adapters.homebrew.http import HttpClient
from adapters.pacing import Complaint
from adapters.processes.crew import ForkedCrew
from adapters.processes.hand import Hand, Trade
from adapters.processes.lead import Lead
from adapters.processes.machine import can_fork
from adapters.processors import processors
from application.handed_over import (
    brought_back,
    handed_over,
    taken_back,
    taken_over,
)
from entrypoints.cli.sync_container import SyncContainer
from entrypoints.injector import providers
from entrypoints.stores import CountedStore

_THREADS: Final = 4
"""Transfers at a time that keep a processor busy, of small bottles nearby."""

_MOST_KNOWN: Final = 256
"""Digests in a report, which has to fit into a message: the rest is told later."""


@contextmanager
def at_hand(mirror: SyncContainer) -> Iterator[Asked]:
    """Have processes carry out what ``mirror`` transfers, if that is of use.

    Yields:
        How often upstream and the store were asked, by all processes.
    """
    config, cloud = mirror.config(), mirror.cloud()
    processes = min(processors(), config.jobs // _THREADS) if can_fork() else 0
    # What is kept of large bottles is told of in sentences, by whoever keeps it.
    if processes <= 1 or cloud.spool is not None:
        yield Asked(mirror)
        return
    transfer, http, store = mirror.transfer(), mirror.http(), mirror.store()
    paces = mirror.store_pacing(), mirror.upstream_pacing()
    asked = Asked(mirror)

    def learned(hand: Hand) -> Trade:
        for pace in paces:
            pace.share(hand.tell)
        here = transfer.telling(hand.progress)
        return Trade(
            work=lambda handed: brought_back(here(taken_over(handed))),
            report=_Reporter(http, store),
            hear=heed,
        )

    def heed(complaint: Complaint) -> None:
        # Each knows its own hosts.
        for pace in paces:
            pace.hear(complaint)

    try:
        crew = ForkedCrew(
            learned,
            Lead(handed_over, taken_back, asked.hear, heed, mirror.progress()),
            processes=processes,
            threads=config.jobs // processes,
            stop=mirror.stop(),
        )
    except OSError as error:
        mirror.progress().note(f"this process transfers alone: {error}")
        yield asked
        return
    for pace in paces:
        pace.share(crew.tell)
    with crew:
        mirror.open_crew.override(providers.Object(lambda *_: nullcontext(crew)))
        yield asked


class _Report(NamedTuple):
    """What a process has done since its last report.

    Attributes:
        upstream: Requests.
        store: Requests.
        known: Digests that its store has come to know.
    """

    upstream: int
    store: int
    known: tuple[Any, ...]


class _Reporter:
    """Makes the reports of one process, for many threads of it."""

    def __init__(self, http: HttpClient, store: CountedStore) -> None:
        self._http = http
        self._store = store
        self._told = http.requests, store.requests
        self._known: deque[object] = deque()
        self._lock = Lock()
        store.share(self._known.append)

    def __call__(self) -> _Report:
        """Return what nobody has been told yet."""
        known = tuple(self._news())
        with self._lock:
            before, self._told = self._told, (self._http.requests, self._store.requests)
            upstream, store = self._told
        return _Report(upstream - before[0], store - before[1], known)

    def _news(self) -> Iterator[object]:
        with suppress(IndexError):
            for _ in range(_MOST_KNOWN):
                yield self._known.popleft()


@dataclass
class Asked:
    """How often upstream and the store were asked, by this process and its crew."""

    mirror: SyncContainer
    upstream_elsewhere: int = 0
    store_elsewhere: int = 0

    def hear(self, report: _Report) -> None:
        """Take note of what another process has done."""
        self.upstream_elsewhere += report.upstream
        self.store_elsewhere += report.store
        store = self.mirror.store()
        for known in report.known:
            store.hear(known)

    @property
    def upstream(self) -> int:
        """Requests that went to the catalog and the registry."""
        return self.mirror.http().requests + self.upstream_elsewhere

    @property
    def store(self) -> int:
        """Requests that went to the store."""
        return self.mirror.store().requests + self.store_elsewhere
