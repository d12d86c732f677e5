"""The event log in a store: one object for each commit, claimed by creating it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace

from adapters.ledger.ahead import ahead
from adapters.ledger.codec import decode_commit, encode_commit
from adapters.ledger.documents import read_import
from adapters.ledger.identity import (
    Identity,
    decode_identity,
    encode_identity,
    read_identity,
)
from adapters.ledger.layout import COMMITS, IDENTITY, commit_key, commit_seq
from adapters.ledger.settled import SettledWrites
from adapters.retry import Backoff
from domain.bottle import BottleKey, ObjectKey
from domain.continuity import gone_for_good, joined
from domain.errors import LedgerDamagedError, OutdatedLedgerError
from domain.events import (
    Commit,
    HashFileImported,
    LedgerRepaired,
    Position,
    RecordedCommit,
)
from domain.records import Elsewhere, Repair
from ports.clock import Clock
from ports.errors import (
    ConflictError,
    FollowerError,
    MalformedError,
    NotFoundError,
)
from ports.event_log import MAX_COMMIT_BYTES, CommitTooLargeError, EventLog
from ports.store import Store

_READERS = 16
# As every commit spells it that declares a gap: few do, and the others need not be
# read to their end.
_REPAIRED = f'"{LedgerRepaired.__name__}"'.encode()


class StoredEventLog(EventLog):
    """The event log as objects of a store, whatever store it is.

    All exclusion comes from ``Store.create``: there is no lock, and no writer
    can hold up another. May be used by many threads at once.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        backoff: Backoff,
        chance: Callable[[], float],
        readers: int = _READERS,
    ) -> None:
        """Open the log in ``store``, which may be empty.

        Args:
            readers: How many commits a long read asks for at a time; twice as many, of
                about 100 KB each, wait to be yielded. With 1 there are no threads.
        """
        self._store = store
        self._clock = clock
        self._readers = readers
        self._writes = SettledWrites(store, clock, backoff, chance)
        self._identity: Identity | None = None
        # Gaps of which commits were yielded before it was known that they are gone.
        self._given_up: list[Repair] = []

    def identity(self) -> str | None:
        # Once founded it never changes.
        if self._identity is None:
            self._identity = read_identity(self._store)
        return None if self._identity is None else self._identity.ledger

    def follows(self) -> bool:
        self.identity()
        return self._identity is not None and self._identity.follows is not None

    def found(self, ledger: str) -> str:
        there = self.identity()
        if there is None:
            body = encode_identity(ledger, self._clock.now())
            self._identity = decode_identity(self._writes.create(IDENTITY, body))
            there = self._identity.ledger
        return there

    def sha256_at(self, seq: int) -> str | None:
        # Of its bytes, for one request in every store: a folder keeps no digests, and
        # what a hash file was made from is nearly always the small end of a run.
        try:
            body = self._store.get(commit_key(seq)).body
        except NotFoundError:
            return None
        return hashlib.sha256(body).hexdigest()

    def read(self, after: Position) -> Iterator[RecordedCommit]:
        head, gap, yielded = after, None, after.seq
        # One is held back until it is seen whether a declared gap begins with it.
        last: RecordedCommit | None = None
        while True:
            try:
                for recorded in self._unbroken(head, gap):
                    if last is not None:
                        yielded = last.commit.seq
                        yield last
                    last, head = recorded, recorded.position
            except LedgerDamagedError as damage:
                found = self._declared_gap(damage.seq)
                if last is not None and (
                    found is None or last.commit.seq < found.first
                ):
                    yielded = last.commit.seq
                    yield last
                # Behind the gap that was just crossed there is damage of another kind.
                if found is None or found == gap:
                    raise
                self._check_is_unread(found, yielded, damage)
                # What a gap is followed by names a commit that nobody has any more.
                last, head, gap = None, Position(found.last, ""), found
            else:
                break
        if last is not None:
            yield last

    def _check_is_unread(
        self, gap: Repair, yielded: int, damage: LedgerDamagedError
    ) -> None:
        """Check that nothing in a gap has been yielded as if it were there.

        Raises:
            OutdatedLedgerError: It has been; from now on it is known to be gone.
            LedgerDamagedError: It was known, and reading anew would come here again.
        """
        if yielded < gap.first:
            return
        if gap in self._given_up:
            raise damage
        self._given_up.append(gap)
        raise OutdatedLedgerError(damage.seq, gone_for_good(gap)) from damage

    def _unbroken(
        self, after: Position, gap: Repair | None
    ) -> Iterator[RecordedCommit]:
        """Yield the commits behind ``after`` as long as each follows the one before.

        Args:
            gap: The declared gap that ``after`` is the end of.
        """
        # Closed here: what an error keeps alive, the garbage collector would close, and
        # that may be while a thread is being started, for which closing then waits.
        due = self._due(after.seq)
        with closing(ahead(self._body, due, self._readers)) as bodies:
            yield from self._each_after(after, gap, bodies)

    def _each_after(
        self, head: Position, gap: Repair | None, bodies: Iterable[tuple[int, bytes]]
    ) -> Iterator[RecordedCommit]:
        for seq, body in bodies:
            if any(lost.first == seq for lost in self._given_up):
                raise LedgerDamagedError(seq, "it was given up")
            commit = decode_commit(body, seq)
            if commit.ledger != self.identity():
                raise LedgerDamagedError(
                    seq,
                    f"it belongs to ledger {commit.ledger}, and this is"
                    f" {self.identity()}",
                )
            if commit.prev != head.sha256 and gap is None:
                raise LedgerDamagedError(
                    seq,
                    "it does not follow the commit before it as that is now: one of"
                    " the two has been changed (prev differs)",
                )
            sha256 = hashlib.sha256(body).hexdigest()
            recorded = RecordedCommit(self.resolved(commit), sha256, gap)
            head, gap = recorded.position, None
            yield recorded

    def resolved(self, commit: Commit) -> Commit:
        """Return a commit with what its events only name.

        Raises:
            LedgerDamagedError: A document that it names is missing, or was changed.
        """
        if not commit.has(HashFileImported):
            return commit
        events = (
            replace(event, entries=self._imported(commit.seq, event.document))
            if isinstance(event, HashFileImported)
            else event
            for event in commit.events
        )
        return replace(commit, events=tuple(events))

    def _imported(self, seq: int, document: str) -> Mapping[BottleKey, Elsewhere]:
        try:
            return read_import(self._store, document)
        except (NotFoundError, MalformedError) as error:
            raise LedgerDamagedError(
                seq, f"document {document}, which it names, is not there: {error}"
            ) from error

    def _declared_gap(self, seq: int) -> Repair | None:
        """Return the gap that is declared around ``seq``, if there is one.

        Gaps that touch are one: between them is nothing that could be read.
        """
        declared: list[Repair] = []
        # The commit that declares a gap at the end of a log is the first behind it.
        behind = commit_key(seq - 1) if seq else ""
        listed = (info.key for info in self._store.list(COMMITS, behind))
        for key, body in ahead(self._body_if_there, listed, self._readers):
            number = commit_seq(key)
            if number is None or _REPAIRED not in body:
                continue
            try:
                commit = decode_commit(body, number)
            except LedgerDamagedError:
                continue
            declared += [
                event.repair
                for event in commit.events
                if isinstance(event, LedgerRepaired) and event.repair.is_gap
            ]
        # The link between two commits breaks at the second of them.
        return next(
            (gap for gap in joined(declared) if gap.first <= seq <= gap.last + 1), None
        )

    def _body_if_there(self, key: ObjectKey) -> tuple[ObjectKey, bytes]:
        """Return a key and the bytes of its object, none of one that is gone."""
        try:
            return key, self._store.get(key).body
        except NotFoundError:
            return key, b""

    def append(self, commit: Commit) -> RecordedCommit:
        # Whoever appends has read the log, and with it whose it is: nobody is asked.
        if self._identity is not None and self._identity.follows is not None:
            raise FollowerError(self._identity.ledger)
        # Encoded once: every attempt writes the same bytes to the same place.
        body = encode_commit(commit)
        key = commit_key(commit.seq)
        if len(body) > MAX_COMMIT_BYTES and len(commit.events) > 1:
            raise CommitTooLargeError(key, f"it takes {len(body)} bytes")
        standing = self._writes.create(key, body)
        found = commit if standing == body else decode_commit(standing, commit.seq)
        if found.id != commit.id:
            raise ConflictError(
                key, f"taken by commit {found.id} of {found.writer}; read on and try"
            )
        # What follows is chained to the bytes that are there, whatever was meant.
        return RecordedCommit(found, hashlib.sha256(standing).hexdigest())

    def _due(self, after: int) -> Iterator[tuple[int, ObjectKey]]:
        """Yield what must be there up to the last commit listed, and its key."""
        due = after + 1
        behind = commit_key(after) if after >= 0 else ""
        for listed in self._store.list(COMMITS, behind):
            seq = commit_seq(listed.key)
            if seq is None:
                yield due, listed.key
                return
            # Some stores list what is created meanwhile, and not what was created
            # just before it. So what is not listed is asked for by its key.
            for number in range(due, seq + 1):
                yield number, commit_key(number)
            due = seq + 1

    def _body(self, due: tuple[int, ObjectKey]) -> tuple[int, bytes]:
        seq, key = due
        if key != commit_key(seq):
            raise LedgerDamagedError(seq, f"{key} lies where only commits may lie")
        try:
            return seq, self._store.get(key).body
        except NotFoundError as error:
            raise LedgerDamagedError(
                seq, "it is missing, and later ones are there"
            ) from error
