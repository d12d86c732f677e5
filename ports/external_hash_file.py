"""The hash file of another mirror, which says what is elsewhere."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from domain.bottle import BottleKey
from domain.records import Elsewhere


@dataclass(frozen=True, slots=True)
class ExternalEntries:
    """What an external hash file lists, in today's form.

    Attributes:
        etag: What to ask with next time; None when the source gives nothing.
        migrated: How many entries were brought up to date, by what they lacked, as
            ``missing download_date``.
        skipped: Why an entry could not be used, by its key.
    """

    etag: str | None
    entries: Mapping[BottleKey, Elsewhere]
    migrated: Mapping[str, int]
    skipped: Mapping[str, str]


class ExternalHashFile(Protocol):
    """One hash file that somebody else keeps."""

    @property
    @abstractmethod
    def source(self) -> str:
        """Where it is: a path, an ``https://`` URL, or ``s3://bucket/key``."""
        raise NotImplementedError

    @abstractmethod
    def fetch(self, unless: str | None = None) -> ExternalEntries | None:
        """Return what it lists, None when it is still what it was.

        Args:
            unless: The ETag that it had when it was read last.

        Raises:
            NotFoundError: There is none.
            UnusableFileError: There is none on this machine, or it is no hash file.
            RefusedError: It may not be read, or not from such a place.
            UnavailableError: Its place gives no answer.
            MalformedError: It is no hash file, or too large for one.
        """
        raise NotImplementedError
