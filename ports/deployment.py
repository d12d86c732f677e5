"""What is deployed, and what of it is at work."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.order import Order
from ports.errors import PortError


@dataclass(frozen=True, slots=True)
class Function:
    """A function that is deployed.

    Attributes:
        state: ``Active`` when it can be invoked, as AWS calls it.
        modified: When it was last deployed.
        memory: MB.
        timeout: Seconds.
    """

    name: str
    state: str
    modified: datetime
    memory: int
    timeout: int


@dataclass(frozen=True, slots=True)
class Execution:
    """An execution of the state machine.

    Attributes:
        name: The run's id, and after it a shard and an attempt where it is for one.
        status: ``RUNNING``, ``SUCCEEDED``, ``FAILED``, ``TIMED_OUT`` or ``ABORTED``.
        ended: None while it runs.
    """

    name: str
    status: str
    started: datetime
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A task that is at work, or about to be.

    Attributes:
        order: What it was given; None when that is no order of ours.
        status: ``PROVISIONING``, ``PENDING``, ``RUNNING``, …, as AWS calls it.
        capacity: ``FARGATE_SPOT`` or ``FARGATE``.
        created: When a place was found for it; None while none is.
    """

    id: str
    order: Order | None
    status: str
    capacity: str
    created: datetime | None


@dataclass(frozen=True, slots=True)
class Triggered:
    """What the orchestrator answers to a trigger.

    Attributes:
        outcome: ``started``, ``nothing_to_do`` or ``already_running``.
        route: What works on the run: ``lambda``, ``ecs`` or ``none``.
        bottles: To mirror.
        bytes: To fetch, as far as is known.
    """

    run_id: str
    outcome: str
    route: str
    bottles: int
    bytes: int
    shards: int


class OrchestratorFailedError(PortError):
    """The orchestrator has run, and failed.

    Attributes:
        kind: The name of the error that it failed with.
    """

    def __init__(self, what: str, detail: str, kind: str) -> None:
        super().__init__(what, detail)
        self.kind = kind


class Deployment(Protocol):
    """A deployed mirror, looked at from outside.

    Looking changes nothing. Every method may raise ``UnavailableError`` when there is
    no answer, and ``RefusedError`` when it may not be asked; ``NotFoundError`` when
    what is asked is not deployed.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """What the name of everything that is deployed begins with."""
        raise NotImplementedError

    @abstractmethod
    def functions(self) -> Mapping[str, Function | None]:
        """Return what there should be, by name; None for what is not deployed."""
        raise NotImplementedError

    @abstractmethod
    def executions(self, most: int) -> tuple[Execution, ...]:
        """Return the latest executions, the newest first, at most so many."""
        raise NotImplementedError

    @abstractmethod
    def tasks(self) -> tuple[Task, ...]:
        """Return the tasks that are at work, or about to be."""
        raise NotImplementedError

    @abstractmethod
    def trigger(self) -> Triggered:
        """Ask the orchestrator to start a run, and wait for its answer. One try.

        Raises:
            OutcomeUnknownError: No answer; a run may have started.
            OrchestratorFailedError: It has failed, and says of what.
        """
        raise NotImplementedError
