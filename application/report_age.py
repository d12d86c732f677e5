"""The age of the mirror: for how long no sync has been complete."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from application.opened_ledger import open_ledger
from domain.events import GENESIS
from ports.clock import Clock
from ports.event_log import EventLog
from ports.hash_file import HashFile
from ports.metrics import Metrics


@dataclass(frozen=True, slots=True)
class ReportAge:
    """Adds AgeOfLastCompleteSync to the metrics, from the ledger alone.

    A mirror that was never complete is as old as its ledger. Where there is no ledger
    there is no age: nothing is added, because every number would say that there is a
    mirror. The alarm takes a missing figure for a bad one, so that it fires then, as
    it does when the schedule has died, or when the ledger cannot be read.
    """

    log: EventLog
    hash_file: HashFile
    metrics: Metrics
    clock: Clock

    def __call__(self) -> int | None:
        """Return the age in seconds, None when there is nothing that has one.

        Raises:
            LedgerDamagedError: The log is damaged.
            PortError: The store cannot be used.
        """
        since = self._since()
        if since is None:
            return None
        # Clocks of several writers may differ.
        age = max(0, round((self.clock.now() - since).total_seconds()))
        self.metrics.add("AgeOfLastCompleteSync", age)
        return age

    def _since(self) -> datetime | None:
        last = open_ledger(self.log, self.hash_file).ledger.last_complete
        if last is not None:
            return last.at
        first = next(self.log.read(GENESIS), None)
        return None if first is None else first.commit.at
