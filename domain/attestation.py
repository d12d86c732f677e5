"""Attestations: who built a bottle, and when a statement of it counts.

Source of the rules: Homebrew/brew ``attestation.rb``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias

from domain.bottle import Bottle, Digest, ObjectKey
from domain.views import REGISTRY

ISSUER: Final = "https://token.actions.githubusercontent.com"
"""Who vouches for what runs on GitHub Actions."""

PROVENANCE: Final = "https://slsa.dev/provenance/v1"
"""The kind of statement that says where and how something was built."""

KEPT: Final = "attestations/"
"""The prefix under which the attestations that held are kept beside the bottles."""

_SHOWN: Final = 200  # characters of a name that a stranger chose


@dataclass(frozen=True, slots=True)
class Source:
    """A repository whose workflows attest to bottles.

    Attributes:
        until: What it signed later does not count; None is no bound.
    """

    repository: str
    until: datetime | None = None

    @property
    def uri(self) -> str:
        """The repository's address, as certificates have it."""
        return f"https://github.com/{self.repository}"

    @property
    def workflows(self) -> str:
        """What the address of every workflow of the repository begins with."""
        return f"{self.uri}/.github/workflows/"


HOMEBREW: Final = Source("Homebrew/homebrew-core")
"""Where bottles are built."""

BACKFILL: Final = Source(
    "trailofbits/homebrew-brew-verify", until=datetime(2024, 3, 14, tzinfo=UTC)
)
"""Where those were attested to that are older than attestations."""

SOURCES: Final = (HOMEBREW, BACKFILL)
"""In the order in which they are asked; the second only if the first has nothing."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What an attestation speaks of: a name, and the SHA-256 that it had."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Attestation:
    """What is said under a signature that holds.

    Attributes:
        source: The repository for which the workflow ran that signed it.
        workflow: That workflow's address.
        signed_before: When it had been signed at the latest.
        predicate: The kind of statement that it is.
    """

    source: Source
    workflow: str
    signed_before: datetime
    predicate: str
    subjects: tuple[Subject, ...]

    @property
    def is_provenance(self) -> bool:
        """Whether it says how something was built; other kinds are not asked for."""
        return self.predicate == PROVENANCE


Verdict: TypeAlias = Literal["verified", "missing", "invalid", "unchecked"]
"""``missing`` is no accusation: nobody attested to every old bottle."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one bottle, and why it is nothing better."""

    bottle: Bottle
    verdict: Verdict
    reason: str = ""


def judged(
    bottle: Bottle, attestations: Sequence[Attestation], refused: Sequence[str]
) -> Finding:
    """Return what is to be thought of a bottle. One good attestation is enough.

    Args:
        attestations: Those for its digest whose signature holds.
        refused: Why others for its digest were not even read.
    """
    objections = []
    for attestation in attestations:
        if attestation.is_provenance:
            reason = objection(attestation, bottle)
            if reason is None:
                return Finding(bottle, "verified")
            objections.append(reason)
    reasons = [*objections, *refused]
    if not reasons:
        return Finding(bottle, "missing")
    return Finding(bottle, "invalid", reasons[0])


def objection(attestation: Attestation, bottle: Bottle) -> str | None:
    """Return why an attestation does not speak for a bottle, None if it does."""
    source = attestation.source
    if not attestation.workflow.startswith(source.workflows):
        signer = attestation.workflow[:_SHOWN]
        return f"{signer!r} signed it, which is no workflow of {source.repository}"
    if not attestation.is_provenance:
        return "it does not say how the bottle was built"
    if source.until is not None and attestation.signed_before > source.until:
        return (
            f"{source.repository} signed it after {source.until:%Y-%m-%d}, when its"
            " work was done"
        )
    names = [each.name for each in attestation.subjects if each.sha256 == bottle.digest]
    if not names:
        return "it speaks of other digests than the bottle's"
    if any(_names(source, name, bottle) for name in names):
        return None
    wanted = _subject_of(bottle, source)
    return f"it calls these bytes {names[0][:_SHOWN]!r}, and not {wanted}"


def local_name(bottle: Bottle) -> str:
    """Return the name that Homebrew's builders give to the file of a bottle.

    It has two dashes where the flat file name has one.
    """
    return f"{bottle.name}-{bottle.file_name.removeprefix(bottle.name)}"


def kept_key(digest: Digest) -> ObjectKey:
    """Return where the attestations of the bytes with this digest are kept."""
    return ObjectKey(f"{KEPT}sha256:{digest}.jsonl")


def _names(source: Source, name: str, bottle: Bottle) -> bool:
    if name == _subject_of(bottle, source):
        return True
    # Bottles for all tags are made of equal ones for single tags, which were attested.
    return (
        bottle.tag == "all"
        and source == HOMEBREW
        and name.startswith(f"{bottle.name}--{bottle.pkg_version}.")
    )


def _subject_of(bottle: Bottle, source: Source) -> str:
    name = local_name(bottle)
    if source != BACKFILL:
        return name
    url = f"https://ghcr.io/{REGISTRY}{bottle.image}/blobs/sha256:{bottle.digest}"
    return f"{hashlib.sha256(url.encode()).hexdigest()}--{name}"
