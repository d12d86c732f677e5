"""The signed API's envelope, with a key of our own in place of Homebrew's.

A JSON Web Signature with an unencoded payload (RFC 7797): RSASSA-PSS with SHA-512
over ``protected + "." + payload`` (Homebrew/brew api.rb, verify_and_parse_jws).
"""

from __future__ import annotations

import base64
import json
from functools import cache

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

KEY_ID = "homebrew-1"


@cache
def signing_key() -> rsa.RSAPrivateKey:
    """Return this process's key. Homebrew's has 4096 bits; half sign as well."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_key_pem() -> str:
    """Return the public half, as Homebrew publishes its own."""
    public = signing_key().public_key()
    return public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode("ascii")


def signed(payload: bytes) -> bytes:
    """Return the envelope around a payload of JSON text in UTF-8."""
    header = {"alg": "PS512", "b64": False, "crit": ["b64"]}
    protected = _base64url(json.dumps(header, separators=(",", ":")).encode())
    signature = signing_key().sign(
        protected.encode() + b"." + payload,
        padding.PSS(
            mgf=padding.MGF1(hashes.SHA512()), salt_length=padding.PSS.DIGEST_LENGTH
        ),
        hashes.SHA512(),
    )
    entry = {
        "protected": protected,
        "header": {"kid": KEY_ID},
        "signature": _base64url(signature),
    }
    envelope = {"payload": payload.decode(), "signatures": [entry]}
    return json.dumps(envelope, separators=(",", ":"), ensure_ascii=False).encode()


def spoiled(envelope: bytes) -> bytes:
    """Return the envelope with one character of its signature changed."""
    label = b'"signature":"'
    # The payload escapes its quotes, so the last label is the signature's own.
    at = envelope.rindex(label) + len(label)
    other = b"B" if envelope[at : at + 1] == b"A" else b"A"
    return envelope[:at] + other + envelope[at + 1 :]


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
