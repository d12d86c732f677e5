"""Real processes that write to one log at once, and are killed at any moment.

The moments are drawn from a seed, which is printed: BOTTLES_TEST_SEED=... has the same
ones drawn again, though no two runs of eight processes are the same.
"""

from __future__ import annotations

import os
import random
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from itertools import count
from multiprocessing.connection import Connection, wait
from pathlib import Path
from uuid import uuid4

import pytest

from adapters.folder.history import FolderHistory
from adapters.folder.store import FolderStore
from adapters.ledger.custody import StoredCustody
from adapters.s3.store import S3Store
from domain.events import GENESIS, BottleMirrored, Event, RecordedCommit
from domain.ledger import replay
from tests.support.killed import KilledWriter, Place, first_of, log_in, mirrored
from tests.support.seaweed import SeaweedS3
from tests.support.stores import shared_bucket, use_seaweed

WRITERS = 8
PATIENCE = 60.0  # seconds in which each writer must have recorded something


def test_in_a_folder_nothing_is_lost(tmp_path: Path) -> None:
    check_that_nothing_is_lost(partial(FolderStore, tmp_path / "mirror"), 20, 0.02)


@pytest.mark.s3_server
def test_in_a_bucket_nothing_is_lost(
    seaweed: SeaweedS3, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_seaweed(monkeypatch, seaweed)
    place = partial(
        S3Store,
        shared_bucket(seaweed),
        f"killed/{uuid4()}",
        pool_size=2,
        retry_attempts=2,
    )
    check_that_nothing_is_lost(place, 20, 0.5)


def check_that_nothing_is_lost(place: Place, rounds: int, longest_rest: float) -> None:
    """Let writers write and be killed, and check what they have written.

    Args:
        rounds: How often each of those that write is killed and replaced.
        longest_rest: Seconds that a writer rests at most after it has recorded
            something. Who never rests would always be first again: it knows the
            head, and the others have to look.
    """
    seed = int(os.environ.get("BOTTLES_TEST_SEED") or random.randrange(2**32))
    print(f"BOTTLES_TEST_SEED={seed}")
    writers = kill_in_turn(
        lambda number: KilledWriter(place, number, longest_rest),
        rounds,
        random.Random(seed),
    )
    assert [writer.was_killed for writer in writers] == [True] * (rounds + 1) * WRITERS

    log, keeps_none = log_in(place()), FolderHistory(Path("nowhere"))
    found = StoredCustody(place(), keeps_none, log).examine((), read=True)
    assert found.damage == ()
    recorded = list(log.read(GENESIS))
    assert len(replay(recorded).held) == len(mirrored_in(recorded))
    wseqs = defaultdict(list)
    for one in recorded:
        wseqs[one.commit.writer].append(one.commit.wseq)
    for said in wseqs.values():
        assert said == list(range(1, len(said) + 1))
    check_acknowledged(writers, mirrored_in(recorded))


def kill_in_turn(
    start: Callable[[int], KilledWriter], rounds: int, chance: random.Random
) -> list[KilledWriter]:
    """Have eight write at a time, and in each round kill and replace each of them.

    Return all that there were; the last are killed, too.
    """
    numbers = count()
    alive = [start(next(numbers)) for _ in range(WRITERS)]
    dead: list[KilledWriter] = []
    try:
        for _ in range(rounds):
            for victim in chance.sample(range(WRITERS), WRITERS):
                hear_until_it_has_said(alive[victim], chance.randrange(1, 3), alive)
                hear(alive, chance.uniform(0.0, 0.05))
                alive[victim].kill()
                dead.append(alive[victim])
                alive[victim] = start(next(numbers))
    finally:
        for writer in alive:
            writer.kill()
    return dead + alive


def hear_until_it_has_said(
    writer: KilledWriter, events: int, alive: list[KilledWriter]
) -> None:
    """Hear all, until one of them has told of so many events."""
    deadline = time.monotonic() + PATIENCE
    while len(writer.acknowledged) < events:
        assert time.monotonic() < deadline, f"writer {writer.number} gets nothing done"
        hear(alive, 0.05)


def hear(alive: list[KilledWriter], seconds: float) -> None:
    """Hear what there is to hear for a while."""
    by_ear = {writer.heard: writer for writer in alive}
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        for heard in wait(list(by_ear), left):
            assert isinstance(heard, Connection)
            by_ear[heard].hear()


def mirrored_in(recorded: list[RecordedCommit]) -> dict[Event, int]:
    """Return in which commit each event is, of those that were told of."""
    found: dict[Event, int] = {}
    for one in recorded:
        for event in one.commit.events:
            if isinstance(event, BottleMirrored):
                assert event not in found, f"{event} is recorded twice"
                found[event] = one.commit.seq
    return found


def check_acknowledged(writers: list[KilledWriter], found: dict[Event, int]) -> None:
    """Check that what was told is so, and that little more is: the last one's answer.

    A writer tells of an event before it records the next.
    """
    untold = dict(found)
    for writer in writers:
        for number, seq in writer.acknowledged.items():
            assert untold.pop(mirrored(number)) == seq
        # Killed between recording and telling.
        untold.pop(mirrored(first_of(writer.number) + len(writer.acknowledged)), None)
    assert untold == {}
