"""One run of the deployed system, and what it took of all who had a part in it."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.rehearsal_programs import Used, used_in
from domain.events import RecordedCommit, ShardCompleted, SyncCompleted, SyncStarted
from domain.ledger import replay
from tests.standin.server import Upstream
from tests.support.deployment import ORCHESTRATOR, WORKER
from tests.support.ecs_deployment import EcsDeployment
from tests.support.embedded import embedded_figures, is_embedded
from tests.support.lambda_function import Function
from tests.support.seaweed import SeaweedS3

_WITHIN: Final = 7_200.0  # seconds
# One line for each bucket, status and kind of request.
_REQUESTS: Final = re.compile(
    r'^SeaweedFS_s3_request_total\{bucket="bottles.*type="(.+)"\} (.+)$', re.MULTILINE
)
_CPU: Final = re.compile(r"^process_cpu_seconds_total (.+)$", re.MULTILINE)
_MEMORY: Final = re.compile(r"^process_resident_memory_bytes (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Server:
    """What a server has used and answered until now.

    Attributes:
        cpu: Seconds of processor time.
        requests: By their kind.
        bytes: What it gave away of bottles; 0 of the store.
    """

    cpu: float
    requests: Counter[str]
    bytes: int = 0

    def since(self, before: Server) -> Server:
        """Return what it has used and answered since."""
        return Server(
            self.cpu - before.cpu,
            self.requests - before.requests,
            self.bytes - before.bytes,
        )


@dataclass(frozen=True, slots=True)
class Week:
    """A run, from its trigger to its end.

    Attributes:
        answer: What the orchestrator has answered.
        handed_out: Seconds until it did.
        mirrored: Seconds, about, until the last worker was done.
        closed: Seconds until all was over.
        upstream: The stand-in, and whatever else stands for AWS beside the store.
        store_memory: Resident bytes of the store in the end.
        conflicts: How often a commit came second, and was appended behind the other.
        held: Bottles in the store that are offered.
        superseded: Objects in the store that no longer are.
    """

    answer: Mapping[str, Any]
    handed_out: float
    mirrored: float
    closed: float
    upstream: Server
    store: Server
    store_memory: float
    orchestrator: tuple[Used, ...]
    workers: tuple[Used, ...]
    commits: int
    events: int
    conflicts: int
    held: int
    superseded: int

    @property
    def cpu(self) -> float:
        """Seconds of processor time that everybody has used."""
        ours = sum(used.cpu for used in (*self.orchestrator, *self.workers))
        return ours + self.upstream.cpu + self.store.cpu


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The deployed system, run week after week."""

    it: EcsDeployment
    s3: SeaweedS3
    upstream: Upstream

    def week(self) -> Week:
        """Have a run started, and wait for its end."""
        cloud, before = self.it.cloud, len(self.it.tasks.tasks())
        self._deploy()
        upstream, store = self._upstream(), self._store()
        begun = time.monotonic()
        answer = cloud.invoke({"source": "manual"})
        handed_out = time.monotonic() - begun
        assert answer.get("outcome") == "started", answer
        self.it.settle(_WITHIN)
        closed = time.monotonic() - begun
        upstream, store = self._upstream().since(upstream), self._store().since(store)
        tasks = self.it.tasks.tasks()[before:]
        worked = "".join(task.log.read_text(errors="replace") for task in tasks)
        worked += cloud.lambdas.log(WORKER)
        planned = cloud.lambdas.log(ORCHESTRATOR)
        commits = cloud.commits()
        ledger = replay(commits)
        of_run = [one for one in commits if one.commit.run == answer["run_id"]]
        assert _outcome(of_run) == "complete", worked[-2_000:]
        assert cloud.published() == ledger
        return Week(
            answer,
            handed_out,
            handed_out + _seconds_of_work(of_run),
            closed,
            upstream,
            store,
            float(_told(_MEMORY, self.s3.metrics())),
            tuple(used_in(planned)),
            tuple(used_in(worked)),
            len(of_run),
            sum(len(one.commit.events) for one in of_run),
            _conflicts(worked + planned),
            len(ledger.held),
            len(ledger.superseded),
        )

    def _deploy(self) -> None:
        """Deploy the functions anew: no process is one of the week before."""
        cloud = self.it.cloud
        for name, program, seconds, memory in (
            (ORCHESTRATOR, "orchestrator", 300, 512),
            (WORKER, "worker", 900, 3_008),
        ):
            cloud.lambdas.deploy(
                name,
                Function(
                    f"benchmarks.rehearsal_programs.{program}",
                    timeout=seconds,
                    memory=memory,
                    environment=cloud.settings,
                    retries=0,
                    on_failure=ORCHESTRATOR if name == WORKER else None,
                ),
            )

    def _upstream(self) -> Server:
        requests = self.upstream.requests
        return Server(
            time.process_time(), requests.counts(), requests.given("signed_get")
        )

    def _store(self) -> Server:
        metrics, requests = self.s3.metrics(), Counter[str]()
        for kind, count in _REQUESTS.findall(metrics):
            requests[kind] += int(float(count))
        return Server(float(_told(_CPU, metrics)), requests)


def _told(what: re.Pattern[str], metrics: str) -> str:
    found = what.search(metrics)
    assert found is not None, metrics
    return found[1]


def _outcome(commits: list[RecordedCommit]) -> str:
    events = (event for one in commits for event in one.commit.events)
    ended = [event.outcome for event in events if isinstance(event, SyncCompleted)]
    return ", ".join(ended)


def _seconds_of_work(commits: list[RecordedCommit]) -> float:
    """Return the seconds between a run's start and the end of its last shard."""
    moments: dict[type, Any] = {}
    for one in commits:
        for event in one.commit.events:
            moments[type(event)] = one.commit.at
    taken = moments[ShardCompleted] - moments[SyncStarted]
    return float(taken.total_seconds())


def _conflicts(log: str) -> int:
    return round(
        sum(
            figure.value
            for line in log.splitlines()
            if is_embedded(line)
            for figure in embedded_figures(line)
            if figure.name == "LedgerConflicts" and "Cause" not in figure.dimensions
        )
    )
