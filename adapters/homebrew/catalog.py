"""The catalog as Homebrew publishes it, or a copy of it in a file."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from http import HTTPStatus
from pathlib import Path
from typing import Final

from adapters.homebrew.documents import read_catalog, refuse_page, verified
from adapters.homebrew.http import HttpClient
from domain.api_documents import CATALOG
from domain.catalog import Catalog, CatalogDocument, Validators
from ports.catalog import CatalogSource, Keep
from ports.errors import MalformedError, RefusedError, UnusableFileError

API_DOCUMENTS: Final = (CATALOG, "formula.json")
"""The documents of the API that list every formula: the signed one and its twin."""

_SIGNED: Final = (".jws.json", ".jws.json.gz")

# Two requests of one minute were seen to give a time and then an earlier one: the
# copies that the CDN holds differ by less than its ``max-age`` and its rebuilds.


class HomebrewCatalog(CatalogSource):
    """Reads the catalog from Homebrew's API, or from a file.

    ``formula.jws.json`` and ``formula.json`` are documents of the API; anything else
    is a path. So a file of one of these two names is written ``./formula.json``, and
    no file that happens to lie about takes the place of the API. What ends in
    ``.jws.json`` must bear a good signature, what ends in ``.gz`` is compressed.
    A file is read each time, for it has no validators.
    """

    def __init__(
        self,
        http: HttpClient,
        document: str,
        api_domain: str,
        public_key_pem: str | None = None,
    ) -> None:
        self._http = http
        self._document = document
        self._api_domain = api_domain.rstrip("/")
        self._public_key_pem = public_key_pem

    @property
    def source(self) -> str:
        """The URL or path that ``fetch`` reads; validators are good for it alone."""
        if self._document in API_DOCUMENTS:
            return f"{self._api_domain}/{self._document}"
        return self._document

    def fetch(
        self, unless: Validators | None = None, keep: Keep | None = None
    ) -> Catalog | None:
        opened = self._opened(unless or Validators(), keep)
        if opened is None:
            return None
        document, body = opened
        return read_catalog(document, body)

    def _opened(
        self, unless: Validators, keep: Keep | None
    ) -> tuple[CatalogDocument, bytes] | None:
        """Return the document, and the list of formulae in it; all else is let go."""
        if self._document in API_DOCUMENTS:
            answer = self._downloaded(unless)
            if answer is None:
                return None
            name, (body, validators) = self._document, answer
        else:
            # A file may be called as the document of the API is, and is none.
            name = f"./{Path(self._document).name}"
            body, validators = self._read(), Validators()
        signed = self._document.endswith(_SIGNED)
        document = CatalogDocument(
            name=name,
            source=self.source,
            sha256=hashlib.sha256(body).hexdigest(),
            signed=signed,
            validators=validators,
        )
        refuse_page(body, self.source)
        entries = verified(body, self._public_key_pem, self.source) if signed else body
        if keep is not None:
            keep(body)
        return document, entries

    def _downloaded(self, unless: Validators) -> tuple[bytes, Validators] | None:
        conditions = {
            "If-None-Match": unless.etag,
            "If-Modified-Since": unless.last_modified,
        }
        headers = {name: value for name, value in conditions.items() if value}
        statuses = (HTTPStatus.OK, *([HTTPStatus.NOT_MODIFIED] if headers else []))
        response = self._http.get(
            self.source, headers, what=self.source, accept_status=statuses
        )
        if response.status == HTTPStatus.NOT_MODIFIED:
            return None
        validators = Validators(
            etag=response.headers.get("ETag"),
            last_modified=response.headers.get("Last-Modified"),
        )
        return response.body, validators

    def _read(self) -> bytes:
        path = Path(self._document)
        try:
            packed = path.read_bytes()
        except FileNotFoundError as error:
            documents = " and ".join(API_DOCUMENTS)
            raise UnusableFileError(
                self.source, f"no such file; the documents of the API are {documents}"
            ) from error
        except OSError as error:
            raise RefusedError(self.source, f"cannot be read: {error}") from error
        if path.suffix != ".gz":
            return packed
        try:
            return gzip.decompress(packed)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise MalformedError(
                self.source, f"not a whole gzip file: {error}"
            ) from error
