"""Looking for damage in all that a store has of a ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256 as hash_of
from math import inf
from typing import Final

from adapters.ledger.ahead import ahead
from adapters.ledger.codec import decode_commit
from adapters.ledger.commit_list import listed_commits, places
from adapters.ledger.document_check import check_documents
from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.hash_codec import NewerHashFileError, decode_hash_file
from adapters.ledger.identity import NewerLedgerError, has_identity, read_identity
from adapters.ledger.layout import COMMITS, HASH_FILE, commit_key, commit_seq
from adapters.ledger.refold import Refold
from adapters.ledger.repeat_check import check_repeats
from adapters.ledger.specimens import (
    damaged_specimen,
    flipped_bit,
    may_be_turned,
    specimen_of,
)
from domain.damage import NO_COMMIT, Damage, DamageClass, Flaw, Specimen
from domain.errors import LedgerDamagedError, OutdatedLedgerError
from domain.events import GENESIS, LedgerRepaired, Position
from domain.judgement import judge, judge_listing, pins_of
from domain.ledger import Ledger
from domain.records import Repair
from ports.custody import Examination
from ports.errors import MalformedError, NotFoundError, NotOurStoreError
from ports.object_history import ObjectHistory
from ports.store import Store

_UNFINISHED: Final = (
    "a gap was declared, and what the store holds was not recorded after it: repair"
    " with --yes once more"
)
_REBUILT: Final = "; the next run, or a replay, rebuilds it"


class Examiner:
    """Looks at a ledger once.

    Attributes:
        ledger: Which ledger it is; None when nothing says so.
        specimens: What was found in the place of each commit, once they were read.
        published: What the hash file says; None when it says nothing of this ledger.
    """

    def __init__(
        self,
        store: Store,
        history: ObjectHistory,
        log: StoredEventLog,
        pins: Sequence[Position],
        readers: int,
    ) -> None:
        self._store = store
        self._history = history
        self._log = log
        self._readers = readers
        self._damage: list[Damage] = []
        # In this order: what was published was in the log before.
        self.published = self._hash_file()
        self._present, strays = listed_commits(store)
        self._damage += strays
        self._versions: dict[int, int] = {}
        self._marked = self._history_of_commits()
        self.ledger = self._whose()
        self._pins = pins_of(pins)
        if self.published is not None:
            position = self.published.position
            self._pins = {position.seq: position.sha256} | self._pins
        if not (self.ledger or self._present or self._damage or self._versions):
            raise NotOurStoreError("the store", "there is no ledger in it")
        self.specimens: dict[int, Specimen] = {}

    def list_only(self) -> Examination:
        """Return what listings tell, and the pinned commits."""
        seen: dict[int, str | None] = dict.fromkeys(self._present)
        for seq in self._pins:
            if seq in self._present:
                seen[seq] = self._log.sha256_at(seq)
        repairs: tuple[Repair, ...] = ()
        found = judge_listing(seen, self._pins, self._marked, ())
        if found or any(number > 1 for number in self._versions.values()):
            repairs = self._repairs()
            gaps = places((each for each in repairs if each.is_gap), self._present)
            found = judge_listing(seen, self._pins, self._marked, gaps)
        head = None
        if self._present:
            last = max(self._present)
            head = Position(last, self._log.sha256_at(last) or "")
        return self._result(found, repairs, head, None)

    def read_all(self) -> Examination:
        """Return what the bytes of every commit and document tell."""
        refold = Refold(self.ledger, self.published)
        for seq, body in ahead(self._read, sorted(self._present), self._readers):
            if body is None:
                continue
            try:
                commit = decode_commit(body, seq)
            except LedgerDamagedError as error:
                self.specimens[seq] = damaged_specimen(seq, body, error, self.ledger)
                refold.stop()
                continue
            sha256 = hash_of(body).hexdigest()
            self.specimens[seq] = specimen_of(seq, sha256, commit, self.ledger)
            try:
                commit = self._log.resolved(commit)
            except LedgerDamagedError:
                # Told of when the documents are looked at.
                refold.stop()
            refold.take(commit, sha256)
        gaps = tuple(repair for repair in refold.repairs if repair.is_gap)
        found = self._judged(places(gaps, self._present))
        head = None
        if self.specimens:
            last = self.specimens[max(self.specimens)]
            head = Position(last.seq, last.sha256)
        if gaps and not found:
            refold = self._refolded(refold)
        if not found and refold.is_unreconciled:
            self._report("not reconciled", _UNFINISHED)
        # What a fold finds at damage or behind it comes of that.
        sound = min((damage.first for damage in found), default=inf)
        self._damage += [damage for damage in refold.damage if damage.first < sound]
        self._damage += check_repeats(self._store, refold, sound)
        self._damage += check_documents(self._store, refold, self._readers)
        return self._result(found, refold.repairs, head, refold.events)

    def _refolded(self, before: Refold) -> Refold:
        """Fold the log once more, across its declared gaps."""
        while True:
            refold = Refold(self.ledger, self.published)
            try:
                for recorded in self._log.read(GENESIS):
                    refold.take(recorded.commit, recorded.sha256, recorded.gap)
            except OutdatedLedgerError:
                # A gap showed only when part of it had been read. Now it is known.
                continue
            except LedgerDamagedError:
                # A document is missing, which is told of when they are looked at.
                refold.stop()
                refold.go_on_like(before)
            return refold

    def _repairs(self) -> tuple[Repair, ...]:
        """Return what was ever repaired, as the hash file and what follows it tell."""
        known = self.published
        start = known.position.seq if known is not None else NO_COMMIT
        repairs = list(known.repairs) if known is not None else []
        behind = sorted(seq for seq in self._present if seq > start)
        for seq, body in ahead(self._read, behind, self._readers):
            if body is None or b'"LedgerRepaired"' not in body:
                continue
            with suppress(LedgerDamagedError):
                events = decode_commit(body, seq).events
                told = (e.repair for e in events if isinstance(e, LedgerRepaired))
                repairs.extend(told)
        return tuple(repairs)

    def _whose(self) -> str | None:
        """Return which ledger it is: what its ends say, if they do not agree with it.

        All of a log can be read wrong, and one small object, too.
        """
        try:
            identity = read_identity(self._store)
            said = identity.ledger if identity is not None else None
        except NewerLedgerError as error:
            self._report("newer format", str(error))
            said = None
        except (LedgerDamagedError, NotOurStoreError) as error:
            if not (self._present or self._versions or has_identity(self._store)):
                raise
            self._report("identity damaged", str(error))
            said = None
        there = self.published
        if said is None or there is None or there.id != said:
            ends = {self._ledger_at(seq) for seq in _ends(self._present)}
            found = ends.pop() if len(ends) == 1 else None
            if said is not None and found not in {None, said}:
                detail = f"it says {said}, and the log is of {found}; restore it"
                self._report("identity damaged", detail)
            said = found or said
        if there is not None and said not in {None, there.id}:
            detail = f"it is of ledger {there.id}, not {said}"
            self._report("hash file damaged", f"{detail}{_REBUILT}")
            self.published = None
        return said

    def _ledger_at(self, seq: int) -> str | None:
        _, body = self._read(seq)
        try:
            return decode_commit(body or b"", seq).ledger
        except LedgerDamagedError:
            return None

    def _hash_file(self) -> Ledger | None:
        try:
            return decode_hash_file(self._store.get(HASH_FILE).body)
        except NotFoundError:
            return None
        except NewerHashFileError as error:
            self._report("newer format", str(error))
            return None
        except MalformedError as error:
            self._report("hash file damaged", f"{error}{_REBUILT}")
            return None

    def _history_of_commits(self) -> dict[int, str]:
        """Count the versions of each commit; return the markers that lie on top."""
        marked: dict[int, str] = {}
        for version in self._history.versions(COMMITS):
            seq = commit_seq(version.key)
            if seq is None:
                continue
            if not version.marker:
                self._versions[seq] = self._versions.get(seq, 0) + 1
            elif version.latest:
                marked[seq] = version.version
        return marked

    def _read(self, seq: int) -> tuple[int, bytes | None]:
        try:
            return seq, self._store.get(commit_key(seq)).body
        except NotFoundError:
            return seq, None

    def _judged(self, given_up: Collection[int]) -> tuple[Damage, ...]:
        """Judge what was found, and again if one turned bit made it what it seems."""
        while True:
            found = judge(self.specimens, self._pins, self._marked, given_up)
            turned = [flawed for each in found if (flawed := self._turned(each))]
            if not turned:
                return found
            self.specimens |= {flawed.seq: flawed for flawed in turned}

    def _turned(self, damage: Damage) -> Specimen | None:
        """Return a commit that would be as it was if one bit of it were turned."""
        specimen = self.specimens.get(damage.last)
        if damage.expected is None or specimen is None or specimen.flaw is not None:
            return None
        if not may_be_turned(str(specimen.own_seq), str(specimen.seq)):
            return None
        _, body = self._read(damage.last)
        bit = flipped_bit(body or b"", damage.expected)
        if bit is None:
            return None
        detail = f"one bit of its header is turned: bit {bit % 8} of byte {bit // 8}"
        return replace(specimen, flaw=Flaw("bit-flipped", detail))

    def _result(
        self,
        found: Iterable[Damage],
        repairs: Sequence[Repair],
        head: Position | None,
        events: int | None,
    ) -> Examination:
        mended = places(repairs, self._present)
        for seq, number in self._versions.items():
            if number > 1 and seq not in mended:
                self._report(
                    "second version",
                    f"it was written {number} times: the versions differ, or what"
                    " is said about them does",
                    seq,
                )
        ordered = sorted((*found, *self._damage), key=_place)
        gaps = tuple(repair for repair in repairs if repair.is_gap)
        return Examination(head, len(self._present), events, tuple(ordered), gaps)

    def _report(self, kind: DamageClass, detail: str, seq: int = NO_COMMIT) -> None:
        self._damage.append(Damage(kind, seq, seq, detail))


def _ends(numbers: Collection[int]) -> set[int]:
    return {min(numbers), max(numbers)} if numbers else set()


def _place(damage: Damage) -> tuple[bool, int]:
    return damage.first == NO_COMMIT, damage.first
