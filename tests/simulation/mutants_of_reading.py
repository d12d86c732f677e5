"""Bugs in how the log and the hash file are read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

import adapters.ledger.event_log
import adapters.ledger.hash_file
import adapters.s3.errors
import application.opened_ledger
from adapters.aws.failures import FAILURES
from adapters.ledger.canonical_json import written
from adapters.ledger.codec import decode_commit
from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.hash_codec import decode_hash_file
from adapters.ledger.layout import COMMITS, commit_key, commit_seq
from adapters.s3.download import Download
from adapters.s3.store import S3Store
from application.opened_ledger import OpenedLedger
from domain.bottle import ObjectKey
from domain.events import Commit
from domain.ledger import Ledger
from ports.errors import NotFoundError
from ports.event_log import EventLog
from ports.hash_file import HashFile, PublishedLedger
from ports.store import ObjectInfo
from tests.simulation.mutant import Anything, Mutants

MUTANTS = Mutants()

_listed = S3Store._listed  # noqa: SLF001


@MUTANTS.add("What was opened may never have been in the log.")
def the_hash_file_trusted(patch: pytest.MonkeyPatch) -> None:
    def checked(published: Ledger, identity: str | None, _: EventLog) -> Ledger:
        return published if published.id == identity else Ledger(id=identity or "")

    patch.setattr(application.opened_ledger, "_checked", checked)


@MUTANTS.add("A hash file that belongs to another mirror is taken for this one's.")
def a_foreign_hash_file_trusted(patch: pytest.MonkeyPatch) -> None:
    checked = application.opened_ledger._checked  # noqa: SLF001

    def of_any(published: Ledger, identity: str | None, log: EventLog) -> Ledger:
        published.id = identity or ""
        return checked(published, identity, log)

    patch.setattr(application.opened_ledger, "_checked", of_any)


@MUTANTS.add("A hash file that was tampered with is built upon.")
def the_sum_of_the_hash_file_ignored(patch: pytest.MonkeyPatch) -> None:
    def decode(body: bytes) -> Ledger:
        summed, found, _ = body.rpartition(b',"sum":"')
        if not found:
            return decode_hash_file(body)
        digest = hashlib.sha256(summed).hexdigest().encode()
        return decode_hash_file(b'%s,"sum":"%s"}\n' % (summed, digest))

    patch.setattr(adapters.ledger.hash_file, "decode_hash_file", decode)


@MUTANTS.add("What came after the hash file is not seen.")
def the_tail_left_unread(patch: pytest.MonkeyPatch) -> None:
    opened = application.opened_ledger.open_ledger

    def open_hash_file(log: EventLog, hash_file: HashFile) -> OpenedLedger:
        there = hash_file.load()
        if not isinstance(there, PublishedLedger):
            return opened(log, hash_file)
        return OpenedLedger(there.ledger, there.ledger.id, there.version)

    patch.setattr("tests.simulation.process.open_ledger", open_hash_file)
    patch.setattr("application.verify_mirror.open_ledger", open_hash_file)


@MUTANTS.add("Commits that a list leaves out are skipped.")
def a_gap_skipped(patch: pytest.MonkeyPatch) -> None:
    def due(self: StoredEventLog, after: int) -> Iterator[tuple[int, ObjectKey]]:
        behind = commit_key(after) if after >= 0 else ""
        for listed in self._store.list(COMMITS, behind):
            seq = commit_seq(listed.key)
            assert seq is not None
            yield seq, listed.key

    patch.setattr(StoredEventLog, "_due", due)


@MUTANTS.add("The log seems to end where the first page of its list does.")
def a_page_of_the_list_dropped(patch: pytest.MonkeyPatch) -> None:
    def first_page(self: S3Store, prefix: str, start: str) -> Iterator[ObjectInfo]:
        client = self._bucket.repeats
        real = client.list_objects_v2

        def truncated(**asked: Any) -> dict[str, Any]:  # noqa: ANN401
            return {**real(**asked), "IsTruncated": False}

        patch.setattr(client, "list_objects_v2", truncated)
        try:
            yield from _listed(self, prefix, start)
        finally:
            patch.setattr(client, "list_objects_v2", real)

    patch.setattr(S3Store, "_listed", first_page)


@MUTANTS.add("The part of an object that came before the line broke counts as all.")
def a_short_read_accepted(patch: pytest.MonkeyPatch) -> None:
    def pieces(self: Download) -> Iterator[bytes]:
        try:
            while piece := self._answer["Body"].read(1 << 20):
                yield piece
        except FAILURES:
            return

    patch.setattr(Download, "pieces", pieces)


@MUTANTS.add("What may not be seen is taken for what is not there.")
def a_403_taken_for_absent(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(
        adapters.s3.errors._BY_CODE,  # noqa: SLF001
        "AccessDenied",
        (NotFoundError, ""),
    )


@MUTANTS.add("A commit is believed that has not as many events as it says.")
def the_number_of_events_ignored(patch: pytest.MonkeyPatch) -> None:
    _decode_with(patch, n=True)


@MUTANTS.add("A commit is believed whose events are not those that it was made with.")
def the_digest_of_the_events_ignored(patch: pytest.MonkeyPatch) -> None:
    _decode_with(patch, body=True)


def _decode_with(
    patch: pytest.MonkeyPatch, *, n: bool = False, body: bool = False
) -> None:
    def decode(found: bytes, seq: int) -> Commit:
        header, _, rest = found.partition(b"\n")
        try:
            said = json.loads(header)
        except ValueError:
            return decode_commit(found, seq)
        if n:
            said["n"] = rest.count(b"\n")
        if body:
            said["body"] = hashlib.sha256(rest).hexdigest()
        return decode_commit(b"%s\n%s" % (written(said).encode(), rest), seq)

    patch.setattr(adapters.ledger.event_log, "decode_commit", decode)


@MUTANTS.add("A commit that was replaced by another is not noticed by what follows.")
def the_link_to_the_commit_before_unchecked(patch: pytest.MonkeyPatch) -> None:
    def decode(body: bytes, seq: int) -> Commit:
        commit = decode_commit(body, seq)
        return replace(commit, prev=Anything(commit.prev))

    patch.setattr(adapters.ledger.event_log, "decode_commit", decode)


@MUTANTS.add("A sound hash file is held against the commit before its own.")
def the_hash_file_held_against_another_commit(patch: pytest.MonkeyPatch) -> None:
    sha256_at = StoredEventLog.sha256_at

    def before(self: StoredEventLog, seq: int) -> str | None:
        return sha256_at(self, max(0, seq - 1))

    patch.setattr(StoredEventLog, "sha256_at", before)
