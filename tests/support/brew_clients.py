"""Clients that ask a mirror all the time for what its API names, as brew does.

What brew asks: ``tests/support/brew_requests.py``.
"""

from __future__ import annotations

import gzip
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from random import Random
from threading import Event, Lock, Thread
from typing import Self

from adapters.homebrew.jws import verify
from adapters.homebrew.packages import read_packages
from adapters.homebrew.reader import read_formulae
from adapters.homebrew.sizes import read_bottles
from domain.bottle import Bottle, BottleKey, Digest
from domain.formula import Formula
from domain.tags import Tag, pour_tag
from domain.views import (
    INDEX_MEDIA_TYPE,
    View,
    api_key,
    blob_key,
    flat_key,
    index_key,
)

Ask = Callable[[str, Mapping[str, str]], tuple[int, bytes]]
"""Asks a mirror for an object, with headers; the answer is a status and a body."""

CATALOG = "formula.jws.json"
KEPT_FOR = 7
"""Days for which clients go on with a document."""

_ANY = {"Accept": "*/*"}
_INDEX = {"Accept": INDEX_MEDIA_TYPE}
_COMPRESSED = {"Accept": "*/*", "Accept-Encoding": "deflate, gzip"}
_AT_ONCE = 3  # bottles of one document
_PAUSE = 0.12  # seconds at most


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that a client was promised and did not get."""

    document: str
    sha256: str
    bottle: BottleKey
    key: str
    seen: str


@dataclass(frozen=True, slots=True)
class Moment:
    """What is going on.

    Attributes:
        day: Counted from the first.
        towards: Which of two digests of one name is on its way to be seen, if that is
            known: the later one, or the one before.
    """

    day: int
    towards: str | None


@dataclass(frozen=True, slots=True)
class Document:
    """A document of the API as a client has it."""

    name: str
    sha256: str
    day: int
    bottles: Sequence[Bottle]


@dataclass
class Clients:
    """Clients of several tags and versions of brew.

    Attributes:
        asks: The ways to the mirror; each has a thread for each tag.
        digests: Those that a bottle has had, in their order.
        is_wanted: Whether the mirror was to have a formula.
        looks: Bottles asked for, by how.
        between: Bottles whose index or flat name was of another build meanwhile.
    """

    asks: Mapping[str, Ask]
    tags: Sequence[Tag]
    views: Sequence[View]
    public_key: str
    digests: Mapping[BottleKey, Sequence[Digest]]
    is_wanted: Callable[[str], bool]
    moment: Moment = Moment(0, None)
    published: bool = False
    violations: list[Violation] = field(default_factory=list)
    looks: Counter[str] = field(default_factory=Counter)
    between: Counter[str] = field(default_factory=Counter)
    trouble: list[BaseException] = field(default_factory=list)
    _read: dict[tuple[str, str, Tag], tuple[Bottle, ...]] = field(default_factory=dict)
    _stop: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)
    _threads: list[Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        for how, ask in self.asks.items():
            for tag in self.tags:
                random = Random(f"{how} {tag}")
                thread = Thread(target=self._live, args=(how, ask, tag, random))
                self._threads.append(thread)
                thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def look_at_all(self) -> None:
        """Ask for all that is visible: nothing is on its way, all must fit together."""
        for how, ask in self.asks.items():
            for tag in self.tags:
                for name in _names(tag):
                    document = self._document(ask, name, tag)
                    assert document is not None
                    for bottle in document.bottles:
                        moment = replace(self.moment, towards="neither")
                        self._check(f"{how}, all", ask, document, bottle, moment)

    def _live(self, how: str, ask: Ask, tag: Tag, random: Random) -> None:
        try:
            kept: list[Document] = []
            while not self._stop.is_set():
                self._look(how, ask, tag, random, kept)
                time.sleep(random.uniform(0.0, _PAUSE))
        except BaseException as error:
            self.trouble.append(error)
            raise

    def _look(
        self, how: str, ask: Ask, tag: Tag, random: Random, kept: list[Document]
    ) -> None:
        before = self.moment
        document = self._document(ask, random.choice(_names(tag)), tag)
        if document is None:
            return
        if document.sha256 not in {old.sha256 for old in kept}:
            kept.append(document)
        else:
            kept[:] = [
                document if old.sha256 == document.sha256 else old for old in kept
            ]
        kept[:] = [old for old in kept if before.day <= old.day + KEPT_FOR]
        is_old = random.random() < 0.3
        if is_old:
            document = random.choice(kept)
        some = min(_AT_ONCE, len(document.bottles))
        kind = f"{how}, kept" if is_old else how
        moment = replace(before, towards=None) if is_old else before
        for bottle in random.sample(document.bottles, some):
            self._check(kind, ask, document, bottle, moment)

    def _document(self, ask: Ask, name: str, tag: Tag) -> Document | None:
        """Return a document as it is now, None as long as nothing is published."""
        at, was_published = self.moment.day, self.published
        status, body = ask(api_key(name), _COMPRESSED)
        if status != 200:
            if was_published:
                self._violated(Violation(name, "", BottleKey(""), name, f"{status}"))
            return None
        if body.startswith(b"\x1f\x8b"):
            body = gzip.decompress(body)
        digest = sha256(body).hexdigest()
        known = self._read.get((name, digest, tag))
        if known is None:
            payload = verify(body, self.public_key, name)
            bottles = (_catalog if name == CATALOG else _packages)(payload, tag, name)
            known = tuple(each for each in bottles if self.is_wanted(each.name))
            self._read[name, digest, tag] = known
        return Document(name, digest, at, known)

    def _check(
        self,
        how: str,
        ask: Ask,
        document: Document,
        bottle: Bottle,
        moment: Moment,
    ) -> None:
        """Ask for a bottle as brew does: first for its index, then for its bytes."""
        seen: list[tuple[str, str]] = []
        if "registry" in self.views:
            index = index_key(bottle.name, bottle.tagref)
            status, body = ask(index, _INDEX)
            if status != 200:
                seen.append((index, f"{status}"))
            else:
                named = read_bottles(body, bottle, index).get(bottle.tag)
                seen += self._other(bottle, index, named, moment)
            blob = blob_key(bottle)
            status, body = ask(blob, _ANY)
            if status != 200 or sha256(body).hexdigest() != bottle.digest:
                seen.append((blob, f"{status}, {sha256(body).hexdigest()}"))
        if "flat" in self.views:
            flat = flat_key(bottle)
            status, body = ask(flat, _ANY)
            if status != 200:
                seen.append((flat, f"{status}"))
            else:
                found = Digest(sha256(body).hexdigest())
                seen += self._other(bottle, flat, found, moment)
        with self._lock:
            self.looks[how] += 1
        if self.moment.day > document.day + KEPT_FOR:
            # It was too old before this look was over.
            return
        for key, what in seen:
            violation = Violation(document.name, document.sha256, bottle.key, key, what)
            self._violated(violation)

    def _other(
        self,
        bottle: Bottle,
        key: str,
        found: Digest | None,
        moment: Moment,
    ) -> list[tuple[str, str]]:
        """Judge a name that may be of another build of the bottle.

        It has one name for all builds, and so gives way to one of them before the
        documents do. It must be the build that is on its way, never the other one.
        """
        if found == bottle.digest:
            return []
        order = self.digests[bottle.key]
        if found not in order:
            return [(key, f"it is {found}")]
        way = "later" if order.index(found) > order.index(bottle.digest) else "earlier"
        if moment.towards == "neither" or (
            # What began while one thing went on may end while another does.
            self.moment is moment and moment.towards not in (None, way)
        ):
            return [(key, f"of the {way} build {found}")]
        with self._lock:
            self.between[way] += 1
        return []

    def _violated(self, violation: Violation) -> None:
        with self._lock:
            self.violations.append(violation)


def _names(tag: Tag) -> tuple[str, str]:
    return CATALOG, f"internal/packages.{tag}.jws.json"


def _packages(payload: bytes, tag: Tag, what: str) -> tuple[Bottle, ...]:
    """Return the bottles that brew 6 reads of."""
    return tuple(read_packages(payload, tag, what).bottles.values())


def _catalog(payload: bytes, tag: Tag, what: str) -> tuple[Bottle, ...]:
    """Return the bottles that brew before 6 reads of."""
    bottles = []
    for formula in read_formulae(payload, what):
        assert isinstance(formula, Formula), formula
        poured = pour_tag(tag, formula.digests)
        if poured is not None:
            bottles.append(formula.bottle(poured))
    return tuple(bottles)
