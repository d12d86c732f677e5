"""The spool: what has come of large bottles that are not recorded yet."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Protocol

from domain.bottle import Digest


class Spool(Protocol):
    """Keeps parts of bottles, so that a later task need not fetch them again.

    May be used by many threads at once, and shared by many tasks. Never raises: what
    goes wrong is told to people, and bottles are fetched as if there were no spool.
    """

    @abstractmethod
    def sweep(self) -> None:
        """Remove the parts for which nobody has come in a long time."""
        raise NotImplementedError

    @abstractmethod
    def forget(self, digests: Iterable[Digest]) -> None:
        """Remove the parts of these bottles; that there are none is success.

        They are recorded, or what was kept of them was wrong.
        """
        raise NotImplementedError
