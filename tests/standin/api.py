"""The part of formulae.brew.sh: the API's documents, conditional and compressed."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from http import HTTPStatus
from threading import Lock

from tests.standin.catalog import Formula
from tests.standin.packages import (
    OTHERS,
    client_of,
    executables,
    packages_of,
    written,
)
from tests.standin.signing import signed
from tests.standin.wire import Reply, Request, Text

_DAY = 86_400  # seconds
_MAKING = 60  # seconds
_EXECUTABLES = "internal/executables.txt"


@dataclass(frozen=True, slots=True)
class Document:
    """One API document, also compressed: rendered before anybody waits for it."""

    raw: bytes
    gzipped: bytes

    @classmethod
    def of(cls, raw: bytes) -> Document:
        """Compress a document."""
        return cls(raw, gzip.compress(raw, compresslevel=1, mtime=0))


Documents = Mapping[str, Document]


class Generation:
    """The API's documents as published at one moment, in Unix seconds.

    Those beside the catalog are made when they are asked for: a real catalog makes
    some twenty of 15 MB.
    """

    def __init__(
        self, published_at: int, formulae: Sequence[Formula], catalog: Documents
    ) -> None:
        self.published_at = published_at
        self.catalog = catalog
        self._formulae = formulae
        self._beside: dict[str, Document] = {}
        self._lock = Lock()

    def document(self, name: str) -> Document | None:
        """Return a document by its path below the API's root, None if there is none."""
        if name in self.catalog:
            return self.catalog[name]
        with self._lock:
            if name not in self._beside:
                raw = self._made(name)
                if raw is None:
                    return None
                self._beside[name] = Document.of(raw)
            return self._beside[name]

    def _made(self, name: str) -> bytes | None:
        client = client_of(name)
        if client is not None:
            # The documents of one deployment are made one after the other.
            made = packages_of(self._formulae, client, self.published_at - _MAKING)
            return signed(written(made))
        if name in OTHERS:
            return signed(written(OTHERS[name]))
        return executables(self._formulae) if name == _EXECUTABLES else None


class Api:
    """Serves the newest generation, and the one before to a CDN that went back."""

    def __init__(self) -> None:
        self._current = Generation(0, (), {})
        self._previous = self._current
        self._instead: dict[str, tuple[Document | None, int | None]] = {}

    def publish(self, formulae: Sequence[Formula], published_at: int) -> None:
        """Make a generation the current one.

        A date that is not later than the current one's is moved behind it, for two
        generations must differ in their validators.
        """
        previous = self._current
        published_at = max(published_at, previous.published_at + 1)
        documents = _catalog(formulae)
        current = Generation(published_at, formulae, documents)
        if not previous.catalog:
            previous = Generation(published_at - _DAY, formulae, documents)
        self._previous, self._current = previous, current

    def replace(
        self, name: str, raw: bytes | None, published_at: int | None = None
    ) -> None:
        """Serve ``raw`` as a document from now on, whatever is published; None is 404.

        Args:
            published_at: Its date; that of the current generation if None.
        """
        document = None if raw is None else Document.of(raw)
        self._instead[name] = document, published_at

    def restore(self) -> None:
        """Serve what is published again."""
        self._instead.clear()

    def reply(self, request: Request, name: str) -> Reply | None:
        """Answer a request for a document, or None when there is none of this name."""
        current, previous = self._current, self._previous
        document, moment = current.document(name), None
        if name in self._instead:
            document, moment = self._instead[name]
        if document is None:
            return None
        kind = "catalog" if name in current.catalog else "document"
        reply = _conditional(request, kind, document, moment or current.published_at)
        older = previous.document(name) or document
        reply.older = lambda: _conditional(request, kind, older, previous.published_at)
        return reply


def _catalog(formulae: Sequence[Formula]) -> Documents:
    """Return the documents that list the formulae, by their path below the root."""
    raw = written(formulae)
    return {
        "formula.json": Document.of(raw),
        "formula.jws.json": Document.of(signed(raw)),
    }


def _conditional(request: Request, kind: str, document: Document, moment: int) -> Reply:
    etag = f'W/"{moment:x}-{len(document.raw):x}"'
    headers = {
        "Cache-Control": "max-age=600",
        "Last-Modified": formatdate(moment, usegmt=True),
        "ETag": etag,
        "Vary": "Accept-Encoding",
    }
    if _unchanged(request, etag, moment):
        return Reply(f"{kind}_304", HTTPStatus.NOT_MODIFIED, headers)
    text = not document.raw.startswith((b"{", b"["))
    media_type = "text/plain" if text else "application/json"
    headers["Content-Type"] = f"{media_type}; charset=utf-8"
    content = Text(document.raw)
    return Reply(kind, 200, headers, content, gzipped=document.gzipped)


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
