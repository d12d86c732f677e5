"""A Sigstore of one's own: an authority, two logs, and bundles that they vouch for.

Everything is as the real one has it, so that the library that checks the real one
checks this: a certificate for each signature, proved in one log, and the signature
proved in another.
"""

import base64
import hashlib
import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from sigstore.models import TrustedRoot
from sigstore_models.trustroot.v1 import TrustedRoot as WrittenRoot

from domain.attestation import HOMEBREW, ISSUER, PROVENANCE, Source, local_name
from domain.bottle import Bottle

NOW = datetime(2026, 8, 22, 3, 0, tzinfo=UTC)
_LIFETIME = timedelta(minutes=10)
_EPOCH = datetime(2021, 1, 1, tzinfo=UTC)
_STATEMENT = "application/vnd.in-toto+json"
_GITHUB = "1.3.6.1.4.1.57264.1"
_SCTS = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_LOG = "rekor.test"


@dataclass(frozen=True)
class Signer:
    """Who signs: what a certificate is given for."""

    source: Source = HOMEBREW
    workflow: str | None = None
    issuer: str = ISSUER
    at: datetime = NOW

    @property
    def address(self) -> str:
        """The workflow's address, the subject of the certificate."""
        return self.workflow or f"{self.source.workflows}publish.yml@refs/heads/main"


class Notary:
    """A Sigstore. Two of them trust each other's bundles as little as strangers'."""

    def __init__(self) -> None:
        self._authority_key = _key()
        self._certificates = _key()  # the log of certificates
        self._signatures = _key()  # the log of signatures
        self._authority = self._made_authority()

    @property
    def roots(self) -> TrustedRoot:
        """What a client has to know of this Sigstore."""
        authority = {
            "subject": {"organization": "test", "commonName": "test"},
            "uri": "https://fulcio.test",
            "certChain": {"certificates": [{"rawBytes": _der(self._authority)}]},
            "validFor": {"start": _EPOCH.isoformat()},
        }
        written = {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [_log_instance(self._signatures, f"https://{_LOG}")],
            "certificateAuthorities": [authority],
            "ctlogs": [_log_instance(self._certificates, "https://ctfe.test")],
        }
        return TrustedRoot(WrittenRoot.from_json(json.dumps(written)))

    def attest(
        self,
        bottle: Bottle,
        *names: str,
        signer: Signer | None = None,
        predicate: str = PROVENANCE,
    ) -> bytes:
        """Return a bundle that says who built a bottle, by its own name if by none."""
        subjects = [
            (name, str(bottle.digest)) for name in names or [local_name(bottle)]
        ]
        return self.bundle(statement(subjects, predicate), signer or Signer())

    def bundle(
        self, payload: bytes, signer: Signer, *, kind: str = _STATEMENT
    ) -> bytes:
        """Return a bundle over any payload."""
        key = _key()
        certificate = self._certified(key.public_key(), signer)
        signature = key.sign(_pae(kind, payload), ec.ECDSA(hashes.SHA256()))
        written = {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "tlogEntries": [
                    self._logged(certificate, payload, signature, signer.at)
                ],
                "timestampVerificationData": {},
                "certificate": {"rawBytes": _der(certificate)},
            },
            "dsseEnvelope": {
                "payload": _b64(payload),
                "payloadType": kind,
                "signatures": [{"sig": _b64(signature)}],
            },
        }
        return json.dumps(written, separators=(",", ":")).encode()

    def _made_authority(self) -> x509.Certificate:
        name = x509.Name(
            [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "sigstore.test")]
        )
        public = self._authority_key.public_key()
        usage = _usage(key_cert_sign=True, crl_sign=True)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(_EPOCH)
            .not_valid_after(_EPOCH + timedelta(days=3_650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]),
                critical=False,
            )
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(public), critical=False
            )
            .sign(self._authority_key, hashes.SHA256())
        )

    def _certified(
        self, key: ec.EllipticCurvePublicKey, signer: Signer
    ) -> x509.Certificate:
        """Return a certificate with the log's receipt for it inside."""
        began = signer.at - timedelta(minutes=1)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(self._authority.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(began)
            .not_valid_after(began + _LIFETIME)
            .add_extension(_usage(digital_signature=True), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]),
                critical=False,
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(
                    self._authority_key.public_key()
                ),
                critical=False,
            )
            .add_extension(
                x509.SubjectAlternativeName(
                    [x509.UniformResourceIdentifier(signer.address)]
                ),
                critical=True,
            )
            .add_extension(_extension("1", signer.issuer.encode()), critical=False)
            .add_extension(_extension("8", _utf8(signer.issuer)), critical=False)
            .add_extension(_extension("12", _utf8(signer.source.uri)), critical=False)
        )
        without = builder.sign(self._authority_key, hashes.SHA256())
        receipts = self._receipts(without.tbs_certificate_bytes, signer.at)
        return builder.add_extension(
            x509.UnrecognizedExtension(_SCTS, receipts), critical=False
        ).sign(self._authority_key, hashes.SHA256())

    def _receipts(self, certificate: bytes, at: datetime) -> bytes:
        """Return the list of one signed timestamp (RFC 6962, 3.3)."""
        moment = int(at.timestamp() * 1000)
        issuer = _key_id(self._authority_key.public_key())
        entry = issuer + len(certificate).to_bytes(3, "big") + certificate
        signed = struct.pack("!BBQH", 0, 0, moment, 1) + entry + b"\0\0"
        signature = self._certificates.sign(signed, ec.ECDSA(hashes.SHA256()))
        receipt = b"\0" + _key_id(self._certificates.public_key())
        receipt += struct.pack("!QH", moment, 0) + b"\x04\x03" + _counted(signature)
        return _tlv(0x04, _counted(_counted(receipt)))

    def _logged(
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
                        {"signature": _b64(signature), "verifier": _b64(verifier)}
                    ],
                },
            }
        )
        root = hashlib.sha256(b"\0" + body).digest()
        log_id = _key_id(self._signatures.public_key())
        moment = int(at.timestamp())
        promise = _canonical(
            {
                "body": _b64(body),
                "integratedTime": moment,
                "logID": log_id.hex(),
                "logIndex": 0,
            }
        )
        note = f"{_LOG} - 1\n1\n{_b64(root)}\n"
        signed_note = self._sign(note.encode())
        return {
            "logIndex": "0",
            "logId": {"keyId": _b64(log_id)},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(moment),
            "inclusionPromise": {"signedEntryTimestamp": _b64(self._sign(promise))},
            "inclusionProof": {
                "logIndex": "0",
                "rootHash": _b64(root),
                "treeSize": "1",
                "hashes": [],
                "checkpoint": {
                    "envelope": f"{note}\n\u2014 {_LOG}"
                    f" {_b64(log_id[:4] + signed_note)}\n"
                },
            },
            "canonicalizedBody": _b64(body),
        }

    def _sign(self, content: bytes) -> bytes:
        return self._signatures.sign(content, ec.ECDSA(hashes.SHA256()))


def statement(
    subjects: Sequence[tuple[str, str]], predicate: str = PROVENANCE
) -> bytes:
    """Return a statement of what subjects are, as builders write it."""
    return json.dumps(
        {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [
                {"name": name, "digest": {"sha256": digest}}
                for name, digest in subjects
            ],
            "predicateType": predicate,
            "predicate": {},
        }
    ).encode()


def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _key_id(key: ec.EllipticCurvePublicKey) -> bytes:
    return hashlib.sha256(_spki(key)).digest()


def _spki(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _log_instance(key: ec.EllipticCurvePrivateKey, url: str) -> dict[str, Any]:
    public = key.public_key()
    return {
        "baseUrl": url,
        "hashAlgorithm": "SHA2_256",
        "publicKey": {
            "rawBytes": _b64(_spki(public)),
            "keyDetails": "PKIX_ECDSA_P256_SHA_256",
            "validFor": {"start": _EPOCH.isoformat()},
        },
        "logId": {"keyId": _b64(_key_id(public))},
    }


def _usage(**uses: bool) -> x509.KeyUsage:
    never = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return x509.KeyUsage(**{**never, **uses})


def _extension(which: str, value: bytes) -> x509.UnrecognizedExtension:
    return x509.UnrecognizedExtension(
        x509.ObjectIdentifier(f"{_GITHUB}.{which}"), value
    )


def _utf8(text: str) -> bytes:
    return _tlv(0x0C, text.encode())


def _tlv(tag: int, content: bytes) -> bytes:
    """Return a value of DER."""
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    width = (len(content).bit_length() + 7) // 8
    return bytes([tag, 0x80 | width]) + len(content).to_bytes(width, "big") + content


def _counted(content: bytes) -> bytes:
    """Return a vector of TLS."""
    return len(content).to_bytes(2, "big") + content


def _pae(kind: str, payload: bytes) -> bytes:
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _der(certificate: x509.Certificate) -> str:
    return _b64(certificate.public_bytes(Encoding.DER))


def _b64(content: bytes) -> str:
    return base64.b64encode(content).decode()
