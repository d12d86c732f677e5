"""Attestations of bottles: who has them, and who can tell whether they hold."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from domain.attestation import Attestation, Source
from domain.bottle import Digest


class AttestationSource(Protocol):
    """Has what was attested of bytes. May be used by many threads at once.

    A bundle is one line of JSON: a statement, its signature, and what is needed to
    check that without asking anybody. None of it has been checked.
    """

    @abstractmethod
    def bundles(self, digest: Digest, source: Source) -> Sequence[bytes]:
        """Return what ``source`` has attested of the bytes with this digest, if any.

        Raises:
            MalformedError: What is there of these bytes cannot be read.
            QuotaSpentError: Nothing more may be asked for a while.
            UnavailableError: No answer after all attempts.
            RefusedError: It will not tell.
        """
        raise NotImplementedError


class AttestationVerifier(Protocol):
    """Tells whether a bundle holds. May be used by many threads at once."""

    @abstractmethod
    def verify(self, bundle: bytes) -> Attestation:
        """Return what a bundle says, once its signature is proved.

        Proved is: the certificate is of Sigstore's authority and was given for a run
        on GitHub Actions, for a repository that counts; it was valid when the
        signature was made; and certificate and signature are in the public logs.

        Raises:
            UntrustedError: Any of this is not so, or the bundle cannot be read.
            RefusedError: There are no roots of trust to judge it by.
        """
        raise NotImplementedError
