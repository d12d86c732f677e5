"""Reading the history: from where the status page left it, else from zero."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from domain.errors import OutdatedLedgerError
from domain.events import GENESIS, RecordedCommit, SyncCompleted
from domain.history import History
from domain.ledger import Ledger
from domain.status import Status, status_of
from ports.errors import NoLedgerError, NotFoundError
from ports.event_log import EventLog
from ports.hash_file import HashFile, PublishedLedger


@dataclass(frozen=True, slots=True)
class ReadHistory:
    """Folds the log into a ledger and the history beside it. Nothing is written.

    A run leaves the hash file and the status page at the same position, and the next
    one goes on from both. Where the page is behind the hash file, all of the log is
    read.
    """

    log: EventLog
    hash_file: HashFile

    def __call__(
        self, left: History | None, until: int | None = None
    ) -> tuple[Ledger, History]:
        """Return the ledger at the log's head, and its history.

        Args:
            left: The history where the status page left it.
            until: The last commit to read, where it is not the log's last one.

        Raises:
            NoLedgerError: There is no ledger.
            NotFoundError: There is no commit in it yet.
            LedgerDamagedError: The log is damaged.
        """
        identity = self.log.identity()
        if identity is None:
            raise NoLedgerError
        ledger, history = self._left(identity, left)
        while True:
            try:
                self._follow(ledger, history, until)
            except OutdatedLedgerError:
                # A gap showed only when part of it had been read. The log knows it now.
                ledger, history = Ledger(id=identity), History()
                continue
            if ledger.position == GENESIS:
                raise NotFoundError("the log", "there is no commit in it yet")
            return ledger, history

    def _follow(self, ledger: Ledger, history: History, until: int | None) -> None:
        start = ledger.position
        for recorded in self.log.read(start):
            if until is not None and recorded.commit.seq > until:
                return
            if recorded.commit.seq <= history.position.seq:
                # The history knows it, and the hash file was left behind.
                ledger.apply(recorded, start)
            else:
                history.follow(ledger, recorded, start)

    def at_the_end_of(self, run: str) -> tuple[Ledger, History]:
        """Return the ledger as it was when a run had ended, and its history.

        Args:
            run: Its id, or as much of its beginning as the log of the ledger shows.

        Raises:
            NotFoundError: No such run has ended.
            NoLedgerError: There is no ledger.
            LedgerDamagedError: The log is damaged.
        """
        identity = self.log.identity()
        if identity is None:
            raise NoLedgerError
        ledger, history = Ledger(id=identity), History()
        for recorded in self.log.read(GENESIS):
            history.follow(ledger, recorded, GENESIS)
            if run and any(ended in ledger.ended for ended in _ended(recorded, run)):
                return ledger, history
        raise NotFoundError(
            f"run {run}",
            "the ledger knows of no such run that has ended; bottles ledger log lists"
            " what it knows",
        )

    def _left(self, identity: str, left: History | None) -> tuple[Ledger, History]:
        """Return where to go on from."""
        if left is not None and left.position != GENESIS:
            published = self.hash_file.load()
            position = left.position
            if (
                isinstance(published, PublishedLedger)
                and published.ledger.id == identity
                and (
                    published.ledger.position == position
                    or published.ledger.position.seq < position.seq
                )
                and self.log.sha256_at(position.seq) == position.sha256
            ):
                return published.ledger, left
        return Ledger(id=identity), History()


def status_at(ledger: Ledger, history: History) -> Status:
    """Return the status of a ledger that has commits."""
    if ledger.at is None:
        raise NotFoundError("the log", "there is no commit in it yet")
    return status_of(ledger, history, ledger.at)


def _ended(recorded: RecordedCommit, beginning: str) -> Iterator[str]:
    for event in recorded.commit.events:
        if isinstance(event, SyncCompleted) and event.run.startswith(beginning):
            yield event.run
