"""A plan of 48,000 bottles: nothing of it is lost on the way to the workers."""

from __future__ import annotations

from itertools import chain
from math import inf

import pytest

from adapters.ledger.work_codec import decode_work, encode_work
from adapters.memory.bottle_source import MemoryBottleSource
from adapters.memory.catalog import MemoryCatalog
from adapters.memory.clock import ManualClock
from adapters.memory.progress import RecordingProgress
from application.plan_sync import PlanSync
from domain.bottle import ObjectKey
from domain.ledger import Ledger
from domain.plan import SyncPlan
from domain.records import HashEntry
from domain.work import left_of, split
from tests.support.catalogs import make_formula, select
from tests.support.chain import DAY

TAGS = ("arm64_tahoe", "arm64_sequoia", "arm64_sonoma", "sonoma", "ventura", "monterey")
SHARDS = 8


@pytest.fixture(scope="module")
def plan() -> SyncPlan:
    formulae = [make_formula(f"f{number}", tags=TAGS) for number in range(8_000)]
    registry = MemoryBottleSource()
    for at, formula in enumerate(formulae):
        contents = {digest: bytes(at % 97 + 1) for digest in formula.digests.values()}
        # One formula of a hundred is not told.
        registry.contents |= contents if at % 100 else {}
    plan_sync = PlanSync(
        MemoryCatalog(formulae), registry, RecordingProgress(), ManualClock(), jobs=8
    )
    planned = plan_sync(select(*TAGS), Ledger(), ask_sizes=inf)
    assert planned is not None
    return planned[1]


def test_every_bottle_is_in_it_and_every_size_known_or_guessed(plan: SyncPlan) -> None:
    assert (plan.work.bottles, len(plan.work.loads)) == (48_000, 48_000)
    assert plan.work.unknown_sizes == 480
    assert all(load.expected for load in plan.work.loads)


def test_it_comes_back_from_its_document(plan: SyncPlan) -> None:
    assert decode_work("document", encode_work(plan.work)) == plan.work


def test_its_shards_hold_all_of_it_once_and_are_of_one_size(plan: SyncPlan) -> None:
    shares = split(plan.work.loads, SHARDS)
    assert sorted(chain.from_iterable(shares), key=lambda load: load.digest) == sorted(
        plan.work.loads, key=lambda load: load.digest
    )
    totals = [sum(load.bytes_to_fetch for load in share) for share in shares]
    assert max(totals) - min(totals) <= 97


def test_what_is_left_of_a_shard_is_what_is_not_held(plan: SyncPlan) -> None:
    share = split(plan.work.loads, SHARDS)[3]
    held = {
        bottle.key: HashEntry(bottle, 1, ObjectKey(bottle.key), DAY)
        for load in share[::2]
        for bottle in load.bottles
    }
    assert left_of(share, Ledger(held=held)) == share[1::2]
