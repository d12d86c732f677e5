"""The bucket, the log and the hash file, each with the judge beside it."""

from __future__ import annotations

from collections.abc import Iterator

from domain.events import Commit, Position, RecordedCommit
from domain.ledger import Ledger
from ports.event_log import EventLog
from ports.hash_file import DamagedHashFile, HashFile, PublishedLedger
from tests.fake_s3.bucket import Bucket, S3Error, Version
from tests.simulation.judge import Judge
from tests.simulation.line import Line
from tests.simulation.world import World


class JudgedBucket:
    """The bucket, and the judge who sees what is done to it."""

    def __init__(self, world: World, bucket: Bucket, judge: Judge) -> None:
        self.world = world
        self.bucket = bucket
        self.judge = judge

    def put(
        self, key: str, body: bytes, digest: str, none: str | None, match: str | None
    ) -> Version:
        """Write an object."""
        version = self.bucket.put(
            key, body, if_none_match=none is not None, if_match=match, sha256=digest
        )
        self.judge.written(version)
        return version

    def get(self, key: str, match: str | None) -> Version:
        """Read an object."""
        version = self.bucket.get(key)
        if match not in (None, version.etag):
            raise S3Error(412, "PreconditionFailed", "it has changed")
        return version

    def copy(self, source: str, target: str, match: str, none: str | None) -> Version:
        """Write what an object holds under another key."""
        version = self.bucket.copy(
            source,
            target,
            source_if_match=match,
            if_none_match=none is not None,
            checksum=True,
        )
        self.judge.written(version)
        return version

    def delete(self, key: str) -> None:
        """Remove an object."""
        self.bucket.delete(key)
        self.judge.deleted(key)


class JudgedLog(EventLog):
    """A log of which every answer is held against what is in the store.

    Attributes:
        acknowledged: The commits that this process was told are in the log.
    """

    def __init__(self, log: EventLog, line: Line, judge: Judge) -> None:
        self._log = log
        self._line = line
        self._judge = judge
        self.acknowledged: list[RecordedCommit] = []

    def identity(self) -> str | None:
        return self._log.identity()

    def follows(self) -> bool:
        return self._log.follows()

    def found(self, ledger: str) -> str:
        return self._log.found(ledger)

    def sha256_at(self, seq: int) -> str | None:
        return self._log.sha256_at(seq)

    def read(self, after: Position) -> Iterator[RecordedCommit]:
        head = len(self._judge.commits) - 1
        self._line.settled = head
        last, forged = after.seq, None
        try:
            for recorded in self._log.read(after):
                last = recorded.commit.seq
                if not self._is_in_log(recorded):
                    forged = recorded
                    if last not in self._line.forged:
                        self._judge.violated(f"{self._line.who} has read {recorded}")
                yield recorded
        finally:
            self._line.settled = 0
        # Only now: what was forged is found by the commit that follows.
        if forged is not None:
            self._judge.violated(f"{self._line.who} has believed {forged}")
        if last < head:
            self._judge.violated(
                f"{self._line.who} has read up to {last}, and the log went to {head}"
            )

    def append(self, commit: Commit) -> RecordedCommit:
        recorded = self._log.append(commit)
        if not self._is_in_log(recorded) or recorded.commit.id != commit.id:
            self._judge.violated(
                f"{self._line.who} was told that {commit.id} is in the log at"
                f" {commit.seq}, and it is not"
            )
        self.acknowledged.append(recorded)
        return recorded

    def _is_in_log(self, recorded: RecordedCommit) -> bool:
        commit = recorded.commit
        return self._judge.is_in_log(commit.seq, commit.id, recorded.sha256)


class JudgedHashFile(HashFile):
    """A hash file whose publications are held against what is in the store."""

    def __init__(self, hash_file: HashFile, line: Line, judge: Judge) -> None:
        self._hash_file = hash_file
        self._line = line
        self._judge = judge

    def load(self) -> PublishedLedger | DamagedHashFile | None:
        # It may begin or cease to lie while it is read.
        self._line.misled |= self._judge.lies
        there = self._hash_file.load()
        self._line.misled |= self._judge.lies
        return there

    def publish(self, ledger: Ledger, version: str | None) -> None:
        self._hash_file.publish(ledger, version)
        if not self._judge.has_published(ledger.position.seq):
            self._judge.violated(
                f"{self._line.who} was told that commit {ledger.position.seq} is"
                " published, and it is not"
            )
