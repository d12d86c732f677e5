"""The bytes that stand for bottles: invented, repeatable, never whole in memory.

Every body is a header of 64 bytes that no other bottle has, followed by a walk
through one shared sea of random bytes that begins at the bottle's own place. The
length of the sea is a prime number, so that a reader who drops or doubles a chunk
of any usual size ends with another digest. Serving costs slices of one buffer.
"""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.standin.sizes import MINIMUM_SIZE, SizeOf

_SEA_LENGTH = 1_048_583  # bytes; the first prime above 1 MiB


@dataclass(frozen=True, slots=True)
class BottleBody:
    """The body of one bottle: ``size`` bytes that depend on ``key`` alone.

    ``key`` is 64 hexadecimal digits and is also the body's header.
    """

    key: str
    size: int
    sea: memoryview

    def slices(self, start: int, stop: int) -> Iterator[memoryview]:
        """Yield the bytes from ``start`` up to ``stop`` as views, without copies."""
        header = len(self.key)
        if start < min(stop, header):
            yield memoryview(self.key.encode("ascii"))[start:stop]
            start = min(stop, header)
        offset = int(self.key[:8], 16)
        while start < stop:
            at = (offset + start) % _SEA_LENGTH
            length = min(stop - start, _SEA_LENGTH)
            yield self.sea[at : at + length]
            start += length


class Bodies:
    """Makes bodies out of the digests that a real catalog names.

    The same seed and original digest give the same bytes, in any process; equal
    original digests stay equal digests.
    """

    def __init__(self, size_of: SizeOf, *, seed: int = 0) -> None:
        self._seed = seed
        self._size_of = size_of
        water = random.Random(seed).randbytes(_SEA_LENGTH)
        # Twice, so that a slice as long as the sea is one piece wherever it begins.
        self._sea = memoryview(water + water)
        self._digests: dict[str, str] = {}

    def body(self, original: str) -> BottleBody:
        """Return the body that stands for the bottle of this original digest."""
        key = hashlib.sha256(f"{self._seed}:{original}".encode()).hexdigest()
        size = max(MINIMUM_SIZE, self._size_of(original))
        return BottleBody(key, size, self._sea)

    def digest(self, original: str) -> str:
        """Return the SHA-256 of the body that stands for this original digest."""
        self.measure([original])
        return self._digests[original]

    def measure(self, originals: Iterable[str]) -> None:
        """Compute the digests of many bodies at once, on every processor."""
        fresh = [item for item in dict.fromkeys(originals) if item not in self._digests]
        if len(fresh) <= 1:
            self._digests.update(self._measured(fresh))
            return
        workers = os.cpu_count() or 1
        with ThreadPoolExecutor(workers) as pool:
            shares = [fresh[first::workers] for first in range(workers)]
            for share in pool.map(self._measured, shares):
                self._digests.update(share)

    def _measured(self, originals: Iterable[str]) -> dict[str, str]:
        return {original: sha256_of(self.body(original)) for original in originals}


def sha256_of(body: BottleBody) -> str:
    """Return the SHA-256 of a body in hexadecimal digits."""
    digest = hashlib.sha256()
    for piece in body.slices(0, body.size):
        digest.update(piece)
    return digest.hexdigest()
