from dataclasses import replace

import pytest

from domain.errors import InvalidValueError
from domain.formula import Formula, Needs, SystemDependency
from domain.tags import Tag
from tests.support.catalogs import digest_of, make_bottle, make_formula

TAHOE, SONOMA, LINUX = map(Tag, ("arm64_tahoe", "arm64_sonoma", "x86_64_linux"))


def test_a_revision_is_part_of_the_version() -> None:
    assert make_formula(version="1.8", revision=0).pkg_version == "1.8"
    assert make_formula(version="1.8", revision=2).pkg_version == "1.8_2"


def test_offers_a_bottle_for_each_tag_that_has_a_digest() -> None:
    formula = make_formula("jq", "1.8", ("arm64_tahoe", "sonoma"), rebuild=1)
    assert list(formula.bottles()) == [
        make_bottle("jq", "1.8", "arm64_tahoe", rebuild=1),
        make_bottle("jq", "1.8", "sonoma", rebuild=1),
    ]
    assert formula.bottle(Tag("sonoma")).tag == "sonoma"


def test_a_formula_may_have_neither_version_nor_bottles() -> None:
    assert list(make_formula(version=None, tags=()).bottles()) == []


def test_refuses_bottles_without_a_version() -> None:
    with pytest.raises(InvalidValueError, match="version of jq"):
        make_formula("jq", version=None)


def test_refuses_a_negative_revision() -> None:
    with pytest.raises(InvalidValueError, match="revision of jq"):
        make_formula("jq", revision=-1)


@pytest.mark.parametrize(
    ("name", "version"), [("../jq", "1"), ("jq", "../1"), ("j/q", None)]
)
def test_refuses_names_that_could_leave_their_folder(
    name: str, version: str | None
) -> None:
    with pytest.raises(InvalidValueError):
        make_formula(name, version, tags=())


def test_refuses_a_tag_or_a_digest_that_is_none() -> None:
    with pytest.raises(InvalidValueError, match="tag"):
        make_formula(tags=("../sonoma",))
    with pytest.raises(InvalidValueError, match="sha256"):
        Formula("jq", "1", 0, 0, {SONOMA: digest_of("")[:-1]})  # type: ignore[dict-item]


def test_is_not_changed_by_whoever_made_it() -> None:
    digests, variations = {SONOMA: digest_of("")}, {LINUX: Needs(("curl",))}
    formula = Formula("jq", "1", 0, 0, digests, variations=variations)
    digests.clear()
    variations.clear()
    assert SONOMA in formula.digests
    assert LINUX in formula.variations


def test_needs_its_dependencies_everywhere() -> None:
    formula = make_formula(needs=Needs(("oniguruma", "zstd")))
    assert list(formula.needs_on(SONOMA)) == ["oniguruma", "zstd"]
    assert list(formula.needs_on(LINUX)) == ["oniguruma", "zstd"]


def test_needs_on_linux_what_macos_brings_along() -> None:
    formula = make_formula(needs=Needs(from_system=(SystemDependency("expat"),)))
    assert list(formula.needs_on(LINUX)) == ["expat"]
    assert list(formula.needs_on(SONOMA)) == []


def test_needs_what_a_macos_does_not_bring_along_yet() -> None:
    formula = make_formula(
        tags=("arm64_tahoe", "arm64_sequoia", "arm64_sonoma"),
        needs=Needs(from_system=(SystemDependency("expat", since="sequoia"),)),
    )
    assert list(formula.needs_on(SONOMA)) == ["expat"]
    assert list(formula.needs_on(Tag("arm64_sequoia"))) == []
    assert list(formula.needs_on(TAHOE)) == []


def test_needs_what_a_macos_still_to_come_will_bring_along() -> None:
    formula = make_formula(
        needs=Needs(from_system=(SystemDependency("expat", "death_valley"),))
    )
    assert list(formula.needs_on(TAHOE)) == ["expat"]


def test_an_older_bottle_needs_what_the_macos_it_was_built_on_lacks() -> None:
    dependency = SystemDependency("expat", since="sequoia")
    older = make_formula(tags=("arm64_sonoma",), needs=Needs(from_system=(dependency,)))
    assert list(older.needs_on(TAHOE)) == ["expat"]
    newer = make_formula(tags=("arm64_tahoe",), needs=Needs(from_system=(dependency,)))
    assert list(newer.needs_on(TAHOE)) == []


@pytest.mark.parametrize("tags", [("all",), ()])
def test_a_bottle_for_all_and_no_bottle_need_what_the_client_lacks(
    tags: tuple[str, ...],
) -> None:
    dependency = SystemDependency("expat", since="sequoia")
    formula = make_formula(tags=tags, needs=Needs(from_system=(dependency,)))
    assert list(formula.needs_on(TAHOE)) == []
    assert list(formula.needs_on(SONOMA)) == ["expat"]


def test_a_variation_is_what_clients_of_its_tag_need_instead() -> None:
    formula = replace(
        make_formula(needs=Needs(("curl",))), variations={LINUX: Needs(("zlib-ng",))}
    )
    assert list(formula.needs_on(LINUX)) == ["zlib-ng"]
    assert list(formula.needs_on(SONOMA)) == ["curl"]
