"""A log in a bucket, damage that may be done to it, and who looks for the damage."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from adapters.ledger.canonical_json import written
from adapters.ledger.codec import decode_commit, encode_commit
from adapters.ledger.custody import LogCopy, StoredCustody
from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.examination import Examiner
from adapters.ledger.layout import commit_key
from adapters.memory.clock import ManualClock
from adapters.retry import ONCE
from domain.bottle import ObjectKey
from domain.events import Position
from ports.custody import Examination
from tests.fake_s3.bucket import Bucket
from tests.fake_s3.store import FakeStore
from tests.support.damaged_log_growth import GrownLog
from tests.support.fake_history import FakeHistory


def no_chance() -> float:
    """Return 0: no wait takes any time."""
    return 0.0


class DamagedLog:
    """A log whose objects may be changed behind its back.

    Attributes:
        bucket: It keeps what is overwritten only if versioning is turned on.
        pins: Heads that somebody has seen: at first the last commit.
    """

    def __init__(self, grown: GrownLog) -> None:
        self.grown = grown
        self.bucket = Bucket(versioning=False)
        for key, body in grown.objects.items():
            self.bucket.put(key, body)
        self.pins = [grown.position(grown.head)]
        self._store = FakeStore(self.bucket)
        self._history = FakeHistory(self.bucket)

    @property
    def head(self) -> int:
        """The number of the last commit, before anything was damaged."""
        return self.grown.head

    def body(self, seq: int) -> bytes:
        """Return the bytes that a commit was written with."""
        return self.grown.commits[seq]

    def pin(self, seq: int) -> None:
        """Let somebody have seen a commit, too."""
        self.pins.append(self.grown.position(seq))

    def put(self, seq: int, body: bytes) -> None:
        """Put bytes in the place of a commit."""
        self.bucket.put(commit_key(seq), body)

    def remove(self, key: ObjectKey) -> None:
        """Remove an object: without a trace, unless the bucket keeps versions."""
        self.bucket.delete(key)

    def custody(self, copies: Sequence[LogCopy] = ()) -> StoredCustody:
        """Return a keeper who knows only what the bucket tells."""
        return StoredCustody(self._store, self._history, self._log(), copies, readers=1)

    def examine(self) -> Examination:
        """Look for damage in every byte."""
        return self.custody().examine(self.pins, read=True)

    def check_only(self) -> Examination:
        """Look for damage in every byte, and not for good copies."""
        examiner = Examiner(
            self._store, self._history, self._log(), self.pins, readers=1
        )
        return examiner.read_all()

    def _log(self) -> StoredEventLog:
        return StoredEventLog(self._store, ManualClock(), ONCE, no_chance, readers=1)


def rechained(log: GrownLog, first: int, body: bytes) -> tuple[bytes, ...]:
    """Return the commits from ``first`` on, when it becomes ``body``.

    Each names the one before it, as a writer would have written them.
    """
    bodies = [body]
    for seq in range(first + 1, log.head + 1):
        prev = sha256(bodies[-1]).hexdigest()
        bodies.append(said_again(log.commits[seq], seq, prev=prev))
    return tuple(bodies)


def said_again(body: bytes, seq: int, **changes: object) -> bytes:
    """Return a commit with something else in its header or its events.

    It is as well-formed as the one before: its count and its sums are right.
    """
    return encode_commit(replace(decode_commit(body, seq), **changes))  # type: ignore[arg-type]


def with_lines(
    body: bytes, change: Callable[[list[dict[str, Any]]], Iterable[dict[str, Any]]]
) -> bytes:
    """Return a commit with other lines of events, count and sum made to fit."""
    head, *lines = body.splitlines()
    changed = change([json.loads(line) for line in lines])
    events = "".join(f"{written(line)}\n" for line in changed).encode()
    header = json.loads(head)
    header["body"] = sha256(events).hexdigest()
    header["n"] = events.count(b"\n")
    return f"{written(header)}\n".encode() + events


def position_of(seq: int, body: bytes) -> Position:
    """Return where these bytes would stand."""
    return Position(seq, sha256(body).hexdigest())
