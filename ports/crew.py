"""The crew: many hands at tasks of one kind, each of which carries a load."""

from __future__ import annotations

from abc import abstractmethod
from concurrent.futures import Future
from typing import Protocol, TypeVar

from domain.work import Load

T_contra = TypeVar("T_contra", contravariant=True)
R = TypeVar("R")


class Crew(Protocol[T_contra, R]):
    """Hands that take on one task after the other. For one thread, which leads them."""

    @property
    @abstractmethod
    def busy(self) -> int:
        """How many tasks were begun, and not returned by ``ended`` or dropped yet."""
        raise NotImplementedError

    @abstractmethod
    def begin(self, load: Load, task: T_contra) -> None:
        """Give somebody a task, now or when there is a hand free.

        Args:
            load: What the task carries: loads of one release may be of use to each
                other, and go to those who can share.
        """
        raise NotImplementedError

    @abstractmethod
    def ended(self, patient: float) -> list[Future[R]]:
        """Wait for a task to end, for some seconds at most; return all that have.

        Raises:
            HandLostError: Some of the crew are gone, and their tasks with them. The
                others go on.
        """
        raise NotImplementedError

    @abstractmethod
    def drop(self) -> None:
        """Leave what nobody has taken up yet."""
        raise NotImplementedError
