"""The documents of the API that were seen last, as far as they are still kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from domain.ledger import Ledger
from domain.records import CatalogSeen
from ports.errors import MalformedError, NotFoundError
from ports.generations import Generations


@dataclass(frozen=True, slots=True)
class KnownDocuments:
    """What a mirror knows of its upstream's documents.

    Attributes:
        source: Where the catalog is read: what is known of another one says nothing.
    """

    generations: Generations
    ledger: Ledger
    source: str

    @property
    def seen(self) -> CatalogSeen | None:
        """The catalog of this source that was read last."""
        return seen_of(self.ledger, self.source)

    @property
    def last_modified(self) -> str | None:
        """When upstream changed last, as it said itself: it is deployed as a whole."""
        return self.seen.validators.last_modified if self.seen else None

    def sha256(self, name: str) -> str | None:
        """Return the digest of the document that was seen last, None if none was."""
        return self.seen.documents.get(name) if self.seen else None

    def body(self, name: str) -> bytes | None:
        """Return the document that was seen last, None if it is not kept."""
        sha256 = self.sha256(name)
        for read in self._places(name, sha256) if sha256 else ():
            with suppress(NotFoundError, MalformedError):
                return read()
        return None

    def _places(self, name: str, sha256: str) -> Iterator[Callable[[], bytes]]:
        yield partial(self.generations.staged, sha256)
        for number, generation in self.ledger.generations.items():
            if generation.documents.get(name) == sha256:
                yield partial(self.generations.document, number, name, sha256)


def seen_of(ledger: Ledger, source: str) -> CatalogSeen | None:
    """Return the catalog that was read last, if it was read at ``source``."""
    seen = ledger.catalog
    return seen if seen is not None and seen.source == source else None
