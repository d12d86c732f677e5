"""Refreshing the status page at the end of a run, however that ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from application.opened_ledger import OpenedLedger
from application.write_status import WriteStatus
from domain.errors import MirrorError
from domain.history import History
from domain.ledger import Ledger
from domain.records import ClosedRun
from ports.progress import Progress


@dataclass(frozen=True, slots=True)
class RefreshStatus:
    """Writes what a run has changed of the status page.

    Attributes:
        write: Opens what writes it: not every run has to.
    """

    write: Callable[[], WriteStatus]
    progress: Progress

    def __call__(self, ledger: Ledger, history: History | None = None) -> None:
        """Write the page as ``ledger`` is, before the hash file says the same.

        That it cannot be written is no failure of the run.

        Args:
            history: Up to the position of ``ledger``; None where it is to be read.
        """
        try:
            self.write().of(ledger, history)
        except MirrorError as error:
            self.progress.warn(
                f"the status page was not written: {error}; the next sync writes it, or"
                " bottles status"
            )


@dataclass(frozen=True, slots=True)
class Shown:
    """What a run has found, and the status page with it.

    So it can be told without a request whether the page has anything to say that it
    does not say already.

    Attributes:
        seq: The number of the last commit.
        published: Whether whoever recorded it has come to the end of his run.
        last: The run that ended last, if that was complete.
        settled: For each selection, the catalog it was last completed for.
    """

    seq: int
    published: bool
    last: ClosedRun | None
    settled: Mapping[str, str]

    @classmethod
    def of(cls, opened: OpenedLedger) -> Shown:
        """Return what is found by a run that has recorded nothing yet."""
        ledger = opened.ledger
        last, complete = ledger.last_run, ledger.last_complete
        return cls(
            seq=ledger.position.seq,
            published=opened.published,
            last=last if last == complete else None,
            settled=dict(ledger.settled),
        )

    def is_all(self, ledger: Ledger, selection: str, settles: str | None) -> bool:
        """Return whether a run that has ended had nothing to add but its own end.

        That goes onto the page once an hour: what comes between two runs that find
        nothing to do is no news, and writing it costs more than such a run.

        Args:
            ledger: At the run's last commit.
            settles: The SHA-256 of the catalog that the run has carried out in full.
        """
        now = ledger.last_complete
        return (
            self.published
            and ledger.position.seq == self.seq + 1
            and settles is not None
            and self.settled.get(selection) == settles
            and self.last is not None
            and now is not None
            and _hour(self.last.at) == _hour(now.at)
        )


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
