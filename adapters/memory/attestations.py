"""Attestations in memory, and failures to tell of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from threading import Lock

from domain.attestation import Source
from domain.bottle import Digest
from ports.attestations import AttestationSource
from ports.errors import PortError


class MemoryAttestations(AttestationSource):
    """Has the bundles that it was given.

    Attributes:
        asked: What was asked for, and of whom, in order.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[Digest, Source]] = []
        self._bundles: dict[tuple[Digest, Source], list[bytes]] = defaultdict(list)
        self._failures: dict[Digest, PortError] = {}
        self._lock = Lock()

    def add(self, digest: Digest, source: Source, *bundles: bytes) -> None:
        """Have ``source`` attest to the bytes with this digest."""
        self._bundles[digest, source].extend(bundles)

    def fail(self, digest: Digest, error: PortError) -> None:
        """Raise ``error`` whenever ``digest`` is asked for."""
        self._failures[digest] = error

    def bundles(self, digest: Digest, source: Source) -> Sequence[bytes]:
        with self._lock:
            self.asked.append((digest, source))
        if digest in self._failures:
            raise self._failures[digest]
        return tuple(self._bundles[digest, source])
