"""Telling people of a run, and remembering in the log that they were told."""

from __future__ import annotations

from collections.abc import Mapping, MutableSet, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from application.announce import Announce
from application.journal import Journal
from domain import messages
from domain.events import Event, NotificationSent
from domain.ledger import Ledger
from domain.messages import Message
from domain.records import Account, ClosedRun, OpenRun
from domain.served import STATUS_PAGE
from domain.words import About
from ports.clock import Clock

_BETWEEN: Final = timedelta(minutes=5)
_METHODS: Final = {"lambda": "Lambda", "ecs": "ECS"}
TIME_TO_TELL: Final = timedelta(seconds=60)
"""Whoever records how a run begins or ends has told of it by then, or never does."""
UNFINISHED: Final = "unfinished"
"""The cause under which bottles are told of that nobody came to."""


@dataclass(frozen=True, slots=True)
class TellOfRun:
    """Says how a run begins, goes on and ends, each once.

    Attributes:
        store: Where the mirror is, as its address is written.
        logs: Where to read more, by what works on a run.
        retry: The command that starts another run.
        unbegun: The runs that this process has told of as unable to begin: the log
            knows nothing of them, and their triggers come again.
    """

    announce: Announce
    clock: Clock
    environment: str
    store: str
    logs: Mapping[str, str]
    retry: str
    unbegun: MutableSet[str]

    def started(self, journal: Journal, run_id: str) -> None:
        """Tell that a run begins, unless that was told."""
        run = journal.ledger.runs.get(run_id)
        if run is None or run.sharing is None or "started" in run.sharing.told:
            return
        message = messages.sync_started(
            environment=self.environment,
            day=run.day,
            bottles=run.bottles,
            size=run.bytes,
            method=_METHODS.get(run.sharing.route, run.sharing.route),
        )
        self._tell(journal, run_id, message, "started", _percent(run))

    def progress(self, journal: Journal, run_id: str) -> None:
        """Tell how far a run on ECS is, if that was not told just now.

        Recorded first: of shards that come so far at the same time one may tell. What
        is not taken then is no great loss.
        """
        now = self.clock.now()

        def due(ledger: Ledger) -> Sequence[Event] | None:
            run = ledger.runs.get(run_id)
            if run is None or run.sharing is None or run.sharing.route != "ecs":
                return None
            told = run.sharing.told.get("progress")
            if told is not None and now - told < _BETWEEN:
                return None
            return [NotificationSent(run_id, "progress", _percent(run))]

        if not self.announce.notifiers or due(journal.ledger) is None:
            return
        if journal.record_as(due):
            run = journal.ledger.runs[run_id]
            self.announce(
                messages.sync_progress(
                    done=run.mirrored,
                    total=run.bottles,
                    bytes_done=run.mirrored_bytes,
                    bytes_total=max(run.bytes, run.mirrored_bytes),
                    left=_left(run, now),
                )
            )

    def owes_the_end(self, ledger: Ledger, run_id: str) -> bool:
        """Return whether there are people who were not told how a run has ended."""
        ended = ledger.ended[run_id]
        is_shared = ended.account is not None
        return bool(self.announce.notifiers) and is_shared and not ended.is_told

    def ended(self, journal: Journal, run_id: str, why: str | None = None) -> bool:
        """Tell how a run has ended, unless that was told.

        Args:
            why: Why it was given up, or why clients do not see what a complete one has
                brought in, as far as whoever closes it knows more than the log does.

        Returns:
            Whether that has been told to everyone who wants to know.
        """
        ended = journal.ledger.ended.get(run_id)
        if ended is None or ended.account is None or ended.is_told:
            return True
        account = ended.account
        message = self._end(ended.closed, account, journal.ledger, why)
        percent = 100 * account.mirrored // account.bottles if account.bottles else 100
        return self._tell(journal, run_id, message, "ended", percent)

    def failed(self, run_id: str, day: date, error: str, duration: timedelta) -> None:
        """Tell that a run could not even begin, unless this process has told that."""
        if run_id in self.unbegun:
            return
        taken = self.announce(
            messages.sync_failed(
                environment=self.environment,
                day=day,
                error=error,
                duration=duration,
                logs=self.logs["none"],
            )
        )
        if taken:
            self.unbegun.add(run_id)

    def _end(
        self, closed: ClosedRun, account: Account, ledger: Ledger, why: str | None
    ) -> Message:
        head, duration = ledger.position, closed.at - account.started
        causes = dict(account.causes)
        if account.missing:
            causes[UNFINISHED] = account.missing
        # Where nothing is settled, a bound on bytes may have left all of it for later.
        if closed.outcome == "complete" and not account.bottles and ledger.settled:
            return messages.sync_unchanged(
                environment=self.environment,
                day=account.day,
                page=self._page,
                head=head,
                unpublished=why,
            )
        if closed.outcome == "complete":
            return messages.sync_complete(
                environment=self.environment,
                day=account.day,
                bottles=account.mirrored,
                size=account.bytes,
                duration=duration,
                location=self._location(account.day),
                page=self._page,
                head=head,
                unpublished=why,
            )
        if closed.outcome == "degraded":
            return messages.sync_degraded(
                environment=self.environment,
                day=account.day,
                bottles=account.mirrored,
                size=account.bytes,
                duration=duration,
                location=self._location(account.day),
                page=self._page,
                head=head,
                causes=causes,
                retry=self.retry,
                error=why,
            )
        return messages.sync_failed(
            environment=self.environment,
            day=account.day,
            error=_why(account, causes, why),
            duration=duration,
            logs=self.logs[account.route],
        )

    @property
    def _page(self) -> str:
        return f"{self.store}/{STATUS_PAGE}"

    def _location(self, day: date) -> str:
        return f"{self.store}/{day.isoformat()}/"

    def _tell(
        self,
        journal: Journal,
        run_id: str,
        message: Message,
        about: About,
        percent: int,
    ) -> bool:
        taken = self.announce(message)
        if taken and self.announce.notifiers:
            journal.record([NotificationSent(run_id, about, percent)])
        return taken


def _why(account: Account, causes: Mapping[str, int], why: str | None) -> str:
    """Return why a run has failed, as far as the log knows, or whoever closes it."""
    far = _how_far(account, causes, given_up=why is not None)
    return far if why is None else f"{why}; {far}"


def _how_far(account: Account, causes: Mapping[str, int], *, given_up: bool) -> str:
    there = f"{account.mirrored:,} of {account.bottles:,} bottles were mirrored"
    if not causes and given_up:
        return there
    if not causes:
        return f"{there}, and then nothing was heard of its workers any more"
    told = ", ".join(f"{count:,} {cause}" for cause, count in causes.items())
    return f"{there}; {sum(causes.values()):,} were not ({told})"


def _percent(run: OpenRun) -> int:
    return 100 * run.mirrored // run.bottles if run.bottles else 100


def _left(run: OpenRun, now: datetime) -> timedelta | None:
    """Return how long a run still takes if it goes on as it went so far."""
    done, whole = run.mirrored_bytes, run.bytes
    if not done or not whole:
        done, whole = run.mirrored, run.bottles
    if not done:
        return None
    return (now - run.started) * (max(0, whole - done) / done)
