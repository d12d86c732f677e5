"""Generations in memory: what is kept of what clients saw, as long as a test lasts."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping

from domain.listing import Listing
from ports.errors import NotFoundError
from ports.generations import Generations


class MemoryGenerations(Generations):
    """Keeps documents and lists. Nothing is ever damaged."""

    def __init__(self) -> None:
        self._staged: dict[str, bytes] = {}
        self._documents: dict[int, dict[str, bytes]] = {}
        self._listings: dict[int, Listing] = {}

    def stage(self, body: bytes) -> str:
        sha256 = hashlib.sha256(body).hexdigest()
        self._staged[sha256] = body
        return sha256

    def staged(self, sha256: str) -> bytes:
        if sha256 not in self._staged:
            raise NotFoundError(f"the staged document {sha256}", "it is not kept")
        return self._staged[sha256]

    def keep(self, number: int, documents: Mapping[str, str], listing: Listing) -> str:
        kept = self._documents.get(number, {})
        found: dict[str, bytes] = {}
        for name, sha256 in documents.items():
            body = kept.get(name)
            if body is None or hashlib.sha256(body).hexdigest() != sha256:
                body = self.staged(sha256)
            found[name] = body
        self._documents[number], self._listings[number] = found, listing
        return _sha256_of(listing)

    def document(self, number: int, name: str, sha256: str) -> bytes:
        body = self._documents.get(number, {}).get(name)
        if body is None or hashlib.sha256(body).hexdigest() != sha256:
            raise NotFoundError(f"{name} of generation {number}", "it is not kept")
        return body

    def listing(self, number: int, sha256: str) -> Listing:
        listing = self._listings.get(number)
        if listing is None or _sha256_of(listing) != sha256:
            raise NotFoundError(f"the list of generation {number}", "it is not kept")
        return listing

    def drop(self, number: int) -> None:
        self._documents.pop(number, None)
        self._listings.pop(number, None)

    def sweep(self, needed: Collection[str]) -> None:
        self._staged = {
            sha256: body for sha256, body in self._staged.items() if sha256 in needed
        }


def _sha256_of(listing: Listing) -> str:
    written = repr((sorted(listing.bottles.items()), sorted(listing.indexes)))
    return hashlib.sha256(written.encode()).hexdigest()
