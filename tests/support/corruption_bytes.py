"""Operators that change the bytes of one object, as disks and hands do."""

from __future__ import annotations

import json
from random import Random

from adapters.ledger.layout import HASH_FILE, IDENTITY, commit_key, document_key
from domain.bottle import ObjectKey
from tests.support.corruption import Named, named
from tests.support.damaged_log import DamagedLog

_BESIDE = -1  # where damage is that is in no commit


def truncated(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Cut a commit off at any byte."""
    seq = _any(log, chance)
    body = log.body(seq)
    log.put(seq, body[: chance.randrange(len(body))])
    return named("truncated", seq)


def emptied(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Leave nothing of a commit but its key."""
    seq = _any(log, chance)
    log.put(seq, b"")
    return named("truncated", seq)


def bit_of_the_header(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Turn one bit of a commit's header."""
    seq = _any(log, chance)
    body = log.body(seq)
    log.put(seq, flipped(body, chance.randrange(8 * body.index(b"\n"))))
    return named("bit-flipped", seq)


def bit_of_the_events(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Turn one bit behind a commit's header."""
    seq = _any(log, chance)
    body = log.body(seq)
    log.put(seq, flipped(body, chance.randrange(8 * body.index(b"\n"), 8 * len(body))))
    return named("bit-flipped", seq)


def bit_of_the_last(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Turn one bit of the last commit, which no other one names."""
    body = log.body(log.head)
    log.put(log.head, flipped(body, chance.randrange(8 * len(body))))
    return named("bit-flipped", log.head)


def several_bytes(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Change a few bytes of a commit's events."""
    seq = _any(log, chance)
    body = bytearray(log.body(seq))
    for _ in range(chance.randint(2, 8)):
        body[chance.randrange(body.index(b"\n") + 1, len(body))] ^= chance.randint(
            1, 255
        )
    if bytes(body) == log.body(seq):
        body[-1] ^= 1
    log.put(seq, bytes(body))
    return named("bit-flipped", seq)


def zeroed_block(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Zero a block of a commit, as a disk does that lost a sector."""
    seq = _any(log, chance)
    body = bytearray(log.body(seq))
    begin = chance.randrange(len(body))
    end = min(len(body), begin + chance.randint(16, 128))
    body[begin:end] = bytes(end - begin)
    log.put(seq, bytes(body))
    return named("bit-flipped", seq)


def random_bytes(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Leave noise of the same length in the place of a commit."""
    seq = _any(log, chance)
    log.put(seq, chance.randbytes(len(log.body(seq))))
    return named("bit-flipped", seq)


def other_line_ends(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Copy a commit as text, on a system that ends its lines otherwise."""
    seq = _any(log, chance)
    log.put(seq, log.body(seq).replace(b"\n", b"\r\n"))
    return named("bit-flipped", seq)


def spliced(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Put one commit's header before another's events, which are not fewer."""
    seq, other = sorted(
        chance.sample(range(log.head + 1), 2), key=lambda each: len(_lines(log, each))
    )
    head = log.body(seq).partition(b"\n")[0]
    log.put(seq, head + b"\n" + log.body(other).partition(b"\n")[2])
    return named("bit-flipped", seq)


def written_twice_over(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Append a commit's bytes to itself."""
    seq = _any(log, chance)
    log.put(seq, log.body(seq) * 2)
    return named("bit-flipped", seq)


def hash_file_damaged(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Turn a bit of the hash file, or cut it off."""
    body = log.grown.objects[HASH_FILE]
    if chance.random() < 0.5:
        log.bucket.put(HASH_FILE, flipped(body, chance.randrange(8 * len(body))))
    else:
        log.bucket.put(HASH_FILE, body[: chance.randrange(len(body))])
    return named("hash file damaged", _BESIDE)


def document_missing(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Remove a document that a commit names."""
    sha256, seq = chance.choice(sorted(log.grown.documents.items()))
    log.remove(document_key(sha256))
    return named("document missing", seq)


def document_changed(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Turn a bit of a document, or cut it off."""
    sha256, seq = chance.choice(sorted(log.grown.documents.items()))
    key = document_key(sha256)
    body = log.grown.objects[key]
    if chance.random() < 0.5:
        log.bucket.put(key, flipped(body, chance.randrange(8 * len(body))))
    else:
        log.bucket.put(key, body[: chance.randrange(len(body))])
    return named("document changed", seq)


def identity_missing(log: DamagedLog, chance: Random) -> tuple[Named, ...]:  # noqa: ARG001
    """Remove what says which ledger it is."""
    log.remove(IDENTITY)
    return named("identity damaged", _BESIDE)


def identity_damaged(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Cut off what says which ledger it is."""
    body = log.grown.objects[IDENTITY]
    log.bucket.put(IDENTITY, body[: chance.randrange(len(body) - 1)])
    return named("identity damaged", _BESIDE)


def identity_of_another(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Let another ledger's name stand over the log."""
    said = json.loads(log.grown.objects[IDENTITY])
    said["ledger"] = another_ledger(chance)
    log.bucket.put(IDENTITY, json.dumps(said).encode())
    return named("identity damaged", _BESIDE)


def bad_key(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Leave an object where only commits may lie."""
    seq = _any(log, chance)
    key = commit_key(seq)
    stray = chance.choice(
        (f"{key}.bak", f"{key} (1)", key.replace("commits/0", "commits/"), f"{key}~")
    )
    log.bucket.put(ObjectKey(stray), log.body(seq))
    return named("bad key", _BESIDE)


def flipped(body: bytes, bit: int) -> bytes:
    """Return bytes with one bit turned."""
    turned = bytearray(body)
    turned[bit // 8] ^= 1 << bit % 8
    return bytes(turned)


def another_ledger(chance: Random) -> str:
    """Return the UUID of a ledger that is not the log's."""
    digits = f"{chance.getrandbits(128):032x}"
    return (
        f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-9{digits[17:20]}-{digits[20:]}"
    )


def _lines(log: DamagedLog, seq: int) -> list[bytes]:
    return log.body(seq).splitlines()


def _any(log: DamagedLog, chance: Random) -> int:
    return chance.randint(0, log.head)
