"""What a run has done so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from application.transfer import LoadResult
from domain.events import BottleFailed
from domain.words import Outcome
from domain.work import Amount, Load
from ports.errors import PortError


@dataclass(slots=True)
class Tally:
    """What a run has done so far.

    Attributes:
        gave_up: Why the run was ended before its work was done.
        interrupted: Whether somebody stopped it.
    """

    fetched: Amount = field(default_factory=Amount)
    copied: int = 0
    found: int = 0
    failures: list[BottleFailed] = field(default_factory=list)
    gave_up: PortError | None = None
    interrupted: bool = False

    def add(self, result: LoadResult) -> None:
        """Count the result of one load."""
        for event in result.mirrored:
            if event.how == "fetched":
                bottles, size = self.fetched.bottles + 1, self.fetched.bytes
                self.fetched = Amount(bottles, size + event.size)
            elif event.how == "copied":
                self.copied += 1
            else:
                self.found += 1
        self.failures.extend(result.failed)

    def add_second_try(self, tally: Tally, loads: Iterable[Load]) -> None:
        """Count what became of ``loads``, of which bottles had failed before."""
        tried = {bottle.key for load in loads for bottle in load.bottles}
        self.failures = [one for one in self.failures if one.bottle.key not in tried]
        self.failures += tally.failures
        bottles = self.fetched.bottles + tally.fetched.bottles
        self.fetched = Amount(bottles, self.fetched.bytes + tally.fetched.bytes)
        self.copied += tally.copied
        self.found += tally.found
        self.gave_up, self.interrupted = tally.gave_up, tally.interrupted

    @property
    def mirrored(self) -> int:
        """Bottles that are held now and were not before."""
        return self.fetched.bottles + self.copied + self.found

    @property
    def outcome(self) -> Outcome:
        """How the run went, in a word."""
        if self.interrupted:
            return "interrupted"
        if self.gave_up is not None:
            return "failed"
        return "degraded" if self.failures else "complete"

    @property
    def counts(self) -> dict[str, int]:
        """The numbers that the ledger keeps of the run."""
        return {
            "bytes": self.fetched.bytes,
            "copied": self.copied,
            "failed": len(self.failures),
            "mirrored": self.mirrored,
        }

    @property
    def causes(self) -> Mapping[str, int]:
        """How many bottles failed, by cause."""
        return Counter(failure.cause for failure in self.failures)
