"""What AWS's client library raises, in the words of our ports.

What a service answers is for whoever speaks to that service to tell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
    LoginError,
    MetadataRetrievalError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    ProxyConnectionError,
    SSLError,
    SSOError,
    TokenRetrievalError,
    UnseekableStreamError,
)
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from ports.errors import (
    AccessDeniedError,
    MalformedError,
    PortError,
    RefusedError,
    UnavailableError,
)

Verdict: TypeAlias = tuple[type[PortError], str]
"""What a failure is, and what a person has to change."""

# All that a call can raise. urllib3 and the parser come through where botocore reads
# the body of an answer.
FAILURES: Final = (BotoCoreError, ClientError, HTTPError, ResponseParserError)

_CREDENTIALS: Final = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
LOG_IN: Final = f"log in (aws sso login), or set {_CREDENTIALS}"
"""What to do without credentials, or with old ones."""
WRONG: Final = f"check {_CREDENTIALS}"
"""What to do with credentials that are not taken."""
_UNSENDABLE: Final = (
    "look for a line break, or another character that is no part of it, in"
    " AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN, or in what AWS_PROFILE names"
)
_CLOCK: Final = "set the clock of this machine"

# Each protocol of AWS's has words of its own for the same.
OF_CREDENTIALS: Final[Mapping[str, Verdict]] = MappingProxyType(
    {
        "InvalidAccessKeyId": (AccessDeniedError, WRONG),
        "InvalidClientTokenId": (AccessDeniedError, WRONG),
        "UnrecognizedClientException": (AccessDeniedError, WRONG),
        "SignatureDoesNotMatch": (AccessDeniedError, WRONG),
        "InvalidSignatureException": (AccessDeniedError, WRONG),
        "ExpiredToken": (RefusedError, LOG_IN),
        "ExpiredTokenException": (RefusedError, LOG_IN),
        "InvalidToken": (RefusedError, LOG_IN),
        "TokenRefreshRequired": (RefusedError, LOG_IN),
        "RequestTimeTooSkewed": (RefusedError, _CLOCK),
        "RequestExpired": (RefusedError, _CLOCK),
    }
)
"""What an answer says of the credentials, by its code, whatever was asked."""

# What botocore knows of attempts is counted here already.
_RETRIES = re.compile(r" \(reached max retries: \d+\)")
_NO_CREDENTIALS = (
    LoginError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)
# No request has left.
_NOT_SENT = (
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    MetadataRetrievalError,
    ProxyConnectionError,
    UnseekableStreamError,
)
# A request has left, and who knows how far it came.
_BROKEN_OFF = (HTTPClientError, HTTPError, IncompleteReadError, SSLError)


class UnsendableError(BotoCoreError):
    """A request with characters that no header can have: its credentials have them."""

    fmt = "the request cannot be sent: a header would have characters that none can"


def unanswered(error: Exception, unclear: type[PortError], stranger: str) -> Verdict:
    """Return what it is that there was no answer that could be read.

    Args:
        error: What was raised; no answer of the service's own.
        unclear: What it is when a request has left and who knows how far it came.
        stranger: What to ask oneself when someone else has answered.
    """
    if _is_unsendable(error):
        return RefusedError, _UNSENDABLE
    if isinstance(error, _NO_CREDENTIALS):
        return RefusedError, LOG_IN
    if isinstance(error, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return RefusedError, "name the file that vouches for it in AWS_CA_BUNDLE"
    if isinstance(error, (*_NOT_SENT, *_BROKEN_OFF)):
        return UnavailableError if isinstance(error, _NOT_SENT) else unclear, ""
    if isinstance(error, ResponseParserError):
        repeated = unclear is UnavailableError
        return MalformedError if repeated else unclear, stranger
    return RefusedError, ""


def said(error: Exception, advice: str) -> str:
    """Return what a failure says of itself, and what to do about it."""
    told = UnsendableError.fmt if _is_unsendable(error) else str(error)
    text = " ".join(_RETRIES.sub("", told).split())
    return f"{text.rstrip('.')}; {advice}" if advice else text


def cause_of(failure: Exception) -> Exception | None:
    """Return a failure as the cause of ours, for whoever shows where an error is from.

    None where it tells a header that could not be sent: credentials are in it.
    """
    return None if _is_unsendable(failure) else failure


def _is_unsendable(error: Exception) -> bool:
    if not isinstance(error, HTTPClientError):
        return isinstance(error, UnsendableError)
    inner = error.kwargs.get("error")
    # As http.client says it, with all of the header.
    return isinstance(inner, ValueError) and str(inner).startswith("Invalid header")
