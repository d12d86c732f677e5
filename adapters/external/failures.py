"""What can go wrong with a request, in the words of the ports."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

import requests
import urllib3.exceptions

from ports.errors import NotFoundError, PortError, RefusedError, UnavailableError

_GONE: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_NO_ACCESS: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_TRY_AGAIN: Final = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
_SERVER_ERRORS: Final = 500
_SECONDS: Final = re.compile(r"[0-9]{1,9}")
_SHOWN: Final = 200  # characters of what a stranger said


def told_wait(headers: Mapping[str, str]) -> int | None:
    """Return the seconds that an answer asks to wait, None when it names none."""
    told = headers.get("Retry-After", "")
    return int(told) if _SECONDS.fullmatch(told) else None


def refusal(status: int, told: int | None, what: str, host: str) -> PortError:
    """Return what a status means that brings no file."""
    says = f"{host} answers {_named(status)}"
    if status in _GONE:
        return NotFoundError(what, f"{says}: there is no such file")
    if status in _NO_ACCESS:
        return RefusedError(
            what,
            f"{says}: no credentials are sent; a URL that is signed may have expired",
        )
    if status in _TRY_AGAIN or status >= _SERVER_ERRORS:
        return UnavailableError(what, f"{says}: try again later", retry_after=told)
    return RefusedError(what, says)


@contextmanager
def translated(what: str, host: str) -> Iterator[None]:
    """Say what the vendor raises in the words of the ports, of a body's reading too."""
    try:
        yield
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise _in_our_words(error, what, host) from error


def _in_our_words(error: Exception, what: str, host: str) -> PortError:
    reasons = _reasons(error)
    for reason in reasons:
        match reason:
            case ssl.SSLCertVerificationError():
                return RefusedError(
                    what,
                    f"the certificate of {host} is not trusted "
                    f"({reason.verify_message}): check the URL and this machine's "
                    "clock, and set REQUESTS_CA_BUNDLE for an authority of your own",
                )
            case urllib3.exceptions.NewConnectionError():
                # A timeout by its class, and most often none: the next one tells.
                continue
            case urllib3.exceptions.TimeoutError() | TimeoutError():
                return UnavailableError(what, f"{host} does not answer")
    innermost = reasons[-1]
    told = innermost.strerror if isinstance(innermost, OSError) else None
    said = (told or str(innermost))[:_SHOWN]
    return UnavailableError(what, f"the connection to {host} failed: {said}")


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
