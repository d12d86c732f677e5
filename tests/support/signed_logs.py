"""The two public logs of a Sigstore: of certificates, and of signatures."""

import base64
import hashlib
import json
import struct
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

EPOCH = datetime(2021, 1, 1, tzinfo=UTC)
_LOG = "rekor.test"


class Log:
    """A log, which signs what it takes with a key of its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._key = new_key()

    @property
    def id(self) -> bytes:
        """What the log is called by: the digest of its public key."""
        return key_id(self._key.public_key())

    @property
    def instance(self) -> dict[str, Any]:
        """What a client has to know of the log."""
        return {
            "baseUrl": self._url,
            "hashAlgorithm": "SHA2_256",
            "publicKey": {
                "rawBytes": b64(_spki(self._key.public_key())),
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                "validFor": {"start": EPOCH.isoformat()},
            },
            "logId": {"keyId": b64(self.id)},
        }

    def _sign(self, content: bytes) -> bytes:
        return self._key.sign(content, ec.ECDSA(hashes.SHA256()))


class CertificateLog(Log):
    """Gives receipts for certificates."""

    def receipts(self, certificate: bytes, issuer: bytes, at: datetime) -> bytes:
        """Return the list of one signed timestamp (RFC 6962, 3.3).

        Args:
            certificate: What is signed of it, before there is a receipt in it.
            issuer: The digest of the key that signs it.
        """
        moment = int(at.timestamp() * 1000)
        entry = issuer + len(certificate).to_bytes(3, "big") + certificate
        signed = struct.pack("!BBQH", 0, 0, moment, 1) + entry + b"\0\0"
        signature = self._sign(signed)
        receipt = b"\0" + self.id
        receipt += struct.pack("!QH", moment, 0) + b"\x04\x03" + _counted(signature)
        return tlv(0x04, _counted(_counted(receipt)))


class SignatureLog(Log):
    """Has one entry at a time, and proves that it has it."""

    def logged(
        self,
        certificate: x509.Certificate,
        payload: bytes,
        signature: bytes,
        at: datetime,
    ) -> dict[str, Any]:
        """Return the entry of a log that has this entry alone."""
        verifier = certificate.public_bytes(Encoding.PEM)
        body = _canonical(
            {
                "apiVersion": "0.0.1",
                "kind": "dsse",
                "spec": {
                    "envelopeHash": {"algorithm": "sha256", "value": "0" * 64},
                    "payloadHash": {
                        "algorithm": "sha256",
                        "value": hashlib.sha256(payload).hexdigest(),
                    },
                    "signatures": [
                        {"signature": b64(signature), "verifier": b64(verifier)}
                    ],
                },
            }
        )
        root = hashlib.sha256(b"\0" + body).digest()
        log_id = self.id
        moment = int(at.timestamp())
        promise = _canonical(
            {
                "body": b64(body),
                "integratedTime": moment,
                "logID": log_id.hex(),
                "logIndex": 0,
            }
        )
        note = f"{_LOG} - 1\n1\n{b64(root)}\n"
        signed_note = self._sign(note.encode())
        return {
            "logIndex": "0",
            "logId": {"keyId": b64(log_id)},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(moment),
            "inclusionPromise": {"signedEntryTimestamp": b64(self._sign(promise))},
            "inclusionProof": {
                "logIndex": "0",
                "rootHash": b64(root),
                "treeSize": "1",
                "hashes": [],
                "checkpoint": {
                    "envelope": f"{note}\n\u2014 {_LOG}"
                    f" {b64(log_id[:4] + signed_note)}\n"
                },
            },
            "canonicalizedBody": b64(body),
        }


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def key_id(key: ec.EllipticCurvePublicKey) -> bytes:
    return hashlib.sha256(_spki(key)).digest()


def _spki(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def tlv(tag: int, content: bytes) -> bytes:
    """Return a value of DER."""
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    width = (len(content).bit_length() + 7) // 8
    return bytes([tag, 0x80 | width]) + len(content).to_bytes(width, "big") + content


def _counted(content: bytes) -> bytes:
    """Return a vector of TLS."""
    return len(content).to_bytes(2, "big") + content


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()
