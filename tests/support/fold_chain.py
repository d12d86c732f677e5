"""A log in a list, folded step by step, beside the model of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from adapters.ledger.codec import decode_commit, encode_commit
from adapters.ledger.hash_codec import decode_hash_file, encode_hash_file
from domain.errors import LedgerDamagedError
from domain.events import (
    GENESIS,
    Commit,
    Event,
    LedgerRepaired,
    Position,
    RecordedCommit,
)
from domain.ledger import Ledger, replay
from domain.records import Repair
from tests.support.fold_model import FoldModel
from tests.support.strategies import LEDGER

_BEGUN = datetime(2026, 11, 22, 4, 11, tzinfo=UTC)
_KEPT = 3  # checkpoints


class FoldChain:
    """Commits as bytes, as what they say, and as what they give.

    Attributes:
        log: Every commit that is left, as a reader of the whole log gets it.
        ledger: The fold of them, each folded when it came.
        documents: What imported hash files list, for the model.
    """

    def __init__(self) -> None:
        self.log: list[RecordedCommit] = []
        self.ledger = Ledger()
        self.documents: dict[str, Mapping[str, Any]] = {}
        self._bodies: list[bytes] = []
        self._model = FoldModel(self.documents)
        # Where a fold may begin: as it was kept in memory, and as it was published.
        self._checkpoints: list[tuple[Ledger, bytes]] = []
        self._ids = count()

    @property
    def head(self) -> Position:
        """The last commit."""
        return self.log[-1].position if self.log else GENESIS

    def commit(
        self,
        run: str,
        writer: str,
        wseq: int,
        events: tuple[Event, ...],
        behind: Position | None = None,
    ) -> Commit:
        """Return a commit that may come next, or ``behind`` another place."""
        behind = behind or self.head
        number = next(self._ids)
        return Commit(
            id=str(UUID(int=number, version=4)),
            ledger=LEDGER,
            seq=behind.seq + 1,
            prev=behind.sha256,
            at=_BEGUN + timedelta(hours=7 * number),
            run=run,
            writer=writer,
            wseq=wseq,
            events=events,
        )

    def append(
        self, run: str, writer: str, wseq: int, events: tuple[Event, ...]
    ) -> None:
        """Append a commit, and fold it."""
        recorded = self._add(self.commit(run, writer, wseq, events))
        self.ledger.apply(recorded)
        self._model.fold(self._bodies[-1])

    def publish(self, commits: int) -> None:
        """Keep the state that so many of the commits give."""
        ledger = replay(self.log[:commits])
        kept = (ledger, encode_hash_file(ledger))
        self._checkpoints = [*self._checkpoints[1 - _KEPT :], kept]

    def give_up(self, first: int, several: int, run: str, *, wholly: bool) -> None:
        """Lose commits for good, and say so; what says that of others is kept.

        Args:
            wholly: The log says again what else is gone beside them.
        """
        end = self.head.seq
        gone = Repair(first, min(first + several - 1, end), "gap", None)
        lost = [one for one in self.log if gone.first <= one.commit.seq <= gone.last]
        if any(map(_declares_a_gap, lost)):
            return
        kept = [
            (body, one)
            for body, one in zip(self._bodies, self.log, strict=True)
            if one not in lost
        ]
        gap = self._grown(gone)
        self._bodies = [body for body, _ in kept]
        self.log = [
            replace(one, gap=gap) if one.commit.seq == gap.last + 1 else one
            for _, one in kept
        ]
        ends_in_it = gap.last == end
        declared = self.commit(
            run,
            f"{run}/0/{end}",
            1,
            (LedgerRepaired(gap if wholly else gone),),
            Position(end, GENESIS.sha256) if ends_in_it else self.head,
        )
        self._add(declared, gap if ends_in_it else None)
        self._begin_anew(gap)

    def check(self) -> None:
        """Check that every fold gives the same, and what the model gives."""
        if not self.log:
            return
        given, wanted = encode_hash_file(self.ledger), self._model.hash_file()
        assert json.loads(given) == json.loads(wanted)
        assert given == wanted
        assert replay(self.log) == self.ledger
        for start, published in self._checkpoints:
            behind = self._behind(start)
            assert replay(behind, start) == self.ledger
            assert replay(behind, decode_hash_file(published)) == self.ledger

    def _add(self, commit: Commit, gap: Repair | None = None) -> RecordedCommit:
        body = encode_commit(commit)
        assert decode_commit(body, commit.seq) == commit
        recorded = RecordedCommit(commit, sha256(body).hexdigest(), gap)
        self._bodies.append(body)
        self.log.append(recorded)
        return recorded

    def _grown(self, gone: Repair) -> Repair:
        """Return a gap with those beside it: to a reader they are one."""
        left = {one.commit.seq for one in self.log}
        first, last = gone.first, gone.last
        while first and first - 1 not in left:
            first -= 1
        while last < self.head.seq and last + 1 not in left:
            last += 1
        return replace(gone, first=first, last=last)

    def _begin_anew(self, gap: Repair) -> None:
        """Fold all again; who had folded what is gone now must be told so."""
        for start, _ in self._checkpoints:
            if start.position.seq >= gap.first:
                with pytest.raises(LedgerDamagedError):
                    replay(self._behind(start), start)
        self._checkpoints = [
            kept for kept in self._checkpoints if kept[0].position.seq < gap.first
        ]
        self._model = FoldModel(self.documents)
        for body, one in zip(self._bodies, self.log, strict=True):
            self._model.fold(body, _said(one.gap))
        self.ledger = replay(self.log)

    def _behind(self, start: Ledger) -> list[RecordedCommit]:
        """Return what is read from there: a gap that reaches further back is none."""
        seq = start.position.seq
        behind = [one for one in self.log if one.commit.seq > seq]
        if behind and behind[0].gap is not None and behind[0].gap.first <= seq:
            behind[0] = replace(behind[0], gap=None)
        return behind


def _declares_a_gap(recorded: RecordedCommit) -> bool:
    return any(
        isinstance(event, LedgerRepaired) and event.repair.is_gap
        for event in recorded.commit.events
    )


def _said(gap: Repair | None) -> dict[str, Any] | None:
    if gap is None:
        return None
    return {"cause": gap.cause, "first": gap.first, "last": gap.last}
