"""The journal: a run's own hand in the log, and the ledger kept up with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import islice
from typing import TypeVar

from application.patience import Patience
from domain.events import GENESIS, Commit, Event, Position, RecordedCommit
from domain.history import History
from domain.ledger import Ledger
from ports.clock import Clock
from ports.errors import ConflictError
from ports.event_log import CommitTooLargeError, EventLog

T = TypeVar("T")

MAX_EVENTS = 256
"""Events in one commit at most: about 110 KB, far below the limit of 1 MiB."""


class Journal:
    """Appends events behind whatever others append meanwhile.

    Not for use by several threads at once: one thread of a run records.

    Attributes:
        writer: The name that the headers of its commits have.
        ledger: The fold of every commit up to and with this journal's last.
        history: The history up to there, where the log began with this journal; None
            where only the log knows it.
        alone: Whether no other run has recorded anything since the ledger was
            opened: a plan that was made then knows nothing of it.
        phase: Which part of a period this journal's shard comes in, of [0, 1): so
            that the shards of a run do not all append at the same moment.
    """

    def __init__(
        self,
        log: EventLog,
        clock: Clock,
        new_id: Callable[[], str],
        ledger: Ledger,
        run: str,
        shard: int = 0,
        shards: int = 1,
        patience: Patience | None = None,
    ) -> None:
        """Begin behind what ``ledger`` has folded.

        Args:
            patience: With a store that does not answer; None has none.
        """
        self._log = log
        self._clock = clock
        self._new_id = new_id
        self._run = run
        self.writer = f"{run}/{shard}/{new_id()}"
        self._wseq = 0
        self.ledger = ledger
        self.history = History() if ledger.position == GENESIS else None
        self.alone = True
        self._has_company = False
        # Whether nobody knows what became of this journal's last commit.
        self._is_in_doubt = False
        self._patience = patience
        self.phase = shard / shards

    def record(self, events: Iterable[Event]) -> None:
        """Append ``events`` in as few commits as may be.

        Raises:
            LedgerDamagedError: What others appended cannot be read.
            UnavailableError: The store gives no answer; it is not known whether
                the last commit was written. What is recorded next comes behind it,
                if it was.
            RefusedError: The store does not take the last commit.
        """
        waiting = iter(events)
        while batch := tuple(islice(waiting, MAX_EVENTS)):
            self._record(batch)

    def record_as(self, decide: Callable[[Ledger], Sequence[Event] | None]) -> bool:
        """Append in one commit what ``decide`` says of the ledger before it.

        It is asked again whenever another's commit came first. None is for nothing at
        all: then there is no commit.

        Returns:
            Whether there is one.
        """
        if self._has_company or self._is_in_doubt:
            # Where others write, looking first costs less than a put that is refused.
            self.follow()
        while True:
            events = decide(self.ledger)
            if events is None:
                return False
            position = self.ledger.position
            commit = Commit(
                id=self._new_id(),
                ledger=self.ledger.id,
                seq=position.seq + 1,
                prev=position.sha256,
                at=self._clock.now(),
                run=self._run,
                writer=self.writer,
                wseq=self._wseq + 1,
                events=tuple(events),
            )
            self._is_in_doubt = True
            try:
                # The same commit again: it is in the log once, however often.
                recorded = self._patiently(partial(self._log.append, commit))
            except ConflictError:
                self.follow()
                continue
            self._apply(recorded, position)
            self._is_in_doubt = False
            return True

    def _record(self, batch: tuple[Event, ...]) -> None:
        try:
            self.record_as(lambda _: batch)
        except CommitTooLargeError:
            half = len(batch) // 2
            self._record(batch[:half])
            self._record(batch[half:])

    def _patiently(self, call: Callable[[], T]) -> T:
        return call() if self._patience is None else self._patience(call)

    def follow(self) -> None:
        """Fold what others have appended since."""
        self._patiently(self._follow)

    def _follow(self) -> None:
        start = self.ledger.position
        for recorded in self._log.read(start):
            self._apply(recorded, start)
            self.alone &= recorded.commit.run == self._run
            self._has_company |= recorded.commit.writer != self.writer

    def _apply(self, recorded: RecordedCommit, start: Position) -> None:
        if recorded.commit.writer == self.writer:
            # Though it was given up: a count that comes twice is passed over.
            self._wseq = max(self._wseq, recorded.commit.wseq)
        if self.history is None:
            self.ledger.apply(recorded, start)
        else:
            self.history.follow(self.ledger, recorded, start)
