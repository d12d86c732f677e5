from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from domain.bottle import Bottle, Digest, ObjectKey
from domain.events import BottleLost, BottleMirrored, BottleSuperseded
from domain.ledger import Ledger
from domain.plan import SyncPlan, make_loads, make_plan
from domain.selection import Offer, choose
from domain.work import Load, Work, split
from tests.support.catalogs import catalogs, digest_of, make_bottle, selections
from tests.support.chain import DAY, Chain

sizes_told = st.dictionaries(
    st.integers(0, 40).map(lambda number: digest_of(str(number))), st.integers(0, 9)
)


@st.composite
def offers(draw: st.DrawFn) -> Offer:
    """Draw what a selection chooses from a catalog."""
    catalog = draw(catalogs)
    return choose(catalog, draw(selections(catalog)))


def place(ledger: Ledger, bottle: Bottle, day: date) -> ObjectKey:
    """Return where a run of ``day`` stores ``bottle``: nowhere that is taken."""
    object_key = bottle.object_key(day)
    taken = {entry.object_key for entry in ledger.held.values()} | set(
        ledger.superseded
    )
    return bottle.beside(object_key) if object_key in taken else object_key


def carry_out(plan: SyncPlan, chain: Chain, day: date) -> Ledger:
    """Record that all of ``plan`` was done on ``day``."""
    ledger = chain.replay()
    for load in plan.work.loads:
        for bottle in load.bottles:
            target = place(ledger, bottle, day)
            event = BottleMirrored(bottle, load.size or 1, target, "fetched")
            ledger.apply(chain.add(event))
    gone = (BottleSuperseded(key, sha, day) for key, sha in plan.work.superseded)
    ledger.apply(chain.add(*gone))
    return ledger


@st.composite
def mirrors(draw: st.DrawFn) -> Chain:
    """Draw the log of a mirror that has followed upstream, and has lost something."""
    chain = Chain()
    for number in range(draw(st.integers(0, 2))):
        ledger = chain.replay()
        plan = make_plan(draw(offers()), ledger, draw(sizes_told))
        # Two runs of one day now and then, so that names meet.
        ledger = carry_out(plan, chain, DAY + timedelta(days=number // 2))
        held = sorted(ledger.held)
        lost = draw(st.lists(st.sampled_from(held), max_size=2)) if held else []
        for key in lost:
            entry = ledger.held[key]
            sha256, object_key = entry.bottle.digest, entry.object_key
            chain.add(BottleLost(key, sha256, object_key, "nothing"))
    return chain


@given(mirrors(), offers(), sizes_told, st.integers(0, 1))
def test_a_plan_carried_out_leaves_nothing_to_do(
    chain: Chain, offer: Offer, sizes: dict[Digest, int], later: int
) -> None:
    plan = make_plan(offer, chain.replay(), sizes)
    ledger = carry_out(plan, chain, DAY + timedelta(days=later))
    again = make_plan(offer, ledger, sizes)
    assert again.work == Work()
    assert again.held == again.offered.bottles == plan.offered.bottles
    assert chain.replay() == ledger


@given(mirrors(), offers(), sizes_told)
def test_a_plan_is_what_is_offered_and_not_held(
    chain: Chain, offer: Offer, sizes: dict[Digest, int]
) -> None:
    ledger = chain.replay()
    plan = make_plan(offer, ledger, sizes)
    to_mirror = [bottle for load in plan.work.loads for bottle in load.bottles]
    held = {
        entry.bottle
        for entry in ledger.held.values()
        if entry.object_key not in ledger.superseded
    }
    assert set(to_mirror) == set(offer.bottles()) - held
    assert plan.held + plan.work.bottles == plan.offered.bottles == len(offer.bottles())
    assert plan.work.bottles == len(to_mirror)
    digests = [load.digest for load in plan.work.loads]
    assert len(digests) == len(set(digests))


@given(mirrors(), offers(), sizes_told)
def test_a_plan_copies_exactly_the_digests_that_the_store_has(
    chain: Chain, offer: Offer, sizes: dict[Digest, int]
) -> None:
    ledger = chain.replay()
    objects = {old: entry.sha256 for old, entry in ledger.superseded.items()}
    objects |= {e.object_key: e.bottle.digest for e in ledger.held.values()}
    for load in make_plan(offer, ledger, sizes).work.loads:
        if load.source is None:
            assert load.digest not in objects.values()
            assert load.size == sizes.get(load.digest)
            assert load.size_is_missing == (load.size is None)
        else:
            assert objects[load.source] == load.digest


@given(mirrors(), offers(), sizes_told)
def test_either_every_load_has_a_size_or_a_guess_or_nothing_at_all_is_known(
    chain: Chain, offer: Offer, sizes: dict[Digest, int]
) -> None:
    work = make_plan(offer, chain.replay(), sizes).work
    to_fetch = [load for load in work.loads if load.source is None]
    blind = [load for load in to_fetch if load.expected is None]
    assert blind in ([], to_fetch)
    assert work.bytes == sum(load.expected or 0 for load in to_fetch)
    assert work.unknown_sizes == sum(load.size is None for load in to_fetch)


@given(mirrors(), offers(), sizes_told)
def test_a_plan_supersedes_exactly_what_nobody_is_offered_any_more(
    chain: Chain, offer: Offer, sizes: dict[Digest, int]
) -> None:
    ledger = chain.replay()
    on_offer = {
        (bottle.key, bottle.digest)
        for formula in offer.catalog.formulae.values()
        for bottle in formula.bottles()
    }
    assert set(make_plan(offer, ledger, sizes).work.superseded) == {
        (key, entry.bottle.digest)
        for key, entry in ledger.held.items()
        if (key, entry.bottle.digest) not in on_offer
        and entry.object_key not in ledger.superseded
    }


@given(mirrors(), offers(), sizes_told, st.randoms(use_true_random=False))
def test_equal_ledgers_give_equal_plans(
    chain: Chain, offer: Offer, sizes: dict[Digest, int], random: Random
) -> None:
    ledger = chain.replay()
    held, superseded = list(ledger.held.items()), list(ledger.superseded.items())
    random.shuffle(held)
    random.shuffle(superseded)
    other = replace(ledger, held=dict(held), superseded=dict(superseded))
    assert other == ledger
    plan = make_plan(offer, ledger, sizes)
    assert make_plan(offer, other, sizes) == plan
    lacking = [bottle for load in plan.work.loads for bottle in load.bottles]
    random.shuffle(lacking)
    assert make_loads(lacking, other, sizes) == plan.work.loads


known = st.integers(0, 50)
any_size = st.none() | known


@st.composite
def works(draw: st.DrawFn, sizes: st.SearchStrategy[int | None]) -> Work:
    """Draw work of loads in the order that a plan puts them in."""
    loads = []
    for number in range(draw(st.integers(0, 12))):
        bottle, size = make_bottle(f"f{number}"), draw(sizes)
        held = draw(st.none() | st.just(ObjectKey("here")))
        guessed = draw(st.none() | known) if size is None else None
        loads.append(Load(bottle.digest, size, (bottle,), held, guessed))
    return Work(tuple(sorted(loads, key=lambda load: -(load.expected or 0))))


def weights(loads: Iterable[Load]) -> list[float]:
    """Return what each load weighs: one of which nobody can tell is an average one."""
    everything = tuple(loads)
    expected = [load.expected for load in everything if load.source is None]
    told = [size for size in expected if size is not None]
    average = sum(told) / len(told) if told else 0

    def weigh(load: Load) -> float:
        is_blind = load.source is None and load.expected is None
        return average if is_blind else load.bytes_to_fetch

    return [weigh(load) for load in everything]


@given(works(any_size), st.integers(1, 5))
def test_shares_are_a_partition_and_always_the_same(work: Work, shards: int) -> None:
    shares = split(work.loads, shards)
    assert len(shares) == shards
    digests = [load.digest for share in shares for load in share]
    assert sorted(digests) == sorted(load.digest for load in work.loads)
    assert split(iter(work.loads), shards) == shares


@given(works(known), st.integers(1, 5))
def test_shares_differ_by_one_load_at_most(work: Work, shards: int) -> None:
    shares = split(work.loads, shards)
    bytes_of = [sum(load.bytes_to_fetch for load in share) for share in shares]
    biggest = max((load.bytes_to_fetch for load in work.loads), default=0)
    assert max(bytes_of) - min(bytes_of) <= biggest


@given(works(any_size), st.integers(1, 5))
def test_a_load_of_unknown_size_is_shared_out_as_an_average_one(
    work: Work, shards: int
) -> None:
    weight = dict(zip(work.loads, weights(work.loads), strict=True))
    shares = [sum(map(weight.__getitem__, s)) for s in split(work.loads, shards)]
    # The average is cut to whole bytes, and is one byte at least.
    slack = len(work.loads)
    biggest = max(weight.values(), default=0)
    assert max(shares) - min(shares) <= biggest + slack
    assert max(shares) <= sum(shares) / len(shares) + biggest + slack


@given(works(known), st.integers(1, 5))
def test_no_share_is_larger_than_an_average_one_and_one_load_more(
    work: Work, shards: int
) -> None:
    biggest = max((load.bytes_to_fetch for load in work.loads), default=0)
    for share in split(work.loads, shards):
        assert Work(share).bytes <= work.bytes / shards + biggest


@given(works(any_size), st.integers(1, 5))
def test_what_weighs_nothing_is_shared_out_by_count(work: Work, shards: int) -> None:
    counts = [
        sum(load.source is not None or load.expected == 0 for load in share)
        for share in split(work.loads, shards)
    ]
    assert max(counts) - min(counts) <= 1


@given(works(any_size), st.integers(0, 200))
def test_work_within_a_bound_never_exceeds_it(work: Work, bound: int) -> None:
    cut = work.within(bound)
    assert cut.bytes <= bound
    assert cut.unknown_sizes == 0
    left = iter(work.loads)
    assert all(load in left for load in cut.loads), "the order is kept"
    for load in set(work.loads) - set(cut.loads):
        assert load.size_is_missing or cut.bytes + load.bytes_to_fetch > bound


@given(works(any_size), st.integers(1, 60))
def test_shares_of_known_size_are_full_but_for_the_last(work: Work, size: int) -> None:
    shards = work.shards(size)
    assert (shards == 0) == (not work.loads)
    if work.bytes > 0:
        assert (shards - 1) * size < work.bytes <= shards * size
