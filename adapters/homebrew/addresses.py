"""Addresses: which ones may be asked, and what of them may be told."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit

from ports.errors import MalformedError, RefusedError


@dataclass(frozen=True, slots=True)
class Address:
    """A URL that may be asked. ``str()`` leaves out all but its origin.

    The query of a registry's redirect is a signature that opens the bytes to
    anybody: it is sent where it belongs, and neither shown nor kept.

    Attributes:
        url: What is asked for.
        origin: Scheme, host and port; what a token is meant for.
        host: The name of the host, for people.
        loopback: Whether it never leaves this machine.
    """

    url: str
    origin: str
    host: str
    loopback: bool

    def __str__(self) -> str:
        return self.origin

    def __repr__(self) -> str:
        return f"Address({self.origin!r})"


def parse_address(url: str, what: str) -> Address:
    """Return ``url`` as an address, asked for as part of ``what``.

    Raises:
        MalformedError: It is no URL.
        RefusedError: It is not encrypted, or carries a password.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise MalformedError(what, f"not an address: {error}") from error
    if parts.scheme not in ("https", "http") or not host:
        raise MalformedError(what, f"{parts.scheme}://{host} is not an https address")
    loopback = _is_loopback(host)
    if parts.scheme == "http" and not loopback:
        raise RefusedError(
            what, f"http://{host} is not encrypted: use https, or a loopback address"
        )
    if parts.username is not None or parts.password is not None:
        raise RefusedError(what, f"the address at {host} carries a user's name")
    shown = f"[{host}]" if ":" in host else host
    port = port or (443 if parts.scheme == "https" else 80)
    return Address(url, f"{parts.scheme}://{shown}:{port}", host, loopback)


def redirected(base: Address, location: str | None, what: str) -> Address:
    """Return where a redirect from ``base`` leads.

    Raises:
        MalformedError: It leads nowhere.
        RefusedError: It leads from encrypted to plain, or into this machine.
    """
    if not location:
        raise MalformedError(what, f"{base.host} redirects, and does not say where to")
    try:
        joined = urljoin(base.url, location.strip())
    except ValueError as error:
        raise MalformedError(
            what, f"{base.host} redirects to what is no address: {error}"
        ) from error
    target = parse_address(joined, what)
    # Nobody elsewhere has business with the services that listen only to this machine.
    if target.loopback and not base.loopback:
        raise RefusedError(what, f"{base.host} redirects to {target}, this machine")
    return target


# Every bottle asks, and of few hosts.
@lru_cache(maxsize=64)
def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
