"""A Sigstore of one's own: an authority, two logs, and bundles that they vouch for.

Everything is as the real one has it, so that the library that checks the real one
checks this: a certificate for each signature, proved in one log, and the signature
proved in another.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from sigstore.models import TrustedRoot
from sigstore_models.trustroot.v1 import TrustedRoot as WrittenRoot

from domain.attestation import HOMEBREW, ISSUER, PROVENANCE, Source, local_name
from domain.bottle import Bottle
from tests.support.signed_logs import (
    EPOCH,
    CertificateLog,
    SignatureLog,
    b64,
    key_id,
    new_key,
    tlv,
)

NOW = datetime(2026, 8, 22, 3, 0, tzinfo=UTC)
_LIFETIME = timedelta(minutes=10)
_STATEMENT = "application/vnd.in-toto+json"
_GITHUB = "1.3.6.1.4.1.57264.1"
_SCTS = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")


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
        self._authority_key = new_key()
        self._certificates = CertificateLog("https://ctfe.test")
        self._signatures = SignatureLog("https://rekor.test")
        self._authority = self._made_authority()

    @property
    def roots(self) -> TrustedRoot:
        """What a client has to know of this Sigstore."""
        return roots_of(self.written_roots)

    @property
    def written_roots(self) -> dict[str, Any]:
        """The same as a document."""
        authority = {
            "subject": {"organization": "test", "commonName": "test"},
            "uri": "https://fulcio.test",
            "certChain": {"certificates": [{"rawBytes": _der(self._authority)}]},
            "validFor": {"start": EPOCH.isoformat()},
        }
        return {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [self._signatures.instance],
            "certificateAuthorities": [authority],
            "ctlogs": [self._certificates.instance],
        }

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
        key = new_key()
        certificate = self._certified(key.public_key(), signer)
        signature = key.sign(_pae(kind, payload), ec.ECDSA(hashes.SHA256()))
        written = {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "tlogEntries": [
                    self._signatures.logged(certificate, payload, signature, signer.at)
                ],
                "timestampVerificationData": {},
                "certificate": {"rawBytes": _der(certificate)},
            },
            "dsseEnvelope": {
                "payload": b64(payload),
                "payloadType": kind,
                "signatures": [{"sig": b64(signature)}],
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
            .not_valid_before(EPOCH)
            .not_valid_after(EPOCH + timedelta(days=3_650))
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
        issuer = key_id(self._authority_key.public_key())
        receipts = self._certificates.receipts(
            without.tbs_certificate_bytes, issuer, signer.at
        )
        return builder.add_extension(
            x509.UnrecognizedExtension(_SCTS, receipts), critical=False
        ).sign(self._authority_key, hashes.SHA256())


def roots_of(written: dict[str, Any]) -> TrustedRoot:
    """Return the roots that a document describes."""
    return TrustedRoot(WrittenRoot.from_json(json.dumps(written)))


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
    return tlv(0x0C, text.encode())


def _pae(kind: str, payload: bytes) -> bytes:
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)


def _der(certificate: x509.Certificate) -> str:
    return b64(certificate.public_bytes(Encoding.DER))
