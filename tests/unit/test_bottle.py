from datetime import date

import pytest

from domain.bottle import Bottle, ObjectKey, image_of, parse_digest, parse_formula_name
from domain.errors import DigestMismatchError, InvalidValueError
from domain.tags import Tag
from tests.support.catalogs import digest_of, make_bottle

DAY = date(2026, 8, 22)


@pytest.mark.parametrize(
    ("bottle", "key", "file_name"),
    [
        (
            make_bottle("jq", "1.8.1", "arm64_tahoe"),
            "jq-1.8.1-arm64_tahoe",
            "jq-1.8.1.arm64_tahoe.bottle.tar.gz",
        ),
        (
            make_bottle("openssl@3", "3.6.3", "arm64_tahoe", rebuild=1),
            "openssl@3-3.6.3-1-arm64_tahoe",
            "openssl@3-3.6.3.arm64_tahoe.bottle.1.tar.gz",
        ),
        (
            make_bottle("ntfs-3g", "2026.7.7", "x86_64_linux"),
            "ntfs-3g-2026.7.7-x86_64_linux",
            "ntfs-3g-2026.7.7.x86_64_linux.bottle.tar.gz",
        ),
        (
            make_bottle("x264", "r3222", "all"),
            "x264-r3222-all",
            "x264-r3222.all.bottle.tar.gz",
        ),
        (
            make_bottle("vgmstream", "r2117_1", "sonoma", rebuild=2),
            "vgmstream-r2117_1-2-sonoma",
            "vgmstream-r2117_1.sonoma.bottle.2.tar.gz",
        ),
    ],
)
def test_names_a_bottle_as_homebrew_does(
    bottle: Bottle, key: str, file_name: str
) -> None:
    assert bottle.key == key
    assert bottle.file_name == file_name
    assert bottle.object_key(DAY) == f"2026-08-22/{file_name}"


def test_the_tag_reference_has_the_rebuild_only_when_there_is_one() -> None:
    assert make_bottle(version="3.6.3").tagref == "3.6.3"
    assert make_bottle(version="3.6.3", rebuild=1).tagref == "3.6.3-1"


def test_asks_for_a_file_name_with_at_and_plus_encoded() -> None:
    assert (
        make_bottle("openssl@3", "3.6.3", "arm64_tahoe", rebuild=1).url_name
        == "openssl%403-3.6.3.arm64_tahoe.bottle.1.tar.gz"
    )
    assert (
        make_bottle("gtk+3", "3.24.52", "arm64_tahoe").url_name
        == "gtk%2B3-3.24.52.arm64_tahoe.bottle.tar.gz"
    )


@pytest.mark.parametrize(
    ("name", "image"),
    [
        ("jq", "jq"),
        ("openssl@3", "openssl/3"),
        ("gtk+3", "gtkx3"),
        ("libsigc++@2", "libsigcxx/2"),
        ("llama.cpp", "llama.cpp"),
    ],
)
def test_names_the_image_of_a_formula(name: str, image: str) -> None:
    assert image_of(name) == image
    assert make_bottle(name).image == image


def test_a_second_digest_lies_beside_the_first() -> None:
    bottle = make_bottle()
    taken = bottle.object_key(DAY)
    assert bottle.beside(taken) == f"{taken}.{bottle.digest[:12]}"


def test_reads_names_and_digests_as_they_are() -> None:
    assert parse_formula_name("libsigc++@2") == "libsigc++@2"
    assert parse_digest("0a" * 32) == "0a" * 32


@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        "../jq",
        "jq/../../etc",
        "a/b",
        "a\\b",
        ".jq",
        "-jq",
        "jq ",
        "jq\n",
        "jq\0",
        "j..q",
        "jqé",
    ],
)
def test_refuses_a_formula_name_that_could_leave_its_folder(name: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        parse_formula_name(name)
    assert caught.value.value == name
    with pytest.raises(InvalidValueError):
        make_bottle(name)


@pytest.mark.parametrize("name", ["foo@", "foo@.", "foo@@3", "@3", "foo@-3", "a@.@b"])
def test_refuses_a_formula_name_whose_image_would_be_anothers(name: str) -> None:
    with pytest.raises(InvalidValueError, match="parts joined by @"):
        parse_formula_name(name)


@pytest.mark.parametrize(
    "version", ["", "..", "../1", "1/2", "1..2", ".1", "-1", "1 2", "1\n", "1%2f"]
)
def test_refuses_a_version_that_could_leave_its_folder(version: str) -> None:
    with pytest.raises(InvalidValueError, match="version of jq"):
        make_bottle("jq", version)


@pytest.mark.parametrize("rebuild", [-1, 10_000])
def test_refuses_a_rebuild_that_homebrew_never_has(rebuild: int) -> None:
    with pytest.raises(InvalidValueError, match="rebuild of jq"):
        make_bottle("jq", rebuild=rebuild)


@pytest.mark.parametrize(
    "text",
    ["", "ab" * 31, "AB" * 32, "xy" * 32, "ab" * 32 + "\n", "sha256:" + "a" * 57],
)
def test_refuses_what_is_no_digest(text: str) -> None:
    with pytest.raises(InvalidValueError, match="64 lower-case hex digits"):
        parse_digest(text)


def test_tells_which_bytes_are_not_what_they_were_called() -> None:
    error = DigestMismatchError("jq-1.8.1-sonoma", expected="aa", found="bb")
    assert str(error) == "jq-1.8.1-sonoma: sha256 is bb, not aa as promised"


def test_a_bottle_refuses_a_digest_or_a_tag_that_is_none() -> None:
    with pytest.raises(InvalidValueError, match="sha256 digest"):
        Bottle("jq", "1", 0, Tag("sonoma"), digest_of("")[:-1])  # type: ignore[arg-type]
    with pytest.raises(InvalidValueError, match="tag"):
        Bottle("jq", "1", 0, Tag("Sonoma"), digest_of(""))


def test_refuses_a_name_and_version_that_no_file_could_have() -> None:
    with pytest.raises(InvalidValueError, match="at most 180 characters"):
        make_bottle("a" * 91, "1" * 90)


def test_the_longest_names_fit_into_a_file_system() -> None:
    longest = make_bottle("a" * 90, "1" * 90, "t" * 32, rebuild=9_999)
    beside = longest.beside(longest.object_key(DAY))
    assert len(ObjectKey(beside).partition("/")[2].encode()) <= 255
