"""A mirror in memory, what was attested of its bottles, and who looks."""

import hashlib
from dataclasses import dataclass, field
from threading import Event

from adapters.memory.attestations import MemoryAttestations
from adapters.memory.metrics import MemoryMetrics
from adapters.sigstore.verifier import SigstoreVerifier
from application.check_attestations import AttestationReport, CheckAttestations
from domain.attestation import HOMEBREW, kept_key, local_name
from domain.bottle import Bottle
from ports.store import Store
from tests.support.mirror import Mirror, Process, mirror_of
from tests.support.notary import Notary, Signer

NAMES = ("bat", "curl", "jq")
NOTARY = Notary()


@dataclass
class Checked:
    """The mirror, and the check of it, which may be made again and again."""

    mirror: Mirror
    attestations: MemoryAttestations = field(default_factory=MemoryAttestations)
    metrics: MemoryMetrics = field(default_factory=MemoryMetrics)
    stop: Event = field(default_factory=Event)
    process: Process = field(init=False)

    def __post_init__(self) -> None:
        self.process = self.mirror.process()

    def __call__(
        self, *, store: Store | None = None, jobs: int = 1
    ) -> AttestationReport:
        self.process = self.mirror.process()
        check = CheckAttestations(
            store=store or self.process.store,
            log=self.process.log,
            hash_file=self.process.published,
            source=self.attestations,
            verifier=SigstoreVerifier(lambda: NOTARY.roots),
            progress=self.process.progress,
            metrics=self.metrics,
            jobs=jobs,
            stop=self.stop,
        )
        return check()

    @property
    def notes(self) -> list[str]:
        return self.process.progress.notes

    def bottle(self, name: str) -> Bottle:
        (found,) = (
            entry.bottle
            for entry in self.mirror.ledger().held.values()
            if entry.bottle.name == name
        )
        return found

    def attest(self, name: str, *names: str, signer: Signer | None = None) -> bytes:
        bottle = self.bottle(name)
        bundle = NOTARY.attest(bottle, *names, signer=signer)
        source = signer.source if signer else HOMEBREW
        self.attestations.add(bottle.digest, source, bundle)
        return bundle

    def kept(self, name: str) -> bytes | None:
        key = kept_key(self.bottle(name).digest)
        return self.mirror.bottles().get(key)


def checked_mirror() -> Checked:
    """Return a mirror that holds a bottle of each of ``NAMES``, nothing attested."""
    mirror = mirror_of(*NAMES)
    mirror.sync()
    return Checked(mirror)


def counts(report: AttestationReport) -> tuple[int, int, int, int]:
    return report.verified, report.missing, len(report.invalid), report.unchecked


def backfill_name(bottle: Bottle) -> str:
    """Return the subject by which the backfill calls a bottle."""
    url = (
        f"https://ghcr.io/v2/homebrew/core/{bottle.image}/blobs/sha256:{bottle.digest}"
    )
    return f"{hashlib.sha256(url.encode()).hexdigest()}--{local_name(bottle)}"
