from domain.bottle import Bottle, Digest
from domain.catalog import Catalog, Skipped
from domain.events import BottleSuperseded
from domain.formula import Formula
from domain.ledger import Ledger
from domain.plan import SyncPlan, make_loads, make_plan
from domain.selection import choose
from domain.work import Amount, Load, Work
from tests.support.catalogs import (
    DOCUMENT,
    make_bottle,
    make_formula,
    make_test_catalog,
    select,
)
from tests.support.chain import DAY, Chain, ledger_holding, mirrored


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

    def test_a_size_that_nobody_tells_is_guessed_and_counts_as_unknown(self) -> None:
        jq, bat = make_formula("jq", "2"), make_formula("bat")
        ledger = ledger_holding([make_bottle("jq", "1")], size=50)
        sizes = {the_bottle(bat).digest: 7}
        planned = plan(make_test_catalog(jq, bat), ledger, sizes)
        assert [(load.size, load.estimate) for load in planned.work.loads] == [
            (None, 50),
            (7, None),
        ]
        assert (planned.work.bytes, planned.work.unknown_sizes) == (57, 1)
        assert planned.by_tag == {"arm64_sonoma": Amount(2, 57)}
        assert planned.offered == Amount(2, 57)

    def test_where_no_size_is_known_none_is_guessed(self) -> None:
        planned = plan(make_test_catalog(make_formula("jq"), make_formula("bat")))
        assert [load.expected for load in planned.work.loads] == [None, None]
        assert (planned.work.bytes, planned.work.unknown_sizes) == (0, 2)

    def test_loads_are_in_the_order_of_what_they_are_expected_to_be(self) -> None:
        formulae = [make_formula("a"), make_formula("z"), make_formula("jq", "2")]
        ledger = ledger_holding([make_bottle("jq", "1")], size=50)
        sizes = {the_bottle(formulae[0]).digest: 60, the_bottle(formulae[1]).digest: 40}
        loads = plan(make_test_catalog(*formulae), ledger, sizes).work.loads
        assert [load.expected for load in loads] == [60, 50, 40]

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
