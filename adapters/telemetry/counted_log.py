"""An event log that counts how often another writer came first."""

from __future__ import annotations

from collections.abc import Iterator

from domain.events import Commit, Position, RecordedCommit
from ports.errors import ConflictError
from ports.event_log import EventLog
from ports.metrics import Metrics


class CountedLog(EventLog):
    """The log that it is given, with every conflict counted."""

    def __init__(self, log: EventLog, metrics: Metrics) -> None:
        self._log = log
        self._metrics = metrics

    def identity(self) -> str | None:
        return self._log.identity()

    def follows(self) -> bool:
        return self._log.follows()

    def found(self, ledger: str) -> str:
        return self._log.found(ledger)

    def sha256_at(self, seq: int) -> str | None:
        return self._log.sha256_at(seq)

    def read(self, after: Position) -> Iterator[RecordedCommit]:
        return self._log.read(after)

    def append(self, commit: Commit) -> RecordedCommit:
        try:
            return self._log.append(commit)
        except ConflictError:
            self._metrics.add("LedgerConflicts", 1)
            raise
