"""Bundles, proved with Sigstore's own library.

What a bundle is made of comes from strangers: whatever the libraries make of it, the
answer is a fact or a refusal.
"""

from __future__ import annotations

import json
import logging
import struct
from collections.abc import Callable
from threading import Lock
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509 import (
    Certificate,
    DuplicateExtension,
    ExtensionNotFound,
    InvalidVersion,
    SubjectAlternativeName,
    UniformResourceIdentifier,
    UnsupportedGeneralNameType,
)
from sigstore.errors import Error, VerificationError
from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier, policy

from domain.attestation import ISSUER, SOURCES, Attestation, Source, Subject
from ports.attestations import AttestationVerifier
from ports.errors import UntrustedError

_STATEMENT: Final = "application/vnd.in-toto+json"
_SHOWN: Final = 200  # characters of a refusal, which may repeat what strangers wrote
_ON_GITHUB: Final = policy.AnyOf(
    [policy.OIDCIssuer(ISSUER), policy.OIDCIssuerV2(ISSUER)]
)
# What the libraries raise when they meet what nobody should have signed.
_REFUSALS: Final = (
    Error,
    ArithmeticError,
    AttributeError,
    DuplicateExtension,
    ExtensionNotFound,
    InvalidVersion,
    LookupError,
    OSError,  # by times that no calendar has
    RecursionError,
    TypeError,
    UnsupportedAlgorithm,
    UnsupportedGeneralNameType,
    ValueError,
    struct.error,
)


class SigstoreVerifier(AttestationVerifier):
    """Checks bundles against roots of trust, which are fetched when one is first met.

    Args:
        roots: Gives the roots of trust.
    """

    def __init__(self, roots: Callable[[], TrustedRoot]) -> None:
        self._roots = roots
        self._lock = Lock()
        self._opened: Verifier | None = None
        # It warns of each odd key and bundle, and of being offline.
        logging.getLogger("sigstore").setLevel(logging.ERROR)

    def verify(self, bundle: bytes) -> Attestation:
        verifier = self._verifier()
        signer = _Signer()
        try:
            opened = Bundle.from_json(bundle)
            kind, statement = verifier.verify_dsse(opened, signer)
            if kind != _STATEMENT:
                raise VerificationError("what is signed is no statement")
            predicate, subjects = _read(statement)
            return Attestation(
                source=signer.source,
                workflow=signer.workflow,
                signed_before=opened.signing_certificate.not_valid_after_utc,
                predicate=predicate,
                subjects=subjects,
            )
        except _REFUSALS as error:
            said = ascii(str(error) or type(error).__name__)[1:-1]
            raise UntrustedError("an attestation", said[:_SHOWN]) from error

    def _verifier(self) -> Verifier:
        with self._lock:
            if self._opened is None:
                self._opened = Verifier(trusted_root=self._roots())
            return self._opened


class _Signer:
    """The policy that a certificate is for a run on GitHub, for a source that counts.

    The repository counts, and not the workflow's address alone: a workflow may be
    called from another repository, and then runs what that one says.

    Attributes:
        source: For which repository the workflow ran, of the certificate that passed.
        workflow: The workflow's address.
    """

    source: Source
    workflow: str

    def verify(self, cert: Certificate) -> None:
        """Pass a certificate, or raise ``VerificationError``."""
        if not _passes(_ON_GITHUB, cert):
            raise VerificationError(f"its certificate is not by word of {ISSUER}")
        sources = [
            source
            for source in SOURCES
            if _passes(policy.OIDCSourceRepositoryURI(source.uri), cert)
        ]
        names = cert.extensions.get_extension_for_class(SubjectAlternativeName).value
        addresses = names.get_values_for_type(UniformResourceIdentifier)
        if not sources or len(addresses) != 1:
            raise VerificationError(
                "its certificate is for a run of another repository than"
                f" {' and '.join(source.repository for source in SOURCES)}"
            )
        (self.source,), (self.workflow,) = sources, addresses


def _passes(rule: policy.VerificationPolicy, cert: Certificate) -> bool:
    try:
        rule.verify(cert)
    except VerificationError:
        return False
    return True


def _read(statement: bytes) -> tuple[str, tuple[Subject, ...]]:
    """Return the kind of a statement and what it speaks of."""
    match json.loads(statement):
        case {"predicateType": str(predicate), "subject": list(listed)}:
            return predicate, tuple(map(_subject, listed))
        case _:
            raise VerificationError("the statement has no subjects")


def _subject(entry: object) -> Subject:
    match entry:
        case {"name": str(name), "digest": {"sha256": str(sha256)}}:
            return Subject(name, sha256)
        case _:
            raise VerificationError("a subject has no name, or no sha256")
