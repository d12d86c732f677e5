"""A deployment in memory: what is deployed is what a test says is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ports.deployment import Deployment, Execution, Function, Task, Triggered
from ports.errors import NotFoundError

_PARTS = ("orchestrator", "worker", "alarm")


class MemoryDeployment(Deployment):
    """Tells what it was told.

    Attributes:
        answer: What the orchestrator answers; None while there is none.
        triggers: How often it was asked.
    """

    def __init__(
        self,
        name: str = "homebrew-sync",
        *,
        functions: Iterable[Function] = (),
        executions: Iterable[Execution] = (),
        tasks: Iterable[Task] = (),
    ) -> None:
        self._name = name
        self._functions = {function.name: function for function in functions}
        self._executions = tuple(executions)
        self._tasks = tuple(tasks)
        self.answer: Triggered | None = None
        self.triggers = 0

    @property
    def name(self) -> str:
        return self._name

    def functions(self) -> Mapping[str, Function | None]:
        names = [f"{self._name}-{part}" for part in _PARTS]
        return {name: self._functions.get(name) for name in names}

    def executions(self, most: int) -> tuple[Execution, ...]:
        return self._executions[:most]

    def tasks(self) -> tuple[Task, ...]:
        return self._tasks

    def trigger(self) -> Triggered:
        self.triggers += 1
        if self.answer is None:
            raise NotFoundError("start a run", "there is no orchestrator")
        return self.answer
