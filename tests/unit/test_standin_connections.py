from __future__ import annotations

import datetime as dt
import ipaddress
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from tests.standin.catalog import plain_catalog
from tests.standin.server import Upstream
from tests.standin.signing import signing_key

_BEGIN = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
_END = dt.datetime(2099, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, str]:
    key = signing_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(_BEGIN)
        .not_valid_after(_END)
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, private = tmp_path / "certificate.pem", tmp_path / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return str(certificate), str(private)


def test_speaks_tls_on_both_ports(certificate: tuple[str, str]) -> None:
    with Upstream(plain_catalog(1), tls=certificate) as upstream:
        name = upstream.formulae[0]["name"]
        digest = upstream.digest(name, "arm64_sonoma")
        url = f"{upstream.registry}/v2/homebrew/core/{name}/blobs/sha256:{digest}"
        token = {"Authorization": "Bearer QQ=="}
        answer = requests.get(url, headers=token, timeout=60, verify=certificate[0])
        assert {upstream.api_domain[:8], answer.url[:8]} == {"https://"}
        assert answer.content == upstream.content(digest)


def test_counts_every_request_of_many_threads() -> None:
    with Upstream(plain_catalog(40)) as upstream:

        def fetch(name: str) -> bool:
            digest = upstream.digest(name, "arm64_sonoma")
            url = f"{upstream.registry}/v2/homebrew/core/{name}/blobs/sha256:{digest}"
            token = {"Authorization": "Bearer QQ=="}
            answer = requests.get(url, headers=token, timeout=30)
            return answer.content == upstream.content(digest)

        with ThreadPoolExecutor(16) as pool:
            names = [formula["name"] for formula in upstream.formulae]
            assert all(pool.map(fetch, names))
        assert upstream.requests.counts() == {"blob": 40, "signed_get": 40}
        assert upstream.requests.statuses() == {307: 40, 200: 40}
