"""A mirror over HTTP, asked as brew asks it.

Source: Homebrew/brew ``api.rb``, ``api/internal.rb``, ``github_packages.rb``,
``curl_download_strategy.rb``; and the requests of brew 4.3 to 6.0 as they were seen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from adapters.homebrew.answers import Response
from adapters.homebrew.http import HttpClient
from adapters.homebrew.jws import homebrew_key, verify
from adapters.homebrew.packages import read_packages
from adapters.homebrew.reader import read_entries
from adapters.homebrew.sizes import read_size
from adapters.homebrew.tokens import PUBLIC_TOKEN
from domain.api_documents import packages_document
from domain.bottle import Bottle, Digest
from domain.packages import Packages
from domain.tags import Tag
from domain.views import API, FLAT, INDEX_MEDIA_TYPE, REGISTRY, View, blob_key
from ports.errors import MalformedError, WrongDigestError
from ports.mirror_client import DocumentAnswer, IndexChild, MirrorClient

_PIECE: Final = 1024 * 1024  # bytes
_LARGEST_INDEX: Final = 16_000_000  # bytes; the registry takes 4 MiB
_ANYTHING: Final = {"Accept": "*/*"}


class _Annotations(Schema):
    class Meta:
        unknown = EXCLUDE

    digest = fields.String(data_key="sh.brew.bottle.digest", required=True)
    ref_name = fields.String(
        data_key="org.opencontainers.image.ref.name", required=True
    )
    size = fields.Raw(data_key="sh.brew.bottle.size", load_default=None)


class _Child(Schema):
    class Meta:
        unknown = EXCLUDE

    annotations = fields.Nested(_Annotations, required=True)


_CHILD: Final = _Child()


class HttpMirror(MirrorClient):
    """The mirror at a URL, under which its views and its API are."""

    def __init__(
        self, http: HttpClient, url: str, public_key_pem: str | None = None
    ) -> None:
        """Ask nothing yet.

        Args:
            public_key_pem: The key that signs the API; Homebrew's if None.
        """
        self._http = http
        self._url = url.rstrip("/")
        self._public_key_pem = public_key_pem or homebrew_key()

    def packages(self, client: Tag) -> tuple[Packages, DocumentAnswer]:
        url = f"{self._url}/{API}{packages_document(client)}"
        payload, answer = self._document(url)
        return read_packages(payload, client, url), answer

    def formulae(self) -> DocumentAnswer:
        url = f"{self._url}/{API}formula.jws.json"
        payload, answer = self._document(url)
        for _ in read_entries(payload, url):
            return answer
        raise MalformedError(url, "it has no formula")

    def index(self, bottle: Bottle, view: View) -> Sequence[IndexChild]:
        headers = {"Accept": INDEX_MEDIA_TYPE}
        if view == "flat":
            # What ghcr.io wants; brew sends it wherever the index may be.
            headers["Authorization"] = f"Bearer {PUBLIC_TOKEN}"
        root = FLAT if view == "flat" else REGISTRY
        tagref = quote(bottle.tagref)
        url = f"{self._url}/{root}{bottle.image}/manifests/{tagref}"
        answer = self._http.get(
            url,
            {"Accept-Encoding": "identity", **headers},
            what=url,
            at_most=_LARGEST_INDEX,
        )
        return _children(answer.body, url)

    def announced_size(self, bottle: Bottle, view: View) -> int | None:
        if view != "flat":
            return None
        url = self._bottle_url(bottle, view)
        answer = self._http.head(url, _ANYTHING, what=url)
        return read_size(answer.headers.get("Content-Length"))

    def fetch(self, bottle: Bottle, view: View) -> int:
        url = self._bottle_url(bottle, view)
        digest, size = sha256(), 0
        with closing(self._http.open(url, _ANYTHING, what=url)) as body:
            while piece := body.read(_PIECE):
                digest.update(piece)
                size += len(piece)
        if digest.hexdigest() != bottle.digest:
            raise WrongDigestError(
                url,
                f"{size:,} bytes came whose sha256 is {digest.hexdigest()}, and the API"
                f" says {bottle.digest}",
            )
        return size

    def _bottle_url(self, bottle: Bottle, view: View) -> str:
        if view == "flat":
            return f"{self._url}/{FLAT}{bottle.url_name}"
        return f"{self._url}/{blob_key(bottle)}"

    def _document(self, url: str) -> tuple[bytes, DocumentAnswer]:
        answer = self._http.get(url, _ANYTHING, what=url)
        if answer.body[:1024].lstrip().startswith(b"<"):
            raise MalformedError(url, "a web page came in place of the document")
        payload = verify(answer.body, self._public_key_pem, url)
        modified = answer.headers.get("Last-Modified")
        return payload, DocumentAnswer(
            url=url,
            size=len(answer.body),
            modified=_moment(modified),
            compressed="gzip" in answer.headers.get("Content-Encoding", ""),
            unchanged=modified is not None and self._is_unchanged(url, modified),
        )

    def _is_unchanged(self, url: str, since: str) -> bool:
        answer: Response = self._http.get(
            url,
            {**_ANYTHING, "If-Modified-Since": since},
            what=url,
            accept_status=(HTTPStatus.OK, HTTPStatus.NOT_MODIFIED),
        )
        return answer.status == HTTPStatus.NOT_MODIFIED


def _children(body: bytes, what: str) -> tuple[IndexChild, ...]:
    """Return the bottles that an index names.

    Raises:
        MalformedError: It is no index.
    """
    try:
        index: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedError(what, f"not JSON: {error}") from error
    match index:
        case {"manifests": list(manifests)}:
            return tuple(filter(None, map(_child, manifests)))
    raise MalformedError(what, "not an OCI index: it has no manifests")


def _child(child: Mapping[str, Any]) -> IndexChild | None:
    """Return what a child of an index is of, None when it is of no bottle."""
    try:
        annotations = _CHILD.load(child)["annotations"]
    except ValidationError:
        return None
    return IndexChild(
        Digest(annotations["digest"]),
        annotations["ref_name"],
        read_size(annotations["size"]),
    )


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)
