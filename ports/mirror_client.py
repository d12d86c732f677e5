"""A mirror as brew sees it: what it asks for, one thing after the other."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.bottle import Bottle, Digest
from domain.packages import Packages
from domain.tags import Tag
from domain.views import View


@dataclass(frozen=True, slots=True)
class DocumentAnswer:
    """What came with a document of the API.

    Attributes:
        modified: When the mirror says that it was published.
        compressed: Whether it came as gzip, for which it was asked.
        unchanged: Whether the mirror says so to who asks for what is newer than that.
    """

    url: str
    size: int
    modified: datetime | None
    compressed: bool
    unchanged: bool


@dataclass(frozen=True, slots=True)
class IndexChild:
    """One bottle in the index of a release.

    Attributes:
        ref_name: What the index calls it: ``PKGVER.TAG[.REBUILD]``.
        size: Bytes, None when the index does not tell.
    """

    digest: Digest
    ref_name: str
    size: int | None = None


class MirrorClient(Protocol):
    """Asks a mirror as brew would.

    Every method may raise ``UnavailableError`` when there is no answer,
    ``NotFoundError`` and ``RefusedError`` by the mirror's own word, and
    ``MalformedError`` when the answer is not what it should be.
    """

    @abstractmethod
    def packages(self, client: Tag) -> tuple[Packages, DocumentAnswer]:
        """Return what brew 6 and later read.

        Raises:
            UntrustedError: Its signature is not good: brew goes no further.
        """
        raise NotImplementedError

    @abstractmethod
    def formulae(self) -> DocumentAnswer:
        """Ask for what brew before 6 reads, and check its signature.

        Raises:
            UntrustedError: Its signature is not good: brew goes no further.
        """
        raise NotImplementedError

    @abstractmethod
    def index(self, bottle: Bottle, view: View) -> Sequence[IndexChild]:
        """Return the bottles in the index of the release that ``bottle`` is of."""
        raise NotImplementedError

    @abstractmethod
    def announced_size(self, bottle: Bottle, view: View) -> int | None:
        """Return the size that the mirror tells of a bottle before it is sent.

        None in a view where brew does not ask.
        """
        raise NotImplementedError

    @abstractmethod
    def fetch(self, bottle: Bottle, view: View) -> int:
        """Receive all bytes of a bottle, and return how many there were.

        Raises:
            WrongDigestError: They are other bytes.
        """
        raise NotImplementedError
