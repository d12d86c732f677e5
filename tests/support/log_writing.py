"""Writing to a log in tests: commits that follow one another, by honest writers."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import count
from uuid import UUID

from domain.bottle import Bottle, Digest
from domain.events import (
    GENESIS,
    BottleMirrored,
    Commit,
    Event,
    Position,
    RecordedCommit,
)
from domain.tags import Tag
from ports.errors import ConflictError
from ports.event_log import EventLog
from tests.support.strategies import LEDGER

AT = datetime(2026, 11, 22, 4, 11, tzinfo=UTC)
_DAY = date(2026, 11, 22)


def mirrored(number: int) -> BottleMirrored:
    """Return the event of a bottle that no other number has."""
    bottle = Bottle(
        "jq", f"1.{number}", 0, Tag("arm64_tahoe"), Digest(f"{number:064x}")
    )
    return BottleMirrored(bottle, 100 + number, bottle.object_key(_DAY), "fetched")


def commit_after(
    position: Position,
    *events: Event,
    number: int = 0,
    writer: str = "run-1/0/a",
    ledger: str = LEDGER,
) -> Commit:
    """Return the writer's commit ``number``, to stand behind ``position``."""
    return Commit(
        id=str(UUID(int=number, version=4)),
        ledger=ledger,
        seq=position.seq + 1,
        prev=position.sha256,
        at=AT,
        run=writer.partition("/")[0],
        writer=writer,
        wseq=number + 1,
        events=events,
    )


def fill(log: EventLog, commits: int) -> list[RecordedCommit]:
    """Append to a founded, empty log, and return what was appended."""
    head, recorded = GENESIS, []
    for number in range(commits):
        recorded.append(log.append(commit_after(head, mirrored(number), number=number)))
        head = recorded[-1].position
    return recorded


class HonestWriter:
    """Does what every writer has to: reads on when another was first.

    Attributes:
        recorded: Its own commits, as the log acknowledged them.
    """

    def __init__(self, log: EventLog, number: int) -> None:
        self._log = log
        self._name = f"run-{number}/0/process"
        self._ids = (UUID(int=(number << 32) + n, version=4) for n in count())
        self._head = GENESIS
        self.recorded: list[RecordedCommit] = []

    def record(self, event: Event) -> None:
        """Append one commit with ``event``, however many others come before it."""
        while True:
            commit = Commit(
                id=str(next(self._ids)),
                ledger=LEDGER,
                seq=self._head.seq + 1,
                prev=self._head.sha256,
                at=AT,
                run="run-1",
                writer=self._name,
                wseq=len(self.recorded) + 1,
                events=(event,),
            )
            try:
                recorded = self._log.append(commit)
            except ConflictError:
                for other in self._log.read(self._head):
                    self._head = other.position
                continue
            self._head = recorded.position
            self.recorded.append(recorded)
            return
