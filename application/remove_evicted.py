"""Removing what was evicted: from every place and view, once the log says so."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event as Flag
from typing import Final

from application.claims import claims_of, is_bottle_object
from application.digests import stored_digest
from application.journal import Journal
from application.own_up import own_up
from domain.attestation import KEPT
from domain.bottle import Bottle, BottleKey, ObjectKey
from domain.errors import DigestMismatchError
from domain.events import GENESIS, BottleLost, BottleMirrored
from domain.garbage import Evicted, Garbage, garbage_of
from domain.generations import BottleEvicted
from domain.listing import Listing
from domain.records import HashEntry
from domain.views import FLAT, REGISTRY, flat_key
from ports.errors import PortError
from ports.event_log import EventLog
from ports.progress import Progress
from ports.public_objects import PublicObjects
from ports.store import Store

_EACH: Final = 8
"""Objects that one thread removes until it is asked again whether to go on."""


@dataclass(frozen=True, slots=True)
class Removal:
    """What became of the garbage.

    Attributes:
        removed: Objects that are gone.
        left: Objects that the next removal finds again.
        lost: Bottles that others recorded while their objects were removed.
        why_left: Why not all of it went; None if it did.
        failure: What the store answered in place of removing it.
    """

    removed: int = 0
    left: int = 0
    lost: tuple[BottleKey, ...] = ()
    why_left: str | None = None
    failure: PortError | None = None


@dataclass(frozen=True, slots=True)
class RemoveEvicted:
    """Removes what the log says is evicted, also what a run before this one left.

    The store is listed once: what is not there need not be removed, and in a bucket
    that keeps versions must not be. Clients' views go before the bottles' own objects,
    by which whatever was left is found again.
    """

    store: Store
    objects: PublicObjects
    log: EventLog
    progress: Progress
    jobs: int
    stop: Flag

    def __call__(
        self, journal: Journal, known: Sequence[Evicted], listings: Collection[Listing]
    ) -> Removal:
        """Remove the garbage that there is.

        Args:
            journal: Its ledger knows of every eviction.
            known: What was evicted just now.
            listings: What each generation that is kept needs.

        Raises:
            PortError: The store cannot be listed, or the log not be used.
            LedgerDamagedError: The log is damaged.
        """
        there = {info.key for info in self.store.list("") if _is_ours(info.key)}
        if _others_came(journal):
            return Removal(left=len(known), why_left=_A_RUN)
        evicted = (*known, *self._left_before(journal, known, there))
        garbage = garbage_of(evicted, there, journal.ledger, listings)
        self._renew(evicted, there, journal)
        done = self._remove(garbage, journal)
        return Removal(
            removed=len(done.removed),
            left=len(garbage) - len(done.removed),
            lost=own_up(journal, self.store, done.tried),
            why_left=done.why_left,
            failure=done.failure,
        )

    def _left_before(
        self, journal: Journal, known: Sequence[Evicted], there: Collection[ObjectKey]
    ) -> tuple[Evicted, ...]:
        """Return what was evicted and is still there, by what the log says of it."""
        claimed = {claim.object_key for claim in claims_of(journal.ledger)}
        claimed |= {each.object_key for each in known}
        unclaimed = {key for key in there if is_bottle_object(key)} - claimed
        if not unclaimed:
            return ()
        named: dict[ObjectKey, Bottle] = {}
        left: dict[ObjectKey, Bottle] = {}
        for recorded in self.log.read(GENESIS):
            for event in recorded.commit.events:
                if (
                    not isinstance(event, BottleMirrored | BottleEvicted | BottleLost)
                    or event.object_key not in unclaimed
                ):
                    continue
                left.pop(event.object_key, None)
                if isinstance(event, BottleMirrored):
                    named[event.object_key] = event.bottle
                elif isinstance(event, BottleEvicted) and event.object_key in named:
                    left[event.object_key] = named[event.object_key]
        return tuple(Evicted(bottle, key) for key, bottle in left.items())

    def _renew(
        self,
        evicted: Sequence[Evicted],
        there: Collection[ObjectKey],
        journal: Journal,
    ) -> None:
        """Let no name of the flat view go on giving bytes that were evicted."""
        for each in evicted:
            name = flat_key(each.bottle)
            entry = journal.ledger.held.get(each.bottle.key)
            if (
                entry is not None
                and name in there
                and stored_digest(self.store, name) == each.bottle.digest
                and entry.bottle.digest != each.bottle.digest
            ):
                self._replace(name, entry)

    def _replace(self, name: ObjectKey, entry: HashEntry) -> None:
        try:
            self.objects.expose(entry.object_key, name, entry.bottle.digest)
        except DigestMismatchError as error:
            self.progress.warn(
                f"{name} still gives bytes that were evicted, for those of"
                f" {entry.bottle.key} are wrong ({error}): run bottles verify --deep"
                " --repair"
            )

    def _remove(self, garbage: Garbage, journal: Journal) -> _Removing:
        done = _Removing()
        with ThreadPoolExecutor(self.jobs) as pool:
            for keys in (garbage.views, garbage.objects):
                for some in _in_parts(keys, _EACH * self.jobs):
                    if self.stop.is_set():
                        done.why_left = _STOPPED
                        return done
                    if _others_came(journal):
                        done.why_left = _A_RUN
                        return done
                    for key, error in zip(some, pool.map(self._try, some), strict=True):
                        done.take(key, error)
                    self.progress.counted(
                        "objects removed", len(done.removed), len(garbage)
                    )
                    if done.failure is not None:
                        done.why_left = str(done.failure)
                        return done
        return done

    def _try(self, key: ObjectKey) -> PortError | None:
        try:
            self.store.delete(key)
        except PortError as error:
            return error
        return None


@dataclass(slots=True)
class _Removing:
    """How far it has come.

    Attributes:
        tried: What is gone, or may be.
    """

    tried: set[ObjectKey] = field(default_factory=set)
    removed: set[ObjectKey] = field(default_factory=set)
    why_left: str | None = None
    failure: PortError | None = None

    def take(self, key: ObjectKey, error: PortError | None) -> None:
        self.tried.add(key)
        if error is None:
            self.removed.add(key)
        else:
            self.failure = error


_A_RUN: Final = "another has begun to record since, and may need what is left"
_STOPPED: Final = "it was stopped"


def _is_ours(key: ObjectKey) -> bool:
    return is_bottle_object(key) or key.startswith((REGISTRY, FLAT, KEPT))


def _others_came(journal: Journal) -> bool:
    """Return whether the log goes on behind what the journal knows of it."""
    before = journal.ledger.position
    journal.follow()
    return journal.ledger.position != before


def _in_parts(keys: Sequence[ObjectKey], size: int) -> Iterator[Sequence[ObjectKey]]:
    for start in range(0, len(keys), size):
        yield keys[start : start + size]
