from math import inf

import pytest

from adapters.memory.bottle_source import MemoryBottleSource
from adapters.memory.catalog import MemoryCatalog
from adapters.memory.clock import ManualClock
from adapters.memory.progress import RecordingProgress
from application.plan_sync import PlanSync
from domain.catalog import Catalog, Validators
from domain.ledger import Ledger
from ports.bottle_source import BottleSource
from ports.catalog import CatalogSource, Keep
from ports.errors import MalformedError
from tests.support.catalogs import select
from tests.support.mirror import Mirror


class UnchangedCatalog(MemoryCatalog):
    """Claims not to have changed, whatever one has seen."""

    def fetch(
        self,
        unless: Validators | None = None,
        keep: Keep | None = None,  # noqa: ARG002
    ) -> Catalog | None:
        assert unless is None
        return None


def planner(catalog: CatalogSource, sizes: BottleSource) -> PlanSync:
    return PlanSync(catalog, sizes, RecordingProgress(), ManualClock(), jobs=1)


def test_a_preview_reads_the_catalog_that_a_sync_would_leave_alone() -> None:
    mirror = Mirror()
    mirror.offer("jq")
    mirror.sync()
    plan_sync = planner(mirror.catalog, mirror.upstream)
    selection, ledger = select("arm64_sonoma"), mirror.ledger()

    assert plan_sync(selection, ledger, ask_sizes=inf) is None
    plan = plan_sync.preview(selection, ledger)

    assert (plan.formulae, plan.offered.bottles, plan.held) == (1, 1, 1)
    assert plan.work.loads == ()


def test_a_catalog_unchanged_for_one_who_saw_none_is_refused() -> None:
    plan_sync = planner(UnchangedCatalog(), MemoryBottleSource())

    with pytest.raises(MalformedError, match="it has not changed"):
        plan_sync.preview(select("arm64_sonoma"), Ledger())
