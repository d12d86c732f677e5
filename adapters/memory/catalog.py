"""A catalog in memory: what upstream offers is what a test says it offers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from domain.catalog import (
    Catalog,
    CatalogDocument,
    Skipped,
    Validators,
    make_catalog,
)
from domain.formula import Formula
from ports.catalog import CatalogSource

_NAME = "formula.json"


class MemoryCatalog(CatalogSource):
    """Offers the entries it was handed, and tells by validators when they change."""

    def __init__(self, entries: Iterable[Formula | Skipped] = ()) -> None:
        self.offer(entries)

    @property
    def source(self) -> str:
        """The URL or path that ``fetch`` reads; validators are good for it alone."""
        return f"memory:{_NAME}"

    def offer(self, entries: Iterable[Formula | Skipped]) -> None:
        """Offer ``entries`` from now on, in place of those before."""
        self._entries = tuple(entries)
        written = "\n".join(map(repr, self._entries)).encode()
        self._sha256 = hashlib.sha256(written).hexdigest()

    def fetch(self, unless: Validators | None = None) -> Catalog | None:
        validators = Validators(etag=f'"{self._sha256}"')
        if unless == validators:
            return None
        document = CatalogDocument(
            name=_NAME,
            source=self.source,
            sha256=self._sha256,
            signed=False,
            validators=validators,
        )
        return make_catalog(document, self._entries)
