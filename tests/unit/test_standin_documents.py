"""The documents beside the stand-in's catalog: consistent, until told not to be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.standin.catalog import small_catalog
from tests.standin.faults import Fault
from tests.standin.server import Upstream

_NOON = 1_800_000_000  # Unix seconds
PACKAGES = "internal/packages.arm64_tahoe.jws.json"
CASKS = "cask.jws.json"


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream(small_catalog(), clock=lambda: _NOON) as running:
        yield running


def get(upstream: Upstream, name: str, **headers: str) -> requests.Response:
    dashed = {key.replace("_", "-"): value for key, value in headers.items()}
    return requests.get(f"{upstream.api_domain}/{name}", headers=dashed, timeout=60)


def payload(upstream: Upstream, name: str = PACKAGES) -> Any:  # noqa: ANN401 - any JSON
    return json.loads(get(upstream, name).json()["payload"])


def test_packages_have_the_bottle_that_their_client_pours(upstream: Upstream) -> None:
    said = payload(upstream)
    assert said["metadata"]["bottle_tag"] == "arm64_tahoe"
    assert said["metadata"]["generated_at"] < _NOON
    formulae = said["formulae"]
    own = upstream.digest("ledger", "arm64_tahoe")
    assert formulae["ledger"]["bottle_checksum"] == own
    assert "bottle_tag" not in formulae["ledger"]
    older = upstream.digest("cellar-door", "arm64_sequoia")
    assert formulae["cellar-door"]["bottle_tag"] == ":arm64_sequoia"
    assert formulae["cellar-door"]["bottle_checksum"] == older
    assert formulae["beermat@3"]["bottle_tag"] == ":all"
    assert formulae["beermat@3"]["bottle_rebuild"] == 1
    assert "bottle_checksum" not in formulae["bunghole-utils"]
    assert said["formula_aliases"]["bh"] == "brewhouse"
    assert said["formula_renames"]["honeywine"] == "mead"


def test_each_document_is_of_the_generation_of_the_catalog(upstream: Upstream) -> None:
    dates = {
        get(upstream, name).headers["Last-Modified"]
        for name in ("formula.jws.json", PACKAGES, CASKS, "internal/executables.txt")
    }
    assert len(dates) == 1
    etag = get(upstream, PACKAGES).headers["ETag"]
    assert get(upstream, PACKAGES, If_None_Match=etag).status_code == 304
    assert upstream.requests.counts()["document_304"] == 1


def test_no_client_has_a_tag_that_brew_has_not(upstream: Upstream) -> None:
    for tag in ("all", "arm64_catalina", "amiga"):
        name = f"internal/packages.{tag}.jws.json"
        assert get(upstream, name).status_code == 404


def test_one_can_be_replaced_removed_and_restored(upstream: Upstream) -> None:
    before = get(upstream, CASKS).content
    upstream.replace_document(CASKS, b"[]", _NOON - 60)
    replaced = get(upstream, CASKS)
    assert replaced.content == b"[]"
    assert replaced.headers["Last-Modified"] == "Fri, 15 Jan 2027 07:59:00 GMT"
    upstream.replace_document(CASKS, None)
    assert get(upstream, CASKS).status_code == 404
    upstream.restore_documents()
    assert get(upstream, CASKS).content == before


def test_a_cdn_that_went_back_has_the_generation_before(upstream: Upstream) -> None:
    before = payload(upstream)
    upstream.publish(small_catalog(76), published_at=_NOON + 900)
    assert len(payload(upstream)["formulae"]) == len(before["formulae"]) + 1
    upstream.faults.add(Fault("older_catalog", on="document"))
    assert payload(upstream) == before
