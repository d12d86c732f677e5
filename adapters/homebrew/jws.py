"""The signature on Homebrew's API documents.

A JSON Web Signature whose payload stands in the envelope as it is (RFC 7797),
signed with RSASSA-PSS and SHA-512, the salt as long as the digest.
Source: Homebrew/brew ``api.rb``, ``verify_and_parse_jws``.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from importlib import resources
from io import BytesIO
from typing import Any, Final, NamedTuple

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from ports.errors import MalformedError, UntrustedError

_KEY_ID: Final = "homebrew-1"
_KEY_FILE: Final = "homebrew-1.pem"

_PIECE: Final = 1 << 16  # bytes

_BYTE_BY_BYTE: Final = "latin-1"
"""Each byte as a character: one that needs four bytes would have the whole text take
four times as much memory. The marks of JSON are ASCII, and escapes are rare."""


def homebrew_key() -> str:
    """Return the public half of the key that Homebrew signs with, in PEM."""
    return resources.files("adapters.homebrew").joinpath(_KEY_FILE).read_text()


def verify(document: bytes, public_key_pem: str, what: str) -> bytes:
    """Return the payload of the signed ``document``, once it is known to be genuine.

    Args:
        document: The envelope, as it was served.
        public_key_pem: The key it must have been signed with.
        what: What the document is called in an error.

    Raises:
        UntrustedError: It is not signed with that key, or in another manner, or
            was changed afterwards.
        MalformedError: It is no envelope at all.
    """
    key = _public_key(public_key_pem, what)
    plain = _plain(document)
    if plain is not None:
        protected, signature = _signature(plain.signatures, what)
        if _is_signed(plain.payload, protected, signature, key):
            return plain.payload
    # The long way: whatever is odd is read, or told of, here.
    envelope = _json(document.decode(_BYTE_BY_BYTE))
    if not isinstance(envelope, dict) or not isinstance(envelope.get("payload"), str):
        raise MalformedError(
            what, "not a signed document: it has no payload, or was cut off on the way"
        )
    protected, signature = _signature(envelope.get("signatures"), what)
    for payload in _payloads(envelope.pop("payload"), document):
        if _is_signed(payload, protected, signature, key):
            return payload
    raise UntrustedError(
        what,
        f"the signature by {_KEY_ID} is not good: the document was changed after it was"
        " signed, or signed with another key",
    )


class _Parts(NamedTuple):
    """What an envelope holds, before anything of it is believed."""

    payload: bytes
    signatures: object


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    """An envelope as Homebrew makes it."""

    payload: msgspec.Raw
    signatures: msgspec.Raw


_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)
_TEXT: Final = msgspec.json.Decoder(str)


def _plain(document: bytes) -> _Parts | None:
    """Return what an envelope holds; None when it is in doubt, or none."""
    try:
        envelope = _ENVELOPE.decode(document)
        payload = _unescaped(memoryview(envelope.payload))
        signatures = json.loads(bytes(envelope.signatures))
    except (ValueError, RecursionError, msgspec.DecodeError):
        return None
    return _Parts(payload, signatures)


def _unescaped(spelt: memoryview) -> bytes:
    """Return the text that a string in JSON spells, in UTF-8.

    Piece by piece: the whole, as text, may take four times as much memory.

    Raises:
        ValueError, msgspec.DecodeError: It is no string, or no text.
    """
    if bytes(spelt[:1]) != b'"':
        raise ValueError("no string")
    text, at, end = BytesIO(), 1, len(spelt) - 1
    while at < end:
        piece = bytes(spelt[at : min(at + _PIECE, end)])
        if at + len(piece) < end:
            # No comma is part of an escape, or of what takes more than a byte.
            piece = piece[: piece.rindex(b",") + 1]
        text.write(_TEXT.decode(b'"%s"' % piece).encode())
        at += len(piece)
    return text.getvalue()


def _payloads(text: str, document: bytes) -> Iterator[bytes]:
    """Yield what the payload may be, the likely first: the signature says which."""
    with suppress(UnicodeEncodeError):
        yield text.encode(_BYTE_BY_BYTE)
    # An envelope that spells characters as escapes has to be read as text. Half of a
    # surrogate pair can be spelt, but it has no bytes to be signed.
    with suppress(ValueError):
        payload: str = json.loads(document.decode())["payload"]
        yield payload.encode()


def _is_signed(
    payload: bytes, protected: str, signature: str, key: RSAPublicKey
) -> bool:
    # Hashed piece by piece: joined, the payload would be in memory once more.
    signed = hashlib.sha512(f"{protected}.".encode())
    signed.update(payload)
    try:
        key.verify(
            _decoded(signature),
            signed.digest(),
            PSS(MGF1(SHA512()), PSS.DIGEST_LENGTH),
            Prehashed(SHA512()),
        )
    # A signature that is no base64url is a ValueError.
    except (InvalidSignature, ValueError):
        return False
    return True


def _public_key(pem: str, what: str) -> RSAPublicKey:
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UntrustedError(
            what, "the public key to check it with is not a key in PEM"
        ) from error
    if not isinstance(key, RSAPublicKey):
        raise UntrustedError(what, "the public key to check it with is not an RSA key")
    return key


def _signature(signatures: object, what: str) -> tuple[str, str]:
    """Return the protected header and the signature by Homebrew's key, both encoded.

    Raises:
        UntrustedError: There is none, or it was made in another manner.
    """
    for entry in signatures if isinstance(signatures, list) else ():
        match entry:
            case {"header": {"kid": kid}} if kid == _KEY_ID:
                match entry:
                    case {"protected": str(protected), "signature": str(signature)}:
                        _check_header(protected, what)
                        return protected, signature
                break
    raise UntrustedError(what, f"it has no signature by the key {_KEY_ID}")


def _check_header(protected: str, what: str) -> None:
    """Check that the signature was made in the one manner that is accepted."""
    try:
        header = _json(_decoded(protected).decode())
    except ValueError:
        header = None
    # RFC 7797, 6: a payload that is not encoded must be listed as critical. Nothing
    # else that is critical would be understood.
    wanted: dict[str, Any] = {"alg": "PS512", "b64": False, "crit": ["b64"]}
    if not isinstance(header, dict) or any(
        header.get(name) != value or type(header.get(name)) is not type(value)
        for name, value in wanted.items()
    ):
        raise UntrustedError(
            what, "its signature is not of the kind PS512 over an unencoded payload"
        )


def _json(text: str) -> object:
    """Return what JSON says, None when it is none, or too deep."""
    try:
        value: object = json.loads(text)
    # A number of more than 4,300 digits is a ValueError too.
    except (ValueError, RecursionError):
        return None
    return value


def _decoded(text: str) -> bytes:
    """Return the bytes of unpadded base64url.

    Raises:
        ValueError: A character does not belong there, or one is missing.
    """
    padding = "=" * (-len(text) % 4)
    return base64.b64decode(f"{text}{padding}", altchars=b"-_", validate=True)
