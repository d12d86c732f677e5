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
from ports.catalog import CatalogSource, Keep

Entries = tuple[Formula | Skipped, ...]


class MemoryCatalog(CatalogSource):
    """Offers the entries it was handed, and tells by validators when they change.

    Attributes:
        last_modified: When it was made, if it is to say so.
        asked: What each who fetched it had seen of it.
    """

    def __init__(
        self,
        entries: Iterable[Formula | Skipped] = (),
        *,
        name: str = "formula.json",
        signed: bool = False,
    ) -> None:
        self._name = name
        self._signed = signed
        self._offered: dict[bytes, Entries] = {}
        self.last_modified: str | None = None
        self.asked: list[Validators | None] = []
        self.offer(entries)

    @property
    def source(self) -> str:
        """The URL or path that ``fetch`` reads; validators are good for it alone."""
        return f"memory:{self._name}"

    def offer(self, entries: Iterable[Formula | Skipped]) -> None:
        """Offer ``entries`` from now on, in place of those before."""
        offered = tuple(entries)
        self._body = "\n".join(map(repr, offered)).encode()
        self._offered[self._body] = offered

    def fetch(
        self, unless: Validators | None = None, keep: Keep | None = None
    ) -> Catalog | None:
        etag = f'"{hashlib.sha256(self._body).hexdigest()}"'
        validators = Validators(etag, self.last_modified)
        self.asked.append(unless)
        if unless == validators:
            return None
        if keep is not None:
            keep(self._body)
        return self.read(self._body, validators)

    def read(self, body: bytes, validators: Validators) -> Catalog:
        """Return the catalog that was offered in these bytes."""
        document = CatalogDocument(
            name=self._name,
            source=self.source,
            sha256=hashlib.sha256(body).hexdigest(),
            signed=self._signed,
            validators=validators,
        )
        return make_catalog(document, self._offered[body])
