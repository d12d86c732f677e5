"""Reconciling: after damage, the ledger says again what the store holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from application.claims import claims_of, is_bottle_object
from application.digests import digest_of
from application.journal import Journal
from domain.bottle import Bottle, BottleKey, ObjectKey
from domain.events import BottleLost, BottleMirrored, StoreReconciled
from domain.ledger import Ledger
from ports.documents import Documents
from ports.store import ObjectInfo, Store

_SECOND_DIGEST = re.compile(r"\.[0-9a-f]{12}\Z")


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Compare the ledger with the store, and record what differs.

    A bottle of which only its object is left is known again by the plans, which are
    kept beside the log, and by the hash file: a file's name alone says too little.
    """

    store: Store
    documents: Documents

    def __call__(self, journal: Journal, known: Ledger) -> None:
        """Record what the store holds.

        Args:
            known: What was published last, which may know more than the log does.
        """
        there = {
            info.key: info for info in self.store.list("") if is_bottle_object(info.key)
        }
        ledger = journal.ledger
        journal.record(tuple(_lost(ledger, there)))
        journal.record(tuple(self._found(ledger, known, there)))
        document = self.documents.save_findings(there.values())
        journal.record([StoreReconciled(document)])

    def _found(
        self, ledger: Ledger, known: Ledger, there: Mapping[ObjectKey, ObjectInfo]
    ) -> Iterator[BottleMirrored]:
        spoken_of = {entry.object_key for entry in ledger.held.values()}
        spoken_of |= ledger.superseded.keys()
        unknown = [info for key, info in there.items() if key not in spoken_of]
        if not unknown:
            return
        named = self._bottles_by_file_name(known)
        taken: set[BottleKey] = set(ledger.held)
        for info in unknown:
            _, _, file_name = info.key.partition("/")
            bottles = named.get(_SECOND_DIGEST.sub("", file_name), ())
            open_ones = [bottle for bottle in bottles if bottle.key not in taken]
            if not open_ones:
                continue
            digest = digest_of(self.store, self.store.info(info.key) or info)
            for bottle in open_ones:
                if bottle.digest == digest:
                    taken.add(bottle.key)
                    yield BottleMirrored(bottle, info.size, info.key, "found")

    def _bottles_by_file_name(self, known: Ledger) -> Mapping[str, set[Bottle]]:
        named: dict[str, set[Bottle]] = {}
        for bottle in self._every_bottle(known):
            named.setdefault(bottle.file_name, set()).add(bottle)
        return named

    def _every_bottle(self, known: Ledger) -> Iterator[Bottle]:
        for entry in known.held.values():
            yield entry.bottle
        for work in self.documents.works():
            for load in work.loads:
                yield from load.bottles


def _lost(
    ledger: Ledger, there: Mapping[ObjectKey, ObjectInfo]
) -> Iterator[BottleLost]:
    for claim in claims_of(ledger):
        info = there.get(claim.object_key)
        if info is None:
            found = "nothing"
        elif info.size != claim.size:
            found = f"{info.size} bytes instead of {claim.size}"
        else:
            continue
        yield BottleLost(claim.key, claim.digest, claim.object_key, found)
