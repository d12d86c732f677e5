"""What people are told of runs and alarms, wherever it is sent.

The titles and the labels are those of the original specification: people search for
them, and rules of their own look for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from domain.events import Position
from domain.rounded import rounded_bytes, rounded_duration, rounded_percent

AlarmState = Literal["ALARM", "OK", "INSUFFICIENT_DATA"]

_ALARMS: Final[Mapping[AlarmState, str]] = {
    "ALARM": "❌ Alarm",
    "OK": "✅ Alarm Over",
    "INSUFFICIENT_DATA": "⏳ Alarm Without Data",
}

_UNKNOWN: Final = "not known yet"


@dataclass(frozen=True, slots=True)
class Message:
    """Something that people are told.

    Attributes:
        title: What it is about, in a few words.
        lines: A label and what there is to say under it, each.
    """

    title: str
    lines: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """The whole message in plain text."""
        said = (f"{label}: {value}" for label, value in self.lines)
        return "\n".join((self.title, *said))


def sync_started(
    *, environment: str, day: date, bottles: int, size: int | None, method: str
) -> Message:
    """Tell that a run begins.

    Args:
        size: Bytes to fetch, or a guess at them; None when there is none.
        method: Who does the work: ``Lambda``, ``ECS`` or ``local``.
    """
    return Message(
        "🚀 Homebrew Bottles Sync Started",
        (
            *_whereabouts(environment, day),
            ("Estimated bottles", f"{bottles:,}"),
            ("Estimated size", _UNKNOWN if size is None else rounded_bytes(size)),
            ("Sync method", method),
        ),
    )


def sync_progress(
    *,
    done: int,
    total: int,
    bytes_done: int,
    bytes_total: int,
    left: timedelta | None,
) -> Message:
    """Tell how far a run is.

    Args:
        left: How long it still takes, None while nobody can tell.
    """
    return Message(
        "⏳ Homebrew Sync Progress",
        (
            (
                "Downloaded",
                f"{done:,}/{total:,} bottles ({rounded_percent(done, total)})",
            ),
            ("Size", f"{rounded_bytes(bytes_done)} / {rounded_bytes(bytes_total)}"),
            ("ETA", _UNKNOWN if left is None else rounded_duration(left)),
        ),
    )


def sync_complete(  # noqa: PLR0913 - all of them are named
    *,
    environment: str,
    day: date,
    bottles: int,
    size: int,
    duration: timedelta,
    location: str,
    page: str,
    head: Position,
    unpublished: str | None = None,
) -> Message:
    """Tell that a run has brought in all that it was to bring in.

    Args:
        location: Where the run's bottles lie.
        page: Where the status page is: it tells how complete the mirror is.
        unpublished: Why clients do not see it, if they do not.
    """
    return Message(
        "✅ Homebrew Bottles Sync Complete",
        (
            *_whereabouts(environment, day),
            *_brought_in(bottles, size, duration, location),
            ("Status page", page),
            *_not_seen(unpublished),
            _pinned(head),
        ),
    )


def sync_unchanged(
    *,
    environment: str,
    day: date,
    page: str,
    head: Position,
    unpublished: str | None = None,
) -> Message:
    """Tell that a run has found nothing to do.

    Args:
        page: Where the status page is.
        unpublished: Why clients do not see all that is held, if they do not.
    """
    return Message(
        "✅ Homebrew Bottles Sync Complete",
        (
            (
                "Nothing to do",
                (
                    f"{environment}, {day}: all that upstream offers is held already;"
                    f" status page {page}; ledger head {_spelt(head)}"
                ),
            ),
            *_not_seen(unpublished),
        ),
    )


def sync_degraded(  # noqa: PLR0913 - all of them are named
    *,
    environment: str,
    day: date,
    bottles: int,
    size: int,
    duration: timedelta,
    location: str,
    page: str,
    head: Position,
    causes: Mapping[str, int],
    retry: str,
    error: str | None = None,
) -> Message:
    """Tell that a run is over, and that some bottles are still missing.

    Args:
        page: Where the status page is: it names them.
        causes: How many bottles failed, by cause.
        retry: The command that tries them again.
        error: Why nobody came to the rest, if that is known.
    """
    worst_first = sorted(causes.items(), key=lambda each: (-each[1], each[0]))
    by_cause = ", ".join(f"{number:,} {cause}" for cause, number in worst_first)
    why = (("Error", error),) if error is not None else ()
    return Message(
        "❌ Homebrew Bottles Sync Degraded",
        (
            *_whereabouts(environment, day),
            *_brought_in(bottles, size, duration, location),
            ("Failed bottles", f"{sum(causes.values()):,} ({by_cause})"),
            *why,
            ("Retry", retry),
            ("Status page", page),
            _pinned(head),
        ),
    )


def sync_failed(
    *, environment: str, day: date, error: str, duration: timedelta, logs: str
) -> Message:
    """Tell that a run ended before its work was done.

    Args:
        logs: Where to read more of it.
    """
    return Message(
        "❌ Homebrew Bottles Sync Failed",
        (
            *_whereabouts(environment, day),
            ("Error", error),
            ("Duration", rounded_duration(duration)),
            ("Check logs", logs),
        ),
    )


def alarm(
    *,
    environment: str,
    name: str,
    state: AlarmState,
    description: str,
    reason: str,
    at: datetime,
) -> Message:
    """Tell that an alarm has fired, or is over.

    Args:
        description: What the alarm means and what to do, empty when it does not say.
        reason: The figures that changed its state.
    """
    meaning = (("Meaning", description),) if description else ()
    return Message(
        f"{_ALARMS[state]}: {name}",
        (
            ("Environment", environment),
            ("Time", f"{at:%Y-%m-%d %H:%M:%S} UTC"),
            *meaning,
            ("Reason", reason),
        ),
    )


def notice(*, environment: str, subject: str, text: str) -> Message:
    """Pass on what somebody else has written, a budget or an AWS service."""
    return Message(f"⏳ {subject}", (("Environment", environment), ("Message", text)))


def test_message(*, environment: str, sender: str) -> Message:
    """Tell nothing but that messages arrive.

    Args:
        sender: The command that sends it.
    """
    return Message(
        "✅ Homebrew Bottles Sync Test",
        (
            ("Environment", environment),
            ("Message", f"notifications arrive here; sent by {sender}"),
        ),
    )


def _whereabouts(environment: str, day: date) -> tuple[tuple[str, str], ...]:
    return (("Environment", environment), ("Date", day.isoformat()))


def _brought_in(
    bottles: int, size: int, duration: timedelta, location: str
) -> tuple[tuple[str, str], ...]:
    kind = "S3 location" if location.startswith("s3://") else "Location"
    return (
        ("New bottles", f"{bottles:,}"),
        ("Total size", rounded_bytes(size)),
        ("Duration", rounded_duration(duration)),
        (kind, location),
    )


def _not_seen(unpublished: str | None) -> tuple[tuple[str, str], ...]:
    return () if unpublished is None else (("Not published", unpublished),)


def _pinned(head: Position) -> tuple[str, str]:
    # Kept apart from the log, where nobody who can write to the store can change it.
    return ("Ledger head", _spelt(head))


def _spelt(head: Position) -> str:
    # In the form that `ledger check --pin` takes.
    return f"{head.seq}:{head.sha256}"
