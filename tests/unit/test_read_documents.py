"""What is published beside the catalog: read with it, believed, kept or refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from application.plan_sync import Planned
from domain.api_documents import CATALOG, beside_catalog
from domain.bottle import Bottle, ObjectKey
from domain.errors import SelectionError
from domain.formula import Formula
from domain.generations import Generation
from domain.listing import Listing
from ports.errors import (
    MalformedError,
    NotFoundError,
    PortError,
    StoreUnfitError,
    UnavailableError,
    UntrustedError,
)
from tests.support.catalogs import make_formula, select
from tests.support.chain import ledger_holding
from tests.support.published_api import (
    CLIENT,
    EVERYTHING,
    NOON,
    PACKAGES,
    PublishedApi,
    dated,
    minutes,
    packages,
    poured,
)

JQ, JQ_2 = make_formula("jq", "1.0"), make_formula("jq", "2.0")
BAT = make_formula("bat", "1.0")
CASKS = "cask.jws.json"
MANY = [make_formula(f"x{number}") for number in range(100)]


def to_fetch(api: PublishedApi) -> set[Bottle]:
    """Return the bottles of a plan."""
    return {bottle for load in api.plan().plan.work.loads for bottle in load.bottles}


@pytest.fixture
def api() -> PublishedApi:
    api = PublishedApi()
    api.deploy([JQ, BAT])
    return api


class TestReading:
    def test_all_that_clients_of_the_tags_ask_for_is_read_and_kept(
        self, api: PublishedApi
    ) -> None:
        planned = api.plan()
        beside = list(beside_catalog([CLIENT]))
        assert api.upstream.asked == beside
        assert list(planned.documents) == [CATALOG, *beside]
        for name in beside:
            assert api.staged(planned, name) == api.upstream.fetch(name).body
        assert planned.documents[CATALOG] == planned.catalog.document.sha256
        assert api.staged(planned, CATALOG)
        assert api.notes == []

    def test_each_is_kept_with_the_type_that_clients_are_told(
        self, api: PublishedApi
    ) -> None:
        api.plan()
        types = sorted(set(api.objects.media_types.values()))
        assert types == ["application/json", "text/plain; charset=utf-8"]

    def test_a_preview_keeps_nothing(self, api: PublishedApi) -> None:
        plan = api.plan_sync.preview(EVERYTHING, api.ledger)
        assert plan.offered.bottles == 2
        assert api.upstream.asked == list(beside_catalog([CLIENT]))
        assert api.objects.media_types == {}

    def test_a_preview_shows_the_plan_that_a_sync_would_carry_out(
        self, api: PublishedApi
    ) -> None:
        api.deploy([JQ, BAT], packages(*poured([JQ_2, BAT])))
        preview = api.plan_sync.preview(EVERYTHING, api.ledger)
        assert preview == api.plan().plan

    def test_a_name_that_is_not_in_the_catalog_is_told_before_more_is_asked(
        self, api: PublishedApi
    ) -> None:
        with pytest.raises(SelectionError, match="nearest: jq"):
            api.plan(select(CLIENT, formulae=("jqq",)))
        assert api.upstream.asked == []
        assert api.objects.media_types == {}

    def test_a_place_that_is_no_store_is_found_out_before_anything_is_kept(
        self, api: PublishedApi
    ) -> None:
        def refuse() -> None:
            raise StoreUnfitError("the store", "it keeps nothing")

        with pytest.raises(StoreUnfitError):
            api.plan(ready=refuse)
        assert api.objects.media_types == {}


class TestUnion:
    def test_it_is_planned_for_packages_that_are_ahead_of_the_catalog(
        self, api: PublishedApi
    ) -> None:
        api.deploy([JQ, BAT], packages(*poured([JQ_2, BAT])))
        assert to_fetch(api) == {*poured([JQ, JQ_2, BAT])}

    def test_packages_that_are_behind_keep_what_they_name_from_being_superseded(
        self, api: PublishedApi
    ) -> None:
        api.ledger = ledger_holding(poured([JQ, BAT]))
        api.deploy([JQ_2], packages(*poured([JQ])))
        work = api.plan().plan.work
        assert {bottle for load in work.loads for bottle in load.bottles} == {
            *poured([JQ_2])
        }
        assert [key for key, _ in work.superseded] == ["bat-1.0-arm64_sonoma"]


class TestBelief:
    def again(self, api: PublishedApi, *formulae: Formula, made: datetime) -> Planned:
        """Plan for packages that were made at another time than the first ones."""
        api.plan()
        api.deploy([JQ, BAT], packages(*poured(formulae), made=made))
        return api.plan()

    @pytest.mark.parametrize("older", [1, 60])
    def test_packages_that_are_older_by_minutes_are_let_go_for_those_known(
        self, api: PublishedApi, older: int
    ) -> None:
        before = api.upstream.fetch(PACKAGES).body
        planned = self.again(api, JQ_2, made=NOON - minutes(older))
        assert api.staged(planned, PACKAGES) == before
        assert planned.plan.offered.bottles == 2
        (note,) = api.notes
        assert note.startswith(f"{PACKAGES} comes older than it was seen last: that")

    def test_packages_that_are_older_by_more_than_an_hour_are_refused(
        self, api: PublishedApi
    ) -> None:
        with pytest.raises(UnavailableError, match="10:59:00 GMT, older than the one"):
            self.again(api, JQ, BAT, made=NOON - minutes(61))

    def test_packages_that_are_newer_are_taken(self, api: PublishedApi) -> None:
        planned = self.again(api, JQ_2, BAT, made=NOON + minutes(600))
        assert planned.plan.offered.bottles == 3
        assert api.notes == []

    @pytest.mark.parametrize("name", [CASKS, "internal/executables.txt"])
    def test_what_does_not_say_when_it_was_made_is_as_old_as_the_server_says(
        self, api: PublishedApi, name: str
    ) -> None:
        before = api.plan()
        api.upstream.serve(name, b"older", dated(NOON - minutes(15)))
        assert api.plan().documents[name] == before.documents[name]
        assert api.notes[0].startswith(f"{name} comes older than it was seen last")
        api.upstream.serve(name, b"older still", dated(NOON - minutes(61)))
        with pytest.raises(UnavailableError, match=name):
            api.plan()

    def test_packages_without_a_time_are_as_old_as_the_server_says(
        self, api: PublishedApi
    ) -> None:
        before = api.plan()
        other = packages(*poured([JQ_2, BAT]), made=None)
        api.upstream.serve_packages(other, dated(NOON - minutes(15)))
        assert api.plan().documents[PACKAGES] == before.documents[PACKAGES]

    def test_one_of_which_nobody_says_how_old_it_is_is_taken(
        self, api: PublishedApi
    ) -> None:
        api.plan()
        api.upstream.serve(CASKS, b"of some time or other")
        assert api.staged(api.plan(), CASKS) == b"of some time or other"

    @pytest.mark.parametrize(("left", "is_believed"), [(95, True), (94, False)])
    def test_packages_that_lost_more_than_5_in_100_of_the_catalogs_are_refused(
        self, api: PublishedApi, left: int, *, is_believed: bool
    ) -> None:
        api.deploy(MANY)
        api.plan()
        api.deploy(MANY, packages(*poured(MANY[:left]), made=NOON + minutes(15)))
        if is_believed:
            assert api.plan().plan.offered.bottles == 100
            return
        with pytest.raises(MalformedError, match=r"94 bottles, .* last 100; .* 5%"):
            api.plan()

    def test_what_another_api_was_seen_to_serve_is_not_compared(
        self, api: PublishedApi
    ) -> None:
        api.plan()
        assert api.ledger.catalog is not None
        api.ledger.catalog = replace(api.ledger.catalog, source="another")
        api.deploy([JQ], packages(*poured([JQ]), made=NOON - minutes(600)))
        assert api.plan().plan.offered.bottles == 1

    @pytest.mark.parametrize(
        "error", [UntrustedError("it", "a bad one"), MalformedError("it", "a web page")]
    )
    @pytest.mark.parametrize("name", beside_catalog([CLIENT]))
    def test_one_that_is_not_genuine_ends_the_run(
        self, api: PublishedApi, name: str, error: PortError
    ) -> None:
        api.upstream.fail(name, error)
        with pytest.raises(type(error)):
            api.plan()


class TestCatalog:
    def test_one_that_is_older_by_minutes_is_let_go_for_the_one_known(
        self, api: PublishedApi
    ) -> None:
        before = api.plan()
        api.deploy([JQ_2, BAT], at=NOON - minutes(15))
        planned = api.plan()
        assert planned.documents == before.documents
        assert planned.catalog.document == before.catalog.document
        assert api.notes[0].startswith(f"{CATALOG} comes older than it was seen last")
        assert planned.plan.offered.bottles == 2

    def test_it_is_used_when_the_one_known_is_not_kept_any_more(
        self, api: PublishedApi
    ) -> None:
        api.plan()
        api.generations.sweep(())
        api.deploy([JQ_2, BAT], at=NOON - minutes(15))
        assert to_fetch(api) == {*poured([JQ_2, BAT])}
        assert api.notes == []

    def test_the_same_one_of_an_earlier_time_is_the_same_one(
        self, api: PublishedApi
    ) -> None:
        before = api.plan()
        api.catalog.last_modified = dated(NOON - minutes(15))
        planned = api.plan()
        assert planned.documents == before.documents
        assert api.notes == []


class TestAbsence:
    @pytest.mark.parametrize("name", [PACKAGES, CASKS])
    def test_what_upstream_does_not_have_is_told_and_not_published(
        self, api: PublishedApi, name: str
    ) -> None:
        api.upstream.fail(name, NotFoundError(name, "404"))
        planned = api.plan()
        assert name not in planned.documents
        assert planned.plan.offered.bottles == 2
        assert api.notes == [f"upstream has no {name}: it is not published"]

    @pytest.mark.parametrize("name", [PACKAGES, CASKS])
    def test_what_was_there_before_stays(self, api: PublishedApi, name: str) -> None:
        api.deploy([JQ, BAT], packages(*poured([JQ_2, BAT])))
        before = api.plan()
        api.upstream.fail(name, NotFoundError(name, "404"))
        planned = api.plan()
        assert planned.documents == before.documents
        assert planned.plan.offered.bottles == 3
        assert api.notes == [f"upstream has no {name}: it stays as it was seen last"]

    def test_what_a_generation_keeps_is_known_as_well(self, api: PublishedApi) -> None:
        before = api.plan()
        documents = before.documents
        api.generations.keep(1, documents, Listing({}, {}))
        api.generations.sweep(())
        api.ledger.generations[1] = Generation(1, NOON, documents, "", 0, 0, {})
        api.upstream.fail(CASKS, NotFoundError(CASKS, "404"))
        planned = api.plan()
        assert planned.documents == documents
        # A generation keeps what is staged.
        assert api.staged(planned, CASKS)

    def test_what_is_damaged_where_it_is_kept_is_no_document(
        self, api: PublishedApi
    ) -> None:
        planned = api.plan()
        key = ObjectKey(f"generations/staged/{planned.documents[CASKS]}")
        api.objects.write(key, b"something else", "application/json")
        api.upstream.fail(CASKS, NotFoundError(CASKS, "404"))
        assert CASKS not in api.plan().documents


class TestUnchangedCatalog:
    """An answer of 304 says that no document has changed."""

    def is_enough(self, api: PublishedApi) -> bool:
        api.upstream.asked.clear()
        return api.plan_sync(EVERYTHING, api.ledger, ask_sizes=None) is None

    def test_nothing_else_is_asked_for_then(self, api: PublishedApi) -> None:
        planned = api.plan()
        assert not self.is_enough(api)
        api.ledger.settled[EVERYTHING.sha256] = planned.documents[CATALOG]
        assert self.is_enough(api)
        assert api.upstream.asked == []

    def test_it_is_not_enough_for_one_who_read_the_catalog_alone(
        self, api: PublishedApi
    ) -> None:
        documents = api.plan().documents
        assert api.ledger.catalog is not None
        alone = {CATALOG: documents[CATALOG]}
        api.ledger.catalog = replace(api.ledger.catalog, documents=alone)
        api.ledger.settled[EVERYTHING.sha256] = documents[CATALOG]
        assert not self.is_enough(api)
        assert PACKAGES in api.upstream.asked
