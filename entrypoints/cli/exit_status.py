"""What a command exits with, and what it says on standard error by then."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import click

from domain.errors import DigestMismatchError, LedgerDamagedError, MirrorError
from entrypoints.sentences import sentences
from ports.deployment import OrchestratorFailedError
from ports.errors import (
    DamagedExportError,
    FollowerError,
    NotOurStoreError,
    PortError,
    StoreUnfitError,
    UnusableFileError,
)

if TYPE_CHECKING:
    from domain.words import Outcome

DONE: Final = 0
SOME_FAILED: Final = 1
WRONG_USAGE: Final = 2
DAMAGED: Final = 3
OUT_OF_REACH: Final = 4
BUG: Final = 70
"""Something that nobody foresaw. Source: ``sysexits.h``, EX_SOFTWARE."""
INTERRUPTED: Final = 130
READER_GONE: Final = 141
"""Nobody reads the output any more; what a shell reports for SIGPIPE."""

_OF_OUTCOMES: Final[dict[Outcome, int]] = {
    "complete": DONE,
    "degraded": SOME_FAILED,
    "failed": OUT_OF_REACH,
    "interrupted": INTERRUPTED,
}


class ReaderGoneError(MirrorError):
    """Nobody reads standard output any more."""


_WORST_FIRST: Final = (DAMAGED, WRONG_USAGE, OUT_OF_REACH)

# The first that fits: a kind stands before the kinds that it is one of.
_OF_ERRORS: Final[tuple[tuple[type[BaseException], int], ...]] = (
    (click.Abort, INTERRUPTED),
    (KeyboardInterrupt, INTERRUPTED),
    (ReaderGoneError, READER_GONE),
    (LedgerDamagedError, DAMAGED),
    (DigestMismatchError, DAMAGED),
    (NotOurStoreError, WRONG_USAGE),
    (UnusableFileError, WRONG_USAGE),
    (FollowerError, WRONG_USAGE),
    (StoreUnfitError, DAMAGED),
    (DamagedExportError, DAMAGED),
    (PortError, OUT_OF_REACH),
    # A selection, a value or a configuration that is not right.
    (MirrorError, WRONG_USAGE),
)

# Those of what the orchestrator may fail with, by name, that are not out of reach.
_OF_NAMES: Final = {
    **dict.fromkeys(
        (
            "DamagedExportError",
            "DigestMismatchError",
            "LedgerDamagedError",
            "OutdatedLedgerError",
            "StoreUnfitError",
        ),
        DAMAGED,
    ),
    **dict.fromkeys(
        (
            "ConfigurationError",
            "EvictionRefusedError",
            "ExportRefusedError",
            "FollowerError",
            "InvalidValueError",
            "MirrorError",
            "NewerLedgerError",
            "NoLedgerError",
            "NotOurStoreError",
            "OrderError",
            "PublishRefusedError",
            "SelectionError",
            "ShardLostError",
            "StoppedError",
            "UnknownRunError",
            "UnusableFileError",
        ),
        WRONG_USAGE,
    ),
}


class ExitStatus:
    """Turns whatever ends a command into an exit status and a sentence.

    Attributes:
        code: The exit status.
    """

    def __init__(self) -> None:
        self.code = DONE

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if error is None or isinstance(error, SystemExit):
            return False
        self.code = of_error(error)
        if self.code == BUG:
            traceback.print_exception(error)
            _say("this is a bug in this program; please report it with the lines above")
        elif self.code == READER_GONE:
            # Python would complain of it once more when it flushes at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        elif isinstance(error, click.ClickException):
            error.show()
        elif isinstance(error, click.Abort | KeyboardInterrupt):
            _say("interrupted; nothing had been fetched yet")
        else:
            for sentence in sentences(error):
                _say(sentence)
        return True


def of_outcome(outcome: Outcome) -> int:
    """Return the exit status of a run that ended so."""
    return _OF_OUTCOMES[outcome]


def of_error(error: BaseException) -> int:
    """Return the exit status of a command that ``error`` has ended."""
    if isinstance(error, click.ClickException):
        return error.exit_code
    if isinstance(error, OrchestratorFailedError):
        # As if it had failed here.
        return _OF_NAMES.get(error.kind, OUT_OF_REACH)
    for kind, status in _OF_ERRORS:
        if isinstance(error, kind):
            return status
    return BUG


def of_errors(errors: Iterable[BaseException]) -> int:
    """Return the exit status of a command that went on after ``errors``.

    It is that of the worst: 3, then 2, then 4.
    """
    found = set(map(of_error, errors))
    return next((status for status in _WORST_FIRST if status in found), DONE)


def _say(sentence: str) -> None:
    click.echo(f"bottles: {sentence}", err=True)
