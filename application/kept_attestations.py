"""Attestations that held, kept beside the bottles for when nobody can be asked."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

from domain.attestation import kept_key
from domain.bottle import Digest
from ports.errors import ConflictError, NotFoundError, PortError
from ports.progress import Progress
from ports.store import Store


class KeptAttestations:
    """Bundles in the store, one a line, in a file for each digest.

    They are kept for convenience. None is believed for where it lies, and that one
    cannot be kept is told once and fails nothing.
    """

    def __init__(self, store: Store, progress: Progress) -> None:
        self._store = store
        self._progress = progress
        self._told = False
        self._lock = Lock()

    def bundles(self, digest: Digest) -> Sequence[bytes]:
        """Return what is kept of the bytes with this digest.

        Raises:
            PortError: The store cannot be used.
        """
        try:
            body = self._store.get(kept_key(digest)).body
        except NotFoundError:
            return ()
        return tuple(line for line in body.split(b"\n") if line)

    def keep(self, digest: Digest, bundles: Sequence[bytes]) -> None:
        """Keep ``bundles`` in place of what is kept; none leave that as it is."""
        if not bundles:
            return
        key, body = kept_key(digest), b"".join(b"%s\n" % each for each in bundles)
        try:
            try:
                self._store.create(key, body)
            except ConflictError:
                standing = self._store.get(key)
                if standing.body != body:
                    self._store.replace(key, body, standing.version)
        except PortError as error:
            with self._lock:
                first, self._told = not self._told, True
            if first:
                self._progress.note(
                    f"attestations cannot be kept, and will be asked for again: {error}"
                )
