from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.homebrew.catalog import HomebrewCatalog
from adapters.homebrew.http import HttpClient
from adapters.homebrew.schemas import load_entry
from adapters.memory.catalog import MemoryCatalog
from adapters.memory.clock import ManualClock
from adapters.memory.metrics import NoMetrics
from domain.catalog import Catalog
from ports.catalog import CatalogSource
from tests.standin.catalog import plain_catalog, small_catalog
from tests.standin.server import Upstream
from tests.standin.signing import public_key_pem, signed

Entries = list[dict[str, Any]]

ODD: Entries = small_catalog()
PLAIN: Entries = plain_catalog(3)


@dataclass(frozen=True, slots=True)
class Offering:
    """A source of the catalog, and the hand that changes what it offers."""

    source: CatalogSource
    offer: Callable[[Entries], object]


Factory = Callable[[Path, ExitStack], Offering]


def in_memory(_folder: Path, _stack: ExitStack) -> Offering:
    catalog = MemoryCatalog()
    return Offering(
        catalog,
        lambda entries: catalog.offer(
            load_entry(entry, position) for position, entry in enumerate(entries, 1)
        ),
    )


def client(stack: ExitStack) -> HttpClient:
    return stack.enter_context(
        closing(
            HttpClient(
                ManualClock(),
                random.random,
                pool_size=1,
                user_agent="bottles-tests",
                metrics=NoMetrics(),
            )
        )
    )


def in_file(name: str) -> Factory:
    def factory(folder: Path, stack: ExitStack) -> Offering:
        path = folder / name

        def offer(entries: Entries) -> None:
            body = json.dumps(entries).encode()
            body = signed(body) if ".jws" in name else body
            path.write_bytes(gzip.compress(body) if name.endswith(".gz") else body)

        source = HomebrewCatalog(
            client(stack), str(path), "https://127.0.0.1:1/api", public_key_pem()
        )
        return Offering(source, offer)

    return factory


def in_api(name: str) -> Factory:
    def factory(_folder: Path, stack: ExitStack) -> Offering:
        upstream = stack.enter_context(Upstream(PLAIN))
        source = HomebrewCatalog(
            client(stack), name, upstream.api_domain, upstream.public_key_pem
        )
        return Offering(source, upstream.publish)

    return factory


SOURCES: dict[str, Factory] = {
    "memory": in_memory,
    "file": in_file("catalog.json"),
    "compressed file": in_file("catalog.json.gz"),
    "signed file": in_file("catalog.jws.json"),
    "api": in_api("formula.json"),
    "signed api": in_api("formula.jws.json"),
}


@pytest.fixture(params=SOURCES)
def offering(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Offering]:
    with ExitStack() as stack:
        offering = SOURCES[request.param](tmp_path, stack)
        offering.offer(ODD)
        yield offering


def fetched(offering: Offering) -> Catalog:
    catalog = offering.source.fetch()
    assert catalog is not None
    return catalog


class TestCatalogSourceContract:
    def test_offers_every_formula_with_its_bottles(self, offering: Offering) -> None:
        catalog = fetched(offering)
        assert catalog.skipped == ()
        assert [
            (formula.name, formula.version, formula.revision, list(formula.digests))
            for formula in catalog.formulae.values()
        ] == [
            (
                entry["name"],
                entry["versions"]["stable"],
                entry["revision"],
                list((entry["bottle"].get("stable") or {"files": ()})["files"]),
            )
            for entry in ODD
        ]

    def test_offers_what_is_new_once_it_changes(self, offering: Offering) -> None:
        before = fetched(offering)
        offering.offer(PLAIN)
        after = offering.source.fetch(before.document.validators)
        assert after is not None
        assert list(after.formulae) == [entry["name"] for entry in PLAIN]
        assert after.document.sha256 != before.document.sha256

    def test_is_none_or_the_same_while_nothing_changes(
        self, offering: Offering
    ) -> None:
        before = fetched(offering)
        assert offering.source.fetch(before.document.validators) in (None, before)

    def test_is_there_whole_for_whoever_has_none(self, offering: Offering) -> None:
        assert fetched(offering) == fetched(offering)

    def test_tells_where_it_was_read(self, offering: Offering) -> None:
        document = fetched(offering).document
        assert document.source == offering.source.source
        assert document.source.endswith(document.name.removeprefix("."))
        assert document.signed == (".jws" in document.name)

    def test_skips_an_entry_that_it_cannot_read_and_tells_of_it(
        self, offering: Offering
    ) -> None:
        odd = {**PLAIN[1], "name": "../../escaped"}
        offering.offer([PLAIN[0], odd, {**PLAIN[2], "revision": "x"}])
        catalog = fetched(offering)
        assert list(catalog.formulae) == [PLAIN[0]["name"]]
        assert [skipped.name for skipped in catalog.skipped] == [
            "../../escaped",
            PLAIN[2]["name"],
        ]
        assert "formula name" in catalog.skipped[0].reason
