from dataclasses import replace

import pytest

from domain.catalog import Catalog, Skipped
from domain.errors import InvalidValueError, SelectionError
from domain.formula import Needs, SystemDependency
from domain.selection import (
    Offer,
    Selection,
    TargetTags,
    choose,
    parse_target_tags,
)
from domain.tags import ALL, Tag
from tests.support.catalogs import (
    make_bottle,
    make_formula,
    make_test_catalog,
    select,
)

SONOMA, TAHOE = Tag("arm64_sonoma"), Tag("arm64_tahoe")


def keys(offer: Offer) -> list[str]:
    return [bottle.key for bottle in offer.bottles()]


def names(catalog: Catalog, selection: Selection) -> set[str]:
    return {bottle.name for bottle in choose(catalog, selection).bottles()}


def problems(catalog: Catalog, selection: Selection) -> tuple[str, ...]:
    with pytest.raises(SelectionError) as caught:
        choose(catalog, selection)
    return caught.value.problems


class TestTargetTags:
    def test_reads_a_list_of_tags(self) -> None:
        target = parse_target_tags("arm64_sonoma, monterey,,arm64_sonoma ")
        assert target == TargetTags((SONOMA, Tag("monterey")))
        assert str(target) == "arm64_sonoma,monterey"

    def test_reads_one_tag(self) -> None:
        assert parse_target_tags("arm64_sonoma") == TargetTags((SONOMA,))

    def test_reads_the_latest_so_many(self) -> None:
        assert parse_target_tags(" latest:3 ") == TargetTags(latest=3)
        assert str(TargetTags(latest=3)) == "latest:3"

    @pytest.mark.parametrize(
        "text",
        [
            "",
            " , ",
            "latest:",
            "latest:0",
            "latest:-1",
            "latest:two",
            "latest:٣",
            "latest:" + "9" * 5000,
            "latest:3,arm64_sonoma",
            "Sonoma",
            "all",
            "arm64_sonoma,all",
            "../sonoma",
        ],
    )
    def test_refuses_what_names_no_clients(self, text: str) -> None:
        with pytest.raises(InvalidValueError):
            parse_target_tags(text)

    def test_shows_the_number_that_it_refuses(self) -> None:
        with pytest.raises(InvalidValueError, match="'latest:0' is not latest:1"):
            parse_target_tags("latest:0")

    def test_is_either_a_list_or_the_latest(self) -> None:
        with pytest.raises(InvalidValueError):
            TargetTags()
        with pytest.raises(InvalidValueError):
            TargetTags((SONOMA,), latest=3)

    def test_refuses_a_tag_that_is_none_however_it_is_made(self) -> None:
        with pytest.raises(InvalidValueError, match="tag"):
            TargetTags((Tag("arm64 sonoma"),))

    def test_names_a_client_once(self) -> None:
        assert TargetTags((SONOMA, TAHOE, SONOMA)).names == (SONOMA, TAHOE)


class TestSelectionDigest:
    def test_is_the_same_in_whatever_order_names_are_given(self) -> None:
        one = select("sonoma", formulae=("jq", "bat"), exclude=("a*", "b*"))
        other = select("sonoma", formulae=("bat", "jq", "bat"), exclude=("b*", "a*"))
        assert one.sha256 == other.sha256

    @pytest.mark.parametrize(
        "other",
        [
            select("sonoma"),
            select("ventura", formulae=("jq",)),
            select("sonoma", formulae=("jq",), with_deps=True),
            select("sonoma", formulae=("jq",), exclude=("x",)),
            select("sonoma", exclude=("jq",)),
            select("sonoma", formulae=("jq", "bat")),
        ],
    )
    def test_differs_when_something_else_is_asked_for(self, other: Selection) -> None:
        assert other.sha256 != select("sonoma", formulae=("jq",)).sha256

    def test_does_not_take_what_is_excluded_for_what_is_named(self) -> None:
        named = select("sonoma", formulae=("with_deps=False",))
        excluded = select("sonoma", exclude=("with_deps=False",))
        assert named.sha256 != excluded.sha256

    def test_takes_what_a_command_line_can_hold_and_utf_8_cannot(self) -> None:
        assert select("sonoma", exclude=("\udcff",)).sha256


class TestChoosing:
    def test_everything_is_chosen_when_nothing_is_named(self) -> None:
        catalog = make_test_catalog(make_formula("jq"), make_formula("bat"))
        assert names(catalog, select("arm64_sonoma")) == {"jq", "bat"}

    def test_a_bottle_that_several_clients_pour_is_chosen_once(self) -> None:
        catalog = make_test_catalog(make_formula("jq", "1", ("all",)))
        offer = choose(catalog, select("arm64_sonoma", "x86_64_linux"))
        assert keys(offer) == ["jq-1-all"]
        assert [len(bottles) for bottles in offer.by_tag.values()] == [1, 1]

    def test_a_client_is_served_the_older_bottle_that_it_would_pour(self) -> None:
        catalog = make_test_catalog(
            make_formula("jq", "1", ("arm64_tahoe", "arm64_sonoma", "sonoma")),
            make_formula("bat", "2", ("arm64_sonoma",)),
        )
        offer = choose(catalog, select("arm64_tahoe"))
        assert keys(offer) == ["bat-2-arm64_sonoma", "jq-1-arm64_tahoe"]
        assert offer.tags == (TAHOE,)

    def test_the_latest_macos_versions_are_those_in_real_use(self) -> None:
        catalog = make_test_catalog(
            make_formula("jq", tags=("arm64_golden_gate", "arm64_tahoe")),
            make_formula("bat", tags=("arm64_tahoe", "arm64_sonoma")),
            make_formula("curl", tags=("arm64_tahoe", "arm64_sonoma")),
        )
        offer = choose(catalog, Selection(TargetTags(latest=2)))
        assert offer.tags == (TAHOE, SONOMA)
        assert offer.notes == ()

    def test_says_when_fewer_macos_versions_are_in_use_than_asked_for(self) -> None:
        catalog = make_test_catalog(make_formula(tags=("arm64_sonoma",)))
        offer = choose(catalog, Selection(TargetTags(latest=3)))
        assert offer.tags == (SONOMA,)
        assert offer.notes == ("latest:3: macOS versions in real use: 1",)

    def test_refuses_to_guess_at_the_latest_of_a_catalog_without_any(self) -> None:
        catalog = make_test_catalog(make_formula(tags=("x86_64_linux",)))
        (problem,) = problems(catalog, Selection(TargetTags(latest=3)))
        assert "name the tags" in problem

    def test_an_unknown_tag_is_told_with_the_nearest(self) -> None:
        catalog = make_test_catalog(make_formula())
        selection = select("arm64_sonomo", "qqqq")
        first, second = problems(catalog, selection)
        assert "'arm64_sonomo'" in first
        assert "nearest: arm64_sonoma" in first
        assert second == "no tag 'qqqq' in the catalog"

    def test_a_tag_on_offer_is_known_though_this_program_is_older(self) -> None:
        catalog = make_test_catalog(make_formula("jq", "1", ("arm64_death_valley",)))
        offer = choose(catalog, select("arm64_death_valley"))
        assert keys(offer) == ["jq-1-arm64_death_valley"]

    def test_what_is_offered_cannot_be_changed(self) -> None:
        by_tag = {SONOMA: (make_bottle(),)}
        offer = Offer(make_test_catalog(), select("arm64_sonoma"), by_tag)
        by_tag.clear()
        assert offer.bottles() == (make_bottle(),)


CATALOG = make_test_catalog(
    replace(make_formula("python@3.14", aliases=("python",)), oldnames=("python4",)),
    make_formula("python@3.13"),
    make_formula("jq"),
)


class TestNaming:
    @pytest.mark.parametrize("name", ["python@3.14", "python", "python4"])
    def test_a_formula_goes_by_its_name_its_aliases_and_its_old_names(
        self, name: str
    ) -> None:
        chosen = names(CATALOG, select("arm64_sonoma", formulae=(name,)))
        assert chosen == {"python@3.14"}

    def test_a_formula_may_be_named_with_its_tap(self) -> None:
        selection = select("arm64_sonoma", formulae=("homebrew/core/python@3.14",))
        assert names(CATALOG, selection) == {"python@3.14"}

    def test_a_glob_chooses_every_name_that_it_fits(self) -> None:
        chosen = names(CATALOG, select("arm64_sonoma", formulae=("python@*",)))
        assert chosen == {"python@3.13", "python@3.14"}

    def test_every_unknown_name_is_told_with_the_nearest(self) -> None:
        selection = select("arm64_sonoma", formulae=("jqq", "jq", "zzzzzz", "pyth*x"))
        first, second, third = problems(CATALOG, selection)
        assert first == "no formula 'jqq' in the catalog; nearest: jq"
        assert second == "no formula 'zzzzzz' in the catalog"
        assert third.startswith("no formula 'pyth*x' in the catalog")

    def test_a_name_that_was_refused_is_told_with_the_reason(self) -> None:
        catalog = make_test_catalog(make_formula(), Skipped("foo", "no digest"))
        selection = select("arm64_sonoma", formulae=("foo",))
        assert problems(catalog, selection) == ("foo cannot be mirrored: no digest",)

    def test_the_error_tells_all_problems_in_one_line(self) -> None:
        selection = select("arm64_sonoma", formulae=("aaaa", "zzzz"))
        with pytest.raises(SelectionError, match=r"'aaaa'.*; no formula 'zzzz'"):
            choose(CATALOG, selection)

    def test_says_which_named_formula_has_no_bottle_for_a_client(self) -> None:
        offer = choose(CATALOG, select("x86_64_linux", formulae=("jq",)))
        assert offer.notes == (
            "jq has no bottle that a client of x86_64_linux could pour",
            "nothing that was chosen has a bottle for x86_64_linux",
        )

    def test_says_nothing_of_each_formula_when_everything_is_chosen(self) -> None:
        offer = choose(CATALOG, select("x86_64_linux"))
        assert offer.notes == ("nothing that was chosen has a bottle for x86_64_linux",)

    def test_leaves_out_what_is_excluded(self) -> None:
        selection = select("arm64_sonoma", exclude=("python@*",))
        assert names(CATALOG, selection) == {"jq"}

    def test_leaves_out_a_named_formula_that_is_excluded_too(self) -> None:
        selection = select("arm64_sonoma", formulae=("jq",), exclude=("j*",))
        assert names(CATALOG, selection) == set()


def with_dependencies() -> Catalog:
    """``app`` needs ``lib``, which needs ``base``; ``lib`` and ``app`` in a circle."""
    return make_test_catalog(
        make_formula("app", needs=Needs(("lib-alias",)), tags=("all",)),
        make_formula(
            "lib", needs=Needs(("base", "app")), aliases=("lib-alias",), tags=("all",)
        ),
        make_formula("base", tags=("all",)),
        make_formula("other", tags=("all",)),
    )


class TestDependencies:
    def test_are_left_out_unless_asked_for(self) -> None:
        selection = select("arm64_sonoma", formulae=("app",))
        assert names(with_dependencies(), selection) == {"app"}

    def test_are_chosen_as_far_as_they_go(self) -> None:
        selection = select("arm64_sonoma", formulae=("app",), with_deps=True)
        assert names(with_dependencies(), selection) == {"app", "lib", "base"}

    def test_are_not_followed_through_what_is_excluded(self) -> None:
        selection = select(
            "arm64_sonoma", formulae=("app",), with_deps=True, exclude=("lib",)
        )
        assert names(with_dependencies(), selection) == {"app"}

    def test_are_each_clients_own(self) -> None:
        catalog = make_test_catalog(
            make_formula(
                "app", tags=("all",), needs=Needs((), (SystemDependency("expat"),))
            ),
            make_formula("expat", tags=("all",)),
        )
        offer = choose(
            catalog,
            select("arm64_sonoma", "x86_64_linux", formulae=("app",), with_deps=True),
        )
        served = {tag: [b.name for b in bs] for tag, bs in offer.by_tag.items()}
        assert served == {"arm64_sonoma": ["app"], "x86_64_linux": ["app", "expat"]}

    def test_a_dependency_that_the_catalog_lacks_is_told_of(self) -> None:
        catalog = make_test_catalog(
            make_formula("app", tags=("all",), needs=Needs(("gone",)))
        )
        selection = select("arm64_sonoma", formulae=("app",), with_deps=True)
        offer = choose(catalog, selection)
        assert keys(offer) == ["app-1.8.1-all"]
        assert offer.notes == (
            "gone has no bottle that a client of arm64_sonoma could pour",
        )


def test_the_default_is_everything_for_the_three_newest_macos_versions() -> None:
    assert Selection() == Selection(TargetTags(latest=3), (), with_deps=False)


def test_all_is_told_to_be_always_included() -> None:
    with pytest.raises(InvalidValueError, match="always included"):
        TargetTags((ALL,))
