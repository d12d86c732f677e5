"""What is believed of upstream: by what was seen before, and by our own clock."""

from __future__ import annotations

from dataclasses import replace

import pytest

from application.plan_sync import Planned
from domain.catalog import Validators
from ports.errors import MalformedError, UnavailableError
from tests.support.catalogs import make_formula
from tests.support.published_api import (
    EVERYTHING,
    NOON,
    PACKAGES,
    PublishedApi,
    dated,
    minutes,
    packages,
    poured,
)

MANY = [make_formula(f"x{number}") for number in range(100)]


@pytest.fixture
def api() -> PublishedApi:
    api = PublishedApi()
    api.deploy(MANY)
    return api


class TestPackagesThatDwindle:
    def test_how_to_go_on_without_the_tag_is_told_with_the_refusal(
        self, api: PublishedApi
    ) -> None:
        api.plan()
        api.deploy(MANY, packages(*poured(MANY[:9]), made=NOON + minutes(15)))
        with pytest.raises(
            MalformedError,
            match=r"catalog names 100.* leave arm64_sonoma out of target_tags, or ",
        ):
            api.plan()

    @pytest.mark.parametrize(("left", "is_believed"), [(48, True), (47, False)])
    def test_packages_lose_what_the_catalog_has_no_bottle_for_any_more(
        self, api: PublishedApi, left: int, *, is_believed: bool
    ) -> None:
        api.plan()
        # Upstream builds half of them for a newer macOS only.
        dropped = [
            make_formula(each.name, "2.0", tags=("arm64_tahoe",)) for each in MANY[50:]
        ]
        fewer = packages(*poured(MANY[:left]), made=NOON + minutes(15))
        api.deploy([*MANY[:50], *dropped], fewer)
        if not is_believed:
            with pytest.raises(MalformedError, match=r"47 bottles.* catalog names 50"):
                api.plan()
            return
        assert api.plan().plan.offered.bottles == 50
        (note,) = api.notes
        assert note == (
            f"{PACKAGES} has 48 bottles, and had 100 when it was seen last: the catalog"
            " names 50 for arm64_sonoma, so upstream builds fewer for it"
        )
        # From now on these are what the next ones are held against.
        api.notes.clear()
        api.plan()
        assert api.notes == []


class TestTimeThatIsStillToCome:
    """What a cache with a wrong clock says of a document, nobody has signed."""

    def dated_catalog(self, api: PublishedApi, ahead: int) -> Planned:
        """Plan for a catalog that is said to be made so many minutes from now."""
        api.catalog.last_modified = dated(NOON + minutes(ahead))
        return api.plan()

    def test_it_is_not_recorded_and_refuses_no_later_catalog(
        self, api: PublishedApi
    ) -> None:
        validators = self.dated_catalog(api, 61).catalog.document.validators
        assert validators.last_modified is None
        assert validators.etag is not None
        (note,) = api.notes
        assert note.startswith("memory:formula.jws.json is dated later than this")
        api.deploy(MANY[:99])
        assert api.plan().plan.offered.bottles == 99

    def test_it_refuses_nothing_where_it_was_recorded_before(
        self, api: PublishedApi
    ) -> None:
        api.plan()
        assert api.ledger.catalog is not None
        validators = Validators('"e"', "Thu, 01 Jan 2099 00:00:00 GMT")
        api.ledger.catalog = replace(api.ledger.catalog, validators=validators)
        api.deploy(MANY[:99])
        assert api.plan().plan.offered.bottles == 99

    def test_no_server_is_asked_what_has_changed_since_then(
        self, api: PublishedApi
    ) -> None:
        planned = self.dated_catalog(api, 0)
        assert api.ledger.catalog is not None
        validators = Validators(None, "Thu, 01 Jan 2099 00:00:00 GMT")
        api.ledger.catalog = replace(api.ledger.catalog, validators=validators)
        api.ledger.settled[EVERYTHING.sha256] = planned.catalog.document.sha256
        api.catalog.asked.clear()
        api.plan()
        assert api.catalog.asked == [Validators()]

    def test_an_hour_is_what_clocks_may_differ_by(self, api: PublishedApi) -> None:
        self.dated_catalog(api, 60)
        with pytest.raises(UnavailableError, match="older than the one seen last"):
            self.dated_catalog(api, -1)
