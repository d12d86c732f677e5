"""HTTP as upstream wants it spoken: patiently, and with nothing told to strangers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http import HTTPStatus
from math import inf
from pathlib import Path
from threading import Lock
from typing import Any, Final, Literal, TypeVar

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from adapters.homebrew.addresses import Address, parse_address, redirected
from adapters.homebrew.answers import Body, Response, discard
from adapters.homebrew.failures import SLOW_DOWN, UnreachableError, refusal, translated
from adapters.homebrew.pacing import Pacing
from adapters.homebrew.retry_after import told_wait
from adapters.retry import Backoff, retrying
from ports.clock import Clock
from ports.errors import MalformedError, RefusedError, UnavailableError
from ports.metrics import Metrics

T = TypeVar("T")
Method = Literal["GET", "HEAD"]

_LARGEST_DOCUMENT: Final = 200_000_000  # bytes; the catalog has 35 million
_MOST_REDIRECTS: Final = 5
_REDIRECTIONS: Final = frozenset({301, 302, 303, 307, 308})

# The client counts its ``requests``, and annotations are looked up beside that.
_Answer = requests.Response


@dataclass(frozen=True, slots=True)
class Patience:
    """How long, and how often, an answer is waited for.

    Attributes:
        backoff: How often it is asked for, and the waits in between.
        connect: Seconds for a connection. Asking anew after three is as good as
            TCP's own next try.
        silence: Seconds without a byte before a connection counts as broken.
        pause: The longest wait, in seconds, for a host that asked to slow down.
    """

    backoff: Backoff = field(default_factory=Backoff)
    connect: float = 3.05
    silence: float = 10.0
    pause: float = inf


@dataclass(frozen=True, slots=True, repr=False)
class _Request:
    method: Method
    address: Address
    headers: Mapping[str, str]
    what: str
    accept_status: Collection[int]
    patience: Patience


class HttpClient:
    """Asks hosts for documents and bodies. May be used by many threads at once.

    Every request is tried again while there is no answer, at the pace that its host
    asks for. Redirects are followed, and a token never goes along to another host.
    Cookies and ``.netrc`` are none of its business; proxies and certificate bundles
    come from the environment.
    """

    def __init__(
        self,
        clock: Clock,
        chance: Callable[[], float],
        *,
        pool_size: int,
        user_agent: str,
        metrics: Metrics,
        patience: Patience | None = None,
    ) -> None:
        self.patience = patience or Patience()
        self._clock = clock
        self._chance = chance
        self._user_agent = user_agent
        self._metrics = metrics
        self._pacing = Pacing(clock, chance, longest=self.patience.backoff.longest)
        self._session = requests.Session()
        # Without a count, its failures carry no URL and so no signature in their text.
        transport = HTTPAdapter(pool_maxsize=pool_size, max_retries=Retry(total=False))
        self._session.mount("https://", transport)
        self._session.mount("http://", transport)
        # It tells whole URLs, in debugging and when it warns of odd headers.
        logging.getLogger("urllib3").setLevel(logging.ERROR)
        self._settings: dict[str, Mapping[str, Any]] = {}
        self._requests = 0
        self._lock = Lock()

    @property
    def requests(self) -> int:
        """How many requests went out so far, redirects and repetitions included."""
        return self._requests

    def get(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        what: str,
        accept_status: Collection[int] = (HTTPStatus.OK,),
        at_most: int = _LARGEST_DOCUMENT,
        patience: Patience | None = None,
    ) -> Response:
        """Return the document at ``url``.

        Args:
            what: What is asked for, and of whom, for people.
            at_most: Bytes that it may have, decompressed.

        Raises:
            UnavailableError: No answer after all attempts.
            NotFoundError: There is no such document.
            RefusedError: Any other status than those to accept.
            MalformedError: It is too large, or cannot be decompressed.
        """
        headers = {"Accept-Encoding": "gzip", **(headers or {})}
        request = self._request("GET", url, headers, what, accept_status, patience)

        def whole() -> Response:
            with closing(self._followed(request)) as body:
                document = body.read_document(at_most)
                return Response(body.status, body.headers, document)

        return self._retrying(request, whole)

    def head(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        what: str,
        patience: Patience | None = None,
    ) -> Response:
        """Return the answer that a GET would get, but for its body.

        Raises:
            UnavailableError: No answer after all attempts.
            NotFoundError: There is nothing at ``url``.
            RefusedError: Any other status than 200.
        """
        headers = {"Accept-Encoding": "identity", **(headers or {})}
        request = self._request("HEAD", url, headers, what, (HTTPStatus.OK,), patience)

        def whole() -> Response:
            with closing(self._followed(request)) as body:
                return Response(body.status, body.headers, b"")

        return self._retrying(request, whole)

    def open(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        what: str,
        accept_status: Collection[int] = (HTTPStatus.OK,),
        patience: Patience | None = None,
    ) -> Body:
        """Return the answer at ``url`` with its body still to be read, and closed.

        Raises:
            UnavailableError: No answer after all attempts.
            NotFoundError: There is nothing at ``url``.
            RefusedError: Any other status than those to accept.
        """
        headers = {"Accept-Encoding": "identity", **(headers or {})}
        request = self._request("GET", url, headers, what, accept_status, patience)
        return self._retrying(request, lambda: self._followed(request))

    def close(self) -> None:
        """Close the connections that wait to be used again."""
        self._session.close()

    def _request(
        self,
        method: Method,
        url: str,
        headers: Mapping[str, str],
        what: str,
        accept_status: Collection[int],
        patience: Patience | None,
    ) -> _Request:
        return _Request(
            method=method,
            address=parse_address(url, what),
            headers={"User-Agent": self._user_agent, **headers},
            what=what,
            accept_status=accept_status,
            patience=patience or self.patience,
        )

    def _retrying(self, request: _Request, call: Callable[[], T]) -> T:
        return retrying(
            call,
            backoff=request.patience.backoff,
            clock=self._clock,
            chance=self._chance,
        )

    def _followed(self, request: _Request) -> Body:
        address, headers = request.address, request.headers
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._answer(request, address, headers)
            if answer.status_code not in _REDIRECTIONS:
                return Body(answer, request.what, address.host)
            location = answer.headers.get("Location")
            discard(answer)
            target = redirected(address, location, request.what)
            if target.origin != address.origin:
                headers = {
                    name: value
                    for name, value in headers.items()
                    if name.lower() != "authorization"
                }
            address = target
        raise RefusedError(
            request.what,
            f"more than {_MOST_REDIRECTS} redirects, the last to {address.host}",
        )

    def _answer(
        self, request: _Request, address: Address, headers: Mapping[str, str]
    ) -> _Answer:
        """Send one request, when its host may be asked."""
        if down := self._pacing.complaining(address.origin):
            raise UnavailableError(
                request.what,
                f"{address.host} has asked to slow down for {down:.0f} s, and has"
                " answered nothing else",
            )
        pause = self._pacing.remaining(address.origin)
        if pause > request.patience.pause:
            raise UnavailableError(
                request.what,
                f"{address.host} is to be left alone for {pause:.1f} s",
                retry_after=pause,
            )
        self._pacing.wait(address.origin)
        try:
            prepared = requests.Request(
                request.method, address.url, headers=dict(headers)
            ).prepare()
        except requests.RequestException:
            # No cause: its text is the whole address, signature and all.
            raise MalformedError(
                request.what, f"an address at {address.host} that cannot be asked"
            ) from None
        with self._lock:
            self._requests += 1
        asked_at = self._clock.monotonic()
        with translated(request.what, address.host):
            # Session.send would add cookies, and get the next request of every
            # redirect ready with what .netrc has for it; its transport just sends.
            answer = self._session.get_adapter(address.url).send(
                prepared,
                timeout=(request.patience.connect, request.patience.silence),
                **self._settings_for(address, request.what),
            )
        status = answer.status_code
        if status in request.accept_status or status in _REDIRECTIONS:
            self._pacing.answered(address.origin, asked_at)
            return answer
        told = told_wait(answer.headers, discard(answer), self._clock.now())
        # GitHub's secondary limits come as 403, with the seconds to wait.
        limited = status == HTTPStatus.FORBIDDEN and told is not None
        if status in SLOW_DOWN or limited:
            self._metrics.add("UpstreamThrottles", 1)
            self._pacing.slow_down(address.origin, asked_at, told)
        raise refusal(
            status,
            answer.headers,
            told,
            what=request.what,
            asked=request.address,
            at=address,
        )

    def _settings_for(self, address: Address, what: str) -> Mapping[str, Any]:
        """Return proxies and certificates for a host, as the environment has them."""
        settings = self._settings.get(address.origin)
        if settings is None:
            settings = self._session.merge_environment_settings(
                address.url, proxies={}, stream=True, verify=None, cert=None
            )
            bundle = settings["verify"]
            if isinstance(bundle, str) and not Path(bundle).exists():
                raise UnreachableError(
                    what, f"{bundle}, which REQUESTS_CA_BUNDLE names, is not there"
                )
            if address.loopback:
                settings["proxies"] = {}
            self._settings[address.origin] = settings
        return settings
