"""Progress: what a person is told while a run goes on."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

from domain.plan import SyncPlan
from domain.work import Load
from ports.errors import PortError


class TransferProgress(Protocol):
    """Is told how loads come on. Called from many threads; never raises."""

    @abstractmethod
    def note(self, sentence: str) -> None:
        """Tell one thing that is worth knowing."""
        raise NotImplementedError

    @abstractmethod
    def warn(self, sentence: str) -> None:
        """Tell one thing that went wrong, and that ends nothing."""
        raise NotImplementedError

    @abstractmethod
    def started(self, load: Load, size: int) -> None:
        """Show a load of ``size`` bytes in flight."""
        raise NotImplementedError

    @abstractmethod
    def advanced(self, load: Load, count: int) -> None:
        """Show ``count`` more bytes of a load; negative when it begins anew."""
        raise NotImplementedError

    @abstractmethod
    def finished(self, load: Load, failure: PortError | None) -> None:
        """Show that a load is done, or has failed for good."""
        raise NotImplementedError


class Progress(TransferProgress, Protocol):
    """Is told of a whole run, too."""

    @abstractmethod
    def counted(self, what: str, done: int, total: int) -> None:
        """Tell that ``done`` of ``total`` things are done, and in words ``what``."""
        raise NotImplementedError

    @abstractmethod
    def begin(self, plan: SyncPlan) -> None:
        """Begin to show that ``plan`` is carried out."""
        raise NotImplementedError

    @abstractmethod
    def end(self) -> None:
        """Stop showing."""
        raise NotImplementedError
