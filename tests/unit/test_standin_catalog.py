from __future__ import annotations

import copy
import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.standin.bodies import Bodies
from tests.standin.catalog import (
    Formula,
    bottles_of,
    load_catalog,
    plain_catalog,
    rewritten,
    small_catalog,
)
from tests.standin.recipes import MAIN_TAGS, UNSIZED
from tests.standin.sizes import fixed

_NEW_ARM = {"arm64_tahoe", "arm64_sequoia", "arm64_sonoma"}


@pytest.fixture(scope="module")
def catalog() -> dict[str, Formula]:
    return {formula["name"]: formula for formula in small_catalog()}


def _tags(formula: Formula) -> set[str]:
    return {tag for tag, _file in bottles_of(formula)}


def test_is_the_same_every_time() -> None:
    assert small_catalog() == small_catalog()


def test_is_sorted_by_name_and_has_no_name_twice() -> None:
    names = [formula["name"] for formula in small_catalog()]
    assert names == sorted(set(names))
    assert len(names) == 75


def test_grows_to_any_size_without_a_name_twice() -> None:
    names = {formula["name"] for formula in small_catalog(1_200)}
    assert len(names) == 1_200


def test_refuses_a_size_without_room_for_the_odd_cases() -> None:
    with pytest.raises(ValueError, match="at least"):
        small_catalog(5)


def test_offers_some_two_hundred_bottles_to_the_newest_macs() -> None:
    bottles = Counter(tag for item in small_catalog() for tag in _tags(item))
    assert 180 <= sum(bottles[tag] for tag in _NEW_ARM | {"all"}) <= 220
    assert all(bottles[tag] > 37 for tag in MAIN_TAGS)


@pytest.mark.parametrize("name", ["ledger", "hops+3", "libcask++@2", "mash.cpp"])
def test_has_the_names_that_are_hard_to_write(
    catalog: dict[str, Formula], name: str
) -> None:
    assert name in catalog


def test_writes_the_url_of_a_bottle_as_the_registry_does(
    catalog: dict[str, Formula],
) -> None:
    file = dict(bottles_of(catalog["libcask++@2"]))["sonoma"]
    root = "https://ghcr.io/v2/homebrew/core/libcaskxx/2/blobs/sha256:"
    assert file["url"] == root + file["sha256"]


def test_has_formulae_without_bottles_in_every_shape(
    catalog: dict[str, Formula],
) -> None:
    assert catalog["homebrewed"]["bottle"] == {}
    assert catalog["flat-pint"]["bottle"] == {"stable": None}
    assert catalog["spontaneous"]["versions"]["stable"] is None


def test_has_equal_digests_under_several_tags(catalog: dict[str, Formula]) -> None:
    files = dict(bottles_of(catalog["gauge"]))
    assert len({files[tag]["sha256"] for tag in _NEW_ARM}) == 1
    assert files["sonoma"]["sha256"] != files["arm64_sonoma"]["sha256"]


def test_has_bottles_only_for_older_macos(catalog: dict[str, Formula]) -> None:
    assert not _tags(catalog["stout-legacy"]) & _NEW_ARM
    assert "arm64_ventura" in _tags(catalog["stout-legacy"])
    assert _tags(catalog["last-orders"]) & _NEW_ARM == {"arm64_sonoma"}


def test_has_every_trait_that_the_real_catalog_has(
    catalog: dict[str, Formula],
) -> None:
    traits = Counter[str]()
    for item in catalog.values():
        stable: dict[str, Any] = item["bottle"].get("stable") or {}
        traits["revision"] += item["revision"] > 0
        traits["rebuild"] += stable.get("rebuild", 0) > 0
        traits["scheme"] += item["version_scheme"] > 0
        traits["all"] += _tags(item) == {"all"}
        traits["hyphen in version"] += "-" in (item["versions"]["stable"] or "")
        traits["disabled with bottles"] += item["disabled"] and bool(_tags(item))
        traits["deprecated"] += item["deprecated"] and not item["disabled"]
        traits["aliases"] += bool(item["aliases"])
        traits["oldnames"] += bool(item["oldnames"])
        traits["variations"] += bool(item["variations"])
        traits["bounds"] += {"since": "sequoia"} in item["uses_from_macos_bounds"]
        traits["kinds"] += {"grinder": "build"} in item["uses_from_macos"]
    assert min(traits.values()) >= 1, traits


def test_names_no_dependency_that_it_lacks(catalog: dict[str, Formula]) -> None:
    kinds = [f"{kind}dependencies" for kind in ("", "build_", "test_", "optional_")]
    for item in catalog.values():
        for block in (item, *item["variations"].values()):
            for kind in [*kinds, "recommended_dependencies"]:
                assert set(block.get(kind, ())) <= set(catalog), item["name"]
    assert set(catalog) >= UNSIZED


def test_a_plain_catalog_has_one_bottle_for_each_tag() -> None:
    catalog = plain_catalog(30, ("arm64_sonoma", "x86_64_linux"))
    assert len(catalog) == 30
    assert all(_tags(item) == {"arm64_sonoma", "x86_64_linux"} for item in catalog)


def test_a_rewritten_catalog_names_the_invented_bytes() -> None:
    catalog = small_catalog()
    before = copy.deepcopy(catalog)
    bodies = Bodies(fixed(100))
    for old, new in zip(catalog, rewritten(catalog, bodies), strict=True):
        files = dict(bottles_of(new))
        for tag, file in bottles_of(old):
            digest = bodies.digest(file["sha256"])
            assert files[tag]["sha256"] == digest
            assert files[tag]["url"].endswith(f"/blobs/sha256:{digest}")
    assert catalog == before


@pytest.mark.parametrize(
    "formula",
    [
        {},
        {"name": "a", "bottle": None},
        {"name": "a", "bottle": {"stable": {"files": []}}},
        {"name": "a", "bottle": {"stable": {"files": {"all": None}}}},
        {"name": "a", "bottle": {"stable": {"files": {"all": {"sha256": "AB"}}}}},
    ],
)
def test_rewriting_leaves_alone_what_names_no_digest(formula: Formula) -> None:
    assert rewritten([formula], Bodies(fixed(100))) == [formula]


def test_loads_a_catalog_compressed_or_not(tmp_path: Path) -> None:
    raw = json.dumps(plain_catalog(2)).encode()
    (tmp_path / "formula.json").write_bytes(raw)
    (tmp_path / "formula.json.gz").write_bytes(gzip.compress(raw))
    assert load_catalog(tmp_path / "formula.json") == plain_catalog(2)
    assert load_catalog(tmp_path / "formula.json.gz") == plain_catalog(2)
