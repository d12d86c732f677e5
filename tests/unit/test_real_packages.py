# Packages as upstream makes them, of two real catalogs a week apart.

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from adapters.homebrew.packages import read_packages
from adapters.homebrew.reader import read_formulae
from domain.catalog import Catalog, make_catalog
from domain.packages import Packages
from domain.selection import Selection, choose
from domain.tags import Tag
from tests.standin.packages import packages_of, written
from tests.standin.server import Upstream
from tests.standin.signing import signed
from tests.support.catalogs import DOCUMENT
from tests.support.command import ROOT, write_config

NEWEST = (Tag("arm64_tahoe"), Tag("arm64_sequoia"), Tag("arm64_sonoma"))
MADE = 1_790_000_000  # Unix seconds
MB = 10**6
LAMBDA = 512 * 1024**2  # bytes that the orchestrator has
# What getrusage says may be the memory of the process that started it.
_STATUS = Path("/proc/self/status")
_PROGRAM = f"""
import sys
from entrypoints.cli.main import main
status = main(sys.argv[1:])
(peak,) = (line for line in open("{_STATUS}") if line.startswith("VmHWM"))
print(int(peak.split()[1]) * 1024, file=sys.stderr)
raise SystemExit(status)
"""


def raw(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        pytest.skip(f"no real catalog at {path}: set BOTTLES_TEST_DATA")
    entries: list[dict[str, Any]] = json.loads(gzip.decompress(path.read_bytes()))
    return entries


@pytest.fixture(scope="module")
def this_week(real_data: Path) -> list[dict[str, Any]]:
    return raw(real_data / "formula-2026-08-22.json.gz")


@pytest.fixture(scope="module")
def last_week(real_data: Path) -> list[dict[str, Any]]:
    return raw(real_data / "formula-2026-08-15.json.gz")


def catalog_of(entries: list[dict[str, Any]]) -> Catalog:
    return make_catalog(DOCUMENT, read_formulae(written(entries), "it"))


def served(entries: list[dict[str, Any]]) -> Mapping[Tag, Packages]:
    return {
        tag: read_packages(written(packages_of(entries, tag, MADE)), tag, "it")
        for tag in NEWEST
    }


def test_packages_of_a_catalog_name_what_the_catalog_does(
    this_week: list[dict[str, Any]],
) -> None:
    catalog, packages = catalog_of(this_week), served(this_week)
    offer = choose(catalog, Selection(), packages)
    assert offer.by_tag == choose(catalog, Selection()).by_tag
    assert [len(one.bottles) for one in packages.values()] == [8_394, 8_386, 8_377]
    assert offer.notes == ()
    assert all(not one.skipped for one in packages.values())


def test_packages_that_are_behind_by_a_week_are_covered_beside_the_catalog(
    this_week: list[dict[str, Any]], last_week: list[dict[str, Any]]
) -> None:
    catalog, before = catalog_of(this_week), served(last_week)
    now = {b.key for b in choose(catalog, Selection()).bottles()}
    named = {b.key for one in before.values() for b in one.bottles.values()}
    offer = choose(catalog, Selection(), before)
    assert {bottle.key for bottle in offer.bottles()} == now | named
    assert len(named - now) > 1_000
    taken = {bottle.key: bottle for bottle in offer.bottles()}
    assert all(
        taken[bottle.key] == bottle
        for one in before.values()
        for bottle in one.bottles.values()
    )


@pytest.mark.skipif(not _STATUS.exists(), reason="no /proc to tell of memory")
def test_planning_with_every_document_fits_the_orchestrators_memory(
    this_week: list[dict[str, Any]], tmp_path: Path
) -> None:
    # Casks are not in the data: as many bytes as theirs, and packages have both.
    casks = [
        {"token": f"cask-{at}", "sha256": f"{at:064x}" * 30} for at in range(7_500)
    ]
    with Upstream(this_week) as upstream:
        write_config(tmp_path, upstream)
        upstream.replace_document("cask.jws.json", signed(written(casks)))
        for tag in NEWEST:
            made = packages_of(upstream.formulae, tag, MADE)
            made["casks"] = {cask["token"]: cask for cask in casks[:5_500]}
            body = signed(written(made))
            assert len(body) > 12 * MB
            upstream.replace_document(f"internal/packages.{tag}.jws.json", body)
        ended = subprocess.run(
            [sys.executable, "-c", _PROGRAM, "sync", "jq", "--json", "-q"],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode in (0, 1), ended.stderr
    peak = int(ended.stderr.split()[-1])
    assert 50 * MB < peak < 0.75 * LAMBDA
