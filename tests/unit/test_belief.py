"""What is believed of upstream: by what was seen before, and by our own clock."""

from __future__ import annotations

import pytest

from ports.errors import MalformedError
from tests.support.catalogs import make_formula
from tests.support.published_api import (
    NOON,
    PACKAGES,
    PublishedApi,
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
