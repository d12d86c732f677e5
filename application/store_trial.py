"""One trial of a store: whether it keeps each promise that a mirror relies on."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from threading import Event
from typing import Final

from domain.bottle import Digest, ObjectKey
from ports.errors import (
    ConflictError,
    NotFoundError,
    OutcomeUnknownError,
    PortError,
    RefusedError,
    StoreFullError,
    UnavailableError,
)
from ports.store import Store

RACERS: Final = 16

_DELETE: Final = "what is deleted is gone at once"
_FIRST, _SECOND, _THIRD = b"first\n", b"second\n", b"third\n"


@dataclass(frozen=True, slots=True)
class Shortcoming:
    """A promise that the store does not keep.

    Attributes:
        promise: What a mirror relies on.
        happened: What came instead.
    """

    promise: str
    happened: str

    def __str__(self) -> str:
        return f"{self.promise}: {self.happened}"


class StoreTrial:
    """One trial of a store, below a prefix of its own.

    Attributes:
        untried: What could not be tried, once the trial is over.
    """

    def __init__(self, store: Store, prefix: str) -> None:
        self._store = store
        self._prefix = prefix
        self._once = self._key("once")
        self._wrong = self._key("wrong")
        self._raced = self._key("raced")
        # As commits are named, and written in another order than they are listed.
        self._listed = [self._key(f"listed-{number:020d}") for number in (2, 0, 1)]
        self._keys = [self._once, self._wrong, self._raced, *self._listed]
        self.untried = ""

    def shortcomings(self) -> Iterator[Shortcoming]:
        """Yield what the store does not keep, and remove all that was written.

        Raises:
            PortError: The store cannot be reached, takes nothing, or is full.
        """
        # Who may not write at all is told so, and not that the store is unfit.
        self._store.create(self._once, _FIRST)
        for promise, trial in (
            (
                "what is written can be read at once, and is not overwritten",
                self._create,
            ),
            ("an object is replaced only in the version that was read", self._replace),
            ("bytes that are not those of their SHA-256 are refused", self._reject),
            ("of many who create one object at once, one wins", self._race),
            ("what is written is listed at once, in the order of the keys", self._list),
            (_DELETE, self._delete),
        ):
            try:
                yield from (Shortcoming(promise, each) for each in trial())
            except StoreFullError:
                raise
            except RefusedError as error:
                yield Shortcoming(promise, str(error))

    def clear(self) -> RefusedError | None:
        """Remove all that may have been written and may be removed.

        Returns:
            Why something may not be.
        """
        refused: RefusedError | None = None
        for key in self._keys:
            try:
                self._store.delete(key)
            except StoreFullError:
                raise
            except RefusedError as error:
                refused = refused or error
        return refused

    def _create(self) -> Iterator[str]:
        if self._content(self._once) != _FIRST:
            yield "an object was not there right after it was created"
        try:
            self._store.create(self._once, _SECOND)
        except ConflictError:
            if self._content(self._once) == _SECOND:
                yield "a second object was turned away, and took the first one's place"
        else:
            yield "a second object took the place of the first (If-None-Match)"

    def _replace(self) -> Iterator[str]:
        stale = self._store.get(self._once).version
        try:
            self._store.replace(self._once, _THIRD, stale)
        except ConflictError:
            yield "the version that was just read was turned away (If-Match)"
            return
        if self._content(self._once) != _THIRD:
            yield "the new bytes were not there right after they were written"
            return
        try:
            self._store.replace(self._once, _FIRST, stale)
        except ConflictError:
            if self._content(self._once) == _FIRST:
                yield "an old version was turned away, and is there all the same"
        else:
            yield "an old version was replaced as if it were the latest (If-Match)"

    def _reject(self) -> Iterator[str]:
        others = Digest(sha256(_SECOND).hexdigest())
        try:
            refused = self._store.rejects(self._wrong, others, _FIRST)
        except ConflictError:
            # Nobody else writes here: one that was sent twice met itself.
            refused = False
        if not refused:
            yield "they were taken (x-amz-checksum-sha256)"
        elif self._content(self._wrong) is not None:
            yield "they were refused, and are there all the same"

    def _race(self) -> Iterator[str]:
        ended = self._run_race()
        winners = [number for number, error in enumerate(ended) if error is None]
        unclear = [number for number, error in enumerate(ended) if _is_unclear(error)]
        there = self._content(self._raced)
        if len(winners) > 1:
            yield f"{len(winners)} of {RACERS} were told that they had"
        elif winners:
            if there != _entry(winners[0]):
                yield "the bytes that are there are not those of the one who won"
        elif there is None and unclear:
            # Nobody got a clear answer: that tells nothing of the store.
            raise _first(ended)
        elif there not in [_entry(number) for number in unclear]:
            yield f"all of {RACERS} were turned away"

    def _run_race(self) -> list[PortError | None]:
        """Let all create one object, and return what stopped each of them."""
        go = Event()

        def run(number: int) -> PortError | None:
            go.wait()
            try:
                self._store.create(self._raced, _entry(number))
            except (ConflictError, OutcomeUnknownError, UnavailableError) as error:
                return error
            return None

        with ThreadPoolExecutor(RACERS, thread_name_prefix="probe") as threads:
            try:
                ended = [threads.submit(run, number) for number in range(RACERS)]
            finally:
                # Also when there were not threads enough: none may wait for ever.
                go.set()
            return [each.result() for each in ended]

    def _list(self) -> Iterator[str]:
        prefix = self._key("listed-")
        for written, key in enumerate(self._listed, start=1):
            self._store.create(key, _FIRST)
            found = [each.key for each in self._store.list(prefix)]
            if sorted(found) != sorted(self._listed[:written]):
                yield f"{len(found)} of {written} objects were listed"
                return
        in_order = sorted(self._listed)
        if [each.key for each in self._store.list(prefix)] != in_order:
            yield "they were listed in another order"
        after = [each.key for each in self._store.list(prefix, in_order[0])]
        if after != in_order[1:]:
            yield "a list from a key on did not begin with the one after it"

    def _delete(self) -> Iterator[str]:
        refused = self.clear()
        left = [each.key for each in self._store.list(self._prefix)]
        if refused is not None:
            # To keep a ledger nothing need ever be deleted, and who runs a mirror may
            # well be forbidden to.
            self.untried = (
                f"{_DELETE} cannot be tried: {refused}; these objects stay:"
                f" {', '.join(left)}"
            )
            return
        if self._content(self._once) is not None:
            yield "an object could be read after it was deleted"
        if left:
            yield f"{', '.join(left)} were listed after they were deleted"

    def _key(self, name: str) -> ObjectKey:
        return ObjectKey(f"{self._prefix}{name}")

    def _content(self, key: ObjectKey) -> bytes | None:
        try:
            return self._store.get(key).body
        except NotFoundError:
            return None


def _entry(number: int) -> bytes:
    return b"racer %d\n" % number


def _is_unclear(error: PortError | None) -> bool:
    return isinstance(error, OutcomeUnknownError | UnavailableError)


def _first(ended: list[PortError | None]) -> PortError:
    return next(error for error in ended if error is not None and _is_unclear(error))
