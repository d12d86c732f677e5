"""The part of formulae.brew.sh: catalog documents, conditional and compressed."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from http import HTTPStatus

from tests.standin.catalog import Formula
from tests.standin.signing import signed
from tests.standin.wire import Reply, Request, Text

_DAY = 86_400  # seconds


@dataclass(frozen=True, slots=True)
class Document:
    """One API document, also compressed: rendered before anybody waits for it."""

    raw: bytes
    gzipped: bytes

    @classmethod
    def of(cls, raw: bytes) -> Document:
        """Compress a document."""
        return cls(raw, gzip.compress(raw, compresslevel=1, mtime=0))


@dataclass(frozen=True, slots=True)
class Generation:
    """The API's documents as published at one moment, in Unix seconds."""

    published_at: int
    documents: Mapping[str, Document]


class Api:
    """Serves the newest generation, and the one before to a CDN that went back."""

    def __init__(self) -> None:
        self._current = Generation(0, {})
        self._previous = self._current

    def publish(self, formulae: Sequence[Formula], published_at: int) -> None:
        """Make a generation the current one.

        A date that is not later than the current one's is moved behind it, for two
        generations must differ in their validators.
        """
        previous = self._current
        published_at = max(published_at, previous.published_at + 1)
        current = Generation(published_at, _documents(formulae))
        if not previous.documents:
            previous = Generation(published_at - _DAY, current.documents)
        self._previous, self._current = previous, current

    def reply(self, request: Request, name: str) -> Reply | None:
        """Answer a request for a document, or None when there is none of this name."""
        current, previous = self._current, self._previous
        if name not in current.documents:
            return None
        reply = _conditional(request, name, current)
        reply.older = lambda: _conditional(request, name, previous)
        return reply


def _documents(formulae: Sequence[Formula]) -> Mapping[str, Document]:
    """Return the documents by their path below the API's root."""
    text = json.dumps(formulae, separators=(",", ":"), ensure_ascii=False)
    raw = text.encode()
    return {
        "formula.json": Document.of(raw),
        "formula.jws.json": Document.of(signed(raw)),
    }


def _conditional(request: Request, name: str, generation: Generation) -> Reply:
    document = generation.documents[name]
    moment = generation.published_at
    etag = f'W/"{moment:x}-{len(document.raw):x}"'
    headers = {
        "Cache-Control": "max-age=600",
        "Last-Modified": formatdate(moment, usegmt=True),
        "ETag": etag,
        "Vary": "Accept-Encoding",
    }
    if _unchanged(request, etag, moment):
        return Reply("catalog_304", HTTPStatus.NOT_MODIFIED, headers)
    headers["Content-Type"] = "application/json; charset=utf-8"
    content = Text(document.raw)
    return Reply("catalog", 200, headers, content, gzipped=document.gzipped)


def _unchanged(request: Request, etag: str, moment: int) -> bool:
    """Tell whether the client has this generation (RFC 9110, 13.2.2)."""
    known = request.headers.get("if-none-match")
    if known is not None:
        opaque = etag.removeprefix("W/")
        candidates = (item.strip().removeprefix("W/") for item in known.split(","))
        return any(candidate in ("*", opaque) for candidate in candidates)
    since = request.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        return moment <= parsedate_to_datetime(since).timestamp()
    except (ValueError, OverflowError):
        return False
