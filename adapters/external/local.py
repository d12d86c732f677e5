"""An external hash file on this machine."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from adapters.external.gathering import LARGEST, PIECE, gathered
from adapters.external.migration import migrated
from ports.clock import Clock
from ports.errors import (
    MalformedError,
    RefusedError,
    UnavailableError,
    UnusableFileError,
)
from ports.external_hash_file import ExternalEntries, ExternalHashFile


class LocalHashFile(ExternalHashFile):
    """A file at a path; its ETag is the SHA-256 of its bytes."""

    def __init__(self, path: Path, clock: Clock, *, at_most: int = LARGEST) -> None:
        """Read nothing yet.

        Args:
            at_most: Bytes that it may have, as it is and unpacked.
        """
        self._path = path
        self._clock = clock
        self._at_most = at_most

    @property
    def source(self) -> str:
        return str(self._path)

    def fetch(self, unless: str | None = None) -> ExternalEntries | None:
        try:
            body = self._read()
            etag = sha256(body).hexdigest()
            if etag == unless:
                return None
            return migrated(
                body,
                source=self.source,
                etag=etag,
                today=self._clock.now().date(),
                at_most=self._at_most,
            )
        except MalformedError as error:
            # It will not be another file when it is asked for again.
            raise UnusableFileError(error.what, error.detail) from error

    def _read(self) -> bytes:
        try:
            with self._path.open("rb") as file:
                pieces = iter(lambda: file.read(PIECE), b"")
                return gathered(pieces, self.source, self._at_most)
        except FileNotFoundError as error:
            raise UnusableFileError(self.source, "there is no such file") from error
        except (IsADirectoryError, NotADirectoryError) as error:
            raise UnusableFileError(
                self.source, f"is no file: {error.strerror}"
            ) from error
        except PermissionError as error:
            raise RefusedError(
                self.source, f"cannot be read: {error.strerror}"
            ) from error
        except OSError as error:
            raise UnavailableError(
                self.source, f"cannot be read: {error.strerror or error}"
            ) from error
