from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from adapters.homebrew.bottles import GhcrBottles
from adapters.homebrew.http import HttpClient
from adapters.memory.bottle_source import MemoryBottleSource
from adapters.memory.clock import ManualClock
from adapters.memory.metrics import NoMetrics
from adapters.memory.progress import SilentProgress
from adapters.spool.bottles import SpooledBottles
from adapters.spool.parts import Parts
from domain.bottle import Bottle, Digest
from domain.tags import Tag
from ports.bottle_source import BottleSource
from ports.errors import MalformedError, NotFoundError, UnavailableError
from tests.standin.catalog import plain_catalog
from tests.standin.server import Upstream
from tests.standin.sizes import fixed
from tests.support.offers import offered_bottles

SIZE = 1_500_000
TAGS = ("arm64_tahoe", "arm64_sequoia", "arm64_sonoma")


@dataclass(frozen=True, slots=True)
class Holding:
    """A source, the bottles of one release that it holds, and how to shut it."""

    source: BottleSource
    bottles: Sequence[Bottle]
    content: Callable[[Digest], bytes]
    shut: Callable[[], object]

    @property
    def unknown(self) -> Bottle:
        """A bottle of the same release that the source does not hold."""
        return replace(self.bottles[0], digest=Digest("0" * 64))


def in_memory(_stack: ExitStack) -> Holding:
    source = MemoryBottleSource()
    bottles = [
        Bottle("jq", "1.8.1", 0, Tag(tag), source.add(random.randbytes(SIZE)))
        for tag in TAGS
    ]

    source.publish(bottles)

    def shut() -> None:
        source.reachable = False

    return Holding(source, bottles, source.contents.__getitem__, shut)


def ghcr(stack: ExitStack) -> Holding:
    upstream = stack.enter_context(
        Upstream(plain_catalog(1, TAGS), sizes=fixed(SIZE), unsized=())
    )
    clock = ManualClock()
    http = stack.enter_context(
        closing(
            HttpClient(
                clock,
                random.random,
                pool_size=8,
                user_agent="tests",
                metrics=NoMetrics(),
            )
        )
    )
    source = GhcrBottles(http, clock, random.random, registry=upstream.registry)
    bottles = offered_bottles(upstream, upstream.formulae[0]["name"])
    return Holding(source, bottles, upstream.content, upstream.close)


def spooled(
    source: Callable[[ExitStack], Holding], left: int
) -> Callable[[ExitStack], Holding]:
    """Return what makes such a source with a spool, and ``left`` bytes in each part."""

    def make(stack: ExitStack) -> Holding:
        holding = source(stack)
        folder = Path(stack.enter_context(TemporaryDirectory()))
        for bottle in holding.bottles if left else ():
            part = holding.content(bottle.digest)[:left]
            (folder / f"{bottle.digest}.part").write_bytes(part)
        parts = Parts(folder, ManualClock(), SilentProgress(), block=65_536)
        return replace(holding, source=SpooledBottles(holding.source, parts, large=0))

    return make


SOURCES: dict[str, Callable[[ExitStack], Holding]] = {
    "memory": in_memory,
    "ghcr": ghcr,
    "memory with a spool": spooled(in_memory, 0),
    "memory with parts in a spool": spooled(in_memory, 1_000_000),
    "ghcr with a spool": spooled(ghcr, 0),
    "ghcr with parts in a spool": spooled(ghcr, SIZE),
}


@pytest.fixture(params=SOURCES)
def holding(request: pytest.FixtureRequest) -> Iterator[Holding]:
    with ExitStack() as stack:
        yield SOURCES[request.param](stack)


def read(source: BottleSource, bottle: Bottle) -> bytes:
    with source.open(bottle) as stream:
        content = b"".join(stream.chunks)
        assert len(content) == stream.size
        assert stream.start == 0
    return content


class TestBottleSourceContract:
    def test_the_index_of_a_release_names_its_bottles(self, holding: Holding) -> None:
        index = holding.source.index(holding.bottles[0])
        assert index.bottles == {b.tag: b.digest for b in holding.bottles}
        assert holding.source.index(holding.bottles[-1]) == index
        assert holding.source.read_index(holding.bottles[0], index.body) == index

    def test_an_index_that_was_read_for_sizes_is_at_hand_once(
        self, holding: Holding
    ) -> None:
        bottle = holding.bottles[0]
        assert holding.source.index_at_hand(bottle) is None
        asked = holding.source.index(bottle)
        holding.source.sizes(holding.bottles)
        assert holding.source.index_at_hand(bottle) == asked
        assert holding.source.index_at_hand(bottle) is None
        holding.source.sizes(holding.bottles)
        holding.shut()
        assert holding.source.index(bottle) == asked
        with pytest.raises(UnavailableError):
            holding.source.index(bottle)

    def test_a_release_that_is_not_there_has_no_index(self, holding: Holding) -> None:
        bottle = replace(holding.bottles[0], rebuild=7)
        holding.source.sizes([bottle])
        assert holding.source.index_at_hand(bottle) is None
        with pytest.raises(NotFoundError):
            holding.source.index(bottle)

    def test_what_is_no_index_is_not_read_as_one(self, holding: Holding) -> None:
        with pytest.raises(MalformedError):
            holding.source.read_index(holding.bottles[0], b"<html>")

    def test_gives_the_bytes_of_a_bottle_and_their_number(
        self, holding: Holding
    ) -> None:
        for bottle in holding.bottles:
            assert read(holding.source, bottle) == holding.content(bottle.digest)

    def test_gives_them_in_pieces(self, holding: Holding) -> None:
        with holding.source.open(holding.bottles[0]) as stream:
            assert max(map(len, stream.chunks)) <= 1024 * 1024

    def test_chunks_can_be_read_once(self, holding: Holding) -> None:
        with holding.source.open(holding.bottles[0]) as stream:
            assert b"".join(stream.chunks)
            assert not b"".join(stream.chunks)

    def test_a_bottle_can_be_opened_again(self, holding: Holding) -> None:
        first = read(holding.source, holding.bottles[0])
        assert read(holding.source, holding.bottles[0]) == first

    @pytest.mark.parametrize("start", [1, 65_536, 1_000_000, SIZE - 1])
    def test_begins_behind_what_is_at_hand(self, holding: Holding, start: int) -> None:
        bottle = holding.bottles[0]
        with holding.source.open(bottle, start) as stream:
            assert (stream.start, stream.size) == (start, SIZE)
            rest = b"".join(stream.chunks)
        assert rest == holding.content(bottle.digest)[start:]

    @pytest.mark.parametrize("start", [SIZE, SIZE + 1, 10**12])
    def test_begins_at_the_beginning_when_there_is_no_more(
        self, holding: Holding, start: int
    ) -> None:
        bottle = holding.bottles[0]
        with holding.source.open(bottle, start) as stream:
            assert (stream.start, stream.size) == (0, SIZE)
            whole = b"".join(stream.chunks)
        assert whole == holding.content(bottle.digest)

    def test_says_also_then_that_there_is_no_such_blob(self, holding: Holding) -> None:
        with pytest.raises(NotFoundError), holding.source.open(holding.unknown, 1):
            pass

    def test_nothing_comes_once_the_context_is_left(self, holding: Holding) -> None:
        with holding.source.open(holding.bottles[0]) as stream:
            assert next(stream.chunks)
        assert list(stream.chunks) == []

    def test_serves_many_threads_at_once(self, holding: Holding) -> None:
        wanted = [*holding.bottles] * 8
        with ThreadPoolExecutor(8) as threads:
            contents = threads.map(lambda bottle: read(holding.source, bottle), wanted)
        assert list(contents) == [holding.content(bottle.digest) for bottle in wanted]

    def test_says_that_there_is_no_such_blob(self, holding: Holding) -> None:
        with (
            pytest.raises(NotFoundError, match=holding.unknown.key),
            holding.source.open(holding.unknown),
        ):
            pass

    def test_tells_the_exact_sizes_of_a_release(self, holding: Holding) -> None:
        sizes = holding.source.sizes(holding.bottles)
        assert sizes == {bottle.digest: SIZE for bottle in holding.bottles}

    def test_leaves_out_a_size_that_nobody_tells(self, holding: Holding) -> None:
        known = holding.bottles[0]
        assert holding.source.sizes([holding.unknown, known]) == {known.digest: SIZE}

    def test_nothing_has_no_sizes(self, holding: Holding) -> None:
        assert holding.source.sizes([]) == {}

    def test_says_that_nobody_answers(self, holding: Holding) -> None:
        holding.shut()
        with (
            pytest.raises(UnavailableError, match=holding.bottles[0].key),
            holding.source.open(holding.bottles[0]),
        ):
            pass
        with pytest.raises(UnavailableError):
            holding.source.sizes(holding.bottles)
