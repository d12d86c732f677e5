from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from adapters.homebrew.catalog import API_DOCUMENTS, HomebrewCatalog
from adapters.homebrew.http import HttpClient
from adapters.memory.clock import ManualClock
from adapters.memory.metrics import NoMetrics
from domain.catalog import Catalog, Validators
from ports.errors import (
    MalformedError,
    NotFoundError,
    PortError,
    RefusedError,
    UnavailableError,
    UntrustedError,
    UnusableFileError,
)
from tests.standin.catalog import plain_catalog, small_catalog
from tests.standin.faults import Fault
from tests.standin.server import Upstream
from tests.standin.signing import signed, spoiled

SIGNED, PLAIN = API_DOCUMENTS
ENTRIES = plain_catalog(2)
TEXT = json.dumps(ENTRIES).encode()

Open = Callable[..., HomebrewCatalog]


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream(small_catalog()) as upstream:
        yield upstream


@pytest.fixture
def http() -> Iterator[HttpClient]:
    client = HttpClient(
        ManualClock(),
        random.random,
        pool_size=1,
        user_agent="bottles-tests",
        metrics=NoMetrics(),
    )
    with closing(client):
        yield client


@pytest.fixture
def opened(upstream: Upstream, http: HttpClient) -> Open:
    """Return what makes a catalog of a document of the stand-in, or of a file."""

    def catalog(document: str | Path = SIGNED) -> HomebrewCatalog:
        return HomebrewCatalog(
            http, str(document), upstream.api_domain, upstream.public_key_pem
        )

    return catalog


def fetched(catalog: HomebrewCatalog, unless: Validators | None = None) -> Catalog:
    found = catalog.fetch(unless)
    assert found is not None
    return found


def test_reads_the_signed_document(upstream: Upstream, opened: Open) -> None:
    catalog = fetched(opened())
    assert list(catalog.formulae) == [entry["name"] for entry in upstream.formulae]
    digests = catalog.formulae["kettle@2"].digests
    assert digests == {tag: upstream.digest("kettle@2", tag) for tag in digests}
    assert catalog.document.name == SIGNED
    assert catalog.document.source == f"{upstream.api_domain}/{SIGNED}"
    assert catalog.document.signed


def test_the_unsigned_twin_says_the_same(opened: Open) -> None:
    twin = fetched(opened(PLAIN))
    assert twin.formulae == fetched(opened()).formulae
    assert not twin.document.signed


def test_the_digest_is_that_of_the_decoded_document(
    upstream: Upstream, opened: Open
) -> None:
    served = json.dumps(
        upstream.formulae, separators=(",", ":"), ensure_ascii=False
    ).encode()
    document = fetched(opened(PLAIN)).document
    assert document.sha256 == hashlib.sha256(served).hexdigest()
    (request,) = upstream.requests.recorded("catalog")
    assert "gzip" in request.headers["accept-encoding"]


def test_an_unchanged_catalog_costs_one_request(
    upstream: Upstream, opened: Open
) -> None:
    validators = fetched(opened()).document.validators
    upstream.reset_requests()
    assert opened().fetch(validators) is None
    assert upstream.requests.counts() == {"catalog_304": 1}


def test_asks_by_time_where_the_server_gave_no_etag(
    upstream: Upstream, opened: Open
) -> None:
    last_modified = fetched(opened()).document.validators.last_modified
    assert opened().fetch(Validators(last_modified=last_modified)) is None
    (request,) = upstream.requests.recorded("catalog_304")
    assert request.headers["if-modified-since"] == last_modified
    assert "if-none-match" not in request.headers


def test_asks_for_all_of_it_when_nothing_is_known(
    upstream: Upstream, opened: Open
) -> None:
    fetched(opened(), Validators())
    (request,) = upstream.requests.recorded()
    assert not {"if-none-match", "if-modified-since"} & set(request.headers)


def test_refuses_a_bad_signature(upstream: Upstream, opened: Open) -> None:
    upstream.faults.add(Fault("bad_signature"))
    with pytest.raises(UntrustedError, match="signature by homebrew-1 is not good"):
        opened().fetch()


def test_trusts_homebrews_own_key_unless_told_otherwise(
    upstream: Upstream, http: HttpClient
) -> None:
    with pytest.raises(UntrustedError, match="signature by homebrew-1 is not good"):
        HomebrewCatalog(http, SIGNED, upstream.api_domain).fetch()


@pytest.mark.parametrize("document", API_DOCUMENTS)
def test_refuses_a_web_page(upstream: Upstream, opened: Open, document: str) -> None:
    upstream.faults.add(Fault("html"))
    with pytest.raises(MalformedError, match="a web page came in place") as caught:
        opened(document).fetch()
    assert caught.value.what == f"{upstream.api_domain}/{document}"


@pytest.mark.parametrize(
    ("fault", "document", "detail"),
    [
        ("truncated_json", PLAIN, "cut off"),
        ("malformed_json", PLAIN, "damaged or cut off: Expecting value"),
        ("truncated_json", SIGNED, "not a signed document"),
        ("malformed_json", SIGNED, "not a signed document"),
    ],
)
def test_refuses_damaged_json(
    upstream: Upstream, opened: Open, fault: str, document: str, detail: str
) -> None:
    upstream.faults.add(Fault(fault))  # type: ignore[arg-type]
    with pytest.raises(MalformedError, match=detail) as caught:
        opened(document).fetch()
    assert not isinstance(caught.value, UntrustedError)


def moment(validators: Validators) -> datetime:
    assert validators.last_modified is not None
    return parsedate_to_datetime(validators.last_modified)


def test_tells_how_old_an_older_catalog_is(upstream: Upstream, opened: Open) -> None:
    validators = fetched(opened()).document.validators
    upstream.faults.add(Fault("older_catalog"))
    # Whether to believe it is for whoever knows what was seen before.
    older = fetched(opened(), validators).document.validators
    assert moment(older) < moment(validators)


def test_says_when_the_api_has_no_such_document(
    upstream: Upstream, opened: Open
) -> None:
    upstream.faults.add(Fault("404"))
    with pytest.raises(NotFoundError):
        opened().fetch()


def test_an_api_that_stays_down_is_unavailable(
    upstream: Upstream, opened: Open
) -> None:
    upstream.faults.add(Fault("503"))
    with pytest.raises(UnavailableError):
        opened().fetch()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("some.json", TEXT),
        ("some.json.gz", gzip.compress(TEXT)),
        ("some.jws.json", signed(TEXT)),
        ("some.jws.json.gz", gzip.compress(signed(TEXT))),
    ],
)
def test_reads_a_file(tmp_path: Path, opened: Open, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    document = fetched(opened(path)).document
    plain = gzip.decompress(content) if name.endswith(".gz") else content
    assert document.name == f"./{name}"
    assert document.source == str(path)
    assert document.sha256 == hashlib.sha256(plain).hexdigest()
    assert document.signed == (".jws." in name)
    assert document.validators == Validators()


def test_a_file_by_the_name_of_an_api_document_needs_a_path(
    upstream: Upstream,
    opened: Open,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / PLAIN).write_bytes(TEXT)
    monkeypatch.chdir(tmp_path)
    assert len(fetched(opened(PLAIN)).formulae) == len(upstream.formulae)
    assert len(fetched(opened(f"./{PLAIN}")).formulae) == len(ENTRIES)


@pytest.mark.parametrize(
    ("name", "content", "kind", "detail"),
    [
        ("x.json", b"", MalformedError, "begins with nothing"),
        ("x.json", b"[]", MalformedError, "no formula: 0 entries were refused"),
        ("x.json", b'[{"name":"jq"}]', MalformedError, "1 entries were refused, the f"),
        ("x.json", b'{"name":"jq"}', MalformedError, "not a list of formulae"),
        ("x.json", signed(TEXT), MalformedError, "begins with '{\"payload"),
        ("x.json", b'[{"name":"\xff"}]', MalformedError, "not text in UTF-8"),
        ("x.json", b"\n <html>", MalformedError, "a web page"),
        ("x.json.gz", TEXT, MalformedError, "not a whole gzip file"),
        ("x.json.gz", b"", MalformedError, "begins with nothing"),
        (
            "x.json.gz",
            gzip.compress(TEXT)[:-9],
            MalformedError,
            "not a whole gzip file",
        ),
        (
            "x.json.gz",
            gzip.compress(TEXT)[:20] + b"\xff" * 200,
            MalformedError,
            "not a whole gzip file",
        ),
        ("x.jws.json", TEXT, MalformedError, "not a signed document"),
        ("x.jws.json", spoiled(signed(TEXT)), UntrustedError, "is not good"),
        ("x.jws.json", signed(b'{"a":1}'), MalformedError, "not a list of formulae"),
    ],
    ids=range(14),
)
def test_says_what_is_wrong_with_a_file(
    tmp_path: Path,
    opened: Open,
    name: str,
    content: bytes,
    kind: type[PortError],
    detail: str,
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(PortError) as caught:
        opened(path).fetch()
    assert type(caught.value) is kind
    assert caught.value.what == str(path)
    assert detail in caught.value.detail


def test_says_that_there_is_no_such_file(tmp_path: Path, opened: Open) -> None:
    path = tmp_path / "formula-2026.json"
    with pytest.raises(UnusableFileError, match="no such file") as caught:
        opened(path).fetch()
    assert caught.value.what == str(path)
    assert f"{SIGNED} and {PLAIN}" in caught.value.detail


def test_says_that_a_folder_cannot_be_read(tmp_path: Path, opened: Open) -> None:
    with pytest.raises(RefusedError, match="cannot be read"):
        opened(tmp_path).fetch()


@pytest.mark.parametrize(
    ("day", "formulae", "bottles"),
    [("2026-08-22", 8_560, 54_650), ("2026-08-15", 8_547, 54_636)],
)
def test_reads_the_whole_of_the_real_catalog(
    real_data: Path, opened: Open, day: str, formulae: int, bottles: int
) -> None:
    catalog = fetched(opened(real_data / f"formula-{day}.json.gz"))
    assert catalog.skipped == ()
    assert len(catalog.formulae) == formulae
    assert sum(len(one.digests) for one in catalog.formulae.values()) == bottles
