"""Writing the status page: whoever looks sees what the log says by now."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from application.read_history import ReadHistory, status_at
from domain.history import History
from domain.ledger import Ledger
from domain.served import STATUS_PAGE
from domain.status import Status
from ports.errors import ConflictError
from ports.status_page import LastPage, OvertakenError, StatusPage

_ROUNDS: Final = 8
"""How often others may come first before the page is left to them."""


@dataclass(frozen=True, slots=True)
class WrittenStatus:
    """What was written.

    Attributes:
        keys: Where, the page itself first.
    """

    status: Status
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WriteStatus:
    """Writes the status page as the log gives it."""

    read: ReadHistory
    page: StatusPage

    def __call__(self) -> WrittenStatus:
        """Write all of the page, whatever is there.

        Raises:
            NotOurStoreError: There is no ledger.
            PortError: The store or the log cannot be used.
            LedgerDamagedError: The log is damaged; the page is left as it is.
        """
        for _ in range(_ROUNDS):
            with suppress(ConflictError):
                return self._written(self.page.last(), None, anew=True)
        raise _given_up()

    def of(
        self, ledger: Ledger, history: History | None = None
    ) -> WrittenStatus | None:
        """Write what has changed of the page, up to the position of ``ledger``.

        Args:
            history: Up to that position; None where it is to be read.

        Returns:
            None when there is one of a later position: whoever has written it knew all
            that this ledger knows.

        Raises:
            PortError: The store or the log cannot be used.
            LedgerDamagedError: The log is damaged; the page is left as it is.
        """
        until, anew = ledger.position.seq, False
        for _ in range(_ROUNDS):
            last = self.page.last()
            there = _seq_of(last, ledger.id)
            if there > until and not anew:
                return None
            try:
                if history is not None and there <= until:
                    return self._write(ledger, history, last, anew=anew)
                return self._written(last, max(until, there), anew=anew)
            except OvertakenError:
                # What was put here may lie over what the other has put, and he is gone.
                anew = True
            except ConflictError:
                continue
        raise _given_up()

    def _written(
        self, last: LastPage | None, until: int | None, *, anew: bool
    ) -> WrittenStatus:
        ledger, history = self.read(None if last is None else last.history, until)
        return self._write(ledger, history, last, anew=anew)

    def _write(
        self, ledger: Ledger, history: History, last: LastPage | None, *, anew: bool
    ) -> WrittenStatus:
        status = status_at(ledger, history)
        return WrittenStatus(status, self.page.write(status, history, last, anew=anew))


def _seq_of(last: LastPage | None, ledger: str) -> int:
    """Return of which commit of a ledger a page is, -1 if it is of none."""
    if last is None or last.history is None or last.ledger != ledger:
        return -1
    return last.history.position.seq


def _given_up() -> ConflictError:
    return ConflictError(
        STATUS_PAGE, f"others began to write it {_ROUNDS} times meanwhile"
    )
