from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from adapters.homebrew.reader import read_formulae
from adapters.homebrew.schemas import dump_entry, load_entry
from domain.catalog import Skipped
from domain.formula import Formula, Needs, SystemDependency
from domain.tags import Tag
from tests.standin.catalog import small_catalog

SHA = "7ceececba7b3be416aa9bdadd3ee68ab964c322d3df4890ae8761bf4c5e0ce50"
OTHER_SHA = "432965ded4ed87b8ac7bc844f1d624b6ff6ce76d6985b76c8db76c9fede80d2a"

ENTRY: dict[str, Any] = {
    "name": "curl",
    "full_name": "curl",
    "oldnames": ["kurl"],
    "aliases": ["curl@8"],
    "versions": {"stable": "8.21.0", "head": "HEAD", "bottle": True},
    "revision": 1,
    "bottle": {
        "stable": {
            "rebuild": 2,
            "root_url": "https://ghcr.io/v2/homebrew/core",
            "files": {
                "arm64_tahoe": {"cellar": ":any", "url": "https://…", "sha256": SHA},
                "x86_64_linux": {
                    "cellar": ":any",
                    "url": "https://…",
                    "sha256": OTHER_SHA,
                },
            },
        }
    },
    "dependencies": ["brotli", "openssl@3"],
    "build_dependencies": ["pkgconf"],
    "recommended_dependencies": ["zstd"],
    "uses_from_macos": ["krb5", {"perl": "build"}, {"llvm": ["build", "test"]}],
    "uses_from_macos_bounds": [{"since": "sonoma"}, {}, {}],
    "variations": {"x86_64_linux": {"dependencies": ["brotli"], "keg_only": False}},
}

Read = Callable[[object, int], Formula | Skipped]


def read_in_a_catalog(entry: object, position: int) -> Formula | Skipped:
    """Return what the catalog's reader says of an entry that stands in that place."""
    text = json.dumps([*[None] * (position - 1), entry])
    *_, found = read_formulae(text.encode(), "formula.json")
    return found


@pytest.fixture(params=[load_entry, read_in_a_catalog], ids=["schema", "shortcut"])
def read(request: pytest.FixtureRequest) -> Read:
    chosen: Read = request.param
    return chosen


def entry(path: str = "", value: object = None) -> dict[str, Any]:
    """Return the entry of curl with the value at ``path`` replaced."""
    changed = deepcopy(ENTRY)
    if path:
        *steps, last = path.split("/")
        part = changed
        for step in steps:
            part = part[step]
        part[last] = value
    return changed


def without(path: str) -> dict[str, Any]:
    """Return the entry of curl with nothing at ``path``."""
    changed = deepcopy(ENTRY)
    *steps, last = path.split("/")
    part = changed
    for step in steps:
        part = part[step]
    del part[last]
    return changed


def formula(read: Read, given: object) -> Formula:
    found = read(given, 7)
    assert isinstance(found, Formula), found
    return found


def test_reads_all_that_a_mirror_needs(read: Read) -> None:
    assert read(ENTRY, 7) == Formula(
        name="curl",
        version="8.21.0",
        revision=1,
        rebuild=2,
        digests={Tag("arm64_tahoe"): SHA, Tag("x86_64_linux"): OTHER_SHA},  # type: ignore[dict-item]
        aliases=("curl@8",),
        oldnames=("kurl",),
        needs=Needs(
            ("brotli", "openssl@3", "zstd"), (SystemDependency("krb5", "sonoma"),)
        ),
        variations={
            Tag("x86_64_linux"): Needs(
                ("brotli", "zstd"), (SystemDependency("krb5", "sonoma"),)
            )
        },
    )


def test_keeps_the_tags_in_their_order(read: Read) -> None:
    files = ENTRY["bottle"]["stable"]["files"]
    turned = dict(reversed(files.items()))
    found = formula(read, entry("bottle/stable/files", turned))
    assert list(found.digests) == ["x86_64_linux", "arm64_tahoe"]


def test_reads_the_stand_ins_catalog_and_writes_it_back(read: Read) -> None:
    for given in small_catalog():
        found = formula(read, given)
        assert read(dump_entry(found), 1) == found


@pytest.mark.parametrize(
    "bottle", [{}, {"stable": None}, {"stable": {"rebuild": 0, "files": {}}}]
)
def test_a_formula_may_have_no_bottles(read: Read, bottle: object) -> None:
    found = formula(read, entry("bottle", bottle))
    assert not found.digests
    assert found.rebuild == 0


def test_a_formula_without_a_stable_version_may_have_no_bottles(read: Read) -> None:
    given = entry("versions/stable", None)
    given["bottle"] = {}
    assert formula(read, given).version is None


@pytest.mark.parametrize(
    "field",
    [
        "aliases",
        "oldnames",
        "dependencies",
        "recommended_dependencies",
        "uses_from_macos_bounds",
        "variations",
    ],
)
def test_a_list_that_is_missing_or_null_is_empty(read: Read, field: str) -> None:
    missing, null = formula(read, without(field)), formula(read, entry(field, None))
    assert missing == null
    assert missing != formula(read, ENTRY)


def test_a_dump_without_bounds_means_every_macos(read: Read) -> None:
    found = formula(read, without("uses_from_macos_bounds"))
    assert found.needs.from_system == (SystemDependency("krb5"),)


def test_an_old_dump_has_one_old_name(read: Read) -> None:
    given = without("oldnames")
    given["oldname"] = "kurl"
    assert formula(read, given).oldnames == ("kurl",)
    given["oldname"] = None
    assert formula(read, given).oldnames == ()


def test_one_old_name_among_several_counts_once(read: Read) -> None:
    given = entry("oldname", "kurl")
    assert formula(read, given).oldnames == ("kurl",)


@pytest.mark.parametrize(
    ("use", "needed"),
    [
        ("krb5", True),
        ({"krb5": "no_linkage"}, True),
        ({"krb5": ["no_linkage"]}, True),
        ({"krb5": []}, True),
        ({"krb5": "build"}, False),
        ({"krb5": "test"}, False),
        ({"krb5": "optional"}, False),
        ({"krb5": ["build", "test"]}, False),
        ({"krb5": ["no_linkage", "build"]}, False),
    ],
)
def test_only_what_is_used_at_run_time_is_needed(
    read: Read, use: object, *, needed: bool
) -> None:
    given = entry("uses_from_macos", [use])
    given["uses_from_macos_bounds"] = [{"since": "sonoma"}]
    expected = (SystemDependency("krb5", "sonoma"),) if needed else ()
    assert formula(read, given).needs.from_system == expected


@pytest.mark.parametrize("bound", [{}, {"since": None}])
def test_without_a_bound_every_macos_brings_it(read: Read, bound: object) -> None:
    given = entry("uses_from_macos", ["krb5"])
    given["uses_from_macos_bounds"] = [bound]
    assert formula(read, given).needs.from_system == (SystemDependency("krb5"),)


def test_a_variation_overrides_each_key_by_itself(read: Read) -> None:
    override = {"uses_from_macos": ["zlib"], "uses_from_macos_bounds": [{}]}
    found = formula(read, entry("variations", {"monterey": override}))
    assert found.variations == {
        "monterey": Needs(("brotli", "openssl@3", "zstd"), (SystemDependency("zlib"),))
    }


def test_a_variation_that_overrides_no_need_is_none(read: Read) -> None:
    override = {"build_dependencies": ["cmake"], "keg_only": True}
    assert not formula(read, entry("variations", {"monterey": override})).variations


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (without("name"), "name: Missing data for required field."),
        (entry("name", 5), "name: Not a valid string."),
        (without("versions"), "versions: Missing data for required field."),
        (without("versions/stable"), "versions.stable: Missing data"),
        (entry("versions", []), "versions: Invalid input type."),
        (entry("versions/stable", 8.21), "versions.stable: Not a valid string."),
        (entry("versions/stable", None), "version of curl: None is not a version"),
        (entry("revision", None), "revision: Field may not be null."),
        (entry("revision", "1"), "revision: Not a valid integer."),
        (entry("revision", 1.0), "revision: Not a valid integer."),
        (entry("revision", float("nan")), "revision: Not a valid integer."),
        (entry("revision", True), "revision: Not a valid integer."),  # noqa: FBT003
        (entry("revision", -1), "revision of curl: -1 is not 0 or more"),
        (entry("revision", 10**200), "is not at most 180 characters"),
        (entry("bottle", None), "bottle: Field may not be null."),
        (entry("bottle", []), "bottle: Invalid input type."),
        (entry("bottle/stable", "x"), "bottle.stable: Invalid input type."),
        (without("bottle/stable/rebuild"), "bottle.stable.rebuild: Missing data"),
        (entry("bottle/stable/rebuild", -2), "rebuild of curl: -2 is not"),
        (entry("bottle/stable/files", []), "bottle.stable.files: Not a valid mapping"),
        (
            entry("bottle/stable/files/arm64_tahoe", SHA),
            "bottle.stable.files.arm64_tahoe: Invalid input type.",
        ),
        (
            without("bottle/stable/files/arm64_tahoe/sha256"),
            "bottle.stable.files.arm64_tahoe.sha256: Missing data",
        ),
        (
            entry("bottle/stable/files/arm64_tahoe/sha256", SHA.upper()),
            "is not 64 lower-case hex digits",
        ),
        (entry("bottle/stable/files", {"../x": {"sha256": SHA}}), "tag: '../x' is not"),
        (entry("aliases", "curl@8"), "aliases: Not a valid list."),
        (entry("aliases", [None]), "aliases.0: Field may not be null."),
        (entry("aliases", ["\x1b[2J"]), "aliases.0: Not a printable name."),
        (entry("dependencies", ["\ud800"]), "dependencies.0: Not a printable name."),
        (entry("dependencies", [""]), "dependencies.0: Not a printable name."),
        (entry("oldname", ["kurl"]), "oldname: Not a valid string."),
        (entry("uses_from_macos", [5]), "uses_from_macos.0: Neither a name nor one"),
        (entry("uses_from_macos", [{}]), "uses_from_macos.0: Neither a name nor one"),
        (entry("uses_from_macos", [{"a": 5}]), "uses_from_macos.0: Neither a name nor"),
        (entry("uses_from_macos", [{"a": [5]}]), "uses_from_macos.0: Neither a name"),
        (
            entry("uses_from_macos_bounds", [{}]),
            "number of uses_from_macos_bounds: 1 is not 3, one for each of",
        ),
        (
            entry("uses_from_macos_bounds", [{"since": 14}, {}, {}]),
            "uses_from_macos_bounds.0.since: Not a valid string.",
        ),
        (entry("variations", []), "variations: Not a valid mapping type."),
        (entry("variations", {"tahoe": 5}), "variations.tahoe: Invalid input type."),
        (
            entry("variations", {"tahoe": {"dependencies": "x"}}),
            "variations.tahoe.dependencies: Not a valid list.",
        ),
    ],
)
def test_skips_what_is_no_formula_and_says_why(
    read: Read, given: object, reason: str
) -> None:
    found = read(given, 7)
    assert isinstance(found, Skipped), found
    assert found.name == ("entry 7" if reason.startswith("name:") else "curl")
    assert reason in found.reason


@pytest.mark.parametrize("given", [None, True, 5, 0.5, "curl", [], [ENTRY]])
def test_skips_what_is_no_object(read: Read, given: object) -> None:
    assert read(given, 7) == Skipped("entry 7", "Not a JSON object.")


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "..", ".hidden", "a b"])
def test_skips_a_name_that_could_leave_its_folder(read: Read, name: str) -> None:
    found = read(entry("name", name), 7)
    assert isinstance(found, Skipped)
    assert found.name == name
    assert f"formula name: {name!r} is not" in found.reason


@pytest.mark.parametrize("name", ["\x1b]0;gone\x07", "\ud800", "", "a\nb"])
def test_what_is_said_of_a_skipped_entry_can_be_shown(read: Read, name: str) -> None:
    found = read(entry("name", name), 7)
    assert isinstance(found, Skipped)
    assert found.name == "entry 7"
    assert found.reason.isprintable()


def test_what_is_said_of_a_skipped_entry_is_short(read: Read) -> None:
    found = read({"name": "n" * 10_000, "versions": {"stable": ["x"] * 10_000}}, 7)
    assert isinstance(found, Skipped)
    assert len(found.name) == 80
    assert len(found.reason) <= 240
