"""Operators that know the format: what they leave is well-formed, each by itself."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random
from typing import Any

from adapters.ledger.codec import decode_commit
from adapters.ledger.hash_codec import decode_hash_file, encode_hash_file
from adapters.ledger.layout import HASH_FILE
from domain.damage import DamageClass
from domain.events import BottleFailed
from domain.ledger import Ledger
from tests.support.corruption import Named, named
from tests.support.corruption_bytes import another_ledger
from tests.support.damaged_log import (
    DamagedLog,
    position_of,
    rechained,
    said_again,
    with_lines,
)

_OTHER_ID = "00000000-0000-4000-8000-000000000000"


def foreign(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Put another ledger's commit in the place of one."""
    seq = chance.randint(0, log.head)
    ledger, prev = another_ledger(chance), f"{chance.getrandbits(256):064x}"
    log.put(seq, said_again(log.body(seq), seq, ledger=ledger, prev=prev))
    return named("foreign ledger", seq)


def foreign_tail(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Put another ledger's commits in the place of the last ones, and behind them."""
    first = chance.randint(1, log.head + 1)
    ledger, prev = another_ledger(chance), f"{chance.getrandbits(256):064x}"
    for seq in range(first, log.head + 2):
        source = min(seq, log.head)
        body = log.body(source).replace(_seq(source), _seq(seq))
        body = said_again(body, seq, ledger=ledger, prev=prev)
        prev = position_of(seq, body).sha256
        log.put(seq, body)
    return named("foreign ledger", first, log.head + 1)


def forged_last(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Write another last commit, behind the same one before it, which is pinned."""
    log.pin(log.head - 1)
    log.put(log.head, _changed(log.body(log.head), log.head, chance))
    return named("forged tail", log.head)


def rewritten_suffix(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Change a commit, and write all that follow anew so that each link holds."""
    first = chance.randint(1, log.head - 1)
    body = _changed(log.body(first), first, chance)
    for seq, each in enumerate(rechained(log.grown, first, body), first):
        log.put(seq, each)
    return named("rewritten suffix", first, log.head, at_most=_unpinned(log, first))


def rewritten_and_longer(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Write all from a commit on anew, and go on, as after an old backup."""
    first = chance.randint(1, log.head)
    bodies = rechained(log.grown, first, _changed(log.body(first), first, chance))
    for seq, each in enumerate(bodies, first):
        log.put(seq, each)
    last = log.head
    for _ in range(chance.randint(1, 3)):
        prev = position_of(last, bodies[-1]).sha256
        body = log.body(log.head).replace(f'"seq":{log.head},'.encode(), _seq(last + 1))
        last += 1
        bodies += (said_again(body, last, prev=prev, id=_OTHER_ID),)
        log.put(last, bodies[-1])
    return named("rewritten suffix", first, last, at_most=_unpinned(log, first))


def appended_elsewhere(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Go on with a log whose last commit was another."""
    body = log.body(log.head).replace(f'"seq":{log.head},'.encode(), _seq(log.head + 1))
    last = log.head + chance.randint(1, 3)
    prev = f"{chance.getrandbits(256):064x}"
    for seq in range(log.head + 1, last + 1):
        body = body.replace(_seq(seq - 1), _seq(seq))
        body = said_again(body, seq, prev=prev, id=_OTHER_ID)
        prev = position_of(seq, body).sha256
        log.put(seq, body)
    kind: DamageClass = "forged tail" if last == log.head + 1 else "rewritten suffix"
    return named(kind, log.head + 1, last)


def rewritten(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Write another commit in the place of one in the middle, with right sums."""
    seq = chance.randint(0, log.head - 1)
    log.put(seq, said_again(log.body(seq), seq, id=_OTHER_ID))
    return named("rewritten commit", seq)


def another_link(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Let a commit in the middle follow one that never was."""
    seq = chance.randint(1, log.head - 1)
    prev = f"{chance.getrandbits(256):064x}"
    log.put(seq, said_again(log.body(seq), seq, prev=prev))
    return named("rewritten commit", seq)


def event_changed(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Change an event of a commit, and put its sum right."""
    seq = chance.randint(0, log.head - 1)
    log.put(seq, _changed(log.body(seq), seq, chance))
    return named("rewritten commit", seq)


def event_removed(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Leave an event out of a commit, and put its count and its sum right."""
    several = [s for s in range(log.head) if log.body(s).count(b"\n") > 2]
    seq = chance.choice(several)

    def without_one(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        gone = chance.randrange(len(lines))
        return lines[:gone] + lines[gone + 1 :]

    log.put(seq, with_lines(log.body(seq), without_one))
    return named("rewritten commit", seq)


def event_repeated(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Say an event of a commit twice, and put its count and its sum right."""
    seq = chance.randint(0, log.head - 1)
    log.put(seq, with_lines(log.body(seq), lambda lines: [*lines, lines[0]]))
    return named("rewritten commit", seq)


def other_spaces(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Let a tool write a commit's header anew, which is the same JSON."""
    seq = chance.randint(0, log.head - 1)
    head, _, rest = log.body(seq).partition(b"\n")
    log.put(seq, json.dumps(json.loads(head)).encode() + b"\n" + rest)
    return named("rewritten commit", seq)


def hash_file_lies(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Publish another state of the same commit, its sum right."""
    ledger = decode_hash_file(log.grown.objects[HASH_FILE])
    _lie(ledger, chance)
    log.bucket.put(HASH_FILE, encode_hash_file(ledger))
    return named("hash file lies", log.grown.published)


def hash_file_of_another(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Put another ledger's hash file in the place of the log's own."""
    ledger = decode_hash_file(log.grown.objects[HASH_FILE])
    ledger.id = another_ledger(chance)
    log.bucket.put(HASH_FILE, encode_hash_file(ledger))
    return named("hash file damaged", -1)


def _lie(ledger: Ledger, chance: Random) -> None:
    if ledger.superseded and chance.random() < 0.3:
        del ledger.superseded[chance.choice(sorted(ledger.superseded))]
        return
    ledger.settled["5e" * 32] = f"{chance.getrandbits(256):064x}"


def _changed(body: bytes, seq: int, chance: Random) -> bytes:
    """Return a commit with something else said, which a fold can still take."""
    commit = decode_commit(body, seq)
    at = commit.at.replace(year=2027)
    again = said_again(body, seq, at=at, id=_OTHER_ID)
    if chance.random() < 0.5:
        return again
    events = tuple(
        replace(event, detail="another") if isinstance(event, BottleFailed) else event
        for event in commit.events
    )
    return said_again(again, seq, events=events)


def _unpinned(log: DamagedLog, first: int) -> int:
    """Return the first commit of which no pin tells that it is as it was."""
    published = log.grown.published
    return published + 1 if published < first else 0


def _seq(seq: int) -> bytes:
    return f'"seq":{seq},'.encode()
