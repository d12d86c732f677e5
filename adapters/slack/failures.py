"""What can go wrong with a webhook, in the words of the ports.

What the vendors raise has the URL in its text, among its arguments or on its request.
It is looked at here and left here: nothing of it is a cause of what is raised.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import urllib3.exceptions

from ports.errors import PortError, RefusedError, UnavailableError

WHAT: Final = "Failed to send Slack notification"
"""What people search their logs for."""

_TRY_AGAIN: Final = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
_SERVER_ERRORS: Final = 500
_NO_ENTRY: Final = frozenset(
    {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
)
_SECONDS: Final = re.compile(r"[0-9]{1,9}")
# Slack says in a word what is wrong: no_service, channel_is_archived.
_WORD: Final = re.compile(r"[a-z_]{1,60}")


class NoEntryError(RefusedError):
    """Slack knows no such webhook, or none that may do this."""


def refusal(status: int, headers: Mapping[str, str], said: str) -> PortError:
    """Return what a status means by which a message was not taken.

    Args:
        said: The beginning of the answer's body.
    """
    detail = _named(status)
    if _WORD.fullmatch(said):
        detail += f" ({said})"
    if status in _TRY_AGAIN or status >= _SERVER_ERRORS:
        told = headers.get("Retry-After", "").strip()
        wait = int(told) if _SECONDS.fullmatch(told) else None
        return UnavailableError(WHAT, detail, retry_after=wait)
    return (NoEntryError if status in _NO_ENTRY else RefusedError)(WHAT, detail)


def unanswered(error: Exception) -> PortError:
    """Return what it means that a request has raised ``error``."""
    reasons = _reasons(error)
    for reason in reasons:
        match reason:
            case ssl.SSLCertVerificationError():
                return RefusedError(
                    WHAT,
                    f"its certificate is not trusted ({reason.verify_message}): check"
                    " this machine's clock, and set REQUESTS_CA_BUNDLE if a proxy on"
                    " the way has its own",
                )
            case urllib3.exceptions.NewConnectionError():
                # A timeout by its class, and most often none: the next one tells.
                continue
            case urllib3.exceptions.TimeoutError() | TimeoutError():
                return UnavailableError(WHAT, "it does not answer")
            case urllib3.exceptions.ProxyError():
                return UnavailableError(WHAT, "the proxy on the way does not answer")
    innermost = reasons[-1]
    told = innermost.strerror if isinstance(innermost, OSError) else None
    return UnavailableError(
        WHAT, f"the connection failed: {told or type(innermost).__name__}"
    )


def _reasons(error: BaseException) -> list[BaseException]:
    """Return ``error`` and what it is made of, the innermost last."""
    reasons = [error]
    while True:
        inner = [item for item in error.args if isinstance(item, BaseException)]
        reason = error.__cause__ or (inner[-1] if inner else None)
        if reason is None or reason in reasons:
            return reasons
        reasons.append(reason)
        error = reason


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
