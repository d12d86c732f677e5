"""Pieces on their way into an export: in their order, and some ahead of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from itertools import chain
from threading import Event

import pytest

from application.outgoing import Source, read_ahead, small
from domain.export import Piece
from ports.errors import UnavailableError

LARGE = 2 * 1024 * 1024
PATIENCE = 20.0  # seconds for what takes none


def source(number: int, size: int = 3) -> Source:
    return Source(Piece(str(number), size), lambda: iter((f"{number}".encode(),)))


@pytest.mark.parametrize("readers", [1, 2, 16])
def test_they_come_in_their_order(readers: int) -> None:
    sources = [source(n, LARGE if n % 5 == 0 else 3) for n in range(50)]
    found = [
        (piece.name, b"".join(chunks)) for piece, chunks in read_ahead(sources, readers)
    ]
    assert found == [(str(n), f"{n}".encode()) for n in range(50)]


def test_small_ones_are_read_before_their_turn_and_large_ones_are_not() -> None:
    asked = [Event(), Event()]

    def asking(number: int) -> Iterator[bytes]:
        asked[number].set()
        yield b"abc"

    ahead = [
        source(9),
        Source(Piece("0", 3), lambda: asking(0)),
        Source(Piece("1", LARGE), lambda: asking(1)),
    ]
    with closing(read_ahead(ahead, 2)) as outgoing:
        next(outgoing)
        assert asked[0].wait(PATIENCE)
        next(outgoing)
        next(outgoing)
        assert not asked[1].is_set()


@pytest.mark.parametrize("readers", [1, 2])
def test_what_cannot_be_read_is_told_at_its_turn(readers: int) -> None:
    def failing() -> Iterator[bytes]:
        raise UnavailableError("the store", "no answer")

    sources = [source(0), Source(Piece("1", 3), failing), source(2)]
    with closing(read_ahead(sources, readers)) as outgoing:
        piece, _ = next(outgoing)
        assert piece.name == "0"
        with pytest.raises(UnavailableError):
            b"".join(chain.from_iterable(chunks for _, chunks in outgoing))


def test_what_is_read_as_a_whole_is_read_for_its_size_and_again() -> None:
    times = []

    def read() -> bytes:
        times.append(1)
        return b"four"

    made = small(read, sha256(b"four").hexdigest())
    assert (made.piece.size, len(times)) == (4, 1)
    assert b"".join(made.read()) == b"four"
    assert len(times) == 2
