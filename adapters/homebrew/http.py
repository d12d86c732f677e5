"""HTTP as upstream wants it spoken: patiently, and with nothing told to strangers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http import HTTPStatus
from math import inf
from threading import Lock
from typing import Final, TypeVar

from adapters.homebrew.addresses import Address, parse_address, redirected
from adapters.homebrew.answers import Answer, Body, Response, discard
from adapters.homebrew.failures import SLOW_DOWN, refusal
from adapters.homebrew.retry_after import told_wait
from adapters.homebrew.transport import Transport
from adapters.pacing import Pacing
from adapters.retry import Backoff, retrying
from adapters.wire.connections import Method
from ports.clock import Clock
from ports.errors import RefusedError, UnavailableError
from ports.metrics import Metrics

T = TypeVar("T")

_LARGEST_DOCUMENT: Final = 200_000_000  # bytes; the catalog has 35 million
_MOST_REDIRECTS: Final = 5
_REDIRECTIONS: Final = frozenset({301, 302, 303, 307, 308})


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
    direct: bool


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
        pacing: Pacing | None = None,
    ) -> None:
        """Make the client.

        Args:
            pool_size: How many connections to one host are kept.
            pacing: What others keep to as well; a new one if None.
        """
        self.patience = patience or Patience()
        self._clock = clock
        self._chance = chance
        self._user_agent = user_agent
        self._metrics = metrics
        self._pacing = pacing or Pacing(
            clock, chance, longest=self.patience.backoff.longest
        )
        self._transport = Transport(pool_size)
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
        compressed: bool = True,
    ) -> Response:
        """Return the document at ``url``.

        Args:
            what: What is asked for, and of whom, for people.
            at_most: Bytes that it may have, decompressed.
            compressed: Whether it may be sent so. What is small, and asked for often,
                costs less as it is.

        Raises:
            UnavailableError: No answer after all attempts.
            NotFoundError: There is no such document.
            RefusedError: Any other status than those to accept.
            MalformedError: It is too large, or cannot be decompressed.
        """
        encoding = "gzip" if compressed else "identity"
        headers = {"Accept-Encoding": encoding, **(headers or {})}
        request = self._request(
            "GET", url, headers, what, accept_status, patience, direct=not compressed
        )

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
        request = self._request(
            "GET", url, headers, what, accept_status, patience, direct=True
        )
        return self._retrying(request, lambda: self._followed(request))

    def close(self) -> None:
        """Close the connections that wait to be used again."""
        self._transport.close()

    def _request(
        self,
        method: Method,
        url: str,
        headers: Mapping[str, str],
        what: str,
        accept_status: Collection[int],
        patience: Patience | None,
        *,
        direct: bool = False,
    ) -> _Request:
        return _Request(
            method=method,
            address=parse_address(url, what),
            headers={"User-Agent": self._user_agent, **headers},
            what=what,
            accept_status=accept_status,
            patience=patience or self.patience,
            direct=direct,
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
            if answer.status not in _REDIRECTIONS:
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
    ) -> Answer:
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
        asked_at = self._pacing.wait(address.origin)
        with self._lock:
            self._requests += 1
        answer = self._transport.send(
            request.method,
            address,
            headers,
            timeouts=(request.patience.connect, request.patience.silence),
            what=request.what,
            direct=request.direct,
        )
        status = answer.status
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
