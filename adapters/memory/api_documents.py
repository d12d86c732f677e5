"""The API's documents in memory: upstream publishes what a test says it does."""

from __future__ import annotations

from adapters.memory.catalog import MemoryCatalog
from domain.api_documents import packages_document
from domain.catalog import Catalog, Validators
from domain.packages import Packages
from domain.tags import Tag
from ports.api_documents import ApiDocument, ApiDocuments
from ports.errors import MalformedError, NotFoundError, PortError


class MemoryDocuments(ApiDocuments):
    """Gives the documents it was handed, and fails with the errors it was handed.

    Attributes:
        asked: The names of the documents that were asked for, in their order.
    """

    def __init__(self, catalog: MemoryCatalog) -> None:
        self._catalog = catalog
        self._served: dict[str, ApiDocument | PortError] = {}
        self._packages: dict[bytes, Packages] = {}
        self.asked: list[str] = []

    def serve(self, name: str, body: bytes, last_modified: str | None = None) -> None:
        """Serve a document from now on."""
        self._served[name] = ApiDocument(name, body, last_modified)

    def serve_packages(
        self, packages: Packages, last_modified: str | None = None
    ) -> bytes:
        """Serve the packages of their client from now on; return the document."""
        body = repr(packages).encode()
        self._packages[body] = packages
        self.serve(packages_document(packages.tag), body, last_modified)
        return body

    def fail(self, name: str, error: PortError) -> None:
        """Fail from now on when a document is asked for."""
        self._served[name] = error

    def fetch(self, name: str) -> ApiDocument:
        self.asked.append(name)
        served = self._served.get(name)
        if served is None:
            raise NotFoundError(name, "there is no such document")
        if isinstance(served, PortError):
            raise served
        return served

    def packages(self, body: bytes, client: Tag) -> Packages:
        packages = self._packages.get(body)
        if packages is None or packages.tag != client:
            raise MalformedError(packages_document(client), "no such document")
        return packages

    def catalog(self, body: bytes, validators: Validators) -> Catalog:
        return self._catalog.read(body, validators)
