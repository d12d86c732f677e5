"""Syncing where nobody watches: people are told how it begins and how it ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from application.announce import Announce
from application.run import Run
from application.sync_bottles import SyncBottles, SyncReport
from domain import messages
from domain.errors import MirrorError
from domain.messages import Message
from domain.selection import Selection
from domain.served import STATUS_PAGE
from domain.work import Work
from ports.clock import Clock

_METHOD: Final = "local"
_RETRY: Final = "the same bottles sync again; what is held is not fetched twice"
_INTERRUPTED: Final = "interrupted; what was fetched is recorded"


@dataclass(frozen=True, slots=True)
class AnnouncedSync:
    """Syncs once, and tells people of it.

    Attributes:
        store: Where the mirror is, as its address is written.
        logs: Where to read more when it fails.
    """

    sync: SyncBottles
    announce: Announce
    clock: Clock
    environment: str
    store: str
    logs: str

    def __call__(
        self,
        selection: Selection,
        max_bytes: int | None = None,
        *,
        fetch_elsewhere: bool = False,
    ) -> SyncReport:
        """Sync once, as ``SyncBottles`` does.

        Raises:
            MirrorError: What that raises; people are told of it first.
        """
        begun = self.clock.monotonic()
        day = self.clock.now().date()
        try:
            report = self.sync(
                selection,
                max_bytes,
                fetch_elsewhere=fetch_elsewhere,
                started=self._started,
            )
        except MirrorError as error:
            elapsed = timedelta(seconds=self.clock.monotonic() - begun)
            self.announce(self._failed(day, str(error), elapsed))
            raise
        self.announce(self._ended(report))
        return report

    def _started(self, run: Run, work: Work) -> None:
        unknown = any(load.size_is_missing and not load.estimate for load in work.loads)
        self.announce(
            messages.sync_started(
                environment=self.environment,
                day=run.day,
                bottles=work.bottles,
                size=None if unknown else work.bytes,
                method=_METHOD,
            )
        )

    def _ended(self, report: SyncReport) -> Message:
        day, head = report.day, report.ledger.position
        mirrored, took = report.mirrored, timedelta(seconds=report.duration)
        page = f"{self.store}/{STATUS_PAGE}"
        match report.outcome:
            case "complete" if not mirrored.bottles and not report.left:
                return messages.sync_unchanged(
                    environment=self.environment,
                    day=day,
                    page=page,
                    head=head,
                    unpublished=report.exposed.refused,
                )
            case "complete":
                return messages.sync_complete(
                    environment=self.environment,
                    day=day,
                    bottles=mirrored.bottles,
                    size=mirrored.bytes,
                    duration=took,
                    location=f"{self.store}/{day}/",
                    page=page,
                    head=head,
                    unpublished=report.exposed.refused,
                )
            case "degraded":
                return messages.sync_degraded(
                    environment=self.environment,
                    day=day,
                    bottles=mirrored.bottles,
                    size=mirrored.bytes,
                    duration=took,
                    location=f"{self.store}/{day}/",
                    page=page,
                    head=head,
                    causes=report.causes,
                    retry=_RETRY,
                )
            case "failed" | "interrupted":
                why = report.gave_up or _INTERRUPTED
                return self._failed(day, str(why), took)

    def _failed(self, day: date, error: str, took: timedelta) -> Message:
        return messages.sync_failed(
            environment=self.environment,
            day=day,
            error=error,
            duration=took,
            logs=self.logs,
        )
