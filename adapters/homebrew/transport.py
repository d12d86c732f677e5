"""Two ways to send one request: a library's for documents, a short one for bottles."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH, select_proxy
from urllib3.util import Retry

from adapters.homebrew.addresses import Address
from adapters.homebrew.answers import Answer, DirectAnswer, VendorAnswer
from adapters.homebrew.failures import UnreachableError, translated
from adapters.wire.connections import Connections, Method
from ports.errors import MalformedError


@dataclass(frozen=True, slots=True)
class _Settings:
    """What the environment has for a host.

    Attributes:
        vendor: What requests wants to be told.
        direct: Whether the host can be reached without a proxy.
    """

    vendor: Mapping[str, Any]
    direct: bool


class Transport:
    """Sends requests, each once. May be used by many threads at once.

    Proxies and certificate bundles come from the environment. Where there is a proxy,
    every request goes by the library.
    """

    def __init__(self, pool_size: int) -> None:
        self._session = requests.Session()
        # Without a count, its failures carry no URL and so no signature in their text.
        transport = HTTPAdapter(pool_maxsize=pool_size, max_retries=Retry(total=False))
        self._session.mount("https://", transport)
        self._session.mount("http://", transport)
        # It tells whole URLs, in debugging and when it warns of odd headers.
        logging.getLogger("urllib3").setLevel(logging.ERROR)
        self._connections = Connections(self._trust, kept=pool_size)
        self._settings: dict[str, _Settings] = {}
        self._bundle: str = DEFAULT_CA_BUNDLE_PATH

    def send(
        self,
        method: Method,
        address: Address,
        headers: Mapping[str, str],
        *,
        timeouts: tuple[float, float],
        what: str,
        direct: bool,
    ) -> Answer:
        """Return the answer to one request, its body still to be read.

        Args:
            timeouts: Seconds for a connection, and without a byte.
            direct: Whether it is asked for often, and is wanted as it is: such a
                request goes the short way where that leads.

        Raises:
            UnavailableError: There was none.
            MalformedError: The address cannot be asked.
        """
        settings = self._settings.get(address.origin)
        if settings is None:
            settings = self._settings_for(address, what)
        if direct and settings.direct:
            return self._ask(method, address, headers, timeouts, what)
        try:
            prepared = requests.Request(
                method, address.url, headers=dict(headers)
            ).prepare()
        except requests.RequestException:
            # No cause: its text is the whole address, signature and all.
            raise _no_address(address, what) from None
        with translated(what, address.host):
            # Session.send would add cookies, and get the next request of every
            # redirect ready with what .netrc has for it; its transport just sends.
            return VendorAnswer(
                self._session.get_adapter(address.url).send(
                    prepared, timeout=timeouts, **settings.vendor
                )
            )

    def close(self) -> None:
        """Close the connections that wait to be used again."""
        self._session.close()
        self._connections.close()

    def _ask(
        self,
        method: Method,
        address: Address,
        headers: Mapping[str, str],
        timeouts: tuple[float, float],
        what: str,
    ) -> Answer:
        server = address.site.server
        connect, silence = timeouts
        with (
            translated(what, address.host),
            self._connections.connect(server, connect) as connection,
        ):
            try:
                connection.begin(
                    method,
                    address.target,
                    {"Host": server.authority, **headers},
                    silence,
                )
            except ValueError:
                raise _no_address(address, what) from None
            return DirectAnswer(connection.answer(method))

    def _trust(self) -> ssl.SSLContext:
        bundle = Path(self._bundle)
        if bundle.is_dir():
            return ssl.create_default_context(capath=bundle)
        return ssl.create_default_context(cafile=bundle)

    def _settings_for(self, address: Address, what: str) -> _Settings:
        """Return proxies and certificates for a host, as the environment has them."""
        vendor = self._session.merge_environment_settings(
            address.url, proxies={}, stream=True, verify=None, cert=None
        )
        bundle = vendor["verify"]
        if isinstance(bundle, str):
            if not Path(bundle).exists():
                raise UnreachableError(
                    what, f"{bundle}, which REQUESTS_CA_BUNDLE names, is not there"
                )
            self._bundle = bundle
        if address.loopback:
            vendor["proxies"] = {}
        direct = address.host.isascii() and not select_proxy(
            address.url, vendor["proxies"]
        )
        settings = self._settings[address.origin] = _Settings(vendor, direct)
        return settings


def _no_address(address: Address, what: str) -> MalformedError:
    return MalformedError(what, f"an address at {address.host} that cannot be asked")
