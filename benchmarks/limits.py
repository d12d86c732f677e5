"""What the machine gives at best, by the least code that does each part of the work.

A figure of the program means little on another machine; its share of these does.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import urllib3

from benchmarks.table import MB

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

T = TypeVar("T")

_PIECE = 1024 * 1024  # bytes
_HASHED = 512  # pieces


@dataclass(frozen=True, slots=True)
class Rate:
    """How quickly ``count`` times ``size`` bytes went through."""

    count: int
    size: int
    seconds: float

    @property
    def bytes_per_second(self) -> float:
        """Bytes a second."""
        return self.count * self.size / self.seconds

    def __str__(self) -> str:
        told = f"{self.bytes_per_second / MB:,.0f} MB/s"
        if self.size >= _PIECE:
            return told
        return f"{told} ({self.count / self.seconds:,.0f} a second)"


Write = Callable[[int, int, int], Rate]
"""Writes so many objects of so many bytes by so many threads."""


def hash_bytes() -> Rate:
    """Hash with one core."""
    piece, seen = os.urandom(_PIECE), hashlib.sha256()
    begun = time.perf_counter()
    for _ in range(_HASHED):
        seen.update(piece)
    return Rate(_HASHED, _PIECE, time.perf_counter() - begun)


def read_bottles(addresses: Sequence[str], size: int, jobs: int) -> Rate:
    """Fetch bottles to nowhere with urllib3: the request, its redirect, the bytes."""
    pool = urllib3.PoolManager(maxsize=jobs, retries=False)
    headers = {"Authorization": "Bearer QQ=="}

    def read(address: str) -> None:
        moved = pool.request("GET", address, headers=headers, redirect=False)
        answer = pool.request("GET", moved.headers["Location"], preload_content=False)
        came = sum(len(piece) for piece in answer.stream(_PIECE))
        answer.release_conn()
        assert came == size

    return Rate(len(addresses), size, _took(read, addresses, jobs))


def write_files(root: Path) -> Write:
    """Write files below ``root``, each of them synced."""

    def write(count: int, size: int, jobs: int) -> Rate:
        piece = os.urandom(_PIECE)
        paths = [root / f"limit-{number}" for number in range(count)]

        def write_one(path: Path) -> None:
            with path.open("xb", buffering=0) as file:
                for part in _parts(piece, size):
                    file.write(part)
                os.fsync(file.fileno())

        return Rate(count, size, _took(write_one, paths, jobs))

    return write


def write_objects(client: S3Client, bucket: str, ca_bundle: Path) -> Write:
    """Put objects with http.client over TLS, signed beforehand."""
    trust = ssl.create_default_context(cafile=str(ca_bundle))

    def write(count: int, size: int, jobs: int) -> Rate:
        piece = os.urandom(_PIECE)
        named = ({"Bucket": bucket, "Key": f"limit-{n}"} for n in range(count))
        urls = [
            urlsplit(client.generate_presigned_url("put_object", name))
            for name in named
        ]
        headers = {"Content-Length": str(size)}

        def write_share(first: int) -> None:
            connection = http.client.HTTPSConnection(
                urls[0].hostname or "", urls[0].port, context=trust
            )
            for url in urls[first::jobs]:
                body = _parts(piece, size)
                connection.request("PUT", f"{url.path}?{url.query}", body, headers)
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200
            connection.close()

        return Rate(count, size, _took(write_share, range(min(jobs, count)), jobs))

    return write


def _parts(piece: bytes, size: int) -> Iterator[memoryview]:
    for start in range(0, size, len(piece)):
        yield memoryview(piece)[: min(len(piece), size - start)]


def _took(work: Callable[[T], None], items: Sequence[T], jobs: int) -> float:
    """Return the seconds that ``work`` on all ``items`` takes with ``jobs`` threads."""
    begun = time.perf_counter()
    with ThreadPoolExecutor(jobs) as pool:
        for _ in pool.map(work, items):
            pass
    return time.perf_counter() - begun
