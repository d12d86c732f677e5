"""Faults on demand: which answers go wrong, how, and how often."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from threading import Lock
from typing import Literal

from tests.standin.signing import spoiled
from tests.standin.wire import Content, Delivery, Reply, Request, Text

FaultKind = Literal[
    "401",
    "403",
    "404",
    "429",
    "500",
    "503",
    "cut",
    "slow",
    "stall",
    "wrong_bytes",
    "wrong_length",
    "expired_redirect",
    "foreign_redirect",
    "malformed_json",
    "truncated_json",
    "html",
    "bad_signature",
    "older_catalog",
    "no_range",
]

_CODES = {
    "401": "UNAUTHORIZED",
    "403": "DENIED",
    "404": "NOT_FOUND",
    "429": "TOOMANYREQUESTS",
    "500": "INTERNAL_ERROR",
    "503": "UNAVAILABLE",
}
_MALFORMED = b'[{"name": "jq", "versions": }, ]'
_EXPIRED = (
    b'<?xml version="1.0" encoding="utf-8"?><Error><Code>AuthenticationFailed</Code>'
    b"<Message>Signature not valid in the specified time frame</Message></Error>"
)
_PAGE = b"<!DOCTYPE html><html><title>Sign in to the network</title></html>\n"
# TEST-NET-1 (RFC 5737): an address that is nobody's and no loopback.
_FOREIGN = "http://192.0.2.1/ghcr1/blobs/stolen"


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with the requests that it matches.

    - ``path``: a regular expression searched for in the target with its query. The
      target of a bottle's bytes names its repository too
      (``…&repository=homebrew/core/jq``).
    - ``on``: the kind of request as ``Requests`` counts it, any when None.
    - ``times``: how many requests it spoils, all when None. A request that the fault
      cannot spoil (a cut on an answer without a body) is passed over, not counted.
    - ``retry_after``: seconds, for 429 and 503; ``retry_after_in`` says whether the
      header tells them or, as ghcr.io does, the JSON body alone.
    - ``after``: bytes of the answer's body before a ``cut`` or a ``stall``; for
      ``wrong_bytes`` the place in the whole file of the byte that is flipped.
    - ``rate``: bytes per second of a ``slow`` body. ``seconds``: length of a ``stall``.
    - ``by``: what ``wrong_length`` adds to the length that it claims.
    """

    kind: FaultKind
    path: str = ""
    on: str | None = None
    times: int | None = None
    retry_after: float | None = None
    retry_after_in: Literal["header", "body"] = "header"
    after: int = 0
    rate: int = 65_536
    seconds: float = 30.0
    by: int = 1

    def __post_init__(self) -> None:
        re.compile(self.path)
        if self.times is not None and self.times < 1:
            message = f"a fault of kind {self.kind} cannot happen {self.times} times"
            raise ValueError(message)

    def spoils(self, request: Request, reply: Reply) -> bool:
        """Tell whether this is a request that the fault can act on."""
        return (
            self.on in (None, reply.kind)
            and re.search(self.path, request.target) is not None
            and _POSSIBLE.get(self.kind, _always)(request, reply)
        )

    def apply(self, reply: Reply) -> Reply:
        """Return the answer with this fault in it."""
        return _EFFECTS.get(self.kind, _refusal)(self, reply)


class Faults:
    """The faults in force: the oldest that can act on a request is the one to act."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._faults: list[Fault] = []

    def add(self, *faults: Fault) -> None:
        """Put faults in force, behind those that are."""
        with self._lock:
            self._faults += faults

    def only(self, *faults: Fault) -> None:
        """Put faults in force in place of those that are."""
        with self._lock:
            self._faults[:] = faults

    def clear(self) -> None:
        """Let everything go right again."""
        with self._lock:
            self._faults.clear()

    def spoil(self, request: Request, reply: Reply) -> Reply:
        """Return the answer as the faults in force make it."""
        if not self._faults:
            return reply
        fault = self._take(request, reply)
        return reply if fault is None else fault.apply(reply)

    def _take(self, request: Request, reply: Reply) -> Fault | None:
        with self._lock:
            for place, fault in enumerate(self._faults):
                if not fault.spoils(request, reply):
                    continue
                if fault.times == 1:
                    del self._faults[place]
                elif fault.times is not None:
                    self._faults[place] = replace(fault, times=fault.times - 1)
                return fault
        return None


@dataclass(frozen=True, slots=True)
class _Flipped:
    """A body with every bit of one byte turned over."""

    content: Content
    at: int

    @property
    def size(self) -> int:
        return self.content.size

    def slices(self, start: int, stop: int) -> Iterator[memoryview]:
        at = self.at
        if not start <= at < stop:
            yield from self.content.slices(start, stop)
            return
        yield from self.content.slices(start, at)
        (byte,) = self.content.slices(at, at + 1)
        yield memoryview(bytes([byte[0] ^ 0xFF]))
        yield from self.content.slices(at + 1, stop)


def _refusal(fault: Fault, reply: Reply) -> Reply:
    headers = {"Content-Type": "application/json"}
    message = "injected by the stand-in"
    if fault.kind == "401" and reply.challenge is not None:
        headers["WWW-Authenticate"] = reply.challenge
    if fault.retry_after is not None:
        if fault.retry_after_in == "header":
            headers["Retry-After"] = f"{fault.retry_after:g}"
        else:
            message = f"retry-after: {fault.retry_after:g}s, allowed: 44000/minute"
    body = {"errors": [{"code": _CODES[fault.kind], "message": message}]}
    return Reply(reply.kind, int(fault.kind), headers, Text(json.dumps(body).encode()))


def _delivered(delivery: Delivery, reply: Reply) -> Reply:
    reply.delivery = delivery
    return reply


def _replaced(reply: Reply, content: Content) -> Reply:
    """Put another body in; what was compressed beforehand was the right one."""
    reply.content, reply.gzipped = content, None
    return reply


def _flipped(fault: Fault, reply: Reply) -> Reply:
    at = min(fault.after, reply.content.size - 1)
    return _replaced(reply, _Flipped(reply.content, at))


def _page(_fault: Fault, reply: Reply) -> Reply:
    headers = {"Content-Type": "text/html; charset=utf-8"}
    return Reply(reply.kind, 200, headers, Text(_PAGE))


def _expired(_fault: Fault, reply: Reply) -> Reply:
    return Reply(reply.kind, 403, {"Content-Type": "application/xml"}, Text(_EXPIRED))


def _abroad(_fault: Fault, reply: Reply) -> Reply:
    reply.headers["Location"] = _FOREIGN
    return reply


def _older(_fault: Fault, reply: Reply) -> Reply:
    return reply if reply.older is None else reply.older()


def _without_ranges(_fault: Fault, reply: Reply) -> Reply:
    reply.ranges = False
    return reply


def _raw(reply: Reply) -> bytes:
    return b"".join(reply.content.slices(0, reply.content.size))


def _always(_request: Request, _reply: Reply) -> bool:
    return True


def _has_body(request: Request, reply: Reply) -> bool:
    return request.method != "HEAD" and reply.status == 200 and reply.content.size > 0


def _has_json(request: Request, reply: Reply) -> bool:
    return _has_body(request, reply) and "json" in reply.headers["Content-Type"]


_POSSIBLE: Mapping[FaultKind, Callable[[Request, Reply], bool]] = {
    "cut": _has_body,
    "slow": _has_body,
    "stall": _has_body,
    "wrong_bytes": _has_body,
    "wrong_length": _has_body,
    "malformed_json": _has_json,
    "truncated_json": _has_json,
    "bad_signature": lambda request, reply: (
        _has_json(request, reply) and request.path.endswith(".jws.json")
    ),
    "expired_redirect": lambda _, reply: reply.kind in {"signed_get", "signed_head"},
    "foreign_redirect": lambda _, reply: "Location" in reply.headers,
    "older_catalog": lambda _, reply: reply.older is not None,
    "no_range": lambda request, reply: reply.ranges and "range" in request.headers,
}

_EFFECTS: Mapping[FaultKind, Callable[[Fault, Reply], Reply]] = {
    "cut": lambda fault, reply: _delivered(Delivery(cut_after=fault.after), reply),
    "slow": lambda fault, reply: _delivered(Delivery(rate=fault.rate), reply),
    "stall": lambda fault, reply: _delivered(
        Delivery(stall_after=fault.after, stall=fault.seconds), reply
    ),
    "wrong_length": lambda fault, reply: _delivered(
        Delivery(length_error=fault.by), reply
    ),
    "wrong_bytes": _flipped,
    "malformed_json": lambda _, reply: _replaced(reply, Text(_MALFORMED)),
    "truncated_json": lambda _, reply: _replaced(
        reply, Text(_raw(reply)[: reply.content.size // 2])
    ),
    "bad_signature": lambda _, reply: _replaced(reply, Text(spoiled(_raw(reply)))),
    "html": _page,
    "expired_redirect": _expired,
    "foreign_redirect": _abroad,
    "older_catalog": _older,
    "no_range": _without_ranges,
}
