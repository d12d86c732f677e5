"""The stand-in upstream: formulae.brew.sh, ghcr.io and its storage on loopback."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tests.standin.api import Api
from tests.standin.bodies import Bodies
from tests.standin.catalog import Formula, bottles_of, rewritten, small_catalog
from tests.standin.faults import Faults
from tests.standin.listener import Listener
from tests.standin.recipes import UNSIZED
from tests.standin.records import RecordedRequest, Requests
from tests.standin.registry import Registry, Storage
from tests.standin.signing import public_key_pem
from tests.standin.sizes import SizeOf, fixed
from tests.standin.wire import Content, Reply, Request, Text

_DEFAULT_SIZE = 4_096  # bytes


@dataclass(frozen=True, slots=True)
class _Counted:
    """A body of which the bytes are counted that leave."""

    content: Content
    kind: str
    requests: Requests

    @property
    def size(self) -> int:
        return self.content.size

    def slices(self, start: int, stop: int) -> Iterator[memoryview]:
        for piece in self.content.slices(start, stop):
            self.requests.gave(self.kind, len(piece))
            yield piece


class Upstream:
    """A running upstream, on two ports of its own, until the ``with`` block ends.

    The catalog names the digests of invented bytes; ``formulae`` is what is served.

    - ``sizes`` gives each bottle's size, ``seed`` other bytes for all of them.
    - ``unsized`` names formulae whose index leaves out ``sh.brew.bottle.size``.
    - ``claims`` is what every manifest says of a bottle's size in place of the truth,
      so that a plan can be large where no bottle is; ``magnified`` is how many times
      the truth they say where there is no such claim.
    - With ``strict_tokens`` only tokens that ``/token`` handed out for the very
      repository open it; without, any bearer token does, as on ghcr.io.
    - ``redirect_lifetime`` is how long, in seconds, a signed URL works.
    - ``clock`` gives Unix seconds.
    - ``tls`` is a certificate file and its key file, for HTTPS on both ports.
    """

    def __init__(  # noqa: PLR0913 - each is one habit of the real upstream
        self,
        catalog: Sequence[Formula] | None = None,
        *,
        sizes: SizeOf | None = None,
        seed: int = 0,
        port: int = 0,
        unsized: Collection[str] = UNSIZED,
        claims: int | None = None,
        magnified: int = 1,
        strict_tokens: bool = False,
        redirect_lifetime: float = 300.0,
        tls: tuple[str, str] | None = None,
        # A server on the other side of the wire has a clock of its own.
        clock: Callable[[], float] = time.time,  # noqa: TID251
    ) -> None:
        self.requests = Requests()
        self.faults = Faults()
        self.public_key_pem = public_key_pem()
        self.formulae: Sequence[Formula] = ()
        self._clock = clock
        self._bodies = Bodies(sizes or fixed(_DEFAULT_SIZE), seed=seed)
        self._api = Api()
        self._registry = Registry(
            self._bodies,
            unsized=unsized,
            claims=claims,
            magnified=magnified,
            strict_tokens=strict_tokens,
        )
        self._storage = Storage(self._registry, clock, lifetime=redirect_lifetime)
        self.publish(small_catalog() if catalog is None else catalog)
        context = None
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
        self._listeners = (
            Listener(self._answer, port=port, tls=context),
            Listener(self._answer_storage, tls=context),
        )
        self._storage.origin = self._listeners[1].origin

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def registry(self) -> str:
        """Return what stands for ``https://ghcr.io``."""
        return self._listeners[0].origin

    @property
    def api_domain(self) -> str:
        """Return what stands for ``https://formulae.brew.sh/api``."""
        return f"{self.registry}/api"

    def publish(
        self, catalog: Sequence[Formula], *, published_at: int | None = None
    ) -> None:
        """Serve another catalog from now on; bottles of earlier ones stay.

        ``published_at``, in Unix seconds, is moved behind that of the catalog before.
        """
        served = rewritten(catalog, self._bodies)
        self._registry.publish(catalog, served)
        self.formulae = served
        self._api.publish(served, published_at or int(self._clock()))

    def replace_document(
        self, name: str, raw: bytes | None, published_at: int | None = None
    ) -> None:
        """Serve ``raw`` in place of a document of the API; None is an answer of 404."""
        self._api.replace(name, raw, published_at)

    def restore_documents(self) -> None:
        """Serve the documents again that are consistent with the catalog."""
        self._api.restore()

    def claim(self, size: int | None) -> None:
        """Have manifests of what is published from now on claim this size of each."""
        self._registry.claims = size

    def digest(self, name: str, tag: str) -> str:
        """Return the digest that the served catalog names for a bottle."""
        (formula,) = (item for item in self.formulae if item.get("name") == name)
        digest: str = dict(bottles_of(formula))[tag]["sha256"]
        return digest

    def content(self, digest: str) -> bytes:
        """Return the bytes of a bottle, whole."""
        body = self._registry.blobs[digest]
        return b"".join(body.slices(0, body.size))

    def reset_requests(self) -> None:
        """Forget the requests so far."""
        self.requests.reset()

    def close(self) -> None:
        """Go down: connections are dropped, new ones refused."""
        for listener in self._listeners:
            listener.close()

    def _answer(self, request: Request) -> Reply:
        path = request.path
        if path.startswith("/_standin/"):
            return self._control(request)
        if path.startswith("/api/"):
            reply = self._api.reply(request, path.removeprefix("/api/"))
        elif path == "/token":
            reply = self._registry.token(request)
        else:
            realm = f"{self.registry}/token"
            reply = self._registry.reply(request, realm, self._storage)
        if reply is None:
            page = Text(b"<!DOCTYPE html><html><title>404</title></html>\n")
            reply = Reply("unknown", 404, {"Content-Type": "text/html"}, page)
        return self._recorded(request, reply)

    def _answer_storage(self, request: Request) -> Reply:
        return self._recorded(request, self._storage.reply(request))

    def _recorded(self, request: Request, reply: Reply) -> Reply:
        reply = self.faults.spoil(request, reply)
        status = reply.status
        self.requests.record(
            RecordedRequest(
                reply.kind,
                request.method,
                request.target,
                request.headers,
                status,
                request.arrived,
            )
        )
        reply.content = _Counted(reply.content, reply.kind, self.requests)
        return reply

    def _control(self, request: Request) -> Reply:
        """Answer whoever started the stand-in in a process of its own."""
        if (request.method, request.path) == ("POST", "/_standin/reset"):
            self.reset_requests()
        elif (request.method, request.path) != ("GET", "/_standin/requests"):
            return Reply("control", 404)
        counts = {
            "requests": dict(self.requests.counts()),
            "statuses": {str(key): n for key, n in self.requests.statuses().items()},
        }
        headers = {"Content-Type": "application/json"}
        return Reply("control", 200, headers, Text(json.dumps(counts).encode()))
