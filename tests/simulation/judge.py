"""The judge: sees every write that reaches the store, and knows what must hold then.

It keeps an account of its own, made from the bytes alone: no mistake in the code that
is tried can make the judge blind to it.
"""

from __future__ import annotations

import json
from collections import Counter
from hashlib import sha256

from adapters.ledger.layout import (
    COMMITS,
    HASH_FILE,
    IDENTITY,
    commit_seq,
    document_key,
)
from domain.bottle import ObjectKey
from tests.fake_s3.bucket import Bucket, Version
from tests.simulation.model import Model, WrittenCommit, read_commit
from tests.simulation.world import World

_NO_COMMIT = "0" * 64


class Judge:
    """Follows the store by itself.

    Attributes:
        violations: What was found to be wrong. After the first the world stands still.
        commits: The log.
        model: What the log means.
        identity: The ledger's UUID, once it is founded.
        published: Every hash file that was published, by its position.
        redelivered: Ids of commits that were on purpose recorded a second time.
        lies: Whether the hash file is one that somebody made up.
    """

    def __init__(self, world: World, bucket: Bucket) -> None:
        self.violations: list[str] = []
        self.commits: list[WrittenCommit] = []
        self.model = Model()
        self.identity: str | None = None
        self.published: dict[int, bytes] = {}
        self.redelivered: set[str] = set()
        self.lies = False
        self._world = world
        self._bucket = bucket
        self._snapshots: list[tuple[dict[str, tuple[str, str]], dict[str, str]]] = []
        self._wseq: Counter[str] = Counter()
        self._said: set[tuple[str, str]] = set()
        self._stored: dict[str, str] = {}
        self._harmed: set[str] = set()
        self._lost: set[str] = set()
        self._last_published = -1

    def violated(self, what: str) -> None:
        """Take note that something is as it must never be."""
        self._world.say("JUDGE", what)
        self._world.stopped = True
        self.violations.append(what)

    def written(self, version: Version) -> None:
        """Judge what a put or a copy has left."""
        key, there = version.key, version.key in self._stored
        self._stored[key] = sha256(version.body).hexdigest()
        if key == HASH_FILE:
            self._harmed.discard(key)
            self.lies = False
            self._judge_hash_file(version.body)
        elif there:
            self.violated(f"{key} was overwritten")
        elif key == IDENTITY:
            self.identity = json.loads(version.body)["ledger"]
        elif key.startswith(COMMITS):
            self._judge_commit(key, version.body)

    def deleted(self, key: str) -> None:
        """Judge that an object was removed."""
        self._stored.pop(key, None)
        if key == HASH_FILE or key.startswith("ledger/"):
            self.violated(f"{key} was removed")
        elif key not in self._lost:
            self.violated(f"{key} was removed before the log said that it is lost")
        else:
            # A delete has no condition: what was stored again meanwhile goes, too.
            self._harmed.add(key)

    def harm(self, key: str, body: bytes | None) -> None:
        """Put ``body`` in the place of an object, or nothing, as no process would."""
        self._world.say("harm", f"{key} {'removed' if body is None else 'changed'}")
        if body is None:
            self._bucket.delete(key)
            self._stored.pop(key, None)
        else:
            self._bucket.put(key, body)
            self._stored[key] = sha256(body).hexdigest()
        self._harmed.add(key)
        if key == HASH_FILE:
            self._last_published = -1
            self.lies = False

    def is_in_log(self, seq: int, commit_id: str, digest: str) -> bool:
        """Return whether the log has that commit there, with those bytes."""
        if seq >= len(self.commits):
            return False
        found = self.commits[seq]
        return found.id == commit_id and found.sha256 == digest

    def has_published(self, seq: int) -> bool:
        """Return whether the hash file is as late as commit ``seq``, or was harmed."""
        return self._last_published >= seq or HASH_FILE in self._harmed

    def unharmed_promises_kept(self) -> None:
        """Judge that the store has what the ledger says."""
        for object_key in self.model.promises():
            self._judge_promise(object_key, self.model.promised(object_key))

    def _judge_commit(self, key: str, body: bytes) -> None:
        commit = read_commit(body, sha256(body).hexdigest())
        header, seq = commit.header, commit_seq(ObjectKey(key))
        before = self.commits[-1].sha256 if self.commits else _NO_COMMIT
        rest = body.partition(b"\n")[2]
        asserted = {
            "its key": seq == header["seq"],
            "a gap before it": seq == len(self.commits),
            "prev": header["prev"] == before,
            "ledger": header["ledger"] == self.identity,
            "n": header["n"] == len(commit.events) > 0,
            "body": header["body"] == sha256(rest).hexdigest(),
            "wseq": self._counts(commit),
            "what it says, for its writer has said it": self._is_news(commit),
        }
        for what, holds in asserted.items():
            if not holds:
                self.violated(f"{key} is wrong: {what}; {header}")
                return
        self._judge_events(commit)
        self.commits.append(commit)
        self.model.apply(commit)
        self._snapshots.append((dict(self.model.held), dict(self.model.superseded)))

    def _counts(self, commit: WrittenCommit) -> bool:
        writer, wseq = commit.header["w"], commit.header["wseq"]
        if commit.id in self.redelivered:
            return bool(wseq <= self._wseq[writer])
        self._wseq[writer] += 1
        return bool(wseq == self._wseq[writer])

    def _is_news(self, commit: WrittenCommit) -> bool:
        if commit.id in self.redelivered:
            return True
        said = {(commit.header["w"], event["id"]) for event in commit.events}
        before = len(self._said)
        self._said |= said
        return len(self._said) == before + len(commit.events)

    def _judge_events(self, commit: WrittenCommit) -> None:
        for event in commit.events:
            match event["t"]:
                case "BottleMirrored" if commit.id not in self.redelivered:
                    self._judge_promise(event["object_key"], event["sha256"])
                case "BottleLost":
                    self._lost.add(event["object_key"])
                case "SyncStarted" if event["shards"]:
                    plan = document_key(event["plan"])
                    if plan not in self._stored:
                        self.violated(f"{plan} is named in the log and not stored")

    def _judge_promise(self, object_key: str, digest: str | None) -> None:
        # Of what was harmed once, a run may for a while record what it saw before:
        # its events wait for up to 20 seconds. verify finds that.
        found = self._stored.get(object_key)
        if found != digest and object_key not in self._harmed:
            self.violated(
                f"the ledger says {object_key} is {digest}, and the store has {found}"
            )

    def _judge_hash_file(self, body: bytes) -> None:
        said = json.loads(body)
        seq, digest = said["ledger"]["seq"], said["ledger"]["sha256"]
        if seq < self._last_published:
            self.violated(f"the hash file went from {self._last_published} to {seq}")
        elif seq >= len(self.commits) or self.commits[seq].sha256 != digest:
            self.violated(f"the hash file is of commit {seq}, which is not in the log")
        elif self._content(said) != self._snapshots[seq]:
            self.violated(
                f"the hash file of commit {seq} has {self._content(said)}, and the log"
                f" gives {self._snapshots[seq]}"
            )
        elif self.published.setdefault(seq, body) != body:
            self.violated(f"there are two hash files of commit {seq}")
        self._last_published = seq

    @staticmethod
    def _content(said: dict[str, dict[str, dict[str, dict[str, str]]]]) -> object:
        held = {
            key: (row["sha256"], row["object_key"])
            for key, row in said["bottles"].items()
        }
        superseded = said["state"]["superseded"]
        return held, {name: row["sha256"] for name, row in superseded.items()}
