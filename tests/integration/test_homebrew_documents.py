"""Documents of the API as they come over the wire, and those that are refused."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing

import pytest

from adapters.homebrew.documents import HomebrewDocuments
from adapters.homebrew.http import HttpClient, Patience
from adapters.memory.clock import ManualClock
from adapters.memory.metrics import NoMetrics
from adapters.retry import ONCE
from domain.api_documents import beside_catalog
from domain.tags import Tag
from ports.errors import (
    MalformedError,
    NotFoundError,
    UnavailableError,
    UntrustedError,
)
from tests.standin.catalog import plain_catalog
from tests.standin.faults import Fault
from tests.standin.server import Upstream
from tests.standin.signing import public_key_pem, signed, spoiled

CLIENT = Tag("arm64_sonoma")
EVERY = pytest.mark.parametrize("name", beside_catalog([CLIENT]))
SIGNED = pytest.mark.parametrize(
    "name", [name for name in beside_catalog([CLIENT]) if name.endswith(".jws.json")]
)
EXECUTABLES = "internal/executables.txt"


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream(plain_catalog(3)) as upstream:
        yield upstream


@pytest.fixture
def documents(upstream: Upstream) -> Iterator[HomebrewDocuments]:
    with closing(
        HttpClient(
            ManualClock(),
            random.random,
            pool_size=1,
            user_agent="bottles-tests",
            metrics=NoMetrics(),
            patience=Patience(ONCE),
        )
    ) as http:
        yield HomebrewDocuments(http, f"{upstream.api_domain}/", public_key_pem())


@EVERY
def test_the_bytes_are_those_that_were_signed_and_not_as_they_travelled(
    documents: HomebrewDocuments, upstream: Upstream, name: str
) -> None:
    payload = '[{"odd": "“ü”"}]' if "cask.jws" in name else '{"odd": "“ü”"}'
    raw = signed(payload.encode()) if "jws" in name else b"jq(1.8.1):jq\n"
    upstream.replace_document(name, raw)
    assert documents.fetch(name).body == raw
    (request,) = upstream.requests.recorded("document")
    assert request.headers["accept-encoding"] == "gzip"
    assert "authorization" not in request.headers


@SIGNED
def test_one_that_was_changed_on_the_way_is_not_trusted(
    documents: HomebrewDocuments, upstream: Upstream, name: str
) -> None:
    upstream.faults.add(Fault("bad_signature", on="document"))
    with pytest.raises(UntrustedError, match=f"{name}: the signature by homebrew-1"):
        documents.fetch(name)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("cask.jws.json", "cask_tap_migrations.jws.json"),
        ("formula_tap_migrations.jws.json", "formula.jws.json"),
    ],
)
def test_a_genuine_document_of_another_name_is_refused(
    documents: HomebrewDocuments, upstream: Upstream, name: str, other: str
) -> None:
    upstream.replace_document(name, documents.fetch(other).body)
    with pytest.raises(MalformedError, match=f"{name}: another document came"):
        documents.fetch(name)


def test_packages_that_were_kept_are_checked_again(
    documents: HomebrewDocuments,
) -> None:
    body = documents.fetch(f"internal/packages.{CLIENT}.jws.json").body
    with pytest.raises(UntrustedError):
        documents.packages(spoiled(body), CLIENT)


@EVERY
def test_a_web_page_is_no_document_whatever_its_status_is(
    documents: HomebrewDocuments, upstream: Upstream, name: str
) -> None:
    upstream.faults.add(Fault("html", on="document"))
    with pytest.raises(MalformedError, match=f"{name}: a web page came in place of"):
        documents.fetch(name)


def test_one_without_a_signature_is_taken_as_it_is(
    documents: HomebrewDocuments, upstream: Upstream
) -> None:
    upstream.replace_document(EXECUTABLES, b"ant(1.10.15):ant antRun\n")
    assert documents.fetch(EXECUTABLES).body == b"ant(1.10.15):ant antRun\n"


@EVERY
def test_one_that_upstream_does_not_have_is_not_found(
    documents: HomebrewDocuments, upstream: Upstream, name: str
) -> None:
    upstream.replace_document(name, None)
    with pytest.raises(NotFoundError):
        documents.fetch(name)


def test_one_that_does_not_come_is_not_there_now(
    documents: HomebrewDocuments, upstream: Upstream
) -> None:
    upstream.faults.add(Fault("503", on="document"))
    with pytest.raises(UnavailableError):
        documents.fetch("cask.jws.json")


@pytest.mark.parametrize("kind", ["cut", "truncated_json"])
def test_one_that_ends_early_is_never_taken_for_the_whole(
    documents: HomebrewDocuments, upstream: Upstream, kind: str
) -> None:
    upstream.faults.add(Fault(kind, on="document", after=100))  # type: ignore[arg-type]
    with pytest.raises((UnavailableError, MalformedError)):
        documents.fetch("cask.jws.json")
