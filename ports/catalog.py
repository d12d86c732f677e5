"""The catalog: what upstream offers now."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Protocol, TypeAlias

from domain.catalog import Catalog, Validators

Keep: TypeAlias = Callable[[bytes], object]
"""Is given a document's bytes, once its signature was found good."""


class CatalogSource(Protocol):
    """Where the catalog is read."""

    @property
    @abstractmethod
    def source(self) -> str:
        """The URL or path that ``fetch`` reads; validators are good for it alone."""
        raise NotImplementedError

    @abstractmethod
    def fetch(
        self, unless: Validators | None = None, keep: Keep | None = None
    ) -> Catalog | None:
        """Return the catalog, None when it is still the one of ``unless``.

        An entry that cannot be read is skipped and told of, never the end of
        the others.

        Raises:
            UnavailableError: No answer.
            NotFoundError: There is no such document.
            UnusableFileError: There is no such file on this machine.
            UntrustedError: Its signature is not good.
            MalformedError: It is not a catalog.
        """
        raise NotImplementedError
