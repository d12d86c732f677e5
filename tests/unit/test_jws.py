from __future__ import annotations

import base64
import json
from importlib import resources

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from adapters.homebrew.jws import verify
from ports.errors import MalformedError, UntrustedError
from tests.standin.signing import public_key_pem, signed, signing_key, spoiled

WHAT = "https://example.org/api/formula.jws.json"
PAYLOAD = '[{"name": "jq", "desc": "Größe “\\ud83e\\udd80” 🦀"}]'
GENUINE = signed(PAYLOAD.encode())
HEADER = {"alg": "PS512", "b64": False, "crit": ["b64"]}


def b64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed_as(header: object, salt_length: int = 64) -> bytes:
    """Return an envelope with a good signature over this protected header."""
    protected = b64url(json.dumps(header).encode())
    signature = signing_key().sign(
        f"{protected}.{PAYLOAD}".encode(),
        padding.PSS(padding.MGF1(hashes.SHA512()), salt_length),
        hashes.SHA512(),
    )
    entry = {
        "protected": protected,
        "header": {"kid": "homebrew-1"},
        "signature": b64url(signature),
    }
    return json.dumps({"payload": PAYLOAD, "signatures": [entry]}).encode()


def changed(**fields: object) -> bytes:
    """Return the genuine envelope with other fields."""
    return json.dumps({**json.loads(GENUINE), **fields}).encode()


def with_signature(**fields: object) -> bytes:
    """Return the genuine envelope with other fields in its signature."""
    (entry,) = json.loads(GENUINE)["signatures"]
    return changed(signatures=[{**entry, **fields}])


def check(document: bytes) -> str:
    return verify(document, public_key_pem(), WHAT).decode()


def test_returns_the_payload_of_a_genuine_document() -> None:
    assert check(GENUINE) == PAYLOAD
    assert check(signed_as(HEADER)) == PAYLOAD


def test_reads_an_envelope_that_says_more_than_it_has_to() -> None:
    assert check(changed(generated=["é", None])) == PAYLOAD
    assert check(b'{"payload":"[]",' + GENUINE[1:]) == PAYLOAD


@pytest.mark.parametrize("text", ["[]", "[é]", "[“é”]", "[🦀]", r"[\u00e9]"])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_returns_the_bytes_that_were_signed_however_the_envelope_spells_them(
    text: str, *, ascii_only: bool
) -> None:
    envelope = json.loads(signed(text.encode()))
    document = json.dumps(envelope, ensure_ascii=ascii_only).encode()
    assert verify(document, public_key_pem(), WHAT) == text.encode()


LONG = {
    "with commas": r"é“🦀\\\n\u00e9," * 20_000,
    "with no comma": "é“🦀" * 20_000,
    "with one comma": "🦀" * 20_000 + "," + "é" * 60_000,
}


@pytest.mark.parametrize("shift", range(4))
@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_returns_the_bytes_of_a_long_payload(
    text: str, shift: int, *, ascii_only: bool
) -> None:
    payload = f'["{"x" * shift}{text}"]'
    envelope = json.loads(signed(payload.encode()))
    document = json.dumps(envelope, ensure_ascii=ascii_only).encode()
    assert check(document) == payload


def test_finds_homebrews_signature_among_others() -> None:
    (entry,) = json.loads(GENUINE)["signatures"]
    others: list[object] = [None, {}, {"header": 5}, {"header": {"kid": "another"}}]
    assert check(changed(signatures=[*others, entry])) == PAYLOAD


def test_homebrews_own_key_is_built_in() -> None:
    pem = resources.files("adapters.homebrew").joinpath("homebrew-1.pem").read_bytes()
    key = load_pem_public_key(pem)
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == 4096


@pytest.mark.parametrize(
    "document",
    [
        changed(payload=PAYLOAD.replace("jq", "jr")),
        changed(payload=PAYLOAD + " "),
        changed(payload=PAYLOAD + "\ud800"),
        spoiled(GENUINE),
        with_signature(signature=""),
        with_signature(signature="!" * 342),
        with_signature(signature="A"),
        with_signature(signature="ü"),
        with_signature(signature=b64url(b"x" * 255)),
        with_signature(signature=b64url(b"x" * 256)),
        signed_as(HEADER, salt_length=32),
    ],
)
def test_refuses_what_is_not_signed_with_the_key(document: bytes) -> None:
    with pytest.raises(UntrustedError, match="changed after it was signed"):
        check(document)


def test_refuses_what_another_key_has_signed() -> None:
    own = resources.files("adapters.homebrew").joinpath("homebrew-1.pem").read_text()
    with pytest.raises(UntrustedError, match="another key"):
        verify(GENUINE, own, WHAT)


@pytest.mark.parametrize(
    "document",
    [
        changed(signatures=None),
        changed(signatures=[]),
        changed(signatures={}),
        changed(signatures="homebrew-1"),
        json.dumps({"payload": PAYLOAD}).encode(),
        with_signature(header={"kid": "homebrew-2"}),
        with_signature(header={}),
        with_signature(header=None),
        with_signature(signature=None),
        with_signature(protected=5),
    ],
)
def test_refuses_a_document_without_homebrews_signature(document: bytes) -> None:
    with pytest.raises(UntrustedError, match="no signature by the key homebrew-1"):
        check(document)


@pytest.mark.parametrize(
    "header",
    [
        {**HEADER, "alg": "RS512"},
        {**HEADER, "alg": "none"},
        {**HEADER, "b64": True},
        {**HEADER, "b64": 0},
        {**HEADER, "crit": ["b64", "exp"]},
        {**HEADER, "crit": []},
        {"alg": "PS512", "b64": False},
        {"alg": "PS512", "crit": ["b64"]},
        {},
        [],
        None,
    ],
)
def test_refuses_a_signature_of_another_kind(header: object) -> None:
    with pytest.raises(UntrustedError, match="not of the kind PS512"):
        check(signed_as(header))


@pytest.mark.parametrize("protected", ["", "!!!", "A", "ü", b64url(b"\xff"), "e30"])
def test_refuses_a_header_that_cannot_be_read(protected: str) -> None:
    with pytest.raises(UntrustedError, match="not of the kind PS512"):
        check(with_signature(protected=protected))


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<!DOCTYPE html><html><title>Sign in</title></html>",
        GENUINE[: len(GENUINE) // 2],
        b"\xff" + GENUINE,
        b"[" * 100_000,
        b'{"payload": ' + b"9" * 5_000 + b"}",
        b"[]",
        b"null",
        b"{}",
        changed(payload=None),
        changed(payload=[{"name": "jq"}]),
    ],
    ids=range(11),
)
def test_what_is_no_envelope_is_malformed_and_no_forgery(document: bytes) -> None:
    with pytest.raises(MalformedError, match="not a signed document") as caught:
        check(document)
    assert not isinstance(caught.value, UntrustedError)
    assert caught.value.what == WHAT


def test_refuses_a_key_that_is_none() -> None:
    elliptic = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = elliptic.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for given, reason in {"no key": "not a key in PEM", pem.decode(): "RSA"}.items():
        with pytest.raises(UntrustedError, match=reason):
            verify(GENUINE, given, WHAT)
