"""Bottles from a registry through a spool on a disk, both of which may fail."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event as Flag

import pytest

from adapters.homebrew.bottles import GhcrBottles
from adapters.homebrew.http import HttpClient
from adapters.memory.clock import ManualClock
from adapters.memory.metrics import NoMetrics
from adapters.memory.progress import RecordingProgress
from adapters.memory.store import MemoryStore
from adapters.spool.bottles import SpooledBottles
from adapters.spool.parts import Parts
from application.transfer import LoadResult, Placed, Transfer
from domain.bottle import Bottle, Digest
from domain.work import Load
from ports.errors import UnavailableError
from tests.standin.catalog import plain_catalog
from tests.standin.faults import Fault
from tests.standin.server import Upstream
from tests.standin.sizes import fixed
from tests.support.chain import DAY
from tests.support.offers import offered_bottles
from tests.support.showing import showing

SIZE = 3_000_000
BLOCK = 262_144
NO_CHANCE = 0.0


@pytest.fixture(scope="module")
def running() -> Iterator[Upstream]:
    with Upstream(plain_catalog(2), sizes=fixed(SIZE), unsized=()) as upstream:
        yield upstream


@pytest.fixture
def upstream(running: Upstream) -> Iterator[Upstream]:
    running.faults.clear()
    running.reset_requests()
    yield running
    running.faults.clear()


@pytest.fixture
def bottle(upstream: Upstream) -> Bottle:
    return offered_bottles(upstream, upstream.formulae[0]["name"])[0]


class Worker:
    """What a task has: a source with a spool, and a store to bring bottles into."""

    def __init__(
        self, registry: str, folder: Path, *, large: int = SIZE - 1, attempts: int = 1
    ) -> None:
        self.clock = ManualClock()
        self.progress = RecordingProgress()
        self.store = MemoryStore()
        self.parts = Parts(folder, self.clock, self.progress, block=BLOCK)
        self._http = HttpClient(
            self.clock,
            lambda: NO_CHANCE,
            pool_size=4,
            user_agent="bottles-tests/1",
            metrics=NoMetrics(),
        )
        self.registry = GhcrBottles(
            self._http, self.clock, lambda: NO_CHANCE, registry=registry
        )
        self.source = SpooledBottles(self.registry, self.parts, large=large)
        self._transfer = Transfer(
            source=self.source,
            store=self.store,
            clock=self.clock,
            progress=self.progress,
            attempts=attempts,
            chance=lambda: NO_CHANCE,
            stop=Flag(),
            spool=self.parts,
            expose=showing(self.store, self.source, self.progress, ()),
        )

    def bring(self, bottle: Bottle) -> LoadResult:
        """Bring a bottle into the store."""
        load = Load(bottle.digest, None, (bottle,))
        return self._transfer(Placed(load, {bottle.key: bottle.object_key(DAY)}))

    def stored(self, bottle: Bottle) -> bytes:
        """Return what the store has of it."""
        return self.store.get(bottle.object_key(DAY)).body

    def close(self) -> None:
        """Hang up."""
        self._http.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "efs" / "spool"


@pytest.fixture
def worker(upstream: Upstream, folder: Path) -> Iterator[Worker]:
    with closing(Worker(upstream.registry, folder, attempts=2)) as worker:
        yield worker


def leave(folder: Path, bottle: Bottle, content: bytes) -> Path:
    """Leave a part, as a task does that was killed."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{bottle.digest}.part"
    part.write_bytes(content)
    return part


def ranges(upstream: Upstream) -> list[str | None]:
    """Return the ``Range`` of each request for bytes."""
    requests = upstream.requests.recorded("signed_get")
    return [request.headers.get("range") for request in requests]


class TestResuming:
    def test_what_a_task_has_left_is_not_asked_for_again(
        self, upstream: Upstream, worker: Worker, folder: Path, bottle: Bottle
    ) -> None:
        leave(folder, bottle, upstream.content(bottle.digest)[:1_000_000])
        assert len(worker.bring(bottle).mirrored) == 1
        assert worker.stored(bottle) == upstream.content(bottle.digest)
        assert ranges(upstream) == [f"bytes={3 * BLOCK}-"]

    def test_a_connection_that_ends_for_good_costs_no_bytes(
        self, upstream: Upstream, worker: Worker, bottle: Bottle
    ) -> None:
        cut = Fault("cut", on="signed_get", after=1_500_000, times=1)
        upstream.faults.add(cut, Fault("cut", on="signed_get", times=5))
        assert len(worker.bring(bottle).mirrored) == 1
        asked = ranges(upstream)
        assert asked[:2] == [None, "bytes=1500000-"]
        assert asked[-1] == f"bytes={5 * BLOCK}-"

    def test_a_part_that_is_whole_but_for_nothing_costs_one_block(
        self, upstream: Upstream, worker: Worker, folder: Path, bottle: Bottle
    ) -> None:
        leave(folder, bottle, upstream.content(bottle.digest))
        worker.bring(bottle)
        assert worker.stored(bottle) == upstream.content(bottle.digest)
        assert ranges(upstream) == [f"bytes={SIZE // BLOCK * BLOCK}-"]

    def test_progress_shows_the_bytes_of_the_part_too(
        self, upstream: Upstream, worker: Worker, folder: Path, bottle: Bottle
    ) -> None:
        leave(folder, bottle, upstream.content(bottle.digest)[:1_000_000])
        worker.bring(bottle)
        assert worker.progress.passed == {bottle.key: SIZE}

    def test_a_registry_that_gives_no_parts_is_asked_once(
        self, upstream: Upstream, worker: Worker, folder: Path, bottle: Bottle
    ) -> None:
        part = leave(folder, bottle, upstream.content(bottle.digest)[:1_000_000])
        upstream.faults.add(Fault("no_range"))
        worker.bring(bottle)
        assert worker.stored(bottle) == upstream.content(bottle.digest)
        assert len(ranges(upstream)) == 1
        assert part.read_bytes() == upstream.content(bottle.digest)


class TestWrongParts:
    @pytest.mark.parametrize("at", [0, BLOCK, 3 * BLOCK - 1])
    def test_wrong_bytes_are_found_out_thrown_away_and_fetched_anew(
        self, upstream: Upstream, worker: Worker, folder: Path, bottle: Bottle, at: int
    ) -> None:
        content = bytearray(upstream.content(bottle.digest)[:1_000_000])
        content[at] ^= 1
        leave(folder, bottle, bytes(content))
        assert len(worker.bring(bottle).mirrored) == 1
        assert worker.stored(bottle) == upstream.content(bottle.digest)
        assert ranges(upstream) == [f"bytes={3 * BLOCK}-", None]

    def test_where_nothing_is_tried_twice_the_next_run_fetches_it_anew(
        self, upstream: Upstream, folder: Path, bottle: Bottle
    ) -> None:
        part = leave(folder, bottle, bytes(1_000_000))
        with closing(Worker(upstream.registry, folder)) as first:
            (failure,) = first.bring(bottle).failed
        assert failure.cause == "wrong_digest"
        assert not part.exists()
        with closing(Worker(upstream.registry, folder)) as second:
            assert len(second.bring(bottle).mirrored) == 1

    def test_a_part_longer_than_the_bottle_is_thrown_away(
        self, upstream: Upstream, worker: Worker, folder: Path, bottle: Bottle
    ) -> None:
        part = leave(folder, bottle, bytes(SIZE + 2 * BLOCK))
        worker.bring(bottle)
        assert worker.stored(bottle) == upstream.content(bottle.digest)
        assert ranges(upstream) == [f"bytes={13 * BLOCK}-", None]
        assert part.read_bytes() == upstream.content(bottle.digest)

    def test_an_empty_part_is_none(
        self, upstream: Upstream, worker: Worker, folder: Path, bottle: Bottle
    ) -> None:
        leave(folder, bottle, b"")
        worker.bring(bottle)
        assert ranges(upstream) == [None]

    def test_bytes_that_are_wrong_upstream_leave_no_part(
        self, upstream: Upstream, worker: Worker, folder: Path, bottle: Bottle
    ) -> None:
        upstream.faults.add(Fault("wrong_bytes", on="signed_get", after=1_000))
        (failure,) = worker.bring(bottle).failed
        assert failure.cause == "wrong_digest"
        assert list(folder.iterdir()) == []

    @pytest.mark.parametrize("by", [-7, 1])
    def test_a_length_that_was_a_lie_costs_another_try(
        self, upstream: Upstream, folder: Path, bottle: Bottle, by: int
    ) -> None:
        lie = Fault("wrong_length", on="signed_get", by=by, times=1)
        upstream.faults.add(lie)
        with closing(
            Worker(upstream.registry, folder, large=1_000, attempts=2)
        ) as worker:
            worker.bring(bottle)
            assert worker.stored(bottle) == upstream.content(bottle.digest)

    def test_a_part_that_shrinks_while_it_is_read_is_thrown_away(
        self, upstream: Upstream, worker: Worker, folder: Path, bottle: Bottle
    ) -> None:
        part = leave(folder, bottle, upstream.content(bottle.digest)[:2_500_000])
        with worker.source.open(bottle) as stream:
            first = next(stream.chunks)
            os.truncate(part, len(first))
            with pytest.raises(UnavailableError, match="has become shorter"):
                list(stream.chunks)
        assert not part.exists()

    def test_a_part_that_cannot_be_read_is_thrown_away(
        self, worker: Worker, folder: Path, bottle: Bottle
    ) -> None:
        path = leave(folder, bottle, bytes(1_000_000))
        part = worker.parts.part(bottle.digest)
        part.close()
        with pytest.raises(UnavailableError, match="Bad file descriptor"):
            list(part.read())
        assert not path.exists()


class TestFolder:
    def test_is_made_for_the_first_large_bottle(
        self, upstream: Upstream, worker: Worker, folder: Path, bottle: Bottle
    ) -> None:
        assert not folder.exists()
        worker.bring(bottle)
        (part,) = folder.iterdir()
        assert part.name == f"{bottle.digest}.part"
        assert part.read_bytes() == upstream.content(bottle.digest)

    def test_a_bottle_that_is_not_large_leaves_nothing(
        self, upstream: Upstream, folder: Path, bottle: Bottle
    ) -> None:
        with closing(Worker(upstream.registry, folder, large=SIZE)) as worker:
            worker.bring(bottle)
            assert worker.stored(bottle) == upstream.content(bottle.digest)
        assert not folder.exists()

    def test_a_bottle_whose_part_is_there_is_taken_up_however_large_it_is(
        self, upstream: Upstream, folder: Path, bottle: Bottle
    ) -> None:
        leave(folder, bottle, upstream.content(bottle.digest)[:1_000_000])
        with closing(Worker(upstream.registry, folder, large=SIZE)) as worker:
            worker.bring(bottle)
            assert worker.stored(bottle) == upstream.content(bottle.digest)
        assert ranges(upstream) == [f"bytes={3 * BLOCK}-"]

    def test_what_is_recorded_is_forgotten(self, worker: Worker, folder: Path) -> None:
        folder.mkdir(parents=True)
        for letter in "ab":
            (folder / f"{letter * 64}.part").touch()
        worker.parts.forget([Digest("a" * 64), Digest("c" * 64)])
        assert list(folder.iterdir()) == [folder / f"{'b' * 64}.part"]

    def test_only_parts_are_swept_and_only_old_ones(
        self, worker: Worker, folder: Path
    ) -> None:
        folder.mkdir(parents=True)
        names = {"a": 11, "b": 9}
        for letter, days in names.items():
            for name in (f"{letter * 64}.part", f"{letter}.part", f"{letter * 64}"):
                path = folder / name
                path.touch()
                age = worker.clock.now() - timedelta(days=days)
                os.utime(path, (age.timestamp(), age.timestamp()))
        there = set(folder.iterdir())
        worker.parts.sweep()
        assert there - set(folder.iterdir()) == {folder / f"{'a' * 64}.part"}
        assert worker.progress.notes == []


class TestTroubles:
    def test_a_folder_that_cannot_be_is_told_of_once(
        self, upstream: Upstream, tmp_path: Path, bottle: Bottle
    ) -> None:
        (tmp_path / "file").touch()
        with closing(Worker(upstream.registry, tmp_path / "file" / "spool")) as worker:
            worker.parts.sweep()
            worker.parts.forget([bottle.digest])
            worker.bring(bottle)
            assert worker.stored(bottle) == upstream.content(bottle.digest)
            (note,) = worker.progress.notes
        assert "Not a directory" in note

    def test_a_name_that_leads_elsewhere_is_not_followed(
        self, upstream: Upstream, worker: Worker, folder: Path, bottle: Bottle
    ) -> None:
        folder.mkdir(parents=True)
        elsewhere = folder / "precious"
        elsewhere.write_text("precious")
        (folder / f"{bottle.digest}.part").symlink_to(elsewhere)
        worker.bring(bottle)
        assert worker.stored(bottle) == upstream.content(bottle.digest)
        assert elsewhere.read_text() == "precious"
        assert len(worker.progress.notes) == 1

    def test_a_full_disk_is_told_of_once_and_ends_no_transfer(
        self, upstream: Upstream, worker: Worker, folder: Path
    ) -> None:
        with files_of_at_most(BLOCK + 1_000):
            for formula in upstream.formulae:
                (bottle,) = offered_bottles(upstream, formula["name"])
                worker.bring(bottle)
                assert worker.stored(bottle) == upstream.content(bottle.digest)
        (note,) = worker.progress.notes
        assert str(folder) in note
        assert "is not used any more: [Errno 27] File too large" in note
        # What there was room for is right, and there is nothing behind a gap.
        (part,) = folder.iterdir()
        assert len(part.read_bytes()) == BLOCK + 1_000

    def test_what_there_was_room_for_is_used_by_the_next_task(
        self, upstream: Upstream, worker: Worker, folder: Path, bottle: Bottle
    ) -> None:
        with files_of_at_most(2 * BLOCK + 1_000):
            worker.bring(bottle)
        upstream.reset_requests()
        with closing(Worker(upstream.registry, folder)) as another:
            another.bring(bottle)
        assert ranges(upstream) == [f"bytes={2 * BLOCK}-"]

    def test_a_disk_slower_than_a_store_waits_is_left_alone(
        self, upstream: Upstream, folder: Path, bottle: Bottle
    ) -> None:
        with closing(Worker(upstream.registry, folder)) as worker:
            slow = Parts(folder, LateClock(), worker.progress, block=BLOCK)
            source = SpooledBottles(worker.registry, slow, large=0)
            with source.open(bottle) as stream:
                content = b"".join(stream.chunks)
        assert content == upstream.content(bottle.digest)
        (note,) = worker.progress.notes
        assert "262,144 bytes took 6 s to be on its disk" in note


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Have no file become longer, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class LateClock(ManualClock):
    """A clock by which everything takes six seconds."""

    def monotonic(self) -> float:
        self.sleep(6)
        return super().monotonic()
