"""What can go wrong with a request, in the words of the ports."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPException
from typing import Final

import requests
import urllib3.exceptions

from adapters.homebrew.addresses import Address
from ports.errors import (
    MalformedError,
    NotFoundError,
    PortError,
    RefusedError,
    UnavailableError,
)

SLOW_DOWN: Final = frozenset(
    {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
)
"""The statuses by which a host asks everybody to come less often."""

FAILURES: Final = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    HTTPException,
    OSError,
)
"""All that sending a request and reading its answer can raise."""

_TRY_AGAIN: Final = SLOW_DOWN | {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY}
_SERVER_ERRORS: Final = 500
_NO_ACCESS: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_GONE: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


class UnreachableError(UnavailableError):
    """Nobody answered who can be trusted, or the connection broke before the end."""


class ChallengedError(RefusedError):
    """The registry wants another token.

    Attributes:
        challenge: Where it says to get one (``WWW-Authenticate``).
    """

    def __init__(self, what: str, detail: str, challenge: str) -> None:
        super().__init__(what, detail)
        self.challenge = challenge


def refusal(
    status: int,
    headers: Mapping[str, str],
    told: float | None,
    *,
    what: str,
    asked: Address,
    at: Address,
) -> PortError:
    """Return what a status means that is not one of those to accept.

    Args:
        told: The seconds that the answer asks to wait, if it does.
        asked: What was asked first.
        at: Where the redirects led.
    """
    says = f"{at.host} answers {_named(status)}"
    if status in _GONE:
        return NotFoundError(what, f"{says}: there is no such thing")
    if told is not None or status in _TRY_AGAIN or status >= _SERVER_ERRORS:
        return UnavailableError(what, f"{says}: try again later", retry_after=told)
    if status not in _NO_ACCESS:
        return RefusedError(what, says)
    if at.origin != asked.origin:
        # Signed addresses expire, after 300 s at ghcr.io: a new one may do.
        return UnavailableError(what, f"{says} to an address that {asked.host} gave")
    challenge = headers.get("WWW-Authenticate")
    if status == HTTPStatus.UNAUTHORIZED and challenge:
        return ChallengedError(what, f"{says}: it takes another token", challenge)
    return RefusedError(
        what, f"{says}: is a registry_token needed, or is a proxy in the way?"
    )


@contextmanager
def translated(what: str, host: str) -> Iterator[None]:
    """Say what the vendor raises in the words of the ports.

    Bodies fail while they are read, long after the answer came: reading them
    is done in here too.
    """
    try:
        yield
    except FAILURES as error:
        raise _in_our_words(error, what, host) from error


def _in_our_words(error: Exception, what: str, host: str) -> PortError:
    reasons = _reasons(error)
    for reason in reasons:
        match reason:
            case ssl.SSLCertVerificationError():
                return UnreachableError(
                    what,
                    f"the certificate of {host} is not trusted "
                    f"({reason.verify_message}): check this machine's clock, and set "
                    "REQUESTS_CA_BUNDLE if a proxy on the way has its own",
                )
            case urllib3.exceptions.DecodeError():
                return MalformedError(what, f"{host} sends what cannot be decompressed")
            case urllib3.exceptions.NewConnectionError():
                # A timeout by its class, and most often none: the next one tells.
                continue
            case urllib3.exceptions.TimeoutError() | TimeoutError():
                return UnreachableError(what, f"{host} does not answer")
            case requests.exceptions.InvalidURL() | requests.exceptions.InvalidSchema():
                # The address itself was looked at before it came here.
                return UnreachableError(
                    what,
                    f"the proxy on the way to {host} cannot be used: HTTPS_PROXY must "
                    "be the address of one that speaks HTTP",
                )
            case requests.exceptions.ProxyError() | urllib3.exceptions.ProxyError():
                return UnreachableError(
                    what, f"the proxy on the way to {host} does not answer"
                )
    innermost = reasons[-1]
    told = innermost.strerror if isinstance(innermost, OSError) else None
    return UnreachableError(
        what, f"the connection to {host} failed: {told or innermost}"
    )


def _reasons(error: BaseException) -> list[BaseException]:
    """Return ``error`` and what it is made of, the innermost last.

    The vendors keep the reason as ``__cause__`` or among the arguments. Their
    ``__context__`` would lead into failures that were dealt with before.
    """
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
