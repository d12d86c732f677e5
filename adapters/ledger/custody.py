"""The custody of a log in a store that may keep versions, with copies elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, groupby
from typing import Final

from adapters.ledger.codec import decode_commit
from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.examination import Examiner
from adapters.ledger.identity import decode_identity, encode_identity
from adapters.ledger.layout import IDENTITY, commit_key, document_key
from adapters.ledger.specimens import flipped_bit
from domain.bottle import ObjectKey
from domain.damage import IN_THE_LOG, Damage, DamageClass, Specimen
from domain.errors import LedgerDamagedError
from domain.events import Position
from domain.records import Repair
from ports.custody import Custody, Examination
from ports.errors import NotOurStoreError
from ports.object_history import ObjectHistory
from ports.store import Store

_READERS: Final = 16
_DOCUMENTS: Final = {"document missing", "document changed"}


@dataclass(frozen=True, slots=True)
class LogCopy:
    """A copy of the log that somebody has named.

    Attributes:
        get: Gives the bytes it has for an object, None when it has none.
    """

    name: str
    get: Callable[[ObjectKey], bytes | None]


@dataclass(frozen=True, slots=True)
class _Good:
    """A good copy of one commit, where it is from, and how it is put back."""

    body: bytes
    source: str
    put_back: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Mended:
    """A damaged commit, and what it can be mended with."""

    seq: int
    kind: DamageClass
    good: _Good | None


class StoredCustody(Custody):
    """Looks at a log in a store, and mends it from whatever copies there are."""

    def __init__(
        self,
        store: Store,
        history: ObjectHistory,
        log: StoredEventLog,
        copies: Sequence[LogCopy] = (),
        readers: int = _READERS,
    ) -> None:
        """Take the log in ``store`` into custody.

        Args:
            readers: How many objects are read at a time. With 1 there are no threads.
        """
        self._store = store
        self._history = history
        self._log = log
        self._copies = tuple(copies)
        self._readers = readers
        self._specimens: dict[int, Specimen] = {}
        self._ledger: str | None = None

    def examine(self, pins: Sequence[Position], *, read: bool) -> Examination:
        examiner = Examiner(self._store, self._history, self._log, pins, self._readers)
        if not read:
            return examiner.list_only()
        found = examiner.read_all()
        self._specimens, self._ledger = examiner.specimens, examiner.ledger
        told = tuple(self._with_sources(found.damage))
        return replace(found, damage=told)

    def restore(self, damage: Iterable[Damage]) -> tuple[Repair, ...]:
        damage = tuple(damage)
        for each in damage:
            if each.kind in _DOCUMENTS and each.expected is not None:
                self._restore_document(each.expected)
            elif each.kind == "identity damaged":
                self._restore_identity()
        mended = list(self._mended(damage))
        for one in mended:
            if one.good is not None:
                one.good.put_back()
        repairs = []
        for _, several in groupby(enumerate(reversed(mended)), _alike):
            group = [one for _, one in several]
            sources = sorted({one.good.source for one in group if one.good})
            first, last = group[0], group[-1]
            source = ", ".join(sources) or None
            repairs.append(Repair(first.seq, last.seq, first.kind, source))
        return tuple(repairs)

    def give_up(self, gaps: Iterable[Repair]) -> None:
        for gap in gaps:
            specimen = self._specimens.get(gap.first)
            if specimen is None or specimen.flaw or specimen.own_seq != gap.first:
                continue
            # A reader stops where a commit is missing, and looks for a declared gap.
            key = commit_key(gap.first)
            self._put_back(document_key(specimen.sha256), self._store.get(key).body)
            self._store.delete(key)

    def _with_sources(self, damage: tuple[Damage, ...]) -> Iterator[Damage]:
        sources = {one.seq: one.good.source for one in self._mended(damage) if one.good}
        for each in damage:
            there: set[str] = set()
            if each.kind in IN_THE_LOG:
                places = range(each.first, each.last + 1)
                there = {sources[seq] for seq in places if seq in sources}
            yield replace(each, sources=tuple(sorted(there)))

    def _mended(self, damage: Iterable[Damage]) -> Iterator[_Mended]:
        """Yield every damaged commit, the last first, and the good copy of it.

        A commit tells what the one before it must be, hence from the end.
        """
        follows: dict[int, str] = {}
        # Behind all that anybody has seen or that follows, a copy need only fit.
        open_from = max(self._specimens, default=-1)
        for each in reversed([d for d in damage if d.kind in IN_THE_LOG]):
            for seq in range(each.last, each.first - 1, -1):
                wanted = follows.get(seq)
                if seq == each.last:
                    wanted = each.expected or wanted
                if wanted is not None and self._has(seq, wanted):
                    # From here down it is as it was.
                    break
                good = None
                if wanted is not None:
                    good = self._good(seq, wanted, each.kind)
                    open_from = seq + 1
                elif seq >= open_from:
                    good = self._fitting(seq)
                    open_from = seq - 1
                if good is not None:
                    follows[seq - 1] = decode_commit(good.body, seq).prev
                yield _Mended(seq, each.kind, good)

    def _restore_document(self, sha256: str) -> None:
        key = document_key(sha256)
        for good in self._candidates(key):
            if hashlib.sha256(good.body).hexdigest() == sha256:
                good.put_back()
                return

    def _restore_identity(self) -> None:
        """Say again which ledger it is, as its commits do."""
        for good in self._candidates(IDENTITY):
            if _names(good.body, self._ledger):
                good.put_back()
                return
        sound = [one.seq for one in self._specimens.values() if one.flaw is None]
        if sound:
            seq = min(sound)
            first = decode_commit(self._store.get(commit_key(seq)).body, seq)
            identity = encode_identity(first.ledger, first.at)
            self._put_back(IDENTITY, identity)

    def _has(self, seq: int, sha256: str) -> bool:
        specimen = self._specimens.get(seq)
        return specimen is not None and specimen.sha256 == sha256

    def _good(self, seq: int, expected: str, kind: DamageClass) -> _Good | None:
        own = self._turned(seq, expected) if kind == "bit-flipped" else ()
        elsewhere = self._in_the_log(seq, expected)
        for one in chain(self._candidates(commit_key(seq)), elsewhere, own):
            if hashlib.sha256(one.body).hexdigest() == expected:
                return one
        return None

    def _fitting(self, seq: int) -> _Good | None:
        candidates = self._candidates(commit_key(seq))
        return next((one for one in candidates if self._could_be(seq, one)), None)

    def _candidates(self, key: ObjectKey) -> Iterator[_Good]:
        return chain(self._versions(key), self._in_copies(key))

    def _could_be(self, seq: int, good: _Good) -> bool:
        """Return whether bytes are a commit that follows the one that is there."""
        try:
            commit = decode_commit(good.body, seq)
        except LedgerDamagedError:
            return False
        before = self._specimens.get(seq - 1)
        follows = before is None or before.sha256 == commit.prev
        is_there = self._has(seq, hashlib.sha256(good.body).hexdigest())
        return commit.ledger == self._ledger and follows and not is_there

    def _versions(self, key: ObjectKey) -> Iterator[_Good]:
        markers: list[str] = []
        is_on_top = True
        for version in self._history.versions(key):
            if version.key != key:
                continue
            if version.marker:
                markers += [version.version] if is_on_top else []
                continue
            body = self._history.read_version(key, version.version)
            put_back = partial(self._put_back, key, body)
            if is_on_top and markers:
                # What lies right below the markers is there again without them.
                put_back = partial(self._unmark, key, tuple(markers))
            is_on_top = False
            yield _Good(body, f"version {version.version}", put_back)

    def _in_copies(self, key: ObjectKey) -> Iterator[_Good]:
        for copy in self._copies:
            body = copy.get(key)
            if body is not None:
                yield _Good(body, copy.name, partial(self._put_back, key, body))

    def _put_back(self, key: ObjectKey, body: bytes) -> None:
        if self._store.info(key) is None:
            # Should a writer come first, its commit is not to be lost.
            self._store.create(key, body)
        else:
            self._history.restore(key, body)

    def _unmark(self, key: ObjectKey, markers: Iterable[str]) -> None:
        for marker in markers:
            self._history.remove_marker(key, marker)

    def _in_the_log(self, seq: int, expected: str) -> Iterator[_Good]:
        """Yield what the log itself has, in another place."""
        for other in self._specimens.values():
            if other.sha256 == expected and other.seq != seq:
                body = self._store.get(commit_key(other.seq)).body
                put_back = partial(self._put_back, commit_key(seq), body)
                yield _Good(body, f"the place of commit {other.seq}", put_back)

    def _turned(self, seq: int, expected: str) -> Iterator[_Good]:
        """Yield what is there, with the one bit turned back that was turned."""
        key = commit_key(seq)
        body = self._store.get(key).body
        bit = flipped_bit(body, expected)
        if bit is not None:
            turned = bytearray(body)
            turned[bit // 8] ^= 1 << bit % 8
            put_back = partial(self._put_back, key, bytes(turned))
            yield _Good(bytes(turned), "its own bytes, one bit turned back", put_back)


def _names(identity: bytes, ledger: str | None) -> bool:
    try:
        return decode_identity(identity) == ledger
    except NotOurStoreError:
        return False


def _alike(numbered: tuple[int, _Mended]) -> tuple[DamageClass, bool, int]:
    """Return what neighbours have in common that are told of as one."""
    number, one = numbered
    return one.kind, one.good is not None, one.seq - number
