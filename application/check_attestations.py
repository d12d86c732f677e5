"""Checking who built the bottles that are held, by what was attested of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event

from application.kept_attestations import KeptAttestations
from application.opened_ledger import open_ledger
from domain.attestation import (
    SOURCES,
    Attestation,
    Finding,
    Source,
    judged,
    objection,
)
from domain.bottle import Bottle, BottleKey, Digest
from ports.attestations import AttestationSource, AttestationVerifier
from ports.errors import (
    MalformedError,
    NoLedgerError,
    PortError,
    UntrustedError,
)
from ports.event_log import EventLog
from ports.hash_file import HashFile
from ports.metrics import Metrics
from ports.progress import Progress
from ports.store import Store

CAUSE = "invalid_attestation"
"""The cause under which an attestation that does not hold is a security event."""


@dataclass(frozen=True, slots=True)
class AttestationReport:
    """What was found of the bottles that are held.

    Attributes:
        verified: Bottles of which it is proved who built them.
        missing: Bottles to which nobody attested, as happens with old ones.
        invalid: Bottles whose attestations do not hold, and why.
        unchecked: Bottles for which nobody could be asked.
        ended: Why nobody was asked any more, if so.
    """

    verified: int
    missing: int
    invalid: dict[BottleKey, str]
    unchecked: int
    ended: str | None


@dataclass(frozen=True, slots=True)
class CheckAttestations:
    """Find out of every bottle that is held who built it.

    What held is kept in the store, and is enough the next time: it is proved again,
    and GitHub is not asked. Bottles with the same bytes are asked for once.
    """

    store: Store
    log: EventLog
    hash_file: HashFile
    source: AttestationSource
    verifier: AttestationVerifier
    progress: Progress
    metrics: Metrics
    jobs: int
    stop: Event

    def __call__(self) -> AttestationReport:
        """Check all of them, or as many as can be asked for.

        Raises:
            NoLedgerError: There is no ledger.
            LedgerDamagedError: The log is damaged.
            PortError: The store cannot be used, or there are no roots of trust.
        """
        opened = open_ledger(self.log, self.hash_file)
        if opened.identity is None:
            raise NoLedgerError
        groups: dict[Digest, list[Bottle]] = defaultdict(list)
        for entry in opened.ledger.held.values():
            groups[entry.bottle.digest].append(entry.bottle)
        asked = _Asked(self.source)
        kept = KeptAttestations(self.store, self.progress)
        found: list[Finding] = []
        with ThreadPoolExecutor(self.jobs) as pool:
            results = pool.map(
                lambda bottles: self._findings(bottles, asked, kept), groups.values()
            )
            for done, findings in enumerate(results, start=1):
                self.progress.counted("attestations checked", done, len(groups))
                found += findings
        ended = "interrupted" if self.stop.is_set() else asked.ended
        return self._reported(found, ended)

    def _reported(
        self, found: Iterable[Finding], ended: str | None
    ) -> AttestationReport:
        by_verdict: dict[str, list[Finding]] = defaultdict(list)
        for finding in found:
            by_verdict[finding.verdict].append(finding)
        invalid = {each.bottle.key: each.reason for each in by_verdict["invalid"]}
        if invalid:
            self.metrics.add("SecurityEvents", len(invalid), CAUSE)
            self.progress.note(
                "security event: there are bottles with attestations that do not hold;"
                " serve none of them before it is known why"
            )
        if ended is not None:
            self.progress.note(f"no more attestations are asked for: {ended}")
        return AttestationReport(
            verified=len(by_verdict["verified"]),
            missing=len(by_verdict["missing"]),
            invalid=dict(sorted(invalid.items())),
            unchecked=len(by_verdict["unchecked"]),
            ended=ended,
        )

    def _findings(
        self, bottles: Sequence[Bottle], asked: _Asked, kept: KeptAttestations
    ) -> list[Finding]:
        """Return what is found of bottles that have the same bytes."""
        if self.stop.is_set():
            return [Finding(each, "unchecked") for each in bottles]
        digest = bottles[0].digest
        at_hand = self._proved(kept.bundles(digest))
        if at_hand.refused:
            self.progress.note(
                f"what is kept of {bottles[0].key} does not hold, and is not counted:"
                f" {at_hand.refused[0]}"
            )
        found = {each: judged(each, at_hand.attestations, ()) for each in bottles}
        left = [each for each in bottles if found[each].verdict != "verified"]
        if not left:
            return list(found.values())
        try:
            told = self._told(digest, asked)
        except MalformedError as error:
            self.progress.note(f"not checked: {error}")
            told = None
        for each in left:
            found[each] = (
                Finding(each, "unchecked")
                if told is None
                else judged(each, told.attestations, told.refused)
            )
        if told is not None:
            good = at_hand.speaking_for(bottles) | told.speaking_for(bottles)
            kept.keep(digest, tuple(good))
        return list(found.values())

    def _told(self, digest: Digest, asked: _Asked) -> _Proved | None:
        """Return what the first source says that says anything, None if none can.

        Raises:
            MalformedError: What one says cannot be read.
        """
        told = _Proved()
        for source in SOURCES:
            bundles = asked.bundles(digest, source)
            if bundles is None:
                return None
            told = self._proved(bundles)
            if told.says_anything:
                break
        return told

    def _proved(self, bundles: Iterable[bytes]) -> _Proved:
        proved = _Proved()
        for bundle in bundles:
            try:
                proved.good[bundle] = self.verifier.verify(bundle)
            except UntrustedError as error:
                proved.refused.append(error.detail)
        return proved


@dataclass(frozen=True, slots=True)
class _Proved:
    """What bundles say, and why some of them count for nothing."""

    good: dict[bytes, Attestation] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    @property
    def attestations(self) -> tuple[Attestation, ...]:
        return tuple(self.good.values())

    @property
    def says_anything(self) -> bool:
        """Whether there is more than statements of a kind that is not asked for."""
        return bool(self.refused) or any(
            each.is_provenance for each in self.good.values()
        )

    def speaking_for(self, bottles: Sequence[Bottle]) -> dict[bytes, None]:
        """Return the bundles that speak for one of ``bottles``, in order."""
        return {
            bundle: None
            for bundle, attestation in self.good.items()
            if any(objection(attestation, each) is None for each in bottles)
        }


class _Asked:
    """Asks the sources until they have had enough, or cannot be reached.

    Attributes:
        ended: Why nobody is asked any more.
    """

    def __init__(self, source: AttestationSource) -> None:
        self._source = source
        self.ended: str | None = None

    def bundles(self, digest: Digest, source: Source) -> Sequence[bytes] | None:
        """Return what is told, None if nobody is asked any more."""
        if self.ended is not None:
            return None
        try:
            return self._source.bundles(digest, source)
        except MalformedError:
            raise
        except PortError as error:
            self.ended = str(error)
            return None
