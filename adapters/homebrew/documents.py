"""What Homebrew's API serves, as it is trusted: whole, signed, and no web page."""

from __future__ import annotations

import hashlib
from typing import Final

from adapters.homebrew.http import HttpClient
from adapters.homebrew.packages import read_packages
from adapters.homebrew.reader import read_formulae
from domain.api_documents import CATALOG, is_signed, packages_document
from domain.catalog import Catalog, CatalogDocument, Validators, make_catalog
from domain.packages import Packages
from domain.tags import Tag
from ports.api_documents import ApiDocument, ApiDocuments
from ports.errors import MalformedError

_HEAD: Final = 1024  # bytes
_LISTS: Final = (CATALOG, "cask.jws.json")
"""What has a list as its payload; all else that is signed has an object."""


class HomebrewDocuments(ApiDocuments):
    """Reads the API's documents where ``HOMEBREW_API_DOMAIN`` says that they are."""

    def __init__(
        self, http: HttpClient, api_domain: str, public_key_pem: str | None = None
    ) -> None:
        self._http = http
        self._api_domain = api_domain.rstrip("/")
        self._public_key_pem = public_key_pem

    def fetch(self, name: str) -> ApiDocument:
        source = self._source(name)
        response = self._http.get(source, what=source)
        refuse_page(response.body, source)
        if is_signed(name):
            payload = verified(response.body, self._public_key_pem, source)
            _check_kind(name, payload, source)
        return ApiDocument(name, response.body, response.headers.get("Last-Modified"))

    def packages(self, body: bytes, client: Tag) -> Packages:
        source = self._source(packages_document(client))
        payload = verified(body, self._public_key_pem, source)
        return read_packages(payload, client, source)

    def catalog(self, body: bytes, validators: Validators) -> Catalog:
        source = self._source(CATALOG)
        document = CatalogDocument(
            name=CATALOG,
            source=source,
            sha256=hashlib.sha256(body).hexdigest(),
            signed=True,
            validators=validators,
        )
        payload = verified(body, self._public_key_pem, source)
        # What nobody else keeps of it leaves the memory before the list is read.
        del body
        return read_catalog(document, payload)

    def _source(self, name: str) -> str:
        return f"{self._api_domain}/{name}"


def refuse_page(body: bytes, what: str) -> None:
    """Refuse a web page that came with status 200 in a document's place.

    Raises:
        MalformedError: ``body`` is one.
    """
    if body[:_HEAD].lstrip().startswith(b"<"):
        raise MalformedError(
            what,
            "a web page came in place of the document: is there a proxy, or a "
            "network that wants a sign-in, on the way?",
        )


def _check_kind(name: str, payload: bytes, what: str) -> None:
    """Check that a genuine document is not one of another name.

    The signature covers no name: a cache could give one document for another.

    Raises:
        MalformedError: It is.
    """
    wanted = b"[" if name in _LISTS else b"{"
    if not payload.lstrip().startswith(wanted):
        kind = "a list" if name in _LISTS else "an object"
        raise MalformedError(
            what, f"another document came in its place: it is not {kind}"
        )


def verified(body: bytes, public_key_pem: str | None, what: str) -> bytes:
    """Return the payload of a signed document.

    Args:
        public_key_pem: The key it must have been signed with; None is Homebrew's.

    Raises:
        UntrustedError: Its signature is not good.
        MalformedError: It is no envelope at all.
    """
    # cryptography is slow to import, and an unsigned file needs none of it.
    from adapters.homebrew import jws  # noqa: PLC0415

    return jws.verify(body, public_key_pem or jws.homebrew_key(), what)


def read_catalog(document: CatalogDocument, payload: bytes) -> Catalog:
    """Return the catalog that the list of formulae ``payload`` makes.

    Raises:
        MalformedError: It is no such list, or has no formula.
    """
    catalog = make_catalog(document, read_formulae(payload, document.source))
    if not catalog.formulae:
        reasons = [f"{item.name}: {item.reason}" for item in catalog.skipped[:1]]
        first = ", the first because of " + reasons[0] if reasons else ""
        raise MalformedError(
            document.source,
            f"it has no formula: {len(catalog.skipped):,} entries were refused{first}",
        )
    return catalog
