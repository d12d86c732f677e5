"""Reading the documents of the API that are published beside the catalog."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from application.belief import is_dwindling, is_older, moment
from application.known_documents import KnownDocuments
from domain.api_documents import beside_catalog, media_type
from domain.catalog import Catalog
from domain.packages import Packages
from domain.tags import Tag
from ports.api_documents import ApiDocument, ApiDocuments
from ports.clock import Clock
from ports.errors import MalformedError, NotFoundError
from ports.generations import Generations
from ports.progress import Progress


@dataclass(frozen=True, slots=True)
class Beside:
    """What is published beside a catalog.

    Attributes:
        documents: The SHA-256 of each document, by its name.
        packages: What the clients' own documents offer them.
    """

    documents: Mapping[str, str]
    packages: Mapping[Tag, Packages]

    def __post_init__(self) -> None:
        object.__setattr__(self, "documents", MappingProxyType(dict(self.documents)))
        object.__setattr__(self, "packages", MappingProxyType(dict(self.packages)))


@dataclass(frozen=True, slots=True)
class _Found:
    """A document that is to be published, and what it offers its client, if any."""

    body: bytes
    packages: Packages | None


@dataclass(frozen=True, slots=True)
class _Against:
    """What a document is held against before it is believed."""

    catalog: Catalog
    known: KnownDocuments


@dataclass(frozen=True, slots=True)
class ReadDocuments:
    """Reads each document that is to be published, and keeps what it is given.

    They are large: one at a time is in memory, with the one known to compare it with.
    One that is older than that by little is let go: a content delivery network hands
    out what it has.
    """

    upstream: ApiDocuments
    generations: Generations
    progress: Progress
    clock: Clock

    def newer(
        self, catalog: Catalog, body: bytes, known: KnownDocuments
    ) -> tuple[Catalog, bytes]:
        """Return the catalog, or the one known where that is newer, and its bytes.

        Args:
            body: The catalog's own bytes.

        Raises:
            UnavailableError: It is older by so much that the one to be had is another.
        """
        document = catalog.document
        if known.seen is None or known.sha256(document.name) == document.sha256:
            return catalog, body
        now = self.clock.now()
        made = moment(document.validators.last_modified, now)
        if is_older(document.source, made, moment(known.last_modified, now)):
            kept = known.body(document.name)
            if kept is not None:
                with suppress(MalformedError):
                    ours = self.upstream.catalog(kept, known.seen.validators)
                    self._tell_older(document.name)
                    return ours, kept
        return catalog, body

    def stage(self, name: str, body: bytes) -> None:
        """Keep a document until it is published.

        Raises:
            PortError: The store cannot be used.
        """
        self.generations.stage(body, media_type(name))

    def beside(
        self,
        catalog: Catalog,
        clients: Iterable[Tag],
        known: KnownDocuments,
        *,
        stage: bool,
    ) -> Beside:
        """Return what is to be published for ``clients`` beside the catalog.

        Args:
            catalog: The one that was read with them.
            stage: Whether the documents are kept until they are published.

        Raises:
            UnavailableError, UntrustedError, MalformedError: A document cannot be had,
                or not be believed.
            PortError: The store cannot be used.
        """
        against = _Against(catalog, known)
        documents: dict[str, str] = {}
        packages: dict[Tag, Packages] = {}
        for name, client in beside_catalog(clients).items():
            found = self._found(name, client, against)
            if found is None:
                continue
            documents[name] = hashlib.sha256(found.body).hexdigest()
            if client is not None and found.packages is not None:
                packages[client] = found.packages
            if stage:
                self.stage(name, found.body)
            # The next one comes when this one has left the memory.
            del found
        return Beside(documents, packages)

    def _found(self, name: str, client: Tag | None, against: _Against) -> _Found | None:
        """Return a document as upstream has it, or the one known.

        None when there is none, which is told.
        """
        try:
            document = self.upstream.fetch(name)
        except NotFoundError:
            ours = self._ours(name, client, against.known)
            what = "is not published" if ours is None else "stays as it was seen last"
            self.progress.note(f"upstream has no {name}: it {what}")
            return ours
        found = _Found(document.body, self._read(document.body, client))
        sha256 = against.known.sha256(name)
        if sha256 is None or sha256 == hashlib.sha256(document.body).hexdigest():
            return found
        return self._newer(document, found, client, against)

    def _newer(
        self,
        document: ApiDocument,
        found: _Found,
        client: Tag | None,
        against: _Against,
    ) -> _Found:
        """Return the newer one of a document and the one known, which is another.

        Raises:
            UnavailableError, MalformedError: The document is not believed.
        """
        known = against.known
        # What others are is not told by themselves, and they are compared by time.
        ours = self._ours(document.name, client, known) if client else None
        now = self.clock.now()
        made = moment(document.last_modified, now), moment(known.last_modified, now)
        if ours is not None and ours.packages and found.packages:
            made = _made(found.packages, ours.packages) or made
        if is_older(document.name, *made):
            ours = ours or self._ours(document.name, client, known)
            if ours is not None:
                self._tell_older(document.name)
                return ours
        elif ours is not None and ours.packages and found.packages:
            offered, seen = found.packages, ours.packages
            if is_dwindling(document.name, offered, seen, by=against.catalog):
                self._tell_dwindling(document.name, offered, seen, against.catalog)
        return found

    def _ours(
        self, name: str, client: Tag | None, known: KnownDocuments
    ) -> _Found | None:
        """Return a document as it was seen last, None if it is not kept any more."""
        body = known.body(name)
        if body is not None:
            with suppress(MalformedError):
                return _Found(body, self._read(body, client))
        return None

    def _read(self, body: bytes, client: Tag | None) -> Packages | None:
        return None if client is None else self.upstream.packages(body, client)

    def _tell_dwindling(
        self, name: str, offered: Packages, seen: Packages, catalog: Catalog
    ) -> None:
        tag, named = offered.tag, catalog.poured_on(offered.tag)
        self.progress.note(
            f"{name} has {len(offered.bottles):,} bottles, and had"
            f" {len(seen.bottles):,} when it was seen last: the catalog names"
            f" {named:,} for {tag}, so upstream builds fewer for it"
        )

    def _tell_older(self, name: str) -> None:
        self.progress.note(
            f"{name} comes older than it was seen last: that one stays, a cache on the"
            " way is behind"
        )


def _made(offered: Packages, known: Packages) -> tuple[datetime, datetime] | None:
    """Return when two documents of packages were made, if both of them say so."""
    if offered.generated_at is None or known.generated_at is None:
        return None
    return offered.generated_at, known.generated_at
