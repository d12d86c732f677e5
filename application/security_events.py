"""Which failures are a reason to suspect somebody: the metric SecurityEvents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.errors import DigestMismatchError, LedgerDamagedError
from ports.errors import (
    AccessDeniedError,
    PortError,
    UntrustedError,
    WrongDigestError,
)

_CAUSES: Final = frozenset(
    {AccessDeniedError.cause, UntrustedError.cause, WrongDigestError.cause}
)
_DAMAGED: Final = "ledger_damaged"


def security_cause(error: BaseException) -> str | None:
    """Return the cause under which ``error`` is a security event, None if it is none.

    It is one when a signature is not good, bytes stay other than their digest, the
    ledger is damaged, or access is denied.
    """
    match error:
        case LedgerDamagedError():
            return _DAMAGED
        case DigestMismatchError():
            return WrongDigestError.cause
        case PortError() if error.cause in _CAUSES:
            return error.cause
        case _:
            return None


def is_security_event(error: BaseException) -> bool:
    """Return whether ``error``, which has ended something, is a security event."""
    return security_cause(error) is not None


def security_causes(causes: Mapping[str, int]) -> Mapping[str, int]:
    """Return those of the causes by which bottles failed that are security events."""
    return {cause: count for cause, count in causes.items() if cause in _CAUSES}
