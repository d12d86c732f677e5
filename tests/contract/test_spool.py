from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.memory.bottle_source import MemoryBottleSource
from adapters.memory.clock import ManualClock
from adapters.memory.progress import SilentProgress
from adapters.memory.spool import NoSpool
from adapters.spool.bottles import SpooledBottles
from adapters.spool.parts import Parts
from domain.bottle import Bottle, Digest
from ports.bottle_source import BottleSource
from ports.spool import Spool
from tests.support.catalogs import make_bottle

CONTENT = "the bytes of a bottle"
JQ = make_bottle(content=CONTENT)
UNKNOWN = Digest("0" * 64)


def none(_folder: Path, source: BottleSource) -> tuple[Spool, BottleSource]:
    return NoSpool(), source


def parts(folder: Path, source: BottleSource) -> tuple[Spool, BottleSource]:
    kept = Parts(folder / "spool", ManualClock(), SilentProgress(), block=4)
    return kept, SpooledBottles(source, kept, large=0)


SPOOLS: dict[str, Callable[[Path, BottleSource], tuple[Spool, BottleSource]]] = {
    "none": none,
    "parts": parts,
}


@pytest.fixture
def upstream() -> MemoryBottleSource:
    source = MemoryBottleSource()
    source.add(CONTENT.encode())
    return source


@pytest.fixture(params=SPOOLS)
def holding(
    request: pytest.FixtureRequest, tmp_path: Path, upstream: MemoryBottleSource
) -> tuple[Spool, BottleSource]:
    return SPOOLS[request.param](tmp_path, upstream)


def read(source: BottleSource, bottle: Bottle) -> bytes:
    with source.open(bottle) as stream:
        return b"".join(stream.chunks)


class TestSpoolContract:
    def test_there_may_be_nothing_to_sweep_and_nothing_to_forget(
        self, holding: tuple[Spool, BottleSource]
    ) -> None:
        spool, source = holding
        spool.sweep()
        spool.forget([UNKNOWN])
        spool.forget([])
        assert read(source, JQ) == CONTENT.encode()

    def test_what_is_forgotten_comes_from_upstream(
        self, holding: tuple[Spool, BottleSource], upstream: MemoryBottleSource
    ) -> None:
        spool, source = holding
        upstream.contents[JQ.digest] = b"x" * len(CONTENT)
        assert read(source, JQ) == b"x" * len(CONTENT)
        upstream.contents[JQ.digest] = CONTENT.encode()
        spool.forget(digest for digest in (UNKNOWN, JQ.digest))
        assert read(source, JQ) == CONTENT.encode()

    def test_what_is_in_use_can_be_forgotten(
        self, holding: tuple[Spool, BottleSource]
    ) -> None:
        spool, source = holding
        read(source, JQ)
        with source.open(JQ) as stream:
            first = next(stream.chunks)
            spool.forget([JQ.digest])
            assert first + b"".join(stream.chunks) == CONTENT.encode()
