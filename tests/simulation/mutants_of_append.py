"""Bugs in how a commit gets into the log."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import TypeAlias
from uuid import NAMESPACE_URL, uuid5

import pytest

import adapters.s3.store
from adapters.ledger.codec import encode_commit
from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.identity import Identity
from adapters.ledger.layout import commit_key
from application.journal import Journal
from domain.bottle import ObjectKey
from domain.events import Commit, Event, RecordedCommit
from domain.ledger import Ledger
from ports.errors import ConflictError, OutcomeUnknownError, UnavailableError
from tests.fake_s3.bucket import Version
from tests.simulation.judged import JudgedBucket
from tests.simulation.mutant import Mutants
from tests.simulation.world import SimulatedClock

MUTANTS = Mutants()

_Decide: TypeAlias = Callable[[Ledger], Sequence[Event] | None]

_append = StoredEventLog.append
_follow = Journal._follow  # noqa: SLF001
_record_as = Journal.record_as
_put = JudgedBucket.put


def _as_meant(commit: Commit) -> RecordedCommit:
    digest = hashlib.sha256(encode_commit(commit)).hexdigest()
    return RecordedCommit(commit, digest)


def _try_once(log: StoredEventLog, commit: Commit) -> None:
    log._store.create(commit_key(commit.seq), encode_commit(commit))  # noqa: SLF001


@MUTANTS.add("What is still under way lands in a slot that was left behind as free.")
def a_slot_left_before_it_was_seen_occupied(patch: pytest.MonkeyPatch) -> None:
    def append(self: StoredEventLog, commit: Commit) -> RecordedCommit:
        try:
            _try_once(self, commit)
        except (OutcomeUnknownError, UnavailableError) as error:
            raise ConflictError("slot", "taken to be lost") from error
        except ConflictError:
            return _append(self, commit)
        return _as_meant(commit)

    patch.setattr(StoredEventLog, "append", append)


@MUTANTS.add("An earlier attempt that has landed is not recognised as one's own.")
def encoded_anew_for_each_attempt(patch: pytest.MonkeyPatch) -> None:
    def append(self: StoredEventLog, commit: Commit) -> RecordedCommit:
        for attempt in count():
            # The first of them is the commit that was asked for.
            name = (
                commit.id
                if not attempt
                else str(uuid5(NAMESPACE_URL, f"{commit.id} {attempt}"))
            )
            tried = replace(commit, id=name)
            try:
                _try_once(self, tried)
            except (OutcomeUnknownError, UnavailableError):
                self._clock.sleep(1.0)
                continue
            except ConflictError:
                return _append(self, tried)
            return _as_meant(tried)
        raise AssertionError("count() has no end")

    patch.setattr(StoredEventLog, "append", append)


@MUTANTS.add("What follows is chained to bytes that lost the slot.")
def chained_to_the_bytes_meant(patch: pytest.MonkeyPatch) -> None:
    meant: dict[int, str] = {}

    def append(self: StoredEventLog, commit: Commit) -> RecordedCommit:
        prev = meant.pop(id(self), commit.prev)
        try:
            return _append(self, replace(commit, prev=prev))
        except ConflictError:
            meant[id(self)] = _as_meant(commit).sha256
            raise

    patch.setattr(StoredEventLog, "append", append)


@MUTANTS.add("A 409 decides nothing: what was sent before may be in the slot by then.")
def conflict_409_taken_for_a_lost_slot(patch: pytest.MonkeyPatch) -> None:
    def append(self: StoredEventLog, commit: Commit) -> RecordedCommit:
        create = self._store.create

        def told(key: ObjectKey, body: bytes) -> None:
            try:
                create(key, body)
            except OutcomeUnknownError as error:
                if "ConditionalRequestConflict" in str(error):
                    raise _LostError from error
                raise

        patch.setattr(self._store, "create", told)
        try:
            return _append(self, commit)
        except _LostError as error:
            raise ConflictError("slot", "409") from error
        finally:
            patch.setattr(self._store, "create", create)

    patch.setattr(StoredEventLog, "append", append)


class _LostError(Exception):
    """The slot is said to be lost."""


@MUTANTS.add("One's own commit is taken for another's, and recorded a second time.")
def conflict_412_taken_for_anothers(patch: pytest.MonkeyPatch) -> None:
    def append(self: StoredEventLog, commit: Commit) -> RecordedCommit:
        recorded = _as_meant(commit)
        for _ in range(8):
            try:
                _try_once(self, commit)
            except (OutcomeUnknownError, UnavailableError):
                self._clock.sleep(1.0)
                continue
            return recorded
        return _append(self, commit)

    patch.setattr(StoredEventLog, "append", append)


@MUTANTS.add("Another's commit is taken for one's own, which is then nowhere.")
def conflict_412_taken_for_ones_own(patch: pytest.MonkeyPatch) -> None:
    def append(self: StoredEventLog, commit: Commit) -> RecordedCommit:
        try:
            return _append(self, commit)
        except ConflictError:
            return _as_meant(commit)

    patch.setattr(StoredEventLog, "append", append)


@MUTANTS.add("A commit is acknowledged that never arrived.")
def timeout_taken_for_success(patch: pytest.MonkeyPatch) -> None:
    def append(self: StoredEventLog, commit: Commit) -> RecordedCommit:
        try:
            _try_once(self, commit)
        except OutcomeUnknownError:
            return _as_meant(commit)
        except (UnavailableError, ConflictError):
            return _append(self, commit)
        return _as_meant(commit)

    patch.setattr(StoredEventLog, "append", append)


@MUTANTS.add("The next slot is taken, and a gap stays behind.")
def timeout_taken_for_a_spoilt_slot(patch: pytest.MonkeyPatch) -> None:
    def append(self: StoredEventLog, commit: Commit) -> RecordedCommit:
        try:
            _try_once(self, commit)
        except OutcomeUnknownError:
            prev = _as_meant(commit).sha256
            return _append(self, replace(commit, seq=commit.seq + 1, prev=prev))
        except (UnavailableError, ConflictError):
            return _append(self, commit)
        return _as_meant(commit)

    patch.setattr(StoredEventLog, "append", append)


@MUTANTS.add("A commit that was given up counts as recorded.")
def acknowledged_when_given_up(patch: pytest.MonkeyPatch) -> None:
    def append(self: StoredEventLog, commit: Commit) -> RecordedCommit:
        try:
            return _append(self, commit)
        except UnavailableError:
            return _as_meant(commit)

    patch.setattr(StoredEventLog, "append", append)


@MUTANTS.add("Two writers of one slot overwrite each other.")
def put_without_condition(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(adapters.s3.store, "_ABSENT", {})


@MUTANTS.add("Two tries in vain are taken for a slot that nobody will ever get.")
def two_doubts_taken_for_a_lost_slot(patch: pytest.MonkeyPatch) -> None:
    def append(self: StoredEventLog, commit: Commit) -> RecordedCommit:
        for _ in range(2):
            try:
                _try_once(self, commit)
            except OutcomeUnknownError:
                self._clock.sleep(1.0)
            except (UnavailableError, ConflictError):
                return _append(self, commit)
            else:
                return _as_meant(commit)
        raise ConflictError("slot", "taken to be lost")

    patch.setattr(StoredEventLog, "append", append)


@MUTANTS.add("A writer's own count has gaps, and what it repeats is not recognised.")
def wseq_counts_lost_slots(patch: pytest.MonkeyPatch) -> None:
    def record_as(self: Journal, decide: _Decide) -> bool:
        def counted(ledger: Ledger) -> Sequence[Event] | None:
            if tried:
                self._wseq += 1
            tried.append(1)
            return decide(ledger)

        tried: list[int] = []
        return _record_as(self, counted)

    patch.setattr(Journal, "record_as", record_as)


@MUTANTS.add("A commit asserts the state of a slot that it did not get.")
def asserted_before_the_slot_was_lost(patch: pytest.MonkeyPatch) -> None:
    def record_as(self: Journal, decide: _Decide) -> bool:
        decided = decide(self.ledger)
        return _record_as(self, lambda _: decided)

    patch.setattr(Journal, "record_as", record_as)


@MUTANTS.add("Two who found a ledger at once write to two ledgers in one log.")
def a_founder_that_believes_itself(patch: pytest.MonkeyPatch) -> None:
    found = StoredEventLog.found

    def believe(self: StoredEventLog, ledger: str) -> str:
        found(self, ledger)
        self._identity = Identity(ledger, datetime(2026, 11, 22, tzinfo=UTC), None)
        return ledger

    patch.setattr(StoredEventLog, "found", believe)


@MUTANTS.add("A store that looks first and writes later gives one slot to two writers.")
def a_store_that_is_not_atomic(patch: pytest.MonkeyPatch) -> None:
    def put(
        self: JudgedBucket,
        key: str,
        body: bytes,
        digest: str,
        none: str | None,
        match: str | None,
    ) -> Version:
        self.bucket.check_put(key, if_none_match=none is not None, if_match=match)

        def later() -> None:
            _put(self, key, body, digest, None, None)

        self.world.after(0.02, later)
        etag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
        return Version(
            key=key,
            version_id="later",
            body=body,
            etag=etag,
            sha256=digest,
            marker=False,
            at=SimulatedClock(self.world).now(),
            retain_until=None,
            headers={},
        )

    patch.setattr(JudgedBucket, "put", put)


@MUTANTS.add(
    "What was given up and has landed is not counted, and its count used twice."
)
def what_was_given_up_not_counted(patch: pytest.MonkeyPatch) -> None:
    def follow(self: Journal) -> None:
        count = self._wseq
        _follow(self)
        self._wseq = count

    patch.setattr(Journal, "_follow", follow)
