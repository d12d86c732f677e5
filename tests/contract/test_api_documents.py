from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest

from adapters.homebrew.documents import HomebrewDocuments
from adapters.homebrew.http import HttpClient
from adapters.homebrew.schemas import load_entry
from adapters.memory.api_documents import MemoryDocuments
from adapters.memory.catalog import MemoryCatalog
from adapters.memory.clock import ManualClock
from adapters.memory.metrics import NoMetrics
from domain.api_documents import CATALOG, beside_catalog, packages_document
from domain.bottle import Bottle
from domain.catalog import Validators
from domain.formula import Formula as DomainFormula
from domain.packages import Packages
from domain.tags import Tag
from ports.api_documents import ApiDocuments
from ports.errors import MalformedError, NotFoundError
from tests.standin.catalog import Formula, plain_catalog
from tests.standin.server import Upstream
from tests.standin.signing import public_key_pem

TAHOE, SONOMA = Tag("arm64_tahoe"), Tag("arm64_sonoma")
MADE_AT = datetime(2026, 8, 22, 12, 0, 0, tzinfo=UTC)
FORMULAE = plain_catalog(3, (TAHOE, SONOMA))


@dataclass(frozen=True, slots=True)
class Published:
    """The API's documents, and what they say."""

    documents: ApiDocuments
    catalog: bytes
    formulae: list[Formula]


def in_memory(_stack: ExitStack) -> Published:
    catalog = MemoryCatalog(
        (load_entry(entry, number) for number, entry in enumerate(FORMULAE, 1)),
        name=CATALOG,
        signed=True,
    )
    documents = MemoryDocuments(catalog)
    date = "Sat, 22 Aug 2026 12:00:00 GMT"
    for name in beside_catalog(()):
        documents.serve(name, b"{}", date)
    for client in (TAHOE, SONOMA):
        bottles = dict(_poured(FORMULAE, client))
        documents.serve_packages(Packages(client, MADE_AT, bottles, {}), date)
    bodies: list[bytes] = []
    catalog.fetch(keep=bodies.append)
    return Published(documents, bodies[0], FORMULAE)


def of_homebrew(stack: ExitStack) -> Published:
    moment = int(MADE_AT.timestamp())
    upstream = stack.enter_context(Upstream(FORMULAE, clock=lambda: moment))
    http = HttpClient(
        ManualClock(),
        random.random,
        pool_size=1,
        user_agent="bottles-tests",
        metrics=NoMetrics(),
    )
    stack.enter_context(closing(http))
    documents = HomebrewDocuments(http, upstream.api_domain, public_key_pem())
    body = documents.fetch(CATALOG).body
    return Published(documents, body, list(upstream.formulae))


def _poured(formulae: list[Formula], client: Tag) -> Iterator[tuple[str, Bottle]]:
    for number, entry in enumerate(formulae, 1):
        formula = load_entry(entry, number)
        assert isinstance(formula, DomainFormula)
        yield formula.name, formula.bottle(client)


PUBLISHERS: dict[str, Callable[[ExitStack], Published]] = {
    "memory": in_memory,
    "homebrew": of_homebrew,
}


@pytest.fixture(params=PUBLISHERS)
def published(request: pytest.FixtureRequest) -> Iterator[Published]:
    with ExitStack() as stack:
        yield PUBLISHERS[request.param](stack)


def test_every_document_that_is_published_for_a_client_is_there(
    published: Published,
) -> None:
    for name in beside_catalog([TAHOE, SONOMA]):
        document = published.documents.fetch(name)
        assert (document.name, bool(document.body)) == (name, True)
        assert document.last_modified is not None
        assert parsedate_to_datetime(document.last_modified) == MADE_AT


def test_one_that_is_not_there_is_not_found(published: Published) -> None:
    with pytest.raises(NotFoundError):
        published.documents.fetch(packages_document(Tag("arm64_lion")))


@pytest.mark.parametrize("client", [TAHOE, SONOMA])
def test_packages_give_a_client_the_bottles_of_the_catalog(
    published: Published, client: Tag
) -> None:
    documents = published.documents
    packages = documents.packages(
        documents.fetch(packages_document(client)).body, client
    )
    assert packages.tag == client
    assert packages.generated_at is not None
    assert dict(packages.bottles) == dict(_poured(published.formulae, client))


def test_packages_of_another_client_are_refused(published: Published) -> None:
    body = published.documents.fetch(packages_document(TAHOE)).body
    with pytest.raises(MalformedError):
        published.documents.packages(body, SONOMA)


def test_a_catalog_that_was_kept_is_read_again(published: Published) -> None:
    validators = Validators('W/"abc"', "Sat, 22 Aug 2026 12:00:00 GMT")
    catalog = published.documents.catalog(published.catalog, validators)
    assert catalog.document.name == CATALOG
    assert catalog.document.signed
    assert catalog.document.validators == validators
    assert list(catalog.formulae) == [entry["name"] for entry in published.formulae]
