"""What a log must be whatever befell its writers, in lists and dictionaries.

It reads what lies in a store as ``docs/ledger-format.md`` has it, and knows what was
acknowledged to whom. Nothing of the program is in it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import sha256

from tests.support.fold_model import FoldModel

_COMMITS = "ledger/v1/commits/"
_HASH_FILE = "bottles_hash.json"


class LogModel:
    """Follows a log as it grows.

    Attributes:
        ledger: Which one it is, once somebody was told so.
        facts: The commit that each recorded fact is in, by the fact's key.
        links: The SHA-256 of every commit.
        files: The hash file as every commit gives it.
    """

    def __init__(self) -> None:
        self.ledger: str | None = None
        self.facts: dict[str, int] = {}
        self.links: list[str] = []
        self.files: list[bytes] = []
        self._bodies: list[bytes] = []
        self._acknowledged: dict[str, int] = {}
        self._in_doubt: set[str] = set()
        self._counts: Counter[str] = Counter()
        self._fold = FoldModel({})
        self._published = -1
        self._harmed: bytes | None = None

    @property
    def reach(self) -> int:
        """The last commit that anybody was told of."""
        return max(self._acknowledged.values(), default=-1)

    def founded(self, ledger: str) -> None:
        """Take note of which ledger somebody was told that it is."""
        assert self.ledger in {None, ledger}
        self.ledger = ledger

    def begun(self, facts: Iterable[str]) -> int:
        """Take note of facts that somebody sets out to record; return the reach."""
        self._in_doubt |= set(facts)
        return self.reach

    def acknowledged(self, facts: Iterable[str], seq: int, begun: int) -> None:
        """Take note that facts are in commit ``seq``, as their writer was told."""
        assert seq > begun, "it was put before what had been acknowledged"
        self._acknowledged |= dict.fromkeys(facts, seq)
        self._in_doubt -= self._acknowledged.keys()

    def harmed(self, body: bytes | None) -> None:
        """Take note of what somebody put in the place of the hash file."""
        self._harmed, self._published = body, -1

    def observe(self, objects: Mapping[str, bytes]) -> None:
        """Check all that lies in the store."""
        log = {key: body for key, body in objects.items() if key.startswith(_COMMITS)}
        due = [f"{_COMMITS}{seq:020}.jsonl" for seq in range(len(log))]
        assert sorted(log) == due, "there is a gap"
        bodies = [log[key] for key in due]
        assert bodies[: len(self._bodies)] == self._bodies, "it was rewritten"
        for body in bodies[len(self._bodies) :]:
            self._follow(body)
        self._bodies = bodies
        assert self._acknowledged.items() <= self.facts.items()
        assert self.facts.keys() <= self._acknowledged.keys() | self._in_doubt
        self._check_hash_file(objects.get(_HASH_FILE))

    def read(self, after: int, reach: int, links: list[tuple[int, str]]) -> None:
        """Check what somebody read behind commit ``after``: a part of the log as it is.

        Args:
            reach: What was acknowledged when the reading began.
            links: The number and SHA-256 of each commit that was read.
        """
        behind = list(enumerate(self.links))[after + 1 :]
        assert links == behind[: len(links)]
        assert after + len(links) >= reach, "what was acknowledged is not seen"

    def _follow(self, body: bytes) -> None:
        header, *events = map(json.loads, body.splitlines())
        seq = len(self.links)
        assert (header["seq"], header["ledger"]) == (seq, self.ledger)
        assert header["prev"] == (self.links[-1] if self.links else "0" * 64)
        self._counts[header["w"]] += 1
        assert header["wseq"] == self._counts[header["w"]]
        self.links.append(sha256(body).hexdigest())
        for event in events:
            if event["t"] == "BottleMirrored":
                assert event["key"] not in self.facts, "it is there twice"
                self.facts[event["key"]] = seq
        self._fold.fold(body)
        self.files.append(self._fold.hash_file())

    def _check_hash_file(self, body: bytes | None) -> None:
        if body == self._harmed:
            return
        self._harmed = None
        assert body is not None, "it is gone"
        seq = json.loads(body)["ledger"]["seq"]
        assert body == self.files[seq]
        assert seq >= self._published, "it went back"
        self._published = seq
