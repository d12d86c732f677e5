"""The custody of a log in a store that may keep versions, with copies elsewhere."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from adapters.ledger.codec import decode_commit
from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.examination import Examiner
from adapters.ledger.found_copies import Found, as_repairs
from adapters.ledger.good_copies import Candidate, GoodCopies, prev_of
from adapters.ledger.identity import decode_identity, encode_identity
from adapters.ledger.layout import IDENTITY, IMPORTED, commit_key, document_key
from domain.bottle import ObjectKey
from domain.damage import IN_THE_LOG, Damage, DamageClass, Specimen
from domain.errors import LedgerDamagedError
from domain.events import Position
from domain.judgement import pins_of
from domain.records import Repair
from ports.custody import Custody, Examination
from ports.errors import NotFoundError, NotOurStoreError
from ports.object_history import ObjectHistory
from ports.store import Store

_READERS: Final = 16
_DOCUMENTS: Final = {"document missing", "document changed"}
_IMPORTS: Final = "what its commits and imports say"
_COMMITS: Final = "what its commits say, as of a mirror that records them"
_MAY_FOLLOW: Final = (
    "; nothing tells whether they came by bottles import: if they did, do not repair"
    " without a copy of this store's own ledger.json, named with --from"
)
_A_PIN_DECIDES: Final = "nothing tells which is right: a pin of it decides (--pin)"


@dataclass(frozen=True, slots=True)
class LogCopy:
    """A copy of the log that somebody has named.

    Attributes:
        get: Gives the bytes it has for an object, None when it has none.
    """

    name: str
    get: Callable[[ObjectKey], bytes | None]


_Place = tuple[DamageClass, int, int, str | None]


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
        self._good = GoodCopies(store, history, copies)
        self._readers = readers
        self._specimens: dict[int, Specimen] = {}
        self._ledger: str | None = None
        # What was found for which damage, so as not to look for it twice.
        self._looked: tuple[list[_Place], list[Found]] = ([], [])

    def examine(self, pins: Sequence[Position], *, read: bool) -> Examination:
        examiner = Examiner(self._store, self._history, self._log, pins, self._readers)
        if not read:
            return examiner.list_only()
        found = examiner.read_all()
        self._specimens, self._ledger = examiner.specimens, examiner.ledger
        self._looked = ([], [])
        seen = pins_of(pins)
        if examiner.published is not None:
            position = examiner.published.position
            seen = pins_of([position]) | seen
        told = self._with_versions(self._with_sources(found.damage), seen, found.gaps)
        return replace(found, damage=tuple(told))

    def restore(self, damage: Iterable[Damage]) -> tuple[Repair, ...]:
        damage = tuple(damage)
        for each in damage:
            apart = self._apart(each)
            if apart is not None:
                apart.put_back()
        mended = self._mendable(damage)
        for one in mended:
            if one.put_back is not None:
                one.put_back()
        return tuple(as_repairs(reversed(mended)))

    def give_up(self, gaps: Iterable[Repair]) -> None:
        for gap in gaps:
            specimen = self._specimens.get(gap.first)
            if specimen is None or specimen.flaw or specimen.own_seq != gap.first:
                continue
            # A reader stops where a commit is missing, and looks for a declared gap.
            key = commit_key(gap.first)
            self._good.put(document_key(specimen.sha256), self._store.get(key).body)
            self._store.delete(key)

    def _with_sources(self, damage: tuple[Damage, ...]) -> Iterator[Damage]:
        mended = self._mendable(damage)[::-1]
        numbers = [one.first for one in mended]
        for each in damage:
            there: set[str] = set()
            detail = each.detail
            if each.kind in IN_THE_LOG:
                begin = bisect_left(numbers, each.first)
                own = mended[begin : bisect_right(numbers, each.last)]
                there = {one.source for one in own if one.source is not None}
                rivals = max((one.rivals for one in own), default=0)
                if rivals:
                    detail += f"; {rivals} copies fit, and {_A_PIN_DECIDES}"
            elif (apart := self._apart(each)) is not None:
                there = {apart.source}
                if apart.source == _COMMITS:
                    detail += _MAY_FOLLOW
            yield replace(each, detail=detail, sources=tuple(sorted(there)))

    def _with_versions(
        self, damage: Iterable[Damage], pins: Mapping[int, str], gaps: Iterable[Repair]
    ) -> Iterator[Damage]:
        """Yield the damage; of a second version, what vouches for the one there."""
        damage = tuple(damage)
        wrong = [(d.first, d.last) for d in damage if d.kind in IN_THE_LOG]
        wrong += [(gap.first, gap.last) for gap in gaps]
        for each in damage:
            seq = each.first
            if each.kind != "second version" or _within(seq, wrong):
                yield each
                continue
            there, behind = self._specimens.get(seq), self._specimens.get(seq + 1)
            follows = behind is not None and not _within(seq + 1, wrong)
            said = {pins.get(seq), behind.prev if behind and follows else None}
            if there is not None and there.sha256 in said:
                yield replace(each, expected=there.sha256)
            else:
                yield replace(each, detail=f"{each.detail}; {_A_PIN_DECIDES}")

    def _mendable(self, damage: Iterable[Damage]) -> list[Found]:
        damage = [each for each in damage if each.kind in IN_THE_LOG]
        places = [(each.kind, each.first, each.last, each.expected) for each in damage]
        if self._looked[0] != places:
            self._looked = (places, list(self._mended(damage)))
        return self._looked[1]

    def _mended(self, damage: Sequence[Damage]) -> Iterator[Found]:
        """Yield every damaged commit, the last first, and the good copy of it.

        A commit tells what the one before it must be, hence from the end.
        """
        follows: dict[int, str] = {}
        # Behind all that anybody has seen or that follows, a copy need only fit.
        open_from = max(self._specimens, default=-1)
        for each in reversed(damage):
            for seq in range(each.last, each.first - 1, -1):
                wanted = follows.get(seq)
                if seq == each.last:
                    wanted = each.expected or wanted
                if wanted is not None and self._has(seq, wanted):
                    # From here down it is as it was.
                    break
                fitting: list[Candidate] = []
                if wanted is not None:
                    fitting = self._wanted(seq, wanted, each.kind)
                    open_from = seq + 1
                elif seq >= open_from:
                    fitting = self._fitting(seq)
                    open_from = seq - 1
                else:
                    # Nothing tells what this one was, nor any before it.
                    yield Found(each.first, seq, each.kind)
                    break
                if len(fitting) != 1:
                    yield Found(seq, seq, each.kind, rivals=len(fitting))
                    continue
                (good,) = fitting
                follows[seq - 1] = prev_of(good.body, self._ledger) or ""
                put_back = good.put_back
                # The bytes are let go of: there may be many commits.
                yield Found(seq, seq, each.kind, good.source, put_back)

    def _apart(self, damage: Damage) -> Candidate | None:
        """Return what a document or the identity is to be restored from."""
        if damage.kind == "identity damaged":
            return self._good_identity()
        if damage.kind in _DOCUMENTS and damage.expected is not None:
            key = document_key(damage.expected)
            return self._good.with_digest(key, damage.expected)
        return None

    def _good_identity(self) -> Candidate | None:
        """Return what says again which ledger it is, as its commits do."""
        follows = self._follows()
        for good in self._good.of(IDENTITY):
            if _names(good.body, self._ledger, follows=follows):
                return good
        sound = [one.seq for one in self._specimens.values() if one.flaw is None]
        if not sound:
            return None
        seq = min(sound)
        first = decode_commit(self._store.get(commit_key(seq)).body, seq)
        since = first.at if follows else None
        identity = encode_identity(first.ledger, first.at, follows=since)
        put_back = partial(self._good.put, IDENTITY, identity)
        source = _IMPORTS if follows else _COMMITS
        return Candidate(identity, "", source, put_back)

    def _follows(self) -> bool:
        """Tell whether anything says that the ledger is another mirror's.

        Its commits are that one's, byte for byte, and do not. A copy of that mirror's
        identity would let anybody record here.
        """
        if self._store.info(IMPORTED) is not None:
            return True
        with suppress(NotFoundError):
            return b'"follows"' in self._store.get(IDENTITY).body
        return False

    def _has(self, seq: int, sha256: str) -> bool:
        specimen = self._specimens.get(seq)
        return specimen is not None and specimen.sha256 == sha256

    def _wanted(self, seq: int, expected: str, kind: DamageClass) -> list[Candidate]:
        """Return the one commit that the chain or a pin asks for, or nothing.

        A pin may be of another mirror, and so a copy: what is of another ledger is
        never put back.
        """
        good = self._good.of_commit(seq, expected, kind, self._specimens)
        if good is None or prev_of(good.body, self._ledger) is None:
            return []
        return [good]

    def _fitting(self, seq: int) -> list[Candidate]:
        """Return the different commits that would follow what is there."""
        fitting: dict[str, Candidate] = {}
        for one in self._good.of(commit_key(seq)):
            if one.sha256 not in fitting and self._could_be(seq, one):
                fitting[one.sha256] = one
        return list(fitting.values())

    def _could_be(self, seq: int, good: Candidate) -> bool:
        """Return whether bytes are a commit that follows the one that is there."""
        try:
            commit = decode_commit(good.body, seq)
        except LedgerDamagedError:
            return False
        before = self._specimens.get(seq - 1)
        follows = before is None or before.sha256 == commit.prev
        is_there = self._has(seq, good.sha256)
        return commit.ledger == self._ledger and follows and not is_there


def _names(identity: bytes, ledger: str | None, *, follows: bool) -> bool:
    try:
        said = decode_identity(identity)
    except NotOurStoreError:
        return False
    return said.ledger == ledger and (said.follows is not None) == follows


def _within(seq: int, ranges: Iterable[tuple[int, int]]) -> bool:
    return any(first <= seq <= last for first, last in ranges)
