"""What the log means, said a second time, and as simply as can be."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class WrittenCommit:
    """A commit as anybody would read it who knows no more than JSON."""

    body: bytes
    sha256: str
    header: dict[str, Any]
    events: tuple[dict[str, Any], ...]

    @property
    def id(self) -> str:
        """What tells it from all others."""
        return str(self.header["id"])


def read_commit(body: bytes, sha256: str) -> WrittenCommit:
    """Return the commit that ``body`` is."""
    header, *events = map(json.loads, body.splitlines())
    return WrittenCommit(body, sha256, header, tuple(events))


@dataclass(slots=True)
class Model:
    """A mirror as dictionaries.

    Attributes:
        held: The digest and the object of each bottle.
        superseded: The digest of each object that is not needed any more.
        runs: Of each open run, its kind and how far each of its writers is.
        ended: The runs that are over, and how far their writers came.
    """

    held: dict[str, tuple[str, str]] = field(default_factory=dict)
    superseded: dict[str, str] = field(default_factory=dict)
    runs: dict[str, tuple[str, dict[str, int]]] = field(default_factory=dict)
    ended: dict[str, dict[str, int]] = field(default_factory=dict)

    def apply(self, commit: WrittenCommit) -> None:
        """Take note of one commit."""
        run, writer, wseq = (commit.header[name] for name in ("run", "w", "wseq"))
        if wseq > self._seen(run).get(writer, 0):
            for event in commit.events:
                self._note(event)
        seen = self._seen(run)
        seen[writer] = max(wseq, seen.get(writer, 0))

    def _seen(self, run: str) -> dict[str, int]:
        """Return how far the writers of a run are; of an unknown one, nothing stays."""
        return self.runs[run][1] if run in self.runs else self.ended.get(run, {})

    def promised(self, object_key: str) -> str | None:
        """Return the digest that an object is said to have, None if it is free."""
        if object_key in self.superseded:
            return self.superseded[object_key]
        for sha256, held_at in self.held.values():
            if held_at == object_key:
                return sha256
        return None

    def promises(self) -> list[str]:
        """Return every object that is said to be there."""
        objects = {held_at for _, held_at in self.held.values()}
        return sorted(objects | self.superseded.keys())

    def _note(self, event: dict[str, Any]) -> None:
        match event["t"]:
            case "BottleMirrored":
                key, object_key = event["key"], event["object_key"]
                self.superseded.pop(object_key, None)
                sha256, before = self.held.get(key, ("", object_key))
                if before != object_key:
                    self.superseded.setdefault(before, sha256)
                self.held[key] = event["sha256"], object_key
            case "BottleSuperseded":
                sha256, object_key = self.held.get(event["key"], ("", ""))
                if sha256 == event["sha256"]:
                    self.superseded.setdefault(object_key, sha256)
            case "BottleLost":
                self.superseded.pop(event["object_key"], None)
                if self.held.get(event["key"], ("", ""))[1] == event["object_key"]:
                    del self.held[event["key"]]
            case "SyncStarted" if event["run"] not in self.ended:
                self._start(event["run"], event["kind"])
            case "SyncCompleted":
                if over := self.runs.pop(event["run"], None):
                    self.ended[event["run"]] = over[1]

    def _start(self, run: str, kind: str) -> None:
        clouds = any(other == "cloud" for other, _ in self.runs.values())
        if kind != "cloud" or not clouds:
            self.runs.setdefault(run, (kind, {}))
