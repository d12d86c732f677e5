"""Telling people how runs in the cloud have ended: also where another died over it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from application.journal import Journal
from application.opened_ledger import OpenedLedger
from application.run import Runs
from application.tell_of_run import TIME_TO_TELL, TellOfRun
from domain.ledger import Ledger

_REMEMBERED: Final = timedelta(days=8)
"""An end that nobody was told of is told so long, beyond the next Sunday; later it is
no news."""
_TIME_FOR_THE_START: Final = 10.0
"""Seconds that are left to whoever tells that a run begins, before its end is told: its
orders are handed out first."""
LOOK_EVERY: Final = 2.0
"""Seconds between two looks at whether somebody else has told it."""


def tell_of_nothing() -> None:
    """Tell people of nothing."""


@dataclass(frozen=True, slots=True)
class TellOfEnds:
    """Says how runs have ended, once all else is done: people may not answer."""

    runs: Runs
    tell: TellOfRun

    def __call__(
        self,
        journal: Journal,
        run_id: str,
        why: str | None = None,
        before: Callable[[], object] = tell_of_nothing,
    ) -> bool:
        """Tell how a run has ended.

        Args:
            why: What whoever has closed it knows more than the log does.
            before: Tells of what came before.

        Returns:
            Whether the log has anything more now.

        Raises:
            PortError: The log cannot be used.
        """
        earlier = journal.ledger.position
        before()
        self._let_the_start_be_told(journal, run_id)
        self.tell.ended(journal, run_id, why)
        return journal.ledger.position != earlier

    def catch_up(
        self, opened: OpenedLedger, closed_here: Mapping[str, str | None]
    ) -> None:
        """Tell of runs that ended, and whose end nobody was told of.

        Args:
            closed_here: The runs that this process has closed without telling of them,
                with what it knows of their ends.

        Raises:
            PortError: The log cannot be used.
        """
        now = self.runs.clock.now()
        for name, ended in tuple(opened.ledger.ended.items()):
            # Whoever closed another one just now may be about to tell.
            is_left = now - ended.closed.at >= TIME_TO_TELL
            if name in closed_here or (is_left and self.is_news(opened.ledger, name)):
                journal = self.runs.journal_of(opened.ledger, name)
                if not self.tell.ended(journal, name, closed_here.get(name)):
                    # Each message may take a minute to fail.
                    return

    def is_news(self, ledger: Ledger, run_id: str) -> bool:
        """Return whether people are still to be told how a run has ended."""
        age = self.runs.clock.now() - ledger.ended[run_id].closed.at
        return age < _REMEMBERED and self.tell.owes_the_end(ledger, run_id)

    def _let_the_start_be_told(self, journal: Journal, run_id: str) -> None:
        """Wait a little for whoever is about to tell that the run begins."""
        clock = self.runs.clock
        end = clock.monotonic() + _TIME_FOR_THE_START
        while clock.monotonic() < end and self._is_starting(journal.ledger, run_id):
            clock.sleep(LOOK_EVERY)
            journal.follow()

    def _is_starting(self, ledger: Ledger, run_id: str) -> bool:
        """Return whether somebody may be about to tell that an ended run begins."""
        account = ledger.ended[run_id].account
        return (
            account is not None
            and account.route != "none"
            and "started" not in account.told
            and self.runs.clock.now() - account.started < TIME_TO_TELL
            and self.tell.owes_the_end(ledger, run_id)
        )
