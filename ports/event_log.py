"""The event log: the commits of one ledger, in one order."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Final, Protocol

from domain.events import Commit, Position, RecordedCommit
from ports.errors import RefusedError

MAX_COMMIT_BYTES: Final = 1024 * 1024
"""The most that one commit of several events may take, written."""


class CommitTooLargeError(RefusedError):
    """A commit takes more than ``MAX_COMMIT_BYTES``: record fewer events in it."""

    cause = "commit_too_large"


class EventLog(Protocol):
    """An append-only log of commits, totally ordered, without gaps.

    Every adapter promises, and ``tests/contract`` holds it to:

    - Atomic: a commit is visible whole or not at all.
    - Exclusive: for each position, one append succeeds; every other conflicts.
    - Durable and immediate: once ``append`` returns, every ``read`` sees it.
    - Settled: ``append`` returns or conflicts only after it has seen the slot
      occupied, so that a request still under way can do no harm.
    - Nothing is skipped: what is missing or damaged is raised.
    """

    @abstractmethod
    def identity(self) -> str | None:
        """Return the UUID of the ledger, None when the store has none.

        Raises:
            NotOurStoreError: The store holds something else, or a format that
                this program does not know.
        """
        raise NotImplementedError

    @abstractmethod
    def follows(self) -> bool:
        """Return whether the store is a follower: its log comes by import alone."""
        raise NotImplementedError

    @abstractmethod
    def found(self, ledger: str) -> str:
        """Found a ledger with the UUID ``ledger``, unless there is one already.

        Returns:
            The UUID of the ledger that is there now.
        """
        raise NotImplementedError

    @abstractmethod
    def sha256_at(self, seq: int) -> str | None:
        """Return the SHA-256 of the commit at ``seq``, None when there is none."""
        raise NotImplementedError

    @abstractmethod
    def read(self, after: Position) -> Iterator[RecordedCommit]:
        """Yield the commits that follow ``after``, in order.

        Raises:
            LedgerDamagedError: A commit is missing, or is not what it was when
                it was written.
        """
        raise NotImplementedError

    @abstractmethod
    def append(self, commit: Commit) -> RecordedCommit:
        """Write ``commit`` at its position, which must follow the log's head.

        Returns:
            The commit as it now stands in the log.

        Raises:
            CommitTooLargeError: It has several events, and takes too much room.
            ConflictError: The position holds another's commit.
            FollowerError: The store is a follower, as whoever has read of it knows.
            UnavailableError: It could not be found out whether it was written;
                nothing else may be appended by this writer.
        """
        raise NotImplementedError
