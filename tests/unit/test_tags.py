from collections.abc import Collection

import pytest

from domain.errors import InvalidValueError
from domain.tags import (
    ALL,
    MACOS_NEWEST_FIRST,
    Tag,
    is_linux,
    known_tags,
    macos_age,
    newest_arm_tags,
    parse_tag,
    pour_tag,
)


def tags(*names: str) -> tuple[Tag, ...]:
    return tuple(map(Tag, names))


@pytest.mark.parametrize(
    "text", ["arm64_tahoe", "sonoma", "x86_64_linux", "all", "a" * 32]
)
def test_reads_a_tag_as_it_is(text: str) -> None:
    assert parse_tag(text) == text


@pytest.mark.parametrize(
    "text",
    ["", "Sonoma", "arm64-sonoma", "a__b", "_a", "a_", "../a", "a.b", "sönoma", "a\n"],
)
def test_refuses_what_is_not_made_like_a_tag(text: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        parse_tag(text)
    assert caught.value.value == text


def test_refuses_a_tag_that_would_make_a_file_name_too_long() -> None:
    with pytest.raises(InvalidValueError, match="32 characters at most"):
        parse_tag("a" * 33)


def test_tells_linux_from_macos() -> None:
    assert is_linux(Tag("x86_64_linux"))
    assert is_linux(Tag("arm64_linux"))
    assert not is_linux(Tag("arm64_sonoma"))


def test_an_older_macos_has_a_greater_age_on_either_processor() -> None:
    assert macos_age(Tag("tahoe")) < macos_age(Tag("sequoia"))
    assert macos_age(Tag("arm64_sequoia")) == macos_age(Tag("sequoia"))


def test_takes_an_unknown_macos_for_one_newer_than_the_table() -> None:
    assert macos_age(Tag("arm64_death_valley")) < macos_age(Tag(MACOS_NEWEST_FIRST[0]))


def test_knows_the_tags_of_the_table_and_those_on_offer() -> None:
    known = known_tags(tags("arm64_death_valley", "arm64_sonoma"))
    assert {"tahoe", "arm64_tahoe", "x86_64_linux", "arm64_death_valley"} <= known


def test_no_client_is_of_the_tag_all() -> None:
    assert ALL not in known_tags([ALL])


def test_no_mac_with_an_arm_processor_is_older_than_big_sur() -> None:
    known = known_tags([])
    assert "arm64_big_sur" in known
    assert "catalina" in known
    assert "arm64_catalina" not in known


@pytest.mark.parametrize(
    ("client", "offered", "poured"),
    [
        ("arm64_sonoma", ("arm64_tahoe", "arm64_sonoma"), "arm64_sonoma"),
        ("arm64_sonoma", ("all",), "all"),
        ("arm64_sonoma", ("all", "arm64_sonoma"), "arm64_sonoma"),
        ("arm64_sonoma", ("all", "arm64_ventura"), "all"),
        ("arm64_tahoe", ("arm64_big_sur", "arm64_ventura"), "arm64_ventura"),
        ("tahoe", ("catalina", "sonoma", "ventura"), "sonoma"),
        ("arm64_death_valley", ("arm64_sonoma", "arm64_tahoe"), "arm64_tahoe"),
        ("x86_64_linux", ("all",), "all"),
    ],
)
def test_pours_the_bottle_that_brew_would_pour(
    client: str, offered: tuple[str, ...], poured: str
) -> None:
    assert pour_tag(Tag(client), tags(*offered)) == poured


@pytest.mark.parametrize(
    ("client", "offered"),
    [
        ("arm64_sonoma", ()),
        ("arm64_sonoma", ("arm64_tahoe",)),
        ("arm64_sonoma", ("sonoma", "ventura")),
        ("sonoma", ("arm64_sonoma", "arm64_ventura")),
        ("tahoe", ("x86_64_linux",)),
        ("arm64_tahoe", ("arm64_linux",)),
        ("x86_64_linux", ("arm64_linux", "sonoma")),
        ("arm64_sonoma", ("arm64_death_valley",)),
        ("arm64_golden_gate_2", ("arm64_death_valley",)),
    ],
)
def test_pours_nothing_that_is_newer_or_of_another_kind(
    client: str, offered: tuple[str, ...]
) -> None:
    assert pour_tag(Tag(client), tags(*offered)) is None


TAHOE, SEQUOIA = tags("arm64_tahoe", "arm64_sequoia")


def newest(offers: Collection[Collection[str]], count: int = 3) -> tuple[Tag, ...]:
    return newest_arm_tags([tags(*offer) for offer in offers], count)


def test_the_newest_macos_versions_come_first_and_no_more_than_asked_for() -> None:
    offer = ("arm64_sonoma", "arm64_tahoe", "arm64_sequoia")
    assert newest([offer], count=2) == (TAHOE, SEQUOIA)


def test_a_macos_is_in_real_use_from_half_of_the_formulae_on() -> None:
    both, old, none = ("arm64_tahoe", "arm64_sequoia"), ("arm64_sequoia",), ()
    assert newest([both, both, old, none]) == (TAHOE, SEQUOIA)
    assert newest([both, old, old, none]) == (SEQUOIA,)


def test_neither_intel_nor_linux_is_among_the_newest_macos_versions() -> None:
    assert newest([("sonoma", "arm64_linux", "x86_64_linux", "all")]) == ()


def test_a_macos_that_came_out_after_this_program_is_the_newest() -> None:
    offer = ("arm64_tahoe", "arm64_death_valley")
    assert newest([offer], count=1) == ("arm64_death_valley",)


def test_a_catalog_without_formulae_has_no_newest_macos() -> None:
    assert newest([]) == ()
