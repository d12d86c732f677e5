"""Bugs in what is recorded, what it means, and how it is published."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

import application.inspect_ledger
import application.run
from adapters.ledger.codec import encode_commit
from adapters.ledger.hash_file import StoredHashFile
from adapters.ledger.layout import commit_key
from adapters.s3.store import S3Store
from application.flow import Flow
from application.run import Run
from application.transfer import Transfer
from application.verify_mirror import Flaw, VerifyMirror
from domain.bottle import Bottle, Digest, ObjectKey
from domain.events import (
    BottleLost,
    BottleMirrored,
    BottleSuperseded,
    CatalogRead,
    Commit,
    RecordedCommit,
    SyncCompleted,
)
from domain.fold import Folding
from domain.ledger import Ledger
from domain.words import Outcome
from domain.work import Load, Work
from ports.errors import ConflictError, PortError
from ports.hash_file import HashFile
from tests.simulation.mutant import Mutants

MUTANTS = Mutants()

_apply = Ledger.apply
_mirrored = Folding._mirrored  # noqa: SLF001
_publish = StoredHashFile.publish


@MUTANTS.add("A commit that is delivered again takes effect again.")
def duplicates_not_dropped(patch: pytest.MonkeyPatch) -> None:
    def apply(
        self: Ledger,
        recorded: RecordedCommit,
        *more: Any,  # noqa: ANN401
    ) -> None:
        run = self.runs.get(recorded.commit.run)
        if run is not None:
            run.writers.pop(recorded.commit.writer, None)
        _apply(self, recorded, *more)

    patch.setattr(Ledger, "apply", apply)


@MUTANTS.add("The clocks of writers decide which of two facts holds.")
def the_last_by_the_clock_wins(patch: pytest.MonkeyPatch) -> None:
    def mirrored(self: Folding, event: BottleMirrored) -> None:
        if self.ledger.at is None or self.commit.at >= self.ledger.at:
            _mirrored(self, event)

    patch.setattr(Folding, "_mirrored", mirrored)


@MUTANTS.add("A bottle is dropped although it was a superseded object that was lost.")
def lost_without_a_look_at_the_object(patch: pytest.MonkeyPatch) -> None:
    lost = Folding._lost  # noqa: SLF001

    def any_object(self: Folding, event: BottleLost) -> None:
        entry = self.ledger.held.get(event.key)
        if entry is not None:
            event = replace(event, object_key=entry.object_key)
        lost(self, event)

    patch.setattr(Folding, "_lost", any_object)


@MUTANTS.add("A bottle is given up for what another one was.")
def superseded_without_a_look_at_the_digest(patch: pytest.MonkeyPatch) -> None:
    superseded = Folding._superseded  # noqa: SLF001

    def any_digest(self: Folding, event: BottleSuperseded) -> None:
        entry = self.ledger.held.get(event.key)
        if entry is not None:
            event = replace(event, sha256=entry.bottle.digest)
        superseded(self, event)

    patch.setattr(Folding, "_superseded", any_digest)


@MUTANTS.add("A crash in between leaves the ledger promising what was removed.")
def deleted_before_it_is_recorded_as_lost(patch: pytest.MonkeyPatch) -> None:
    repair = VerifyMirror._repair  # noqa: SLF001

    def delete_first(
        self: VerifyMirror, opened: object, flaws: Sequence[Flaw]
    ) -> object:
        for flaw in flaws:
            if not flaw.is_missing:
                self.store.delete(flaw.claim.object_key)
        return repair(self, opened, flaws)  # type: ignore[arg-type]

    patch.setattr(VerifyMirror, "_repair", delete_first)


@MUTANTS.add("The ledger promises bytes that are still on their way.")
def recorded_before_it_is_stored(patch: pytest.MonkeyPatch) -> None:
    def send(
        self: Transfer, _: Load, bottle: Bottle, target: ObjectKey, flow: Flow
    ) -> PortError | None:
        late = b"".join(flow.chunks())
        world = self.clock._world  # type: ignore[attr-defined]  # noqa: SLF001
        bucket = self.store._bucket.writes._bucket  # type: ignore[attr-defined]  # noqa: SLF001

        def land() -> None:
            if bucket.bucket.page(target, "")[0] == []:
                bucket.put(target, late, bottle.digest, "*", None)

        world.after(60.0, land)
        return None

    patch.setattr(Transfer, "_send", send)


@MUTANTS.add("The log names a plan that nobody can read.")
def recorded_before_its_document(patch: pytest.MonkeyPatch) -> None:
    start = Run.start

    def record_first(
        self: Run, work: Work, selection: str, catalog: CatalogRead | None
    ) -> None:
        documents = self.runs.documents
        save = documents.save_work
        patch.setattr(documents, "save_work", documents.sha256_of)
        try:
            start(self, work, selection, catalog)
        finally:
            patch.setattr(documents, "save_work", save)
        save(work)

    patch.setattr(Run, "start", record_first)


@MUTANTS.add("The hash file speaks of a commit that may never be written.")
def published_before_it_is_recorded(patch: pytest.MonkeyPatch) -> None:
    complete = Run.complete

    def publish_first(
        self: Run, outcome: Outcome, settles: str | None, counts: Mapping[str, int]
    ) -> None:
        journal, ledger = self.journal, self.journal.ledger.fork()
        commit = Commit(
            id=self.runs.new_id(),
            ledger=ledger.id,
            seq=ledger.position.seq + 1,
            prev=ledger.position.sha256,
            at=self.runs.clock.now(),
            run=self.id,
            writer=journal.writer,
            wseq=journal._wseq + 1,  # noqa: SLF001
            events=(SyncCompleted(self.id, outcome, settles, counts, ledger.state),),
        )
        digest = hashlib.sha256(encode_commit(commit)).hexdigest()
        ledger.apply(RecordedCommit(commit, digest))
        application.run.publish(self.runs.hash_file, ledger, self.version)
        complete(self, outcome, settles, counts)

    patch.setattr(Run, "complete", publish_first)


@MUTANTS.add("What another has published meanwhile is overwritten with what is older.")
def published_without_if_match(patch: pytest.MonkeyPatch) -> None:
    def replace_any(self: S3Store, key: ObjectKey, body: bytes, version: str) -> None:
        del version
        digest = Digest(hashlib.sha256(body).hexdigest())
        self._write(key, f"write {key}", body, digest, {})

    patch.setattr(S3Store, "replace", replace_any)


@MUTANTS.add("Who loses the race for the hash file puts it back to an older commit.")
def an_older_ledger_published(patch: pytest.MonkeyPatch) -> None:
    def insist(hash_file: HashFile, ledger: Ledger, version: str | None) -> None:
        while True:
            try:
                hash_file.publish(ledger, version)
            except ConflictError:
                there = hash_file.load()
                version = there.version if there else None
            else:
                return

    patch.setattr(application.run, "publish", insist)
    patch.setattr(application.inspect_ledger, "publish", insist)


@MUTANTS.add("Who loses the race for the hash file leaves it behind the log.")
def a_conflict_of_publishers_ignored(patch: pytest.MonkeyPatch) -> None:
    def give_way(hash_file: HashFile, ledger: Ledger, version: str | None) -> None:
        with suppress(ConflictError):
            hash_file.publish(ledger, version)

    patch.setattr(application.run, "publish", give_way)
    patch.setattr(application.inspect_ledger, "publish", give_way)


@MUTANTS.add("A slot is free again, and a writer that was held up takes it.")
def commits_collected_as_garbage(patch: pytest.MonkeyPatch) -> None:
    def collect(self: StoredHashFile, ledger: Ledger, version: str | None) -> None:
        _publish(self, ledger, version)
        if ledger.position.seq > 0:
            self._store.delete(commit_key(ledger.position.seq - 1))

    patch.setattr(StoredHashFile, "publish", collect)
