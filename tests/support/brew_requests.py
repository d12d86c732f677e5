"""What brew 4.3, 5.1 and 6.0 were seen to ask of a mirror, request by request.

Seen with unpatched brew on Linux against logging servers. Said here in our own words:
the order, the methods, the paths as they are spelt, and the headers that a server may
look at. Each request came over a connection of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from domain.bottle import Bottle
from domain.views import INDEX_MEDIA_TYPE

Subject = Literal["bottle", "index", "document"]

PLAIN: Final = "plain-ale"
ODD: Final = "ale+hops@1.2"
ALL: Final = "barmaid"

_ANY: Final = {"Accept": "*/*", "Accept-Language": "en"}
_INDEX: Final = {"Accept-Language": "en", "Accept": INDEX_MEDIA_TYPE}
_COMPRESSED: Final = {"Accept": "*/*", "Accept-Encoding": "deflate, gzip, br, zstd"}
_TOKEN: Final = {"Authorization": "Bearer QQ=="}


@dataclass(frozen=True, slots=True)
class BrewRequest:
    """One request, and what brew makes of the answer.

    Attributes:
        path: Below the mirror's root.
        wanted: The formula, or the document, that it is about.
        start: The byte from which on the bottle is wanted.
        dropped: After so many bytes of the body brew hangs up; None: it reads on.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    subject: Subject
    wanted: str
    start: int = 0
    dropped: int | None = None
    statuses: tuple[int, ...] = (200,)

    @property
    def has_token(self) -> bool:
        """Whether it bears what S3 itself refuses."""
        return "Authorization" in self.headers


@dataclass(frozen=True, slots=True)
class Seen:
    """One brew at work with one set of variables.

    Attributes:
        agent: What it calls itself.
    """

    name: str
    agent: str
    requests: tuple[BrewRequest, ...]


class Mode:
    """The requests for bottles of one client, as one brew spells them."""

    def __init__(self, bottles: Mapping[str, Bottle]) -> None:
        self._bottles = bottles

    def flat_index(self, name: str) -> BrewRequest:
        """Return what brew 6.0.13 and later ask of HOMEBREW_BOTTLE_DOMAIN first."""
        bottle = self._bottles[name]
        path = f"/flat/{bottle.image}/manifests/{bottle.tagref}"
        return BrewRequest("GET", path, {**_INDEX, **_TOKEN}, "index", name)

    def flat(self, name: str) -> tuple[BrewRequest, ...]:
        """Return what every brew asks of HOMEBREW_BOTTLE_DOMAIN for a bottle."""
        path = f"/flat/{self._bottles[name].url_name}"
        get = BrewRequest("GET", path, _ANY, "bottle", name)
        return (replace(get, method="HEAD"), replace(get, dropped=0), get)

    def index(self, name: str, *, token: bool = False) -> BrewRequest:
        """Return what brew asks of HOMEBREW_ARTIFACT_DOMAIN for an index."""
        bottle = self._bottles[name]
        path = f"/v2/homebrew/core/{bottle.image}/manifests/{bottle.tagref}"
        headers = {**_INDEX, **(_TOKEN if token else {})}
        return BrewRequest("GET", path, headers, "index", name)

    def blob(self, name: str, *, token: bool = False) -> BrewRequest:
        """Return what brew asks of HOMEBREW_ARTIFACT_DOMAIN for a bottle."""
        bottle = self._bottles[name]
        path = f"/v2/homebrew/core/{bottle.image}/blobs/sha256:{bottle.digest}"
        headers = {**_ANY, **(_TOKEN if token else {})}
        return BrewRequest("GET", path, headers, "bottle", name)

    def resumed(self, name: str, size: int) -> tuple[BrewRequest, ...]:
        """Return what follows when the connection breaks half-way, but its size."""
        half = size // 2
        blob = self.blob(name)
        rest = {"Range": f"bytes={half}-", **blob.headers}
        return (
            replace(blob, dropped=half),
            self.index(name),
            replace(blob, method="HEAD"),
            replace(blob, headers=rest, start=half, statuses=(206,)),
        )


def document(name: str, since: str | None = None) -> BrewRequest:
    """Return what brew asks of HOMEBREW_API_DOMAIN.

    Args:
        since: What ``brew update`` sends once it has the document: its own clock.
    """
    path = f"/api/{name}.jws.json"
    if since is None:
        return BrewRequest("GET", path, _COMPRESSED, "document", name)
    headers = {**_COMPRESSED, "If-Modified-Since": since}
    return BrewRequest("GET", path, headers, "document", name, statuses=(200, 304))


def seen(bottles: Mapping[str, Bottle], client: str, size: int) -> Iterator[Seen]:
    """Yield every brew that was seen, on a client of a tag.

    Args:
        bottles: What that client pours, by formula.
        size: Bytes of each of them.
    """
    ask = Mode(bottles)
    packages = document(f"internal/packages.{client}")
    formulae, migrations = document("formula"), document("formula_tap_migrations")
    casks, cask_migrations = document("cask"), document("cask_tap_migrations")
    old, middle = "Linuxbrew/4.3.0", "Linuxbrew/5.1.15"
    new = "Linuxbrew/6.0.18"

    yield Seen("6.0 bottle domain", new, (ask.flat_index(PLAIN), *ask.flat(PLAIN)))
    yield Seen(
        "6.0 bottle domain, odd name", new, (ask.flat_index(ODD), *ask.flat(ODD))
    )
    yield Seen("6.0 artifact domain", new, (ask.blob(PLAIN), ask.index(PLAIN)))
    yield Seen(
        "6.0 artifact domain, with a dependency",
        new,
        (
            *(ask.blob(ODD), ask.index(ODD), ask.index(ODD)),
            *(ask.blob(ALL), ask.blob(PLAIN), ask.index(PLAIN)),
        ),
    )
    yield Seen("6.0 artifact domain, cut", new, ask.resumed(PLAIN, size))
    yield Seen(
        "6.0 API and bottle domain",
        new,
        (packages, ask.flat_index(PLAIN), *ask.flat(PLAIN)),
    )
    later = "Sun, 22 Nov 2099 04:51:40 GMT"
    yield Seen(
        "6.0 update, twice",
        new,
        (packages, document(f"internal/packages.{client}", later)),
    )
    yield Seen("4.3 bottle domain", old, ask.flat(PLAIN))
    yield Seen(
        "4.3 artifact domain",
        old,
        (ask.index(PLAIN, token=True), ask.blob(PLAIN, token=True)),
    )
    yield Seen(
        "4.3 API and artifact domain",
        old,
        (
            *(formulae, migrations),
            *(ask.index(PLAIN, token=True), ask.blob(PLAIN, token=True)),
            *(formulae, migrations),
            *(ask.index(ODD, token=True), ask.blob(ODD, token=True), casks),
        ),
    )
    yield Seen(
        "5.1 API and bottle domain",
        middle,
        (formulae, migrations, casks, cask_migrations, *ask.flat(PLAIN)),
    )
