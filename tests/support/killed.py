"""Processes that write to one log until they are killed, and what they were told."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection
from signal import SIGKILL
from typing import TypeAlias
from uuid import uuid4

from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.hash_file import StoredHashFile
from adapters.retry import Backoff
from adapters.system_clock import SystemClock
from application.journal import Journal
from application.opened_ledger import open_ledger
from application.run import publish
from domain.bottle import Bottle, Digest
from domain.events import BottleMirrored
from domain.tags import Tag
from ports.store import Store

# New processes that share nothing with this one but the store. They are forked from one
# that has done nothing but import what they need: so many would take long to begin.
PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload(["adapters.s3.store", "pytest", __name__])

Place: TypeAlias = Callable[[], Store]
"""Opens the store in whatever process it is called in."""

_DAY = date(2026, 11, 22)
_FOR_EACH = 1_000_000  # numbers of events
_PUBLISHED_EVERY = 20  # commits: who begins anew need not read all of them


def log_in(store: Store) -> StoredEventLog:
    """Return the log in ``store``, as a program would have it."""
    return StoredEventLog(store, SystemClock(), Backoff(), random.random, readers=2)


def hash_file_in(store: Store) -> StoredHashFile:
    """Return the hash file in ``store``, as a program would have it."""
    return StoredHashFile(store, SystemClock(), Backoff(), random.random)


def first_of(writer: int) -> int:
    """Return the number of a writer's first event; those after it count on."""
    return writer * _FOR_EACH


class KilledWriter:
    """A process that records one event after the other, and lives to be killed.

    Attributes:
        number: What tells its events from those of any other writer.
        heard: What says that something has come to be heard.
        acknowledged: The number of each event of which the process has told, after
            it was recorded, and of the commit that it is in.
    """

    def __init__(self, place: Place, number: int, longest_rest: float) -> None:
        self.number = number
        self.acknowledged: dict[int, int] = {}
        self.heard, told = PROCESSES.Pipe(duplex=False)
        self._process = PROCESSES.Process(
            target=_write_for_ever,
            # What is set here now need not be what was set when the first was forked.
            args=(place, dict(os.environ), number, longest_rest, told),
        )
        self._process.start()
        # The process has its own: when that is closed, there is no more to be heard.
        told.close()

    def hear(self) -> None:
        """Hear all that there is by now.

        Raises:
            EOFError: And there is nobody left to tell more.
        """
        while self.heard.poll():
            event, seq = self.heard.recv()
            self.acknowledged[event] = seq

    def kill(self) -> None:
        """Kill it, wherever it is, and hear what it was able to tell before."""
        self._process.kill()
        self._process.join()
        with suppress(EOFError):
            self.hear()
        self.heard.close()

    @property
    def was_killed(self) -> bool:
        """Whether it is dead, and lived until it was killed."""
        return self._process.exitcode == -SIGKILL


def mirrored(number: int) -> BottleMirrored:
    """Return the event of a bottle that no other number has."""
    version, digest = f"1.{number}", Digest(f"{number:064x}")
    bottle = Bottle("jq", version, 0, Tag("arm64_tahoe"), digest)
    return BottleMirrored(bottle, 100, bottle.object_key(_DAY), "fetched")


def _write_for_ever(
    place: Place,
    environ: Mapping[str, str],
    number: int,
    longest_rest: float,
    told: Connection,
) -> None:
    os.environ.update(environ)
    store, clock = place(), SystemClock()
    log, hash_file = log_in(store), hash_file_in(store)
    log.found(_new_id())
    opened = open_ledger(log, hash_file)
    journal = Journal(log, clock, _new_id, opened.ledger, run=_new_id())
    for event in count(first_of(number)):
        journal.record([mirrored(event)])
        told.send((event, journal.ledger.position.seq))
        if journal.ledger.position.seq % _PUBLISHED_EVERY == 0:
            publish(hash_file, journal.ledger, opened.version)
        clock.sleep(random.uniform(0.0, longest_rest))


def _new_id() -> str:
    return str(uuid4())
