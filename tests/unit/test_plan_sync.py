from __future__ import annotations

from dataclasses import replace
from datetime import date
from math import inf
from threading import Event

import pytest

from domain.bottle import BottleKey
from domain.catalog import Catalog, CatalogDocument, Skipped, Validators, make_catalog
from domain.errors import SelectionError
from domain.formula import Formula
from domain.ledger import Ledger
from domain.plan import SyncPlan
from domain.records import CatalogSeen, Elsewhere
from domain.selection import Selection
from domain.tags import Tag
from domain.work import Amount, Work
from ports.catalog import CatalogSource, Keep
from ports.errors import MalformedError, UnavailableError
from tests.support.catalogs import digest_of, make_formula, select
from tests.support.mirror import EVERYTHING, TAG, Mirror, Process
from tests.support.watched import Call, is_write

SOURCE = "https://formulae.test/api/formula.json"


def made(process: Process, selection: Selection = EVERYTHING) -> SyncPlan | None:
    """Return the plan of a sync, None when there is nothing new in the catalog."""
    planned = process.plan_sync(selection, process.open().ledger, ask_sizes=None)
    return None if planned is None else planned[1]


def priced(process: Process, selection: Selection = EVERYTHING) -> SyncPlan:
    """Return the plan for which the registry is asked for sizes."""
    planned = process.plan_sync(selection, process.open().ledger, ask_sizes=inf)
    assert planned is not None
    return planned[1]


@pytest.fixture
def mirror() -> Mirror:
    mirror = Mirror()
    mirror.offer("bat", contents={TAG: "bat", "sonoma": "bat for intel"})
    mirror.offer("jq", contents={TAG: "jq"})
    return mirror


class TestPlanning:
    def test_an_empty_mirror_lacks_everything(self, mirror: Mirror) -> None:
        plan = made(mirror.process())
        assert plan is not None
        assert [load.bottles[0].key for load in plan.work.loads] == [
            "bat-1.0-arm64_sonoma",
            "jq-1.0-arm64_sonoma",
        ]
        assert (plan.formulae, plan.held) == (2, 0)

    def test_nothing_is_written_and_no_bottle_is_opened(self, mirror: Mirror) -> None:
        process = mirror.process()
        made(process)
        priced(process)
        assert not any(map(is_write, process.watch.calls))
        assert process.watch.of("open") == []

    def test_what_cannot_be_mirrored_is_told(self, mirror: Mirror) -> None:
        refused = Skipped("../x", "no formula's name")
        mirror.catalog.offer((*mirror.formulae.values(), refused))
        process = mirror.process()
        plan = made(process)
        assert plan is not None
        assert plan.skipped == 1
        assert process.progress.notes == ["../x is left out: no formula's name"]

    def test_so_is_what_the_selection_does_not_find(self, mirror: Mirror) -> None:
        process = mirror.process()
        made(process, select("x86_64_linux"))
        assert process.progress.notes == [
            "nothing that was chosen has a bottle for x86_64_linux"
        ]

    def test_a_name_that_is_not_in_the_catalog_is_an_error(
        self, mirror: Mirror
    ) -> None:
        with pytest.raises(SelectionError, match=r"no formula 'jqq'.*nearest: jq"):
            made(mirror.process(), select(TAG, formulae=("jqq",)))


class TestSizes:
    def test_they_are_asked_only_when_they_are_wanted(self, mirror: Mirror) -> None:
        process = mirror.process()
        plan = made(process)
        assert plan is not None
        assert plan.work.unknown_sizes == 2
        assert process.watch.of("sizes") == []

    def test_one_question_is_asked_for_each_release(self, mirror: Mirror) -> None:
        process = mirror.process()
        plan = priced(process, select(TAG, "sonoma"))
        asked = [call.key for call in process.watch.of("sizes")]
        assert sorted(asked) == ["bat", "jq"]
        assert plan.work.bytes == len("bat" + "bat for intel" + "jq")
        assert plan.by_tag[Tag("sonoma")] == Amount(1, len("bat for intel"))
        assert [(done, of) for _, done, of in process.progress.counts] == [
            (1, 2),
            (2, 2),
        ]

    def test_what_the_ledger_knows_is_not_asked(self, mirror: Mirror) -> None:
        mirror.sync()
        mirror.offer("bat", "2.0", contents={TAG: "bat"})
        mirror.offer("jq", "2.0", contents={TAG: "jq 2"})
        process = mirror.process()
        plan = priced(process)
        assert [call.key for call in process.watch.of("sizes")] == ["jq"]
        assert plan.work.copies == 1

    def test_a_registry_out_of_reach_costs_one_question(self, mirror: Mirror) -> None:
        mirror.upstream.reachable = False
        process = mirror.process()
        plan = priced(process)
        assert len(process.watch.of("sizes")) == 1
        assert plan.work.unknown_sizes == 2
        assert process.progress.notes == [
            "sizes are not known: the sizes of bottles: the registry does not answer"
        ]

    @pytest.mark.parametrize("jobs", [1, 4])
    def test_a_registry_that_falls_silent_is_not_asked_on_and_on(
        self, mirror: Mirror, jobs: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(100):
            mirror.offer(f"x{number:02}")
        process = mirror.process(jobs=jobs)
        two_are_heard = Event()

        def counted(_what: str, done: int, _total: int) -> None:
            if done == 2:
                two_are_heard.set()

        def fall_silent(call: Call) -> None:
            if call.what == "sizes" and call.key >= "x":
                assert two_are_heard.wait(60)
                raise UnavailableError("sizes", "no answer")

        monkeypatch.setattr(process.progress, "counted", counted)
        process.watch.before = fall_silent
        plan = priced(process)
        assert plan.work.unknown_sizes == 100
        told = [load for load in plan.work.loads if load.size is not None]
        assert sum(load.bytes_to_fetch for load in told) == len("batjq")
        assert len(process.watch.of("sizes")) < 20
        assert len(process.progress.notes) == 1

    def test_when_time_is_up_the_others_are_guessed(self, mirror: Mirror) -> None:
        process = mirror.process(jobs=1)
        mirror.offer("zsh")
        process.watch.before = lambda call: mirror.clock.sleep(
            60 if call.what == "sizes" else 0
        )
        planned = process.plan_sync(EVERYTHING, process.open().ledger, ask_sizes=100)
        assert planned is not None
        assert [call.key for call in process.watch.of("sizes")] == ["bat", "jq"]
        loads = planned[1].work.loads
        assert all(load.expected is not None for load in loads)
        assert loads[-1].bottles[0].name == "zsh"
        assert loads[-1].size_is_missing

    def test_what_another_mirror_says_of_its_bottles_is_not_asked(
        self, mirror: Mirror
    ) -> None:
        entry = Elsewhere(digest_of("bat"), 3, date(2026, 8, 1))
        ledger = Ledger(elsewhere={BottleKey("bat-1.0-arm64_sonoma"): entry})
        process = mirror.process()
        planned = process.plan_sync(
            EVERYTHING, ledger, ask_sizes=inf, fetch_elsewhere=True
        )
        assert planned is not None
        assert [call.key for call in process.watch.of("sizes")] == ["jq"]
        assert planned[1].work.unknown_sizes == 0

    def test_a_size_that_nobody_tells_stays_unknown(self, mirror: Mirror) -> None:
        del mirror.upstream.contents[digest_of("jq")]
        assert priced(mirror.process()).work.unknown_sizes == 1


class TestUnchangedCatalog:
    """One answer of 304 is enough, when all of it was carried out."""

    def is_enough(self, mirror: Mirror, selection: Selection = EVERYTHING) -> bool:
        return made(mirror.process(), selection) is None

    def test_not_for_a_mirror_that_never_saw_it(self, mirror: Mirror) -> None:
        assert not self.is_enough(mirror)

    def test_when_everything_is_there(self, mirror: Mirror) -> None:
        mirror.sync()
        assert self.is_enough(mirror)

    def test_not_when_it_changed(self, mirror: Mirror) -> None:
        mirror.sync()
        mirror.offer("curl")
        assert not self.is_enough(mirror)

    def test_not_for_another_selection(self, mirror: Mirror) -> None:
        mirror.sync()
        assert not self.is_enough(mirror, select(TAG, "sonoma"))
        assert self.is_enough(mirror)

    def test_not_when_a_bottle_failed(self, mirror: Mirror) -> None:
        content = mirror.upstream.contents.pop(digest_of("jq"))
        assert mirror.sync().outcome == "degraded"
        assert not self.is_enough(mirror)
        mirror.upstream.add(content)
        mirror.sync()
        assert self.is_enough(mirror)

    def test_not_when_the_work_was_cut(self, mirror: Mirror) -> None:
        assert mirror.sync(max_bytes=3).left == 1
        assert not self.is_enough(mirror)

    def test_not_when_the_run_was_stopped(self, mirror: Mirror) -> None:
        process = mirror.process()
        process.stop.set()
        assert process.sync().outcome == "interrupted"
        assert not self.is_enough(mirror)

    def test_not_when_a_bottle_was_lost_since(self, mirror: Mirror) -> None:
        mirror.sync()
        mirror.damage(next(iter(mirror.bottles())))
        mirror.process().verify(repair=True)
        assert not self.is_enough(mirror)

    def test_not_for_another_source(self, mirror: Mirror) -> None:
        mirror.sync()
        process = mirror.process()
        other = OneCatalog(mirror.formulae["jq"])
        plan_sync = replace(process.plan_sync, catalog=other)
        plan_sync(EVERYTHING, process.open().ledger, ask_sizes=None)
        assert other.asked == [None]


class OneCatalog(CatalogSource):
    """Always gives one catalog, whoever asks."""

    def __init__(
        self, *formulae: Formula, validators: Validators | None = None
    ) -> None:
        self.asked: list[Validators | None] = []
        self.catalog: Catalog | None = make_catalog(
            CatalogDocument(
                "formula.json",
                SOURCE,
                "ca" * 32,
                signed=False,
                validators=validators or Validators(),
            ),
            formulae,
        )

    @property
    def source(self) -> str:
        return SOURCE

    def fetch(
        self,
        unless: Validators | None = None,
        keep: Keep | None = None,  # noqa: ARG002
    ) -> Catalog | None:
        self.asked.append(unless)
        return self.catalog


NEW = "Sat, 22 Aug 2026 12:00:00 GMT"


class TestBelief:
    def plan(
        self,
        count: int,
        last_modified: str | None = None,
        *,
        seen: int = 100,
        seen_modified: str | None = None,
        seen_source: str = SOURCE,
    ) -> object:
        """Plan from a catalog of ``count`` formulae, another having been seen."""
        formulae = (make_formula(f"x{number}") for number in range(count))
        dated = Validators(last_modified=last_modified)
        ledger = Ledger(
            catalog=CatalogSeen(
                seen_source, {}, Validators(last_modified=seen_modified), seen
            )
        )
        process = Mirror().process()
        plan_sync = replace(
            process.plan_sync, catalog=OneCatalog(*formulae, validators=dated)
        )
        return plan_sync(EVERYTHING, ledger, ask_sizes=None)

    @pytest.mark.parametrize("count", [95, 100, 200])
    def test_a_catalog_that_lost_few_is_believed(self, count: int) -> None:
        assert self.plan(count) is not None

    @pytest.mark.parametrize("count", [94, 1])
    def test_one_that_lost_more_than_5_in_100_is_not(self, count: int) -> None:
        with pytest.raises(MalformedError, match="lost more than 5% is not believed"):
            self.plan(count)

    def test_one_of_another_source_is_not_compared(self) -> None:
        assert self.plan(1, seen_source="./formula.json") is not None

    @pytest.mark.parametrize(
        "older", ["Sat, 22 Aug 2026 11:00:00 GMT", "Sat, 22 Aug 2026 13:00:00 +0200"]
    )
    def test_one_that_is_older_by_an_hour_is_believed(self, older: str) -> None:
        assert self.plan(100, older, seen_modified=NEW) is not None

    def test_one_that_is_older_still_is_not(self) -> None:
        older = "Sat, 22 Aug 2026 10:59:59 GMT"
        with pytest.raises(UnavailableError, match="older than the one seen last"):
            self.plan(100, older, seen_modified=NEW)

    @pytest.mark.parametrize(
        "odd",
        [
            "yesterday",
            "",
            "Sat, 22 Aug 2026 12:00:00 -0000",
            "Sat, 99 Aug 2026",
            "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        ],
    )
    def test_a_date_that_nobody_can_read_stops_no_run(self, odd: str) -> None:
        assert self.plan(100, NEW, seen_modified=odd) is not None
        assert self.plan(100, odd, seen_modified=NEW) is not None
        assert self.plan(100, odd, seen_modified=odd) is not None


class TestPreview:
    def test_it_is_told_in_full_when_there_is_nothing_to_do(
        self, mirror: Mirror
    ) -> None:
        mirror.sync()
        process = mirror.process()
        plan = process.plan_sync.preview(EVERYTHING, process.open().ledger)
        assert plan.work == Work()
        assert (plan.held, plan.offered) == (2, Amount(2, len("batjq")))

    def test_it_asks_for_sizes(self, mirror: Mirror) -> None:
        process = mirror.process()
        plan = process.plan_sync.preview(EVERYTHING, process.open().ledger)
        assert plan.work.bytes == len("batjq")

    def test_a_server_that_withholds_the_catalog_is_not_believed(
        self, mirror: Mirror
    ) -> None:
        source = OneCatalog()
        source.catalog = None
        process = mirror.process()
        plan_sync = replace(process.plan_sync, catalog=source)
        with pytest.raises(MalformedError):
            plan_sync.preview(EVERYTHING, Ledger())
