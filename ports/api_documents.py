"""The API's documents: what clients are given of it, byte for byte."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Protocol

from domain.catalog import Catalog, Validators
from domain.packages import Packages
from domain.tags import Tag


@dataclass(frozen=True, slots=True)
class ApiDocument:
    """A document as it was served, decoded from any transfer encoding.

    Attributes:
        name: Below the API's address.
        last_modified: The ``Last-Modified`` header as it came, or None.
    """

    name: str
    body: bytes = field(repr=False)
    last_modified: str | None = None


class ApiDocuments(Protocol):
    """Where the documents are read that are published beside the catalog."""

    @abstractmethod
    def fetch(self, name: str) -> ApiDocument:
        """Return a document; one that bears a signature has a good one.

        Raises:
            UnavailableError: No answer.
            NotFoundError: There is no such document.
            RefusedError: It may not be read.
            UntrustedError: Its signature is not good.
            MalformedError: It is no document, but a web page.
        """
        raise NotImplementedError

    @abstractmethod
    def packages(self, body: bytes, client: Tag) -> Packages:
        """Return what a document of packages, signature and all, offers a client.

        Raises:
            UntrustedError: Its signature is not good.
            MalformedError: It is no such document, or another client's.
        """
        raise NotImplementedError

    @abstractmethod
    def catalog(self, body: bytes, validators: Validators) -> Catalog:
        """Return the catalog that a document is, signature and all.

        Args:
            validators: What the server said of it.

        Raises:
            UntrustedError: Its signature is not good.
            MalformedError: It is not a catalog.
        """
        raise NotImplementedError
