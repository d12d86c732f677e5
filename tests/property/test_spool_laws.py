"""A bottle is fetched through a spool by tasks that are killed; it comes out whole."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.spooled import (
    IN_MEMORY,
    JQ,
    CountingSource,
    Task,
    fetched,
    part_in,
)

CONTENT = random.Random(0).randbytes(5_000)
BLOCK = 256
sizes = st.integers(1, 2_000)
chunk_sizes = st.integers(1, 700)
blocks = st.integers(1, 600)


@pytest.fixture
def place() -> Iterator[Path]:
    with TemporaryDirectory(dir=IN_MEMORY) as folder:
        yield Path(folder)


def whole_blocks(length: int, block: int = BLOCK) -> int:
    """Return how much of a part of some length has surely reached the disk."""
    return max(0, length - 1) // block * block


@pytest.mark.parametrize("chunk", [100, BLOCK, 1_000])
def test_whichever_chunk_a_task_is_killed_after_the_next_one_asks_for_the_rest(
    place: Path, chunk: int
) -> None:
    for chunks in range(len(CONTENT) // chunk + 1):
        folder, source = place / str(chunks), CountingSource(CONTENT, chunk)
        killed = Task(source, folder, BLOCK)
        killed.fetch(chunks)
        killed.kill()
        came = min(chunks * chunk, len(CONTENT))
        assert killed.came == CONTENT[:came]

        assert fetched(source, folder, BLOCK) == CONTENT
        kept = whole_blocks(came)
        assert source.starts == [0, kept]
        assert came - kept <= BLOCK
        assert part_in(folder).read_bytes() == CONTENT


def test_a_bottle_arrives_in_tasks_none_of_which_could_fetch_it(place: Path) -> None:
    source = CountingSource(CONTENT, BLOCK)
    came = b""
    while came != CONTENT:
        task = Task(source, place, BLOCK)
        task.fetch(4)
        task.kill()
        came = task.came
    assert len(source.starts) > 5
    assert all(before < after for before, after in pairwise(source.starts))


@given(
    size=sizes,
    chunk=chunk_sizes,
    block=blocks,
    kills=st.lists(st.integers(0, 30), max_size=5),
)
def test_no_more_comes_twice_than_a_block_for_each_kill(
    size: int, chunk: int, block: int, kills: list[int]
) -> None:
    content = CONTENT[:size]
    source = CountingSource(content, chunk)
    with TemporaryDirectory(dir=IN_MEMORY) as place:
        folder = Path(place)
        for chunks in kills:
            task = Task(source, folder, block)
            task.fetch(chunks)
            task.kill()
        assert fetched(source, folder, block) == content
    assert len(content) <= source.given <= len(content) + len(kills) * block


@given(
    size=sizes,
    chunk=chunk_sizes,
    block=blocks,
    deaths=st.lists(st.tuples(st.integers(0, 30), st.randoms()), max_size=5),
)
def test_what_a_dying_machine_had_not_synced_is_not_trusted(
    size: int, chunk: int, block: int, deaths: list[tuple[int, random.Random]]
) -> None:
    content = CONTENT[:size]
    source = CountingSource(content, chunk)
    with TemporaryDirectory(dir=IN_MEMORY) as place:
        folder, synced = Path(place), 0
        for chunks, chance in deaths:
            task = Task(source, folder, block)
            task.fetch(chunks)
            task.kill()
            synced = max(synced, task.synced)
            if part_in(folder).exists():
                tear(part_in(folder), synced, chance)
        assert fetched(source, folder, block) == content
        assert part_in(folder).read_bytes() == content


def tear(part: Path, synced: int, chance: random.Random) -> None:
    """Leave of a part what is on the disk for certain, and anything or nothing else."""
    written = part.read_bytes()
    length = chance.randint(synced, len(written))
    torn = chance.randbytes(length - synced)
    part.write_bytes(written[:synced] + torn)


@given(size=sizes, more=st.integers(0, 3_000), block=blocks)
def test_a_part_that_is_longer_than_the_bottle_does_no_harm(
    size: int, more: int, block: int
) -> None:
    content = CONTENT[:size]
    source = CountingSource(content, 100)
    with TemporaryDirectory(dir=IN_MEMORY) as place:
        folder = Path(place)
        part_in(folder).write_bytes(content + bytes(more))
        assert fetched(source, folder, block) == content
        # Nor does it come to nothing for ever.
        assert fetched(source, folder, block) == content
    assert source.starts[1] < size


@given(size=sizes, block=blocks, data=st.data())
def test_a_source_that_gives_no_parts_costs_the_whole_and_nothing_else(
    size: int, block: int, data: st.DataObject
) -> None:
    content = CONTENT[:size]
    source = CountingSource(content, 100)
    source.gives_parts = False
    with TemporaryDirectory(dir=IN_MEMORY) as place:
        folder = Path(place)
        length = data.draw(st.integers(0, size), "bytes that are there")
        part_in(folder).write_bytes(content[:length])
        assert fetched(source, folder, block) == content
    assert source.given == size


# What one of three tasks does next: it fetches a chunk, it is killed, or it has
# recorded the bottle and forgets it.
acts = st.tuples(
    st.integers(0, 2), st.sampled_from(["fetch", "fetch", "fetch", "kill", "forget"])
)


@given(
    block=st.integers(1, 300),
    chunk=chunk_sizes,
    steps=st.lists(acts, max_size=40),
    gives_parts=st.lists(st.booleans(), min_size=1, max_size=8),
)
def test_tasks_that_share_a_folder_never_spoil_each_other_s_parts(
    block: int, chunk: int, steps: list[tuple[int, str]], gives_parts: list[bool]
) -> None:
    content = CONTENT[:1_500]
    source = CountingSource(content, chunk)
    tasks: list[Task | None] = [None, None, None]
    with TemporaryDirectory(dir=IN_MEMORY) as place:
        folder = Path(place)
        for number, (which, act) in enumerate(steps):
            task = tasks[which]
            if task is None or task.ended:
                source.gives_parts = gives_parts[number % len(gives_parts)]
                tasks[which] = task = Task(source, folder, block)
            if act == "fetch":
                task.fetch(1)
            elif act == "kill":
                task.kill()
            else:
                task.parts.forget([JQ.digest])
            assert content.startswith(task.came)
            if part_in(folder).exists():
                assert content.startswith(part_in(folder).read_bytes())
        for task in tasks:
            if task is not None and not task.ended:
                task.fetch()
                assert task.came == content
                assert task.progress.notes == []
        source.gives_parts = True
        assert fetched(source, folder, block) == content
