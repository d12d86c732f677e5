"""An external hash file on the internet."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Final

import requests
from requests.utils import select_proxy

from adapters.external.addresses import Guard, Route
from adapters.external.failures import refusal, told_wait, translated
from adapters.external.gathering import LARGEST, PIECE, gathered
from adapters.external.migration import migrated
from adapters.external.transport import Leash, PinnedTransport
from adapters.retry import Backoff, retrying
from domain.config import ExternalUrl
from ports.clock import Clock
from ports.errors import MalformedError, RefusedError, UnavailableError
from ports.external_hash_file import ExternalEntries, ExternalHashFile

_MOST_REDIRECTS: Final = 5
_REDIRECTIONS: Final = frozenset({301, 302, 303, 307, 308})
# What RFC 9110 (8.8.3) lets an entity tag be, as far as it is ASCII and of a size to
# be kept. It is sent back as it came.
_ETAG: Final = re.compile(r'(?:W/)?"[!#-~]{0,512}"')
_ASKED: Final = "If-None-Match"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is borne of a server.

    Attributes:
        backoff: How often it is asked, and the waits in between.
        connect: Seconds for a connection, and for its TLS handshake.
        silence: Seconds without a byte before a connection counts as broken.
        total: Seconds for everything together: redirects, body and repetitions.
        at_most: Bytes that the file may have, as it came and unpacked.
    """

    backoff: Backoff = field(default_factory=Backoff)
    connect: float = 10.0
    silence: float = 20.0
    total: float = 120.0
    at_most: int = LARGEST


class _TooSlowError(Exception):
    """There is no time left for another try; its text says why, if somebody knows."""


class HttpsHashFile(ExternalHashFile):
    """A document at an ``https://`` URL, fetched from the address that was looked at.

    Cookies, ``.netrc`` and credentials of any kind are none of its business; bundles
    of certificates come from the environment (``REQUESTS_CA_BUNDLE``). A proxy would
    look the host up by itself, and could not be held to an address: where the
    environment has one for the URL, it is refused and told so. Whoever has a proxy
    excepts the host (``NO_PROXY``), or fetches the file by other means and names that.
    Of the URL's query, which may be a signature, nothing is ever shown.
    """

    def __init__(
        self,
        address: ExternalUrl,
        clock: Clock,
        chance: Callable[[], float],
        *,
        user_agent: str,
        limits: Limits | None = None,
        guard: Guard | None = None,
    ) -> None:
        self._address = address
        self._clock = clock
        self._chance = chance
        self._user_agent = user_agent
        self._limits = limits or Limits()
        self._guard = guard or Guard()
        # It tells whole URLs, in debugging and when it warns of odd headers.
        logging.getLogger("urllib3").setLevel(logging.ERROR)

    @property
    def source(self) -> str:
        return str(self._address)

    def fetch(self, unless: str | None = None) -> ExternalEntries | None:
        limits = self._limits
        end = self._clock.monotonic() + limits.total
        try:
            body, etag = retrying(
                lambda: self._asked(unless, end - self._clock.monotonic()),
                backoff=limits.backoff,
                clock=self._clock,
                chance=self._chance,
            )
        except _TooSlowError as error:
            raise UnavailableError(
                self.source, str(error) or f"it did not come within {limits.total:g} s"
            ) from error
        if body is None:
            return None
        return migrated(
            body,
            source=self.source,
            etag=etag,
            today=self._clock.now().date(),
            at_most=limits.at_most,
        )

    def _asked(
        self, unless: str | None, seconds: float
    ) -> tuple[bytes | None, str | None]:
        """Return the body and its ETag; no body when it is still what it was."""
        headers = {"User-Agent": self._user_agent, "Accept-Encoding": "gzip"}
        if unless is not None:
            headers[_ASKED] = unless
        if seconds <= 0:
            raise _TooSlowError
        with Leash(seconds) as leash:
            try:
                found = self._followed(headers, leash)
            except UnavailableError as error:
                # Whatever it was broken off in the middle of.
                if leash.pulled:
                    raise _TooSlowError from error
                raise
            # An end that nobody announced looks like any other.
            if leash.pulled:
                raise _TooSlowError
            return found

    def _followed(
        self, headers: Mapping[str, str], leash: Leash
    ) -> tuple[bytes | None, str | None]:
        route = self._guard.route(self._address.url, self.source)
        for _ in range(_MOST_REDIRECTS + 1):
            with ExitStack() as closed_again:
                answer = self._answer(route, headers, leash, closed_again)
                if answer.status_code not in _REDIRECTIONS:
                    return self._read(answer, route.host, conditional=_ASKED in headers)
                location = answer.headers.get("Location")
            if not location:
                raise MalformedError(
                    self.source, f"{route.host} redirects, and does not say where to"
                )
            route = self._guard.route(location, self.source, route)
        raise RefusedError(
            self.source,
            f"more than {_MOST_REDIRECTS} redirects, the last to {route.host}",
        )

    def _answer(
        self,
        route: Route,
        headers: Mapping[str, str],
        leash: Leash,
        closed_again: ExitStack,
    ) -> requests.Response:
        """Return what is answered at the first address that does answer."""
        with translated(self.source, route.host):
            request = requests.Request(
                "GET", route.url, headers={**headers, "Host": route.netloc}
            ).prepare()
        *others, last = route.addresses
        for address in others:
            with suppress(UnavailableError):
                return self._sent(request, route, address, leash, closed_again)
        return self._sent(request, route, last, leash, closed_again)

    def _sent(
        self,
        request: requests.PreparedRequest,
        route: Route,
        address: str,
        leash: Leash,
        closed_again: ExitStack,
    ) -> requests.Response:
        if leash.pulled:
            raise _TooSlowError
        transport = PinnedTransport(address, leash)
        closed_again.callback(transport.close)
        with translated(self.source, route.host):
            answer = transport.send(
                request,
                stream=True,
                timeout=(self._limits.connect, self._limits.silence),
                verify=self._certificates(route),
            )
        return closed_again.enter_context(closing(answer))

    def _read(
        self, answer: requests.Response, host: str, *, conditional: bool
    ) -> tuple[bytes | None, str | None]:
        status = answer.status_code
        if status == HTTPStatus.NOT_MODIFIED and conditional:
            return None, None
        if status != HTTPStatus.OK:
            failure = refusal(status, told_wait(answer.headers), self.source, host)
            if isinstance(failure, UnavailableError):
                wait = failure.retry_after or 0
                if wait > self._limits.total:
                    raise _TooSlowError(f"{failure.detail}, in {wait:.0f} s at best")
            raise failure
        etag = answer.headers.get("ETag", "")
        with translated(self.source, host):
            # Not decompressed: that is bounded, and done, where the file is read.
            pieces: Iterator[bytes] = iter(
                lambda: answer.raw.read(PIECE, decode_content=False), b""
            )
            body = gathered(pieces, self.source, self._limits.at_most)
        return body, etag if _ETAG.fullmatch(etag) else None

    def _certificates(self, route: Route) -> bool | str:
        """Return who vouches for a host, as the environment has it."""
        with requests.Session() as session:
            settings = session.merge_environment_settings(
                route.url, proxies={}, stream=True, verify=None, cert=None
            )
        if not route.loopback and select_proxy(route.url, settings["proxies"]):
            raise RefusedError(
                self.source,
                f"the environment has a proxy for {route.host}, which cannot be held "
                "to the address that was checked: add the host to NO_PROXY, or fetch "
                "the file through the proxy and name the file",
            )
        verify = settings["verify"]
        if isinstance(verify, str) and not Path(verify).exists():
            raise RefusedError(
                self.source, f"{verify}, which REQUESTS_CA_BUNDLE names, is not there"
            )
        return True if verify is None else verify
