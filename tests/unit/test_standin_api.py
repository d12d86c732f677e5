from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from email.utils import formatdate, parsedate_to_datetime
from typing import Any

import pytest
import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.standin.catalog import plain_catalog
from tests.standin.server import Upstream
from tests.support.nobody import nobody_listens

_NOON = 1_800_000_000  # Unix seconds


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream(plain_catalog(3), clock=lambda: _NOON) as running:
        yield running


def _get(upstream: Upstream, name: str, **headers: str) -> requests.Response:
    dashed = {key.replace("_", "-"): value for key, value in headers.items()}
    return requests.get(f"{upstream.api_domain}/{name}", headers=dashed, timeout=60)


def _verify(upstream: Upstream, envelope: dict[str, Any]) -> None:
    key = serialization.load_pem_public_key(upstream.public_key_pem.encode())
    assert isinstance(key, rsa.RSAPublicKey)
    (entry,) = envelope["signatures"]
    pss = padding.PSS(mgf=padding.MGF1(hashes.SHA512()), salt_length=64)
    signed = f"{entry['protected']}.{envelope['payload']}".encode()
    signature = base64.urlsafe_b64decode(entry["signature"] + "==")
    key.verify(signature, signed, pss, hashes.SHA512())


def test_signs_the_catalog_as_homebrew_does(upstream: Upstream) -> None:
    envelope = _get(upstream, "formula.jws.json").json()
    _verify(upstream, envelope)
    (entry,) = envelope["signatures"]
    assert entry["header"] == {"kid": "homebrew-1"}
    header = json.loads(base64.urlsafe_b64decode(entry["protected"] + "=="))
    assert header == {"alg": "PS512", "b64": False, "crit": ["b64"]}


def test_a_changed_payload_does_not_verify(upstream: Upstream) -> None:
    envelope = _get(upstream, "formula.jws.json").json()
    envelope["payload"] = envelope["payload"].replace("1", "2", 1)
    with pytest.raises(InvalidSignature):
        _verify(upstream, envelope)


def test_serves_the_same_formulae_signed_and_unsigned(upstream: Upstream) -> None:
    plain = _get(upstream, "formula.json")
    signed = _get(upstream, "formula.jws.json").json()
    assert plain.text == signed["payload"]
    assert plain.json() == list(upstream.formulae)


def test_compresses_for_who_accepts_it(upstream: Upstream) -> None:
    packed = _get(upstream, "formula.json", Accept_Encoding="deflate, gzip, br")
    plain = _get(upstream, "formula.json", Accept_Encoding="identity")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.content == plain.content
    assert packed.headers["Content-Length"] < plain.headers["Content-Length"]


def test_answers_304_to_a_known_etag(upstream: Upstream) -> None:
    etag = _get(upstream, "formula.json").headers["ETag"]
    assert etag.startswith('W/"')
    again = _get(upstream, "formula.json", If_None_Match=f'"other", {etag}')
    assert again.status_code == 304
    assert again.headers["ETag"] == etag
    assert upstream.requests.counts() == {"catalog": 1, "catalog_304": 1}


def test_answers_304_to_a_date_that_is_not_older(upstream: Upstream) -> None:
    date = _get(upstream, "formula.json").headers["Last-Modified"]
    same = _get(upstream, "formula.json", If_Modified_Since=date)
    before = formatdate(_NOON - 1, usegmt=True)
    older = _get(upstream, "formula.json", If_Modified_Since=before)
    assert [same.status_code, older.status_code] == [304, 200]


def test_an_unknown_etag_outweighs_the_date(upstream: Upstream) -> None:
    date = formatdate(_NOON + 60, usegmt=True)
    answer = _get(
        upstream, "formula.json", If_None_Match='"other"', If_Modified_Since=date
    )
    assert answer.status_code == 200


def test_a_new_catalog_has_new_validators_within_the_same_second(
    upstream: Upstream,
) -> None:
    first = _get(upstream, "formula.jws.json").headers
    upstream.publish(plain_catalog(3))
    second = _get(upstream, "formula.jws.json", If_None_Match=first["ETag"])
    assert second.status_code == 200
    assert parsedate_to_datetime(
        second.headers["Last-Modified"]
    ) > parsedate_to_datetime(first["Last-Modified"])


def test_a_published_catalog_replaces_the_one_before(upstream: Upstream) -> None:
    upstream.publish(plain_catalog(5))
    assert len(_get(upstream, "formula.json").json()) == 5


def test_answers_404_to_any_other_document(upstream: Upstream) -> None:
    assert _get(upstream, "cask.json").status_code == 404


def test_resetting_forgets_the_requests(upstream: Upstream) -> None:
    _get(upstream, "formula.json")
    upstream.reset_requests()
    assert upstream.requests.count() == 0
    assert upstream.requests.recorded() == []


def test_records_what_was_sent(upstream: Upstream) -> None:
    _get(upstream, "formula.json", User_Agent="bottles/1")
    (request,) = upstream.requests.recorded("catalog")
    assert (request.method, request.target) == ("GET", "/api/formula.json")
    assert request.headers["user-agent"] == "bottles/1"
    assert request.status == 200


def test_is_gone_once_closed(upstream: Upstream) -> None:
    with requests.Session() as session:
        session.get(f"{upstream.api_domain}/formula.json", timeout=60)
        upstream.close()
        with (
            nobody_listens(int(upstream.registry.rpartition(":")[2])),
            pytest.raises(requests.ConnectionError),
        ):
            session.get(f"{upstream.api_domain}/formula.json", timeout=60)
