"""Where an external hash file may be asked for: on the internet, and nowhere else.

Whoever names a URL, or answers it with a redirect, makes this machine send a request.
Inside a network that request reaches what its sender could not: the metadata service of
a cloud, a database, a router. So every address that a name stands for is looked at
before it is connected to, and the connection goes to that very address: a name that
means something else a moment later changes nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias
from urllib.parse import urljoin, urlsplit

import requests

from domain.urls import is_loopback
from ports.errors import MalformedError, RefusedError, UnavailableError

IPAddress: TypeAlias = IPv4Address | IPv6Address
Resolve: TypeAlias = Callable[[str, int], Sequence[str]]
Objection: TypeAlias = Callable[[IPAddress], str | None]

# The registries of special-purpose addresses, as IANA keeps them (RFC 6890). Python's
# own properties say other things in other versions of it.
_SPECIAL: Final = tuple(
    (ip_network(network), kind)
    for network, kind in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by a carrier's customers"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "reserved"),
        ("192.88.99.0/24", "reserved"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "reserved"),
        ("198.51.100.0/24", "reserved"),
        ("203.0.113.0/24", "reserved"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::ffff:0:0/96", "an IPv4 address in disguise"),
        ("64:ff9b::/96", "an IPv4 address in disguise"),
        ("64:ff9b:1::/48", "an IPv4 address in disguise"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "reserved"),
        ("2002::/16", "an IPv4 address in disguise"),
        ("3fff::/20", "reserved"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("ff00::/8", "multicast"),
    )
)
# All else of IPv6 is given to nobody yet.
_GIVEN_OUT: Final = IPv6Network("2000::/3")

_PORTS: Final = {"https": 443, "http": 80}


def objection(address: IPAddress) -> str | None:
    """Return what kind of address it is, None when it is one of the internet."""
    for network, kind in _SPECIAL:
        if address in network:
            return kind
    if address not in _GIVEN_OUT and address.version == _GIVEN_OUT.version:
        return "reserved"
    return None


def resolved(host: str, port: int) -> Sequence[str]:
    """Return the addresses that the machine's resolver has for a name.

    Raises:
        OSError: There are none.
        UnicodeError: No name can look so.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # The stubs leave open what the address of a socket begins with.
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True, slots=True, repr=False)
class Route:
    """A URL, and the addresses at which it may be asked for.

    Attributes:
        url: As it is sent; its query may be a signature, and is never shown.
        host: The name that a certificate has to be for.
        netloc: The host as the server is told it, with its port if it has one.
        addresses: One after the other may be tried.
    """

    url: str
    scheme: str
    host: str
    port: int
    netloc: str
    addresses: tuple[str, ...]

    @property
    def loopback(self) -> bool:
        """Whether it never leaves this machine."""
        return is_loopback(self.host)


@dataclass(frozen=True, slots=True)
class Guard:
    """Says where requests may go.

    Attributes:
        resolve: Gives the addresses of a host.
        objection: Tells what is wrong with one.
    """

    resolve: Resolve = resolved
    objection: Objection = objection

    def route(self, url: str, what: str, base: Route | None = None) -> Route:
        """Return the way to ``url``.

        Args:
            what: What is asked for, for people.
            base: What redirects to it; None when it was named by the user.

        Raises:
            MalformedError: It is no URL.
            RefusedError: It is not encrypted, carries a password, or leads to where
                no external hash file is asked for.
            UnavailableError: There is no such host.
        """
        try:
            joined = url if base is None else urljoin(base.url, url.strip())
            # What is looked at is what is sent: two readers of a URL may differ.
            sent = requests.Request("GET", joined).prepare().url or ""
            parts = urlsplit(sent)
            host, port = parts.hostname or "", parts.port
        except (requests.RequestException, ValueError):
            # No cause: its text is the whole URL, signature and all.
            raise MalformedError(
                what, f"{_whose(base)} address cannot be asked"
            ) from None
        if not host:
            raise MalformedError(what, f"{_whose(base)} address names no host")
        if parts.username is not None or parts.password is not None:
            raise RefusedError(what, f"{_whose(base)} address carries a user's name")
        loopback = is_loopback(host)
        plain = parts.scheme == "http" and loopback
        if parts.scheme != "https" and not plain:
            raise RefusedError(
                what, f"{parts.scheme}://{host} is not encrypted: only https will do"
            )
        if base is not None and base.scheme == "https" and plain:
            raise RefusedError(what, f"{base.host} redirects from https to http")
        if base is not None and loopback and not base.loopback:
            raise RefusedError(
                what, f"{base.host} redirects to {host}, which is this machine"
            )
        port = port or _PORTS[parts.scheme]
        addresses = self._addresses(host, port, what, loopback=loopback)
        return Route(sent, parts.scheme, host, port, parts.netloc, addresses)

    def _addresses(
        self, host: str, port: int, what: str, *, loopback: bool
    ) -> tuple[str, ...]:
        try:
            found = self.resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise UnavailableError(
                what, f"there is no address for {host}: {_said(error)}"
            ) from error
        good: list[str] = []
        bad: list[str] = []
        for text in found:
            address = ip_address(text)
            if loopback:
                against = None if address.is_loopback else "not this machine"
            else:
                against = self.objection(address)
            if against is None:
                good.append(text)
            else:
                bad.append(f"{text} ({against})")
        # One good address is enough, and no other one is asked.
        if not good:
            raise RefusedError(
                what,
                f"{host} is at {', '.join(bad) or 'no address'}: an external hash "
                "file is asked for on the internet only; fetch it by other means, and "
                "name the file",
            )
        return tuple(good)


def _whose(base: Route | None) -> str:
    return "the" if base is None else f"{base.host} redirects, and the"


def _said(error: Exception) -> str:
    told = error.strerror if isinstance(error, OSError) else None
    return told or str(error)
