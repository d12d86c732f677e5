"""Keeping the index of each release whose bottles are mirrored, as it was served."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import Future
from hashlib import sha256
from threading import Lock
from typing import TypeAlias

from domain.bottle import Bottle, Digest, ObjectKey
from domain.errors import DigestMismatchError
from domain.generations import KeptIndex, release_key
from domain.ledger import Ledger
from domain.views import (
    INDEX_MEDIA_TYPE,
    View,
    flat_index_key,
    index_key,
    kept_index_key,
)
from ports.bottle_source import BottleSource, ReleaseIndex
from ports.errors import ConflictError, MalformedError, NotFoundError, RefusedError
from ports.progress import TransferProgress
from ports.public_objects import PublicObjects
from ports.store import Store

_Answer: TypeAlias = "KeptIndex | Future[KeptIndex | None] | None"
"""What became of an index; a future as long as a thread is about it."""


class KeepIndexes:
    """Keeps indexes, that of each release once. Many threads may share it.

    An index lies under its own digest, where it never changes, and where clients ask
    for it: there an earlier one gives way when a later one names all its bottles.
    """

    def __init__(
        self,
        source: BottleSource,
        store: Store,
        public: PublicObjects,
        progress: TransferProgress,
        views: Collection[View],
    ) -> None:
        self._source = source
        self._store = store
        self._public = public
        self._progress = progress
        self._views = views
        self._answers: dict[str, _Answer] = {}
        self._lock = Lock()

    def telling(self, progress: TransferProgress) -> KeepIndexes:
        """Return the same for those who are told of by ``progress``."""
        return KeepIndexes(
            self._source, self._store, self._public, progress, self._views
        )

    def __call__(self, bottle: Bottle, known: KeptIndex | None) -> KeptIndex | None:
        """Have the index of a bottle's release in the store.

        Args:
            known: What the ledger has of it: enough when it names the bottle.

        Returns:
            None when the registry has none, as a note says then.

        Raises:
            PortError: The registry does not answer, or the store does not take it.
        """
        if known is not None and names(known, bottle):
            placed = self._once(known.digest, lambda: self._place_again(bottle, known))
            if placed is not None:
                return placed
        release = release_key(bottle.name, bottle.pkg_version, bottle.rebuild)
        kept = self._once(release, lambda: self._fetch(bottle))
        if kept is not None and not names(kept, bottle):
            self._progress.note(f"the index of {release} does not name {bottle.key}")
        return kept

    def keep_at_hand(self, bottle: Bottle) -> KeptIndex | None:
        """Keep the index of a release if it was read for sizes.

        It is not placed where clients ask for it: whoever stores a bottle does that.

        Returns:
            None when there is nothing to keep, or nobody wants it.

        Raises:
            PortError: The store does not take it.
        """
        found = self._source.index_at_hand(bottle) if self._views else None
        return None if found is None else self._keep(bottle, found)

    def _keep(self, bottle: Bottle, found: ReleaseIndex) -> KeptIndex:
        """Put an index where it never changes."""
        digest = Digest(sha256(found.body).hexdigest())
        key = kept_index_key(bottle.name, digest)
        self._public.write(key, found.body, INDEX_MEDIA_TYPE)
        size = len(found.body)
        return KeptIndex(bottle.name, bottle.tagref, digest, size, found.bottles)

    def _once(self, what: str, act: Callable[[], KeptIndex | None]) -> KeptIndex | None:
        """Return what ``act`` returns, or has returned to another thread.

        What fails is tried again by whoever comes next.
        """
        ours: Future[KeptIndex | None] = Future()
        with self._lock:
            answer = self._answers.setdefault(what, ours)
        if answer is not ours:
            return answer.result() if isinstance(answer, Future) else answer
        try:
            kept = act()
        except BaseException as error:
            with self._lock:
                del self._answers[what]
            ours.set_exception(error)
            raise
        with self._lock:
            self._answers[what] = kept
        ours.set_result(kept)
        return kept

    def _fetch(self, bottle: Bottle) -> KeptIndex | None:
        try:
            found = self._source.index(bottle)
        except (RefusedError, MalformedError) as error:
            self._progress.note(f"{bottle.key} is mirrored without its index: {error}")
            return None
        kept = self._keep(bottle, found)
        self._place(bottle, kept, found)
        return kept

    def _place_again(self, bottle: Bottle, known: KeptIndex) -> KeptIndex | None:
        """Place an index that somebody has kept; None when it is not there any more."""
        try:
            self._place(bottle, known, None)
        except (NotFoundError, DigestMismatchError):
            return None
        return known

    def _place(
        self, bottle: Bottle, kept: KeptIndex, found: ReleaseIndex | None
    ) -> None:
        source = kept_index_key(kept.name, kept.digest)
        for target in self._targets(kept):
            try:
                self._store.copy(source, target, kept.digest)
            except ConflictError:
                if self._gives_way(bottle, target, kept):
                    body = found.body if found else self._public.read(source)
                    self._public.write(target, body, INDEX_MEDIA_TYPE)

    def _targets(self, kept: KeptIndex) -> list[ObjectKey]:
        where = {"registry": index_key, "flat": flat_index_key}
        return [where[view](kept.name, kept.tagref) for view in self._views]

    def _gives_way(self, bottle: Bottle, target: ObjectKey, kept: KeptIndex) -> bool:
        """Tell whether what clients are given names nothing but what ``kept`` does."""
        try:
            there = self._source.read_index(bottle, self._public.read(target))
        except (NotFoundError, MalformedError):
            return True
        return there.bottles.items() <= kept.bottles.items()


def names(index: KeptIndex, bottle: Bottle) -> bool:
    """Tell whether an index names this very bottle."""
    return index.bottles.get(bottle.tag) == bottle.digest


def known_index(ledger: Ledger, bottle: Bottle) -> KeptIndex | None:
    """Return what the ledger has of the index of a bottle's release."""
    return ledger.indexes.get(
        release_key(bottle.name, bottle.pkg_version, bottle.rebuild)
    )


def is_news(index: KeptIndex, ledger: Ledger) -> bool:
    """Tell whether it is still to be recorded that an index is kept."""
    return ledger.indexes.get(index.release) != index
