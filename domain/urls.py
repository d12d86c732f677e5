"""URLs that this program may ask, by whoever names them."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from domain.errors import InvalidValueError

_NOT_IN_A_BASE: Final = re.compile(r"[\s?#]")
# A backslash is a slash to some readers of URLs and not to others.
_NOT_IN_A_URL: Final = re.compile(r"[\s#\\\x00-\x1f\x7f]")


def parse_upstream(text: str) -> str:
    """Return the base URL ``text`` without a slash at its end.

    Raises:
        InvalidValueError: It is not https, nor http to this machine itself; or a
            path could not be appended to it.
    """
    _check(text, text, _NOT_IN_A_BASE, "https://host[/path]")
    return text.rstrip("/")


def check_url(text: str, shown: str) -> None:
    """Check that ``text`` is a URL that may be asked as it is.

    Args:
        shown: What of it may be repeated.

    Raises:
        InvalidValueError: It is not https, nor http to this machine itself; or it
            carries a user's name.
    """
    _check(text, shown, _NOT_IN_A_URL, "https://host/path")


def is_loopback(host: str) -> bool:
    """Return whether ``host`` names this machine itself."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _check(text: str, shown: str, never: re.Pattern[str], wanted: str) -> None:
    """Check that ``text`` is a URL that may be asked.

    Args:
        shown: What of it may be repeated.
        never: What it must not have in it.
        wanted: What it should look like.
    """
    try:
        parts = urlsplit(text)
        # The port is not needed, but it too is only read when it is asked for.
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        if "@" in text:
            raise InvalidValueError("URL", "…@…", "a URL") from None
        raise InvalidValueError("URL", shown, f"a URL ({error})") from error
    if parts.username is not None:
        # What may be a password is not repeated.
        raise InvalidValueError("URL", f"…@{host or ''}", "without a user name")
    if not host or never.search(text):
        raise InvalidValueError("URL", shown, wanted)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise InvalidValueError(
            "URL", shown, "https:// (http:// is accepted for loopback addresses only)"
        )
