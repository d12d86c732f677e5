"""The transfer of one load: from upstream to the store, and to its other names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from threading import Event as Flag

from application.digests import digest_of, stored_digest
from application.expose import Expose
from application.flow import Flow, StoppedError
from application.patience import Patience
from domain.bottle import Bottle, BottleKey, ObjectKey
from domain.errors import DigestMismatchError
from domain.events import BottleFailed, BottleMirrored
from domain.generations import KeptIndex
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
from ports.progress import TransferProgress
from ports.spool import Spool
from ports.store import Store

_LONGEST_DETAIL = 500  # characters
_FIRST_PAUSE = 0.5  # seconds at most, and twice as many each time
_LONGEST_PAUSE = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class Placed:
    """A load, and where in the store each of its bottles is to lie.

    Attributes:
        indexes: What the ledger has of the indexes of their releases.
    """

    load: Load
    object_keys: Mapping[BottleKey, ObjectKey]
    indexes: Mapping[BottleKey, KeptIndex] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What became of a load.

    Attributes:
        error: What ended it early, for deciding whether the run goes on.
        seconds: How long it took.
        indexes: Those of the releases of what was mirrored: they are in the store.
    """

    mirrored: tuple[BottleMirrored, ...]
    failed: tuple[BottleFailed, ...]
    error: PortError | None = None
    seconds: float = 0.0
    indexes: tuple[KeptIndex, ...] = ()


@dataclass(frozen=True, slots=True)
class Transfer:
    """Brings the bytes of a load into the store under all of its names.

    May be used by many threads at once. Bytes are in the store, checked, and where
    clients ask for them, before the event that speaks of them is returned; what fails
    is returned too, and never raised, but for ``StoppedError``.

    Attributes:
        attempts: How often the bytes of one bottle are sent for.
        chance: Gives numbers in [0, 1), to spread what is tried again.
        stop: When set, transfers end at the next piece of bytes.
        spool: What the source keeps of bottles that it has begun to give.
        expose: Writes what clients see of a bottle.
        patience: Seconds for which a store is waited for that does not answer: bytes
            that are at hand are offered to it beyond all attempts, and others are not
            sent for again before it answers.
    """

    source: BottleSource
    store: Store
    clock: Clock
    progress: TransferProgress
    attempts: int
    chance: Callable[[], float]
    stop: Flag
    spool: Spool
    expose: Expose
    patience: float = 0.0

    def telling(self, progress: TransferProgress) -> Transfer:
        """Return the same, telling ``progress`` what it does."""
        keep_index = self.expose.keep_index.telling(progress)
        expose = replace(self.expose, keep_index=keep_index)
        return replace(self, progress=progress, expose=expose)

    def __call__(self, placed: Placed) -> LoadResult:
        """Carry one load.

        Raises:
            StoppedError: ``stop`` was set, and none of its bottles is stored.
        """
        load = placed.load
        mirrored: list[BottleMirrored] = []
        indexes: list[KeptIndex] = []
        origin, size = load.source, load.size or 0
        for bottle in load.bottles:
            target = placed.object_keys[bottle.key]
            try:
                self._go_on(load)
                if origin is None:
                    done = self._fetch(load, bottle, target)
                else:
                    done = self._copy(load, bottle, origin, target, size)
                index = self._shown(done, placed)
            except StoppedError:
                if not mirrored:
                    raise
                return LoadResult(tuple(mirrored), (), indexes=tuple(indexes))
            except PortError as error:
                failed: tuple[BottleFailed, ...] = ()
                if not self.stop.is_set():
                    self.progress.finished(load, error)
                    left = load.bottles[len(mirrored) :]
                    failed = tuple(_failed(missing, error) for missing in left)
                # Else cut short, not failed: it is fetched by the next run.
                return LoadResult(
                    tuple(mirrored),
                    failed,
                    error if failed else None,
                    indexes=tuple(indexes),
                )
            mirrored.append(done)
            if index is not None:
                indexes.append(index)
            size = done.size
            if origin is None or done.how == "fetched":
                # All copies are of one original: the store has to prove it once.
                origin = done.object_key
        self.progress.finished(load, None)
        return LoadResult(tuple(mirrored), (), indexes=tuple(indexes))

    def _shown(self, stored: BottleMirrored, placed: Placed) -> KeptIndex | None:
        """Write the views of a bottle, however long the store has nothing to say."""
        left = partial(self._patience_left, self.clock.monotonic())
        known = placed.indexes.get(stored.bottle.key)
        try:
            return Patience(self.clock, left)(partial(self.expose, stored, known))
        except DigestMismatchError as error:
            raise WrongDigestError(stored.bottle.key, str(error)) from error

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
        flow: Flow | None = None
        begun = self.clock.monotonic()
        with ExitStack() as opened:
            for attempt in count(1):
                # What opening it raises is final: the source has tried often enough.
                if flow is None:
                    flow = self._opened(load, bottle, opened)
                    begun = self.clock.monotonic()
                try:
                    sent = self._send(load, bottle, target, flow)
                except ConflictError:
                    break
                if sent is None:
                    return BottleMirrored(bottle, flow.size, target, "fetched")
                if isinstance(sent, OutcomeUnknownError) and self._is_there(target):
                    break
                if attempt >= self.attempts and not self._offers(flow, begun):
                    sent.attempts = max(sent.attempts, attempt)
                    raise sent
                if not flow.can_begin_again:
                    opened.close()
                    flow = None
                    self._await_store(target, begun)
                self._pause(attempt)
                self._go_on(load)
        return self._found(load, bottle, target)

    def _offers(self, flow: Flow, begun: float) -> bool:
        """Return whether the store is offered bytes that it did not take once more."""
        return flow.can_begin_again and self._patience_left(begun) > 0.0

    def _await_store(self, target: ObjectKey, begun: float) -> None:
        """Send for no bytes that the store would not take either."""
        patience = Patience(self.clock, partial(self._patience_left, begun))
        if self.patience:
            with suppress(UnavailableError):
                patience(partial(self.store.info, target))

    def _patience_left(self, begun: float) -> float:
        return self.patience - (self.clock.monotonic() - begun)

    def _opened(self, load: Load, bottle: Bottle, opened: ExitStack) -> Flow:
        stream = opened.enter_context(self.source.open(bottle))
        self.progress.started(load, stream.size)
        return Flow(load, stream, self.progress, self.stop)

    def _send(
        self, load: Load, bottle: Bottle, target: ObjectKey, flow: Flow
    ) -> PortError | None:
        """Let ``flow`` flow into the store once.

        Returns:
            What went wrong on the way, when another try may help.
        """
        try:
            self.store.put(target, load.digest, flow.size, flow.chunks())
        except ConflictError:
            flow.forget()
            raise
        except (UnavailableError, OutcomeUnknownError) as error:
            flow.forget()
            return error
        except MalformedError as error:
            flow.spoil()
            return error
        except DigestMismatchError as error:
            flow.spoil()
            self.spool.forget([load.digest])
            return WrongDigestError(bottle.key, str(error))
        return None

    def _is_there(self, target: ObjectKey) -> bool:
        """Return whether there is something, as far as the store will tell."""
        try:
            return self.store.info(target) is not None
        except UnavailableError:
            # The next try will tell.
            return False

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
