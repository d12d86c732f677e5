import pytest

from domain.bottle import Bottle, Digest, ObjectKey
from domain.catalog import Catalog, Skipped
from domain.errors import InvalidValueError
from domain.events import BottleSuperseded
from domain.formula import Formula
from domain.ledger import Ledger
from domain.plan import SyncPlan, make_loads, make_plan
from domain.selection import choose
from domain.work import Amount, Load, Work, split
from tests.support.catalogs import (
    DOCUMENT,
    digest_of,
    make_bottle,
    make_formula,
    make_test_catalog,
    select,
)
from tests.support.chain import DAY, Chain, ledger_holding, mirrored

GB = 10**9
HERE = ObjectKey("2026-08-22/here")


def load(size: int | None, name: str = "jq", source: ObjectKey | None = None) -> Load:
    bottle = make_bottle(name)
    return Load(bottle.digest, size, (bottle,), source)


def plan(
    catalog: Catalog,
    ledger: Ledger | None = None,
    sizes: dict[Digest, int] | None = None,
    tags: tuple[str, ...] = ("arm64_sonoma",),
    formulae: tuple[str, ...] = (),
) -> SyncPlan:
    offer = choose(catalog, select(*tags, formulae=formulae))
    return make_plan(offer, ledger or Ledger(), sizes or {})


def the_bottle(formula: Formula) -> Bottle:
    (bottle,) = formula.bottles()
    return bottle


class TestLoad:
    def test_has_at_least_one_bottle(self) -> None:
        with pytest.raises(InvalidValueError, match="one or more"):
            Load(digest_of(""), 1, ())

    def test_is_of_one_digest(self) -> None:
        with pytest.raises(InvalidValueError, match="the digest of every one"):
            Load(digest_of("another"), 1, (make_bottle(),))

    def test_has_its_bottles_in_order_and_each_one_once(self) -> None:
        one, other = make_bottle("a", content="x"), make_bottle("b", content="x")
        with pytest.raises(InvalidValueError, match="sorted"):
            Load(one.digest, 1, (other, one))
        with pytest.raises(InvalidValueError, match="each one once"):
            Load(one.digest, 1, (one, one))

    def test_fetches_once_and_copies_to_all_other_names(self) -> None:
        bottles = tuple(make_bottle(name, content="x") for name in "abc")
        fetched = Load(bottles[0].digest, 7, bottles)
        assert (fetched.copies, fetched.bytes_to_fetch) == (2, 7)
        copied = Load(bottles[0].digest, 7, bottles, HERE)
        assert (copied.copies, copied.bytes_to_fetch) == (3, 0)

    def test_is_expected_to_have_its_size_or_else_what_was_guessed(self) -> None:
        bottle = make_bottle()
        guessed = Load(bottle.digest, None, (bottle,), estimate=7)
        assert (guessed.expected, guessed.bytes_to_fetch) == (7, 7)
        assert guessed.size_is_missing, "a guess is no size"
        assert (load(5).expected, load(None).expected) == (5, None)

    def test_of_a_known_size_nothing_is_guessed(self) -> None:
        bottle = make_bottle()
        with pytest.raises(InvalidValueError, match="estimate of a load"):
            Load(bottle.digest, 5, (bottle,), estimate=5)

    def test_misses_its_size_only_when_it_is_to_be_fetched(self) -> None:
        assert load(None).size_is_missing
        assert load(None).bytes_to_fetch == 0
        assert not load(0).size_is_missing
        assert not load(None, source=HERE).size_is_missing


class TestWork:
    def test_counts_bottles_copies_bytes_and_unknown_sizes(self) -> None:
        twins = tuple(make_bottle(name, content="x") for name in "ab")
        work = Work((Load(twins[0].digest, 5, twins), load(None), load(9, "c", HERE)))
        assert (work.bottles, work.copies) == (4, 2)
        assert (work.bytes, work.unknown_sizes) == (5, 1)

    def test_no_loads_go_nowhere(self) -> None:
        superseded = (("jq-1-sonoma", digest_of("")),)
        work = Work(superseded=superseded)  # type: ignore[arg-type]
        assert work.route(1) == "none"
        assert work.shards(1) == 0

    def test_goes_to_ecs_from_the_threshold_on(self) -> None:
        work = Work((load(10 * GB, "a"), load(10 * GB, "b")))
        assert work.route(20 * GB) == "ecs"
        assert work.route(20 * GB + 1) == "lambda"

    def test_goes_to_ecs_when_more_than_a_tenth_has_no_known_size(self) -> None:
        known = tuple(load(1, f"f{number}") for number in range(9))
        assert Work((*known, load(None, "x"))).route(GB) == "lambda"
        assert Work((*known[1:], load(None, "x"))).route(GB) == "ecs"

    def test_copies_alone_go_to_lambda(self) -> None:
        assert Work((load(None, source=HERE),)).route(1) == "lambda"

    @pytest.mark.parametrize(
        ("size", "shards"), [(None, 1), (0, 1), (1, 1), (10, 1), (11, 2), (21, 3)]
    )
    def test_is_split_into_as_many_shares_as_its_bytes_fill(
        self, size: int | None, shards: int
    ) -> None:
        assert Work((load(size),)).shards(10) == shards

    def test_cut_to_a_bound_it_takes_the_biggest_that_fit(self) -> None:
        big, middle, small = load(60, "a"), load(50, "b"), load(40, "c")
        copied, unknown = load(None, "d", HERE), load(None, "e")
        superseded = (("jq-1-sonoma", digest_of("")),)
        work = Work((big, middle, small, copied, unknown), superseded)  # type: ignore[arg-type]
        cut = work.within(100)
        assert cut.loads == (big, small, copied)
        assert cut.superseded == superseded


class TestPlan:
    def test_an_empty_mirror_lacks_everything(self) -> None:
        jq, bat = make_formula("jq"), make_formula("bat")
        sizes = {the_bottle(jq).digest: 5, the_bottle(bat).digest: 7}
        planned = plan(make_test_catalog(jq, bat, Skipped("x", "y")), sizes=sizes)
        assert planned.work.loads == (
            Load(the_bottle(bat).digest, 7, (the_bottle(bat),)),
            Load(the_bottle(jq).digest, 5, (the_bottle(jq),)),
        )
        assert (planned.formulae, planned.skipped, planned.held) == (2, 1, 0)
        assert planned.offered == Amount(2, 12)
        assert planned.by_tag == {"arm64_sonoma": Amount(2, 12)}
        assert planned.catalog == DOCUMENT
        assert planned.selection == select("arm64_sonoma").sha256

    def test_a_full_mirror_lacks_nothing(self) -> None:
        jq = make_formula("jq")
        planned = plan(make_test_catalog(jq), ledger_holding(jq.bottles(), size=5))
        assert planned.work == Work()
        assert planned.held == 1
        assert planned.offered == Amount(1, 5)
        assert planned.by_tag == {"arm64_sonoma": Amount(0, 0)}

    def test_equal_digests_are_fetched_once(self) -> None:
        jq = make_formula("jq", digests={"arm64_tahoe": "x", "arm64_sonoma": "x"})
        planned = plan(make_test_catalog(jq), tags=("arm64_sonoma", "arm64_tahoe"))
        (load,) = planned.work.loads
        assert [bottle.tag for bottle in load.bottles] == [
            "arm64_sonoma",
            "arm64_tahoe",
        ]
        assert load.copies == 1
        assert planned.by_tag == {
            "arm64_sonoma": Amount(1, 0),
            "arm64_tahoe": Amount(1, 0),
        }

    def test_a_digest_that_is_held_under_another_name_is_copied(self) -> None:
        held = make_bottle("jq", "1", content="x")
        jq = make_formula("jq", "2", digests={"arm64_sonoma": "x"})
        planned = plan(make_test_catalog(jq), ledger_holding([held], size=5))
        (load,) = planned.work.loads
        assert load.source == held.object_key(DAY)
        assert load.size == 5
        assert planned.by_tag == {"arm64_sonoma": Amount(1, 0)}

    def test_a_digest_that_was_superseded_is_copied(self) -> None:
        jq = make_formula("jq", "1", digests={"arm64_sonoma": "x"})
        chain = Chain()
        chain.add(mirrored(make_bottle("jq", "1", content="x"), object_key="old"))
        chain.add(mirrored(make_bottle("jq", "1", content="y"), object_key="new"))
        planned = plan(make_test_catalog(jq), chain.replay())
        assert [load.source for load in planned.work.loads] == ["old"]

    def test_copies_rather_from_what_is_offered_than_from_what_is_superseded(
        self,
    ) -> None:
        chain = Chain()
        gone, here = make_bottle("a", content="x"), make_bottle("z", content="x")
        chain.add(mirrored(gone), mirrored(here))
        chain.add(BottleSuperseded(gone.key, gone.digest, DAY))
        jq = make_formula("jq", digests={"arm64_sonoma": "x"})
        planned = plan(make_test_catalog(jq), chain.replay())
        assert [load.source for load in planned.work.loads] == [here.object_key(DAY)]

    def test_copies_from_the_same_object_in_whatever_order_it_was_recorded(
        self,
    ) -> None:
        one, other = make_bottle("a", content="x"), make_bottle("b", content="x")
        catalog = make_test_catalog(make_formula("jq", digests={"arm64_sonoma": "x"}))
        assert (
            plan(catalog, ledger_holding([one, other])).work
            == plan(catalog, ledger_holding([other, one])).work
        )

    def test_a_bottle_that_was_rebuilt_under_its_name_is_fetched_again(self) -> None:
        jq = make_formula("jq", "1", digests={"arm64_sonoma": "new"})
        old = make_bottle("jq", "1", content="old")
        planned = plan(make_test_catalog(jq), ledger_holding([old]))
        assert [load.bottles for load in planned.work.loads] == [(the_bottle(jq),)]
        assert planned.held == 0

    def test_a_bottle_that_is_offered_again_is_taken_up_again(self) -> None:
        jq = make_formula("jq")
        bottle = the_bottle(jq)
        chain = Chain()
        chain.add(mirrored(bottle), BottleSuperseded(bottle.key, bottle.digest, DAY))
        planned = plan(make_test_catalog(jq), chain.replay())
        (load,) = planned.work.loads
        assert load.source == bottle.object_key(DAY)
        assert planned.held == 0

    def test_the_registrys_word_does_not_change_the_size_of_what_is_held(self) -> None:
        jq = make_formula("jq")
        ledger = ledger_holding(jq.bottles(), size=5)
        planned = plan(make_test_catalog(jq), ledger, {the_bottle(jq).digest: 6})
        assert planned.offered == Amount(1, 5)

    def test_loads_of_one_size_are_in_the_order_of_their_keys(self) -> None:
        catalog = make_test_catalog(*(make_formula(name) for name in ("c", "a", "b")))
        names = [load.bottles[0].name for load in plan(catalog).work.loads]
        assert names == ["a", "b", "c"]

    def test_loads_of_unknown_size_come_last(self) -> None:
        known, unknown = make_formula("z"), make_formula("a")
        catalog = make_test_catalog(known, unknown)
        loads = plan(catalog, sizes={the_bottle(known).digest: 1}).work.loads
        assert [load.size for load in loads] == [1, None]

    def test_is_not_changed_by_whoever_made_it(self) -> None:
        by_tag = {make_bottle().tag: Amount(1, 1)}
        planned = SyncPlan(DOCUMENT, 0, 0, "", (), Amount(), 0, (), by_tag, Work())
        by_tag.clear()
        assert len(planned.by_tag) == 1


class TestSuperseded:
    def test_what_upstream_dropped_is_superseded(self) -> None:
        old = make_bottle("jq", "1")
        planned = plan(
            make_test_catalog(make_formula("jq", "2")), ledger_holding([old])
        )
        assert planned.work.superseded == ((old.key, old.digest),)

    def test_what_others_are_still_offered_is_not(self) -> None:
        catalog = make_test_catalog(make_formula("jq", tags=("sonoma", "arm64_sonoma")))
        ledger = ledger_holding([make_bottle("jq", tag="sonoma")])
        assert plan(catalog, ledger).work.superseded == ()

    def test_a_digest_that_upstream_replaced_is_though_nobody_asked_for_it(
        self,
    ) -> None:
        old = make_bottle("jq", content="old")
        catalog = make_test_catalog(make_formula("jq"), make_formula("bat"))
        planned = plan(catalog, ledger_holding([old]), formulae=("bat",))
        assert planned.work.superseded == ((old.key, old.digest),)

    def test_what_a_refused_entry_may_offer_is_not(self) -> None:
        ledger = ledger_holding([make_bottle("jq")])
        catalog = make_test_catalog(Skipped("jq", "no digest"))
        assert plan(catalog, ledger).work.superseded == ()

    def test_is_told_once(self) -> None:
        old = make_bottle("jq", "1")
        chain = Chain()
        chain.add(mirrored(old), BottleSuperseded(old.key, old.digest, DAY))
        assert plan(make_test_catalog(), chain.replay()).work.superseded == ()

    def test_is_in_the_order_of_the_keys(self) -> None:
        bottles = [make_bottle(name) for name in ("c", "a", "b")]
        planned = plan(make_test_catalog(), ledger_holding(bottles))
        names = [key.partition("-")[0] for key, _ in planned.work.superseded]
        assert names == ["a", "b", "c"]


class TestMakeLoads:
    def test_brings_in_the_bottles_that_are_named_from_what_is_at_hand(self) -> None:
        held = make_bottle("z", content="x")
        twins = [make_bottle(name, content="x") for name in ("b", "a")]
        far = make_bottle("far")
        loads = make_loads([*twins, far], ledger_holding([held], 5), {far.digest: 9})
        assert loads == (
            Load(far.digest, 9, (far,)),
            Load(held.digest, 5, (twins[1], twins[0]), held.object_key(DAY)),
        )


class TestSplit:
    def test_shares_out_the_bytes(self) -> None:
        loads = [load(size, f"f{size}") for size in (50, 40, 30, 20)]
        first, second = split(loads, 2)
        assert [load.size for load in first] == [50, 20]
        assert [load.size for load in second] == [40, 30]

    def test_spreads_loads_of_unknown_size_beside_those_that_are_known(self) -> None:
        loads = [load(50, "big"), *(load(None, f"f{number}") for number in range(9))]
        counts = [len(share) for share in split(loads, 2)]
        assert counts == [5, 5]

    def test_spreads_loads_of_which_nothing_is_known(self) -> None:
        loads = [load(None, f"f{number}") for number in range(6)]
        assert [len(share) for share in split(loads, 3)] == [2, 2, 2]

    def test_spreads_copies(self) -> None:
        loads = [load(7, f"f{number}", HERE) for number in range(6)]
        assert [len(share) for share in split(loads, 3)] == [2, 2, 2]

    def test_spreads_copies_beside_what_is_fetched(self) -> None:
        copies = [load(7, f"f{number}", HERE) for number in range(6)]
        shares = split([load(50, "big"), load(40, "small"), *copies], 2)
        assert [len(share) for share in shares] == [4, 4]

    def test_weighs_what_was_guessed(self) -> None:
        bottles = [make_bottle(name) for name in "abc"]
        sizes = zip(bottles, (50, 30, 20), strict=True)
        loads = [Load(b.digest, None, (b,), estimate=size) for b, size in sizes]
        assert [len(share) for share in split(loads, 2)] == [1, 2]

    def test_more_shares_than_loads_leave_some_empty(self) -> None:
        assert split([load(1)], 3) == ((load(1),), (), ())

    def test_refuses_no_shares_at_all(self) -> None:
        with pytest.raises(InvalidValueError, match="shards"):
            split([], 0)
