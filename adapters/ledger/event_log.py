"""The event log in a store: one object for each commit, claimed by creating it."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice

from adapters.ledger.codec import decode_commit, encode_commit
from adapters.ledger.identity import decode_identity, encode_identity, read_identity
from adapters.ledger.layout import COMMITS, IDENTITY, commit_key, commit_seq
from adapters.ledger.settled import SettledWrites
from adapters.retry import Backoff
from domain.bottle import ObjectKey
from domain.errors import LedgerDamagedError
from domain.events import Commit, Position, RecordedCommit
from ports.clock import Clock
from ports.errors import ConflictError, NotFoundError
from ports.event_log import EventLog
from ports.store import Store

_FEW = 2  # commits that are not worth a thread
_THREADS = 16
_AHEAD = 32  # commits, of about 100 KB each, that are fetched before they are due


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
    ) -> None:
        self._store = store
        self._clock = clock
        self._writes = SettledWrites(store, clock, backoff, chance)
        self._identity: str | None = None

    def identity(self) -> str | None:
        # Once founded it never changes.
        if self._identity is None:
            self._identity = read_identity(self._store)
        return self._identity

    def found(self, ledger: str) -> str:
        there = self.identity()
        if there is None:
            body = encode_identity(ledger, self._clock.now())
            there = decode_identity(self._writes.create(IDENTITY, body))
            self._identity = there
        return there

    def sha256_at(self, seq: int) -> str | None:
        key = commit_key(seq)
        info = self._store.info(key)
        if info is None:
            return None
        return info.sha256 or hashlib.sha256(self._store.get(key).body).hexdigest()

    def read(self, after: Position) -> Iterator[RecordedCommit]:
        head = after
        for body in self._bodies(after.seq):
            seq = head.seq + 1
            commit = decode_commit(body, seq)
            if commit.ledger != self.identity():
                raise LedgerDamagedError(
                    seq,
                    f"it belongs to ledger {commit.ledger}, and this is"
                    f" {self.identity()}",
                )
            if commit.prev != head.sha256:
                raise LedgerDamagedError(
                    seq,
                    "it does not follow the commit before it as that is now: one of"
                    " the two has been changed (prev differs)",
                )
            recorded = RecordedCommit(commit, hashlib.sha256(body).hexdigest())
            head = recorded.position
            yield recorded

    def append(self, commit: Commit) -> RecordedCommit:
        # Encoded once: every attempt writes the same bytes to the same place.
        body = encode_commit(commit)
        key = commit_key(commit.seq)
        standing = self._writes.create(key, body)
        found = commit if standing == body else decode_commit(standing, commit.seq)
        if found.id != commit.id:
            raise ConflictError(
                key, f"taken by commit {found.id} of {found.writer}; read on and try"
            )
        # What follows is chained to the bytes that are there, whatever was meant.
        return RecordedCommit(found, hashlib.sha256(standing).hexdigest())

    def _bodies(self, after: int) -> Iterator[bytes]:
        """Yield the commits behind ``after``; some are fetched before their turn."""
        due = self._due(after)
        first = list(islice(due, _FEW + 1))
        if len(first) <= _FEW:
            yield from (self._body(seq, key) for seq, key in first)
            return
        pending: deque[Future[bytes]] = deque()
        pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="read-commits")
        try:
            for seq, key in chain(first, due):
                pending.append(pool.submit(self._body, seq, key))
                if len(pending) >= _AHEAD:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)

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

    def _body(self, seq: int, key: ObjectKey) -> bytes:
        if key != commit_key(seq):
            raise LedgerDamagedError(seq, f"{key} lies where only commits may lie")
        try:
            return self._store.get(key).body
        except NotFoundError as error:
            raise LedgerDamagedError(
                seq, "it is missing, and later ones are there"
            ) from error
