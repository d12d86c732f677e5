"""The outside, watched: every call is noted, and a test may interfere with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from threading import Lock
from typing import NoReturn

from domain.bottle import Bottle, Digest, ObjectKey
from domain.catalog import Catalog, Validators
from ports.bottle_source import BottleSource, BottleStream, ReleaseIndex
from ports.catalog import CatalogSource, Keep
from ports.store import ObjectInfo, Store, StoredObject


@dataclass(frozen=True, slots=True)
class Call:
    """One call to the outside: of what, and for which object, bottle or document."""

    what: str
    key: str


class Killed(BaseException):
    """The process is dead."""


def nothing(_: Call) -> None:
    """Do not interfere."""


def is_any(_: Call) -> bool:
    """Return true: any call is meant."""
    return True


def is_write(call: Call) -> bool:
    """Return whether the call changes the store."""
    return call.what in {"create", "replace", "put", "copy", "delete"}


def is_a(*kinds: str) -> Callable[[Call], bool]:
    """Return what tells calls of these kinds from others."""
    return lambda call: call.what in kinds


def at_call(
    number: int,
    do: Callable[[], object],
    meant: Callable[[Call], bool] = is_any,
) -> Callable[[Call], None]:
    """Return what does something at the call of this number, the first being 1.

    Args:
        meant: Which calls are counted.
    """
    numbers = count(1)

    def hook(call: Call) -> None:
        if meant(call) and next(numbers) == number:
            do()

    return hook


class Watch:
    """Notes every call that a process makes, in order.

    Attributes:
        calls: What was asked for so far.
        before: Told of each call; what it raises comes in place of the call.
        after: Told of each call that was carried out; what it raises comes in
            place of the answer.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self.calls: list[Call] = []
        self.before: Callable[[Call], None] = nothing
        self.after: Callable[[Call], None] = nothing
        self._dead = False

    def interfere(self, hook: Callable[[Call], None], *, done: bool) -> None:
        """Have ``hook`` told of calls that are ``done``, or are to be made."""
        if done:
            self.after = hook
        else:
            self.before = hook

    def kill(self) -> NoReturn:
        """Let the process die here: this call and every later one comes to nothing."""
        self._dead = True
        raise Killed

    @contextmanager
    def seen(self, what: str, key: str) -> Iterator[None]:
        """Watch what is done inside."""
        call = Call(what, key)
        with self._lock:
            if self._dead:
                raise Killed
            self.calls.append(call)
        self.before(call)
        yield
        self.after(call)

    def of(self, *kinds: str) -> list[Call]:
        """Return the calls of these kinds."""
        return [call for call in self.calls if call.what in kinds]


class WatchedStore(Store):
    """A store of which every call is watched."""

    def __init__(self, store: Store, watch: Watch) -> None:
        self._store = store
        self._watch = watch

    def get(self, key: ObjectKey) -> StoredObject:
        with self._watch.seen("get", key):
            return self._store.get(key)

    def create(self, key: ObjectKey, body: bytes) -> None:
        with self._watch.seen("create", key):
            self._store.create(key, body)

    def replace(self, key: ObjectKey, body: bytes, version: str) -> None:
        with self._watch.seen("replace", key):
            self._store.replace(key, body, version)

    def put(
        self, key: ObjectKey, digest: Digest, size: int, chunks: Iterator[bytes]
    ) -> None:
        with self._watch.seen("put", key):
            self._store.put(key, digest, size, chunks)

    def rejects(self, key: ObjectKey, digest: Digest, body: bytes) -> bool:
        with self._watch.seen("rejects", key):
            return self._store.rejects(key, digest, body)

    def copy(self, source: ObjectKey, target: ObjectKey, digest: Digest) -> None:
        with self._watch.seen("copy", target):
            self._store.copy(source, target, digest)

    def info(self, key: ObjectKey) -> ObjectInfo | None:
        with self._watch.seen("info", key):
            return self._store.info(key)

    def read(self, key: ObjectKey) -> Iterator[bytes]:
        with self._watch.seen("read", key):
            pieces = tuple(self._store.read(key))
        yield from pieces

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        with self._watch.seen("list", prefix):
            listed = tuple(self._store.list(prefix, after))
        yield from listed

    def delete(self, key: ObjectKey) -> None:
        with self._watch.seen("delete", key):
            self._store.delete(key)


class WatchedSource(BottleSource):
    """A bottle source of which every opening and every piece is watched.

    Bodies come in two pieces at least, so that they can be cut in the middle.
    """

    def __init__(self, source: BottleSource, watch: Watch) -> None:
        self._source = source
        self._watch = watch

    @contextmanager
    def open(self, bottle: Bottle, start: int = 0) -> Iterator[BottleStream]:
        with ExitStack() as stack:
            with self._watch.seen("open", bottle.key):
                stream = stack.enter_context(self._source.open(bottle, start))
            pieces = self._pieces(bottle, stream.chunks)
            yield BottleStream(stream.size, pieces, stream.start)

    def sizes(self, bottles: Iterable[Bottle]) -> Mapping[Digest, int]:
        release = tuple(bottles)
        with self._watch.seen("sizes", release[0].name):
            return self._source.sizes(release)

    def index(self, release: Bottle) -> ReleaseIndex:
        with self._watch.seen("index", f"{release.name} {release.tagref}"):
            return self._source.index(release)

    def index_at_hand(self, release: Bottle) -> ReleaseIndex | None:
        return self._source.index_at_hand(release)

    def read_index(self, release: Bottle, body: bytes) -> ReleaseIndex:
        return self._source.read_index(release, body)

    def _pieces(self, bottle: Bottle, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            middle = len(chunk) // 2
            yield chunk[:middle]
            with self._watch.seen("piece", bottle.key):
                rest = chunk[middle:]
            yield rest


class WatchedCatalog(CatalogSource):
    """A catalog of which every fetch is watched."""

    def __init__(self, catalog: CatalogSource, watch: Watch) -> None:
        self._catalog = catalog
        self._watch = watch

    @property
    def source(self) -> str:
        """The URL or path that ``fetch`` reads; validators are good for it alone."""
        return self._catalog.source

    def fetch(
        self, unless: Validators | None = None, keep: Keep | None = None
    ) -> Catalog | None:
        with self._watch.seen("fetch", self.source):
            return self._catalog.fetch(unless, keep)
