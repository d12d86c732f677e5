"""The transfer of one load: from upstream to the store, and to its other names."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from threading import Event as Flag

from domain.bottle import Bottle, BottleKey, Digest, ObjectKey
from domain.errors import DigestMismatchError, MirrorError
from domain.events import BottleFailed, BottleMirrored
from domain.work import Load
from ports.bottle_source import BottleSource
from ports.clock import Clock
from ports.errors import (
    ConflictError,
    MalformedError,
    NotFoundError,
    OutcomeUnknownError,
    PortError,
    UnavailableError,
    WrongDigestError,
)
from ports.progress import Progress
from ports.spool import Spool
from ports.store import ObjectInfo, Store

_LONGEST_DETAIL = 500  # characters
_FIRST_PAUSE = 0.5  # seconds at most, and twice as many each time
_LONGEST_PAUSE = 30.0  # seconds


class StoppedError(MirrorError):
    """A transfer was told to stop before its bytes were all there."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A load, and where in the store each of its bottles is to lie."""

    load: Load
    object_keys: Mapping[BottleKey, ObjectKey]


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What became of a load.

    Attributes:
        error: What ended it early, for deciding whether the run goes on.
        seconds: How long it took.
    """

    mirrored: tuple[BottleMirrored, ...]
    failed: tuple[BottleFailed, ...]
    error: PortError | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Transfer:
    """Brings the bytes of a load into the store under all of its names.

    May be used by many threads at once. Bytes are in the store, checked, before
    the event that speaks of them is returned; what fails is returned too, and
    never raised, but for ``StoppedError``.

    Attributes:
        attempts: How often the bytes of one bottle are sent for.
        chance: Gives numbers in [0, 1), to spread what is tried again.
        stop: When set, transfers end at the next piece of bytes.
        spool: What the source keeps of bottles that it has begun to give.
    """

    source: BottleSource
    store: Store
    clock: Clock
    progress: Progress
    attempts: int
    chance: Callable[[], float]
    stop: Flag
    spool: Spool

    def __call__(self, placed: Placed) -> LoadResult:
        """Carry one load.

        Raises:
            StoppedError: ``stop`` was set, and none of its bottles is stored.
        """
        load = placed.load
        mirrored: list[BottleMirrored] = []
        origin, size = load.source, load.size or 0
        for bottle in load.bottles:
            target = placed.object_keys[bottle.key]
            try:
                self._go_on(load)
                if origin is None:
                    done = self._fetch(load, bottle, target)
                else:
                    done = self._copy(load, bottle, origin, target, size)
            except StoppedError:
                if not mirrored:
                    raise
                return LoadResult(tuple(mirrored), ())
            except PortError as error:
                if self.stop.is_set():
                    # Cut short, not failed: it is fetched by the next run.
                    return LoadResult(tuple(mirrored), ())
                self.progress.finished(load, error)
                left = load.bottles[len(mirrored) :]
                failed = tuple(_failed(missing, error) for missing in left)
                return LoadResult(tuple(mirrored), failed, error)
            mirrored.append(done)
            size = done.size
            if origin is None or done.how == "fetched":
                # All copies are of one original: the store has to prove it once.
                origin = done.object_key
        self.progress.finished(load, None)
        return LoadResult(tuple(mirrored), ())

    def _copy(
        self,
        load: Load,
        bottle: Bottle,
        origin: ObjectKey,
        target: ObjectKey,
        size: int,
    ) -> BottleMirrored:
        """Give ``bottle`` the bytes that ``origin`` has."""
        try:
            if origin != target:
                self.store.copy(origin, target, load.digest)
                return BottleMirrored(bottle, size, target, "copied")
            if stored_digest(self.store, origin) == load.digest:
                return BottleMirrored(bottle, size, target, "found")
        except ConflictError:
            beside = _beside(target, bottle)
            return self._copy(load, bottle, origin, beside, size)
        except (NotFoundError, DigestMismatchError):
            pass
        # The store has lost what the ledger holds; upstream may still have it.
        self.progress.note(
            f"{origin} is not as the ledger says, and is fetched again for"
            f" {bottle.key}; bottles verify tells what else is not"
        )
        return self._fetch(load, bottle, target)

    def _fetch(self, load: Load, bottle: Bottle, target: ObjectKey) -> BottleMirrored:
        """Bring ``bottle`` from upstream, sending for it again when need be."""
        for attempt in count(1):
            try:
                sent = self._send(load, bottle, target)
            except ConflictError:
                return self._found(load, bottle, target)
            if isinstance(sent, int):
                return BottleMirrored(bottle, sent, target, "fetched")
            if isinstance(sent, OutcomeUnknownError) and self.store.info(target):
                return self._found(load, bottle, target)
            if attempt >= self.attempts:
                sent.attempts = max(sent.attempts, attempt)
                raise sent
            self._pause(attempt)
            self._go_on(load)
        raise AssertionError("count() has no end")

    def _send(self, load: Load, bottle: Bottle, target: ObjectKey) -> int | PortError:
        """Stream ``bottle`` into the store once.

        Returns:
            Its size; or what went wrong on the way, when another try may help.
            What opening it raises is final: the source has tried often enough.
        """
        with self.source.open(bottle) as stream:
            self.progress.started(load, stream.size)
            flow = _Flow(load, stream.chunks, self.progress, self.stop)
            try:
                self.store.put(target, load.digest, stream.size, flow.chunks())
            except ConflictError:
                flow.forget()
                raise
            except (UnavailableError, MalformedError, OutcomeUnknownError) as error:
                flow.forget()
                return error
            except DigestMismatchError as error:
                flow.forget()
                self.spool.forget([load.digest])
                return WrongDigestError(bottle.key, str(error))
            return stream.size

    def _found(self, load: Load, bottle: Bottle, target: ObjectKey) -> BottleMirrored:
        """Adopt what lies at ``target`` when it is right, else go beside it."""
        info = self.store.info(target)
        if info is not None and digest_of(self.store, info) == load.digest:
            return BottleMirrored(bottle, info.size, target, "found")
        return self._fetch(load, bottle, _beside(target, bottle))

    def _pause(self, failed: int) -> None:
        # 2.0 ** 1024 is not a float any more.
        longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(failed - 1, 64))
        self.clock.sleep(longest * self.chance())

    def _go_on(self, load: Load) -> None:
        if self.stop.is_set():
            raise StoppedError(f"{load.bottles[0].key}: stopped")


class _Flow:
    """The bytes of one try, counted as they pass."""

    def __init__(
        self, load: Load, chunks: Iterator[bytes], progress: Progress, stop: Flag
    ) -> None:
        self._load = load
        self._chunks = chunks
        self._progress = progress
        self._stop = stop
        self._passed = 0

    def chunks(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            if self._stop.is_set():
                raise StoppedError(f"{self._load.bottles[0].key}: stopped")
            yield chunk
            self._passed += len(chunk)
            self._progress.advanced(self._load, len(chunk))

    def forget(self) -> None:
        """Take back what was shown of bytes that came to nothing."""
        self._progress.advanced(self._load, -self._passed)
        self._passed = 0


def stored_digest(store: Store, key: ObjectKey) -> Digest | None:
    """Return the digest of what lies at ``key``, None when nothing does."""
    info = store.info(key)
    return None if info is None else digest_of(store, info)


def digest_of(store: Store, info: ObjectInfo) -> Digest:
    """Return the digest that the store has checked, else that of the bytes."""
    if info.sha256 is not None:
        return info.sha256
    sha256 = hashlib.sha256()
    for chunk in store.read(info.key):
        sha256.update(chunk)
    return Digest(sha256.hexdigest())


def _beside(target: ObjectKey, bottle: Bottle) -> ObjectKey:
    """Return the name beside ``target`` that no other digest can take.

    Raises:
        ConflictError: ``target`` is that name already.
    """
    if target.endswith(bottle.beside(ObjectKey(""))):
        raise ConflictError(
            target,
            f"holds bytes that are not those of {bottle.key} and that the ledger does"
            " not know; bottles verify --prune-orphans removes them",
        )
    return bottle.beside(target)


def _failed(bottle: Bottle, error: PortError) -> BottleFailed:
    detail = str(error)[:_LONGEST_DETAIL]
    return BottleFailed(bottle, error.cause, detail, error.attempts)
