"""What runs in the cloud: what the ledger knows of it, beside what AWS says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar

from application.doctor import STALE
from application.opened_ledger import open_ledger
from application.orchestrate import cloud_run
from application.run import SILENCE
from domain.errors import MirrorError
from domain.ledger import Ledger
from domain.records import ClosedRun, OpenRun
from ports.clock import Clock
from ports.dead_letters import DeadLetters
from ports.deployment import Deployment, Execution, Function, Task
from ports.event_log import EventLog
from ports.hash_file import HashFile

T = TypeVar("T")

_EXECUTIONS: Final = 5


@dataclass(frozen=True, slots=True)
class CloudStatus:
    """How a deployed mirror is.

    Attributes:
        name: What the name of everything that is deployed begins with.
        at: When it was asked.
        run: The cloud run that is open, and its id; None when there is none.
        last_complete: The last run that was complete, of the cloud or not.
        dead_letters: About how many lie in each queue.
        problems: What could not be found out, by what was asked, and why.
        advice: What to do.
    """

    name: str
    at: datetime
    run: tuple[str, OpenRun] | None
    last_complete: ClosedRun | None
    functions: Mapping[str, Function | None]
    executions: tuple[Execution, ...]
    tasks: tuple[Task, ...]
    dead_letters: Mapping[str, int]
    problems: Mapping[str, MirrorError]
    advice: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InspectCloud:
    """Asks the ledger and AWS how a deployed mirror is. Nothing is written.

    What one of them does not tell hinders no other answer.
    """

    log: Callable[[], EventLog]
    hash_file: Callable[[], HashFile]
    deployment: Deployment
    dead_letters: DeadLetters
    clock: Clock

    def __call__(self) -> CloudStatus:
        """Return how it is."""
        asked = _Asked()
        deployment = self.deployment
        ledger = asked("ledger", self._ledger)
        functions = asked("functions", deployment.functions) or {}
        executions = asked("executions", lambda: deployment.executions(_EXECUTIONS))
        tasks = asked("tasks", deployment.tasks)
        letters = asked("dead_letters", self.dead_letters.count) or {}
        now = self.clock.now()
        return CloudStatus(
            name=deployment.name,
            at=now,
            run=cloud_run(ledger) if ledger else None,
            last_complete=ledger.last_complete if ledger else None,
            functions=functions,
            executions=executions or (),
            tasks=tasks or (),
            dead_letters=letters,
            problems=asked.problems,
            advice=(
                *_about_functions(functions, may_lack=f"{deployment.name}-alarm"),
                *(_about_runs(ledger, now) if ledger else ()),
                *_about_letters(letters),
            ),
        )

    def _ledger(self) -> Ledger:
        return open_ledger(self.log(), self.hash_file()).ledger


@dataclass(slots=True)
class _Asked:
    """Asks one after the other, and remembers who gave no answer."""

    problems: dict[str, MirrorError] = field(default_factory=dict)

    def __call__(self, name: str, ask: Callable[[], T]) -> T | None:
        try:
            return ask()
        except MirrorError as error:
            self.problems[name] = error
            return None


def _about_functions(
    functions: Mapping[str, Function | None], may_lack: str
) -> Iterator[str]:
    """Yield what to do about functions.

    Args:
        may_lack: The name of one that is deployed where Slack is told, and only there.
    """
    absent = [name for name, found in functions.items() if found is None]
    missing = [name for name in absent if name != may_lack]
    if absent and len(absent) == len(functions):
        yield (
            "nothing is deployed under this name and in this region: see project_name"
            " and aws_region"
        )
    elif missing:
        yield f"deploy {', '.join(missing)}"


def _about_runs(ledger: Ledger, now: datetime) -> Iterator[str]:
    found = cloud_run(ledger)
    if found is not None:
        name, run = found
        if now - run.last_commit >= SILENCE:
            yield (
                f"run {name} has been silent since {run.last_commit:%Y-%m-%d %H:%M}:"
                " bottles cloud logs tells why; the next trigger closes it as failed"
                " and starts another: bottles cloud trigger"
            )
        return
    last = ledger.last_complete
    if last is None or now - last.at >= STALE:
        since = f"since {last.at:%Y-%m-%d}" if last else "yet"
        yield f"no sync has been complete {since}: bottles cloud trigger starts one"


def _about_letters(letters: Mapping[str, int]) -> Iterator[str]:
    if any(letters.values()):
        yield (
            "bottles cloud redrive --dry-run shows the dead letters, without"
            " --dry-run it starts them again"
        )
