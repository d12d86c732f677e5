"""Operators that take commits away, or move them to where they do not belong."""

from __future__ import annotations

from random import Random

from adapters.ledger.layout import commit_key
from tests.support.corruption import Named, named
from tests.support.damaged_log import DamagedLog


def dropped(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Remove a commit from the middle."""
    seq = chance.randint(1, log.head - 1)
    log.remove(commit_key(seq))
    return named("gap", seq)


def dropped_first(log: DamagedLog, chance: Random) -> tuple[Named, ...]:  # noqa: ARG001
    """Remove the first commit."""
    log.remove(commit_key(0))
    return named("gap", 0)


def dropped_last(log: DamagedLog, chance: Random) -> tuple[Named, ...]:  # noqa: ARG001
    """Remove the last commit, which no other one names."""
    log.remove(commit_key(log.head))
    return named("head behind a pin", log.head)


def dropped_range(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Remove several commits in a row."""
    first, last = sorted(chance.sample(range(log.head), 2))
    for seq in range(first, last + 1):
        log.remove(commit_key(seq))
    return named("gap", first, last)


def dropped_here_and_there(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Remove several commits, wherever they are."""
    seqs = chance.sample(range(log.head), 3)
    for seq in seqs:
        log.remove(commit_key(seq))
    return tuple(name for seq in seqs for name in named("gap", seq))


def cut_tail(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Remove every commit from one on."""
    first = chance.randint(0, log.head - 1)
    for seq in range(first, log.head + 1):
        log.remove(commit_key(seq))
    return named("head behind a pin", first, log.head)


def swapped(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Put two commits in each other's place."""
    one, other = chance.sample(range(log.head + 1), 2)
    log.put(one, log.body(other))
    log.put(other, log.body(one))
    return named("reordered", one) + named("reordered", other)


def rotated(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Move a range of commits on by one, the last of them to its beginning."""
    first, last = sorted(chance.sample(range(log.head + 1), 2))
    for seq in range(first, last):
        log.put(seq + 1, log.body(seq))
    log.put(first, log.body(last))
    return named("reordered", first, last)


def duplicated(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Put a copy of one commit over another."""
    seq, other = chance.sample(range(log.head + 1), 2)
    log.put(seq, log.body(other))
    return named("duplicated", seq)


def duplicate_appended(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Append a copy of a commit."""
    log.put(log.head + 1, log.body(chance.randint(0, log.head)))
    return named("duplicated", log.head + 1)


def inserted(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Write a commit a second time, and move all that follow on by one."""
    first = chance.randint(0, log.head)
    for seq in range(first, log.head + 1):
        log.put(seq + 1, log.body(seq))
    if first == log.head:
        return named("duplicated", log.head + 1)
    return named("duplicated", first + 1) + named("reordered", first + 2, log.head + 1)


def removed_and_renumbered(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Take a commit out, and let all that follow move up."""
    gone = chance.randint(0, log.head - 1)
    for seq in range(gone, log.head):
        log.put(seq, log.body(seq + 1))
    log.remove(commit_key(log.head))
    return named("reordered", gone, log.head - 1) + named("head behind a pin", log.head)


def second_version(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Write something else over a commit, which stays below as an older version."""
    log.bucket.versioning = True
    seq = chance.randint(0, log.head)
    log.put(seq, log.body(seq)[: chance.randrange(len(log.body(seq)))])
    return named("truncated", seq) + named("second version", seq)


def metadata_only(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Write the very bytes of a commit again, saying something else of them."""
    log.bucket.versioning = True
    seq = chance.randint(0, log.head)
    headers = {"content-type": "text/plain"}
    log.bucket.put(commit_key(seq), log.body(seq), headers=headers)
    return named("second version", seq)


def delete_marker(log: DamagedLog, chance: Random) -> tuple[Named, ...]:
    """Delete a commit where versions are kept."""
    log.bucket.versioning = True
    seq = chance.randint(0, log.head)
    log.remove(commit_key(seq))
    return named("delete marker", seq)


def taken_again(log: DamagedLog, chance: Random) -> tuple[Named, ...]:  # noqa: ARG001
    """Delete the last commit, and let a writer take its place that is open again."""
    log.bucket.versioning = True
    log.pin(log.head - 1)
    log.remove(commit_key(log.head))
    body = log.body(log.head).replace(b'"at":"2026', b'"at":"2029', 1)
    log.put(log.head, body)
    return named("forged tail", log.head) + named("second version", log.head)
