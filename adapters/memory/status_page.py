"""A status page in memory: what it is made of, and nothing that is rendered."""

from __future__ import annotations

from dataclasses import replace

from domain.history import History
from domain.served import STATUS_PAGE
from domain.status import Status
from ports.errors import ConflictError
from ports.status_page import LastPage, StatusPage


class MemoryStatusPage(StatusPage):
    """Has one part, which is written in one step.

    Attributes:
        status: The last that was written.
    """

    def __init__(self) -> None:
        self.status: Status | None = None
        self._last: LastPage | None = None

    def last(self) -> LastPage | None:
        if self._last is None or self._last.history is None:
            return None
        # Whoever goes on from it changes it.
        return replace(self._last, history=_copy(self._last.history))

    def write(
        self,
        status: Status,
        history: History,
        last: LastPage | None,
        *,
        anew: bool,  # noqa: ARG002 - nothing is left out
    ) -> tuple[str, ...]:
        there = self._last.version if self._last is not None else None
        if there != (last.version if last is not None else None):
            raise ConflictError(STATUS_PAGE, "another has written it; read it again")
        version = str(int(there or 0) + 1)
        self._last = LastPage(version, status.ledger, _copy(history), {})
        self.status = status
        return (STATUS_PAGE,)


def _copy(history: History) -> History:
    return replace(history, weeks=dict(history.weeks), missing=dict(history.missing))
