"""Bottles as ghcr.io keeps them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from adapters.homebrew.answers import Body, Response
from adapters.homebrew.download import Download, whole_size
from adapters.homebrew.failures import UnreachableError
from adapters.homebrew.http import HttpClient, Patience
from adapters.homebrew.sizes import (
    IndexEntry,
    read_bottles,
    read_index,
    read_layer_size,
    read_size,
)
from adapters.homebrew.tokens import Tokens
from adapters.retry import ONCE, Backoff
from domain.bottle import Bottle, Digest
from domain.generations import ReleaseKey, release_key
from domain.views import INDEX_MEDIA_TYPE
from ports.bottle_source import BottleSource, BottleStream, ReleaseIndex
from ports.clock import Clock
from ports.errors import (
    MalformedError,
    NotFoundError,
    PortError,
    RefusedError,
    UnavailableError,
)

GHCR: Final = "https://ghcr.io"

_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
_LARGEST_MANIFEST: Final = 16_000_000  # bytes; the registry takes 4 MiB

_PARTIAL: Final = (
    HTTPStatus.OK,
    HTTPStatus.PARTIAL_CONTENT,
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
)
_TWICE: Final = Backoff(attempts=2)
_PROBE: Final = 5.0  # seconds for a first sign of life
_SHORTEST: Final = 1.0  # seconds; less is no patience for any answer


class GhcrBottles(BottleSource):
    """Bottles from a registry that speaks as ghcr.io does.

    A bottle costs two requests: the registry answers the first with a signed
    address elsewhere, good for minutes, which is therefore asked for anew each time.
    """

    def __init__(
        self,
        http: HttpClient,
        clock: Clock,
        chance: Callable[[], float],
        *,
        registry: str = GHCR,
        token: str | None = None,
        patience: float = 10.0,
        keep_indexes: bool = True,
    ) -> None:
        """Make the source.

        Args:
            token: What opens ``registry`` in place of what brew sends.
            patience: Seconds within which the bytes of a bottle must flow again when
                they stopped; a store drops a put that stands still for about 20.
            keep_indexes: Whether those that are read for sizes are wanted afterwards.
        """
        self._http = http
        self._clock = clock
        self._chance = chance
        self._registry = registry.rstrip("/")
        self._tokens = Tokens(http, clock, self._registry, token)
        self._patience = patience
        # Half of it to notice that nothing comes, half of it to do something about it.
        self._streaming = replace(http.patience, silence=patience / 2)
        self._reached = False
        self._keep_indexes = keep_indexes
        # Compressed, which leaves some 4 KB of each: a full plan reads 8,500.
        self._read: dict[ReleaseKey, bytes] = {}

    @contextmanager
    def open(self, bottle: Bottle, start: int = 0) -> Iterator[BottleStream]:
        what = self._named(bottle)
        body, start, size = self._begun(bottle, start)

        def reopen(start: int, within: float) -> Body:
            left = max(within, _SHORTEST)
            patience = Patience(
                backoff=ONCE,
                connect=min(self._streaming.connect, left),
                silence=min(self._streaming.silence, left),
                pause=left,
            )
            return self._rest(bottle, start, patience)

        download = Download(
            body,
            start,
            size,
            reopen,
            what=what,
            patience=self._patience,
            clock=self._clock,
            chance=self._chance,
        )
        # The chunks first: once they are closed, nothing opens a connection any more.
        with closing(download), closing(download.chunks()) as chunks:
            yield BottleStream(size, chunks, start)

    def sizes(self, bottles: Iterable[Bottle]) -> Mapping[Digest, int]:
        wanted = {bottle.digest: bottle for bottle in bottles}
        release = next(iter(wanted.values()), None)
        if release is None:
            return {}
        try:
            index = self._index(release)
        except RefusedError:
            # ghcr.io denies what it does not have: nor would it tell of one blob.
            return {}
        found: dict[Digest, int] = {}
        for digest, bottle in wanted.items():
            size = self._size(bottle, index.get(digest))
            if size is not None:
                found[digest] = size
        return found

    def index(self, release: Bottle) -> ReleaseIndex:
        found = self.index_at_hand(release)
        if found is not None:
            return found
        body = self._index_body(release, self._http.patience)
        return self.read_index(release, body)

    def index_at_hand(self, release: Bottle) -> ReleaseIndex | None:
        packed = self._read.pop(_release(release), None)
        if packed is None:
            return None
        return self.read_index(release, zlib.decompress(packed))

    def read_index(self, release: Bottle, body: bytes) -> ReleaseIndex:
        return ReleaseIndex(body, read_bottles(body, release, self._named(release)))

    def _size(self, bottle: Bottle, entry: IndexEntry | None) -> int | None:
        if entry is None:
            return self._blob_size(bottle)
        return entry.size or self._layer_size(bottle, entry) or self._blob_size(bottle)

    def _index(self, release: Bottle) -> Mapping[Digest, IndexEntry]:
        """Return what the index of a release names: nothing when it has none.

        Until somebody has answered once, nobody is asked twice: that there is no
        registry to be reached is told at once.
        """
        patience, first = self._http.patience, not self._reached
        if first:
            silence = min(patience.silence, _PROBE)
            patience = replace(patience, backoff=ONCE, silence=silence)
        index: Mapping[Digest, IndexEntry] = {}
        try:
            body = self._index_body(release, patience)
            index = read_index(body, self._named(release))
            if self._keep_indexes:
                self._read[_release(release)] = zlib.compress(body, 1)
        except UnreachableError:
            raise
        except UnavailableError:
            # Somebody is there, and busy.
            self._reached = True
            if not first:
                raise
            return self._index(release)
        except (NotFoundError, MalformedError):
            pass
        self._reached = True
        return index

    def _index_body(self, release: Bottle, patience: Patience) -> bytes:
        reference = quote(release.tagref)
        return self._manifest(release, reference, INDEX_MEDIA_TYPE, patience).body

    def _layer_size(self, bottle: Bottle, entry: IndexEntry) -> int | None:
        try:
            answer = self._manifest(
                bottle, entry.manifest, _MANIFEST, self._http.patience
            )
            return read_layer_size(answer.body, bottle.digest, self._named(bottle))
        except (RefusedError, MalformedError):
            return None

    def _blob_size(self, bottle: Bottle) -> int | None:
        # The storage behind a registry may answer no HEAD at all.
        patience = replace(self._http.patience, backoff=_TWICE)
        try:
            answer = self._tokens.admitted(
                bottle.image,
                lambda authorization: self._http.head(
                    self._blob_url(bottle),
                    {"Authorization": authorization},
                    what=self._named(bottle),
                    patience=patience,
                ),
            )
        except PortError:
            return None
        return read_size(answer.headers.get("Content-Length"))

    def _begun(self, bottle: Bottle, start: int) -> tuple[Body, int, int]:
        """Open a bottle, at ``start`` if that can be.

        Returns:
            Its body, where that begins, and the bytes of the bottle in all.
        """
        if start:
            body = self._rest(bottle, start, self._streaming)
            size = whole_size(body, start)
            if size is not None:
                return body, start, size
            if body.status != HTTPStatus.OK:
                body.close()
                return self._begun(bottle, 0)
        else:
            body = self._blob(bottle, {}, (HTTPStatus.OK,), self._streaming)
        size = read_size(body.headers.get("Content-Length"))
        if size is None:
            body.close()
            raise MalformedError(
                self._named(bottle), "the answer does not tell a bottle's length"
            )
        return body, 0, size

    def _rest(self, bottle: Bottle, start: int, patience: Patience) -> Body:
        return self._blob(bottle, {"Range": f"bytes={start}-"}, _PARTIAL, patience)

    def _manifest(
        self, bottle: Bottle, reference: str, media_type: str, patience: Patience
    ) -> Response:
        return self._tokens.admitted(
            bottle.image,
            lambda authorization: self._http.get(
                f"{self._image_url(bottle)}/manifests/{reference}",
                {"Authorization": authorization, "Accept": media_type},
                what=self._named(bottle),
                at_most=_LARGEST_MANIFEST,
                patience=patience,
                compressed=False,
            ),
        )

    def _blob(
        self,
        bottle: Bottle,
        headers: Mapping[str, str],
        accept_status: Collection[int],
        patience: Patience,
    ) -> Body:
        return self._tokens.admitted(
            bottle.image,
            lambda authorization: self._http.open(
                self._blob_url(bottle),
                {"Authorization": authorization, **headers},
                what=self._named(bottle),
                accept_status=accept_status,
                patience=patience,
            ),
        )

    def _blob_url(self, bottle: Bottle) -> str:
        return f"{self._image_url(bottle)}/blobs/sha256:{bottle.digest}"

    def _image_url(self, bottle: Bottle) -> str:
        return f"{self._registry}/v2/homebrew/core/{bottle.image}"

    def _named(self, bottle: Bottle) -> str:
        return f"{bottle.key} from {self._registry}"


def _release(bottle: Bottle) -> ReleaseKey:
    return release_key(bottle.name, bottle.pkg_version, bottle.rebuild)
