"""Looking into the ledger: its commits, a formula's history, an earlier state."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from application.opened_ledger import check_pinned, read_anew
from application.run import publish
from domain.events import (
    GENESIS,
    RecordedCommit,
)
from domain.ledger import Ledger, replay
from ports.errors import NotFoundError, NotOurStoreError
from ports.event_log import EventLog
from ports.hash_file import HashFile, PublishedLedger


@dataclass(frozen=True, slots=True)
class CommitSummary:
    """A commit, and of its events how many there are of each type, by their names.

    A log has millions of events, and may be listed as a whole.
    """

    seq: int
    sha256: str
    at: datetime
    run: str
    events: Mapping[str, int]

    @staticmethod
    def of(recorded: RecordedCommit) -> CommitSummary:
        """Return the summary of a commit."""
        commit = recorded.commit
        names = Counter(type(event).__name__ for event in commit.events)
        return CommitSummary(
            seq=commit.seq,
            sha256=recorded.sha256,
            at=commit.at,
            run=commit.run,
            events=dict(sorted(names.items())),
        )


@dataclass(frozen=True, slots=True)
class InspectLedger:
    """Answers questions from the log alone. Nothing is written.

    Every method raises ``NotOurStoreError`` when there is no ledger and
    ``LedgerDamagedError`` when the log is damaged.
    """

    log: EventLog

    def commits(self) -> Iterator[RecordedCommit]:
        """Yield every commit, the first one first."""
        if self.log.identity() is None:
            raise NotOurStoreError("the store", "there is no ledger in it")
        yield from self.log.read(GENESIS)

    def newest(self, number: int | None) -> Sequence[CommitSummary]:
        """Return the newest commits, all if ``number`` is None, the newest first."""
        summaries = map(CommitSummary.of, self.commits())
        return tuple(reversed(deque(summaries, maxlen=number)))

    def ledger(self) -> Ledger:
        """Return the ledger as it is now."""
        if self.log.identity() is None:
            raise NotOurStoreError("the store", "there is no ledger in it")
        return read_anew(self.log, "")

    def commit(self, seq: int) -> RecordedCommit:
        """Return the commit at ``seq``.

        Raises:
            NotFoundError: It is in a declared gap, or the log does not reach so far.
        """
        last = -1
        for recorded in self.commits():
            gap = recorded.gap
            if gap is not None and gap.first <= seq <= gap.last:
                raise NotFoundError(f"commit {seq}", "it is in a declared gap")
            last = recorded.commit.seq
            if last == seq:
                return recorded
        reach = f"the log's last commit is {last}" if last >= 0 else "there is none yet"
        raise NotFoundError(f"commit {seq}", reach)

    def at(self, moment: int | datetime) -> Ledger:
        """Return the ledger as it was after a commit, or at a moment.

        At a moment it is what came before the first commit that is later: clocks
        of several writers may differ, and the order is the log's.

        Raises:
            NotFoundError: There was none yet, it is in a declared gap, or the log does
                not reach so far.
        """
        ledger = replay(takewhile(_until(moment), self.commits()))
        if isinstance(moment, int) and ledger.position.seq < moment:
            # Says why there is no such commit.
            self.commit(moment)
            # Another has written it just now.
            return self.at(moment)
        if ledger.position == GENESIS:
            raise NotFoundError(f"the ledger at {moment}", "there is no commit by then")
        return ledger


def _until(moment: int | datetime) -> Callable[[RecordedCommit], bool]:
    if isinstance(moment, datetime):
        return lambda recorded: recorded.commit.at <= moment
    return lambda recorded: recorded.commit.seq <= moment


@dataclass(frozen=True, slots=True)
class RebuildHashFile:
    """Replay the log from zero and publish what it gives."""

    inspect: InspectLedger
    hash_file: HashFile

    def __call__(self) -> Ledger:
        """Return the ledger that is now published.

        Raises:
            NotOurStoreError: There is no ledger.
            NotFoundError: There is no commit in it yet.
            LedgerDamagedError: The log is damaged, or is not the one that the hash
                file has seen; the hash file is left alone.
        """
        # In this order: what another publishes meanwhile may be later than the log
        # was when it was read here, and is then left alone.
        published = self.hash_file.load()
        ledger = self.inspect.ledger()
        if ledger.position == GENESIS:
            raise NotFoundError("the log", "there is no commit in it yet")
        if isinstance(published, PublishedLedger) and published.ledger.id == ledger.id:
            check_pinned(published.ledger.position, self.inspect.log, ledger)
        publish(self.hash_file, ledger, published.version if published else None)
        return ledger
