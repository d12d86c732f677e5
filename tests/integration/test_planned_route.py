"""Planning against a registry over HTTP: where the work goes, and when asking ends.

No bottle has any bytes: the sizes are those that the manifests tell.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from threading import Event

import pytest

from adapters.homebrew.bottles import GhcrBottles
from adapters.homebrew.http import HttpClient, Patience
from adapters.memory.catalog import MemoryCatalog
from adapters.memory.clock import ManualClock
from adapters.memory.metrics import NoMetrics
from adapters.memory.progress import RecordingProgress
from adapters.retry import Backoff
from adapters.system_clock import SystemClock
from application.plan_sync import PlanSync
from domain.config import SyncConfig
from domain.formula import Formula
from domain.ledger import Ledger
from domain.work import GB, Work
from ports.clock import Clock
from tests.standin.listener import Listener
from tests.standin.wire import Reply, Request, Text
from tests.support.catalogs import make_formula, select

Answer = Callable[[Request], Reply]


def index(formula: Formula, size: int) -> Reply:
    """Return the answer that tells the size of a formula's bottles."""
    children = [
        {
            "digest": f"sha256:{digest}",
            "annotations": {
                "sh.brew.bottle.digest": digest,
                "sh.brew.bottle.size": str(size),
            },
        }
        for digest in formula.digests.values()
    ]
    return Reply(
        "manifest", 200, {}, Text(json.dumps({"manifests": children}).encode())
    )


def telling(formulae: Mapping[str, Formula], sizes: Mapping[str, int]) -> Answer:
    """Answer each question about a formula with its size, 404 where there is none."""

    def answer(request: Request) -> Reply:
        name = request.path.removeprefix("/v2/homebrew/core/").partition("/")[0]
        if "/manifests/" in request.path and name in sizes:
            return index(formulae[name], sizes[name])
        return Reply("unknown", 404)

    return answer


@contextmanager
def planner(
    answer: Answer,
    formulae: Mapping[str, Formula],
    jobs: int = 4,
    clock: Clock | None = None,
    progress: RecordingProgress | None = None,
) -> Iterator[PlanSync]:
    clock, progress = clock or SystemClock(), progress or RecordingProgress()
    patience = Patience(Backoff(attempts=2, base=0.01), silence=30.0)
    with (
        closing(Listener(answer)) as registry,
        closing(
            HttpClient(
                clock,
                lambda: 0.5,
                pool_size=jobs,
                user_agent="bottles-tests/1",
                metrics=NoMetrics(),
                patience=patience,
            )
        ) as http,
    ):
        sizes = GhcrBottles(http, clock, lambda: 0.5, registry=registry.origin)
        catalog = MemoryCatalog(formulae.values())
        yield PlanSync(catalog, sizes, progress, clock, jobs)


def offered(count: int) -> dict[str, Formula]:
    return {name: make_formula(name) for name in (f"f{n:02}" for n in range(count))}


def planned(plan_sync: PlanSync) -> Work:
    made = plan_sync(select("arm64_sonoma"), Ledger(), ask_sizes=150.0)
    assert made is not None
    return made[1].work


@pytest.mark.parametrize(
    ("total", "route", "shards"),
    [
        (19_900_000_000, "lambda", 4),
        (19_999_999_999, "lambda", 4),
        (20_000_000_000, "ecs", 1),
        (80_000_000_001, "ecs", 3),
    ],
)
def test_the_sizes_of_manifests_decide_to_the_byte_where_work_goes(
    total: int, route: str, shards: int
) -> None:
    formulae = offered(4)
    sizes = dict.fromkeys(formulae, total // 4)
    sizes["f00"] += total % 4
    with planner(telling(formulae, sizes), formulae) as plan_sync:
        work = planned(plan_sync)
    assert (work.bytes, work.unknown_sizes) == (total, 0)
    config = SyncConfig()
    assert work.route(config.size_threshold) == route
    assert config.shards(work) == shards


@pytest.mark.parametrize(("known", "route"), [(18, "lambda"), (17, "ecs")])
def test_where_more_than_a_tenth_is_not_told_the_work_goes_to_ecs(
    known: int, route: str
) -> None:
    formulae = offered(20)
    sizes = dict.fromkeys(list(formulae)[:known], GB // 10)
    with planner(telling(formulae, sizes), formulae) as plan_sync:
        work = planned(plan_sync)
    assert work.unknown_sizes == 20 - known
    assert work.bytes == 2 * GB, "what is not told is guessed"
    assert work.route(SyncConfig().size_threshold) == route


def test_a_registry_that_hangs_holds_nobody_up() -> None:
    formulae = offered(4)
    told = telling(formulae, dict.fromkeys(formulae, 7))
    over, clock = Event(), ManualClock()

    class TimeIsUpWithThree(RecordingProgress):
        def counted(self, what: str, done: int, total: int) -> None:
            super().counted(what, done, total)
            if done == 3:
                clock.sleep(150)

    def answer(request: Request) -> Reply:
        if "f01" in request.path:
            over.wait(60)
        return told(request)

    progress = TimeIsUpWithThree()
    with planner(answer, formulae, 2, clock, progress) as plan_sync:
        try:
            work = planned(plan_sync)
        finally:
            over.set()
    guessed = {load.bottles[0].name for load in work.loads if load.size is None}
    assert guessed == {"f01"}
    assert work.bytes == 4 * 7
