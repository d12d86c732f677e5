"""A witness of all that happens to a mirror, who knows what must hold then."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable

from adapters.ledger.codec import decode_commit
from adapters.ledger.hash_codec import decode_hash_file, encode_hash_file
from adapters.ledger.layout import COMMITS, HASH_FILE
from application.sync_bottles import SyncReport
from domain.bottle import Bottle, Digest, ObjectKey
from domain.events import (
    BottleFailed,
    BottleMirrored,
    Commit,
    Event,
    RecordedCommit,
)
from domain.ledger import Ledger
from ports.errors import MalformedError
from tests.support.mirror import Mirror

_SUFFIX = len(".") + 12  # what the name of a second digest within a day ends in


class Witness:
    """Follows the log by itself, and remembers what was offered and what was harmed.

    Attributes:
        ledger: The fold of the log.
        tampered: The objects that somebody harmed, and what they put there; None
            where nothing was left.
    """

    def __init__(self, mirror: Mirror) -> None:
        self.mirror = mirror
        self.ledger = Ledger()
        self.tampered: dict[ObjectKey, bytes | None] = {}
        self._offered: defaultdict[str, set[Digest]] = defaultdict(set)
        self._log: dict[ObjectKey, bytes] = {}
        self._published: dict[int, bytes] = {}
        self._seen_of_hash_file = -1
        self._wseq: defaultdict[str, int] = defaultdict(int)
        # When the ledger last said of an object that it is there, and when it was
        # harmed, as numbers of commits.
        self._promised: dict[ObjectKey, int] = {}
        self._harmed: dict[ObjectKey, int] = {}
        self._recorded: Counter[tuple[str, type[Event]]] = Counter()

    def offered(self, bottles: Iterable[Bottle]) -> None:
        """Take note that upstream offers these."""
        for bottle in bottles:
            self._offered[bottle.file_name].add(bottle.digest)

    def harm(self, key: ObjectKey, body: bytes | None) -> None:
        """Put ``body`` in the place of an object, or nothing."""
        self.mirror.damage(key, body)
        if key == HASH_FILE:
            self._seen_of_hash_file = -1
        else:
            self.tampered[key] = body
            self._harmed[key] = self.ledger.position.seq

    def put_back_hash_file(self, number: int) -> None:
        """Put an earlier hash file in the place of the one that is there."""
        earlier = tuple(self._published.values())
        if earlier:
            self.harm(HASH_FILE, earlier[number % len(earlier)])

    def acknowledged(self, key: str) -> None:
        """Take note that the store has taken a commit."""
        self._log[ObjectKey(key)] = self.mirror.disk.get(ObjectKey(key)).body

    def promises(self) -> dict[ObjectKey, Digest]:
        """Return what the ledger says of each object of the store."""
        return {
            **{key: old.sha256 for key, old in self.ledger.superseded.items()},
            **{e.object_key: e.bottle.digest for e in self.ledger.held.values()},
        }

    def stored(self) -> set[Digest]:
        """Return the digests of which the store has nothing but good objects."""
        promises = self.promises()
        harmed = {digest for key, digest in promises.items() if self.is_harmed(key)}
        return set(promises.values()) - harmed

    def is_harmed(self, key: ObjectKey) -> bool:
        """Return whether an object was harmed since the ledger spoke of it."""
        return self._harmed.get(key, -2) >= self._promised.get(key, -1)

    def check_report(self, report: SyncReport) -> None:
        """Check that a run did what it says, as far as the log knows."""
        self.check()
        mirrored = self._recorded[report.run, BottleMirrored]
        assert report.mirrored.bottles == mirrored
        assert len(report.failures) == self._recorded[report.run, BottleFailed]
        seq = report.ledger.position.seq
        assert encode_hash_file(report.ledger) == self._published[seq]
        assert report.run not in self.ledger.runs

    def check(self) -> None:
        """Check everything that must hold at any time."""
        self._check_log()
        self._check_promises()
        self._check_bytes()
        self._check_hash_file()

    def _check_log(self) -> None:
        """Nothing recorded is lost or changed, and each writer counts without a gap."""
        log = {
            info.key: self.mirror.disk.get(info.key).body
            for info in self.mirror.disk.list(COMMITS)
        }
        assert {key: log.get(key) for key in self._log} == self._log
        self._log = log
        for body in tuple(log.values())[self.ledger.position.seq + 1 :]:
            commit = decode_commit(body, self.ledger.position.seq + 1)
            sha256 = hashlib.sha256(body).hexdigest()
            self.ledger.apply(RecordedCommit(commit, sha256))
            self._follow(commit)

    def _follow(self, commit: Commit) -> None:
        self._wseq[commit.writer] += 1
        assert commit.wseq == self._wseq[commit.writer]
        self._published[commit.seq] = encode_hash_file(self.ledger)
        for event in commit.events:
            self._recorded[commit.run, type(event)] += 1
            if isinstance(event, BottleMirrored):
                self._promised[event.object_key] = commit.seq

    def _check_promises(self) -> None:
        """The ledger never promises bytes that are not there."""
        for key, digest in self.promises().items():
            if not self.is_harmed(key):
                info = self.mirror.disk.info(key)
                assert info is not None, f"{key} is promised and missing"
                assert info.sha256 == digest, f"{key} is promised and wrong"

    def _check_bytes(self) -> None:
        """Nothing is visible that upstream did not offer under that name."""
        for key, body in self.mirror.bottles().items():
            if key in self.tampered and self.tampered[key] == body:
                continue
            digest = Digest(hashlib.sha256(body).hexdigest())
            _, _, name = key.partition("/")
            if name not in self._offered:
                assert name.endswith(digest[: _SUFFIX - 1])
                name = name[:-_SUFFIX]
            assert digest in self._offered[name], f"{key} was never offered so"

    def _check_hash_file(self) -> None:
        """The hash file is what the log gives, byte for byte, and never goes back."""
        info = self.mirror.disk.info(HASH_FILE)
        if info is None:
            return
        body = self.mirror.hash_file()
        try:
            seq = decode_hash_file(body).position.seq
        except MalformedError:
            return
        assert body == self._published[seq]
        assert seq >= self._seen_of_hash_file
        self._seen_of_hash_file = seq
