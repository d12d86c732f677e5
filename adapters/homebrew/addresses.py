"""Addresses: which ones may be asked, and what of them may be told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

from adapters.wire.connections import Origin
from ports.errors import MalformedError, PortError, RefusedError

# What an address has that is no part of a name (RFC 3986, 2.2), or is quoted already.
_AS_IT_IS: Final = "!#$%&'()*+,/:;=?@[]~"
# Nearly every address is so plain that it is known by its host, and sent as it is.
_PLAIN: Final = re.compile(
    r"(https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?)(/[A-Za-z0-9_.!$%&'()*+,/:;=?@~-]*)"
)


@dataclass(frozen=True, slots=True)
class Site:
    """What addresses at one host have in common.

    Attributes:
        origin: Scheme, host and port; what a token is meant for.
        server: What to connect to.
        loopback: Whether it never leaves this machine.
    """

    origin: str
    server: Origin
    loopback: bool


@dataclass(frozen=True, slots=True)
class Address:
    """A URL that may be asked. ``str()`` leaves out all but its origin.

    The query of a registry's redirect is a signature that opens the bytes to
    anybody: it is sent where it belongs, and neither shown nor kept.

    Attributes:
        url: What is asked for.
        site: Of whom.
        target: What of it the host is told: path and query.
    """

    url: str
    site: Site
    target: str

    @property
    def origin(self) -> str:
        """Scheme, host and port; what a token is meant for."""
        return self.site.origin

    @property
    def host(self) -> str:
        """The name of the host, for people."""
        return self.site.server.host

    @property
    def loopback(self) -> bool:
        """Whether it never leaves this machine."""
        return self.site.loopback

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
    plain = _PLAIN.fullmatch(url)
    if plain is not None and (site := _site(plain[1])) is not None:
        return Address(url, site, plain[2])
    return _parsed(url, what)


def _parsed(url: str, what: str) -> Address:
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
    encrypted = parts.scheme == "https"
    port = port or (443 if encrypted else 80)
    site = Site(
        f"{parts.scheme}://{shown}:{port}", Origin(encrypted, host, port), loopback
    )
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path
    return Address(url, site, quote(target or "/", safe=_AS_IT_IS))


# Every bottle asks, and of few hosts.
@lru_cache(maxsize=64)
def _site(base: str) -> Site | None:
    """Return whom an address asks; None if something is wrong with it."""
    try:
        return _parsed(base, base).site
    except PortError:
        return None


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


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
