"""Trying out whether a store keeps what a mirror relies on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from application.store_trial import Shortcoming, StoreTrial
from ports.errors import PortError, StoreUnfitError
from ports.store import Store

PROBES: Final = "probe-"
"""What the keys of all that is tried out begin with; nothing else lies there.

It is outside of the ledger: who may write there need not be allowed to delete there.
"""

FIT_STORES: Final = (
    "use a store that does: a folder, S3 itself, or an S3 server, up to date, with"
    " conditional writes (If-None-Match, If-Match) and SHA-256 checksums"
)
"""What to do when a store is not fit."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a probe has found.

    Attributes:
        shortcomings: Every promise that the store does not keep.
        untried: What could not be tried, why, and what was left; empty when all was.
    """

    shortcomings: tuple[Shortcoming, ...]
    untried: str = ""


@dataclass(frozen=True, slots=True)
class ProbeStore:
    """Tries a store out, with a few small objects that are removed again.

    They lie under keys that no mirror uses and no reading of the ledger looks at.

    Attributes:
        new_id: Gives UUIDs.
    """

    store: Store
    new_id: Callable[[], str]

    def __call__(self) -> Findings:
        """Return what the store does not keep, and what could not be tried.

        Raises:
            PortError: The store cannot be reached, takes nothing, or is full.
        """
        trial = StoreTrial(self.store, f"{PROBES}{self.new_id()}.")
        try:
            shortcomings = tuple(trial.shortcomings())
            return Findings(shortcomings, trial.untried)
        except BaseException:
            # What cannot be removed now hides nothing and hinders nobody.
            with suppress(PortError):
                trial.clear()
            raise

    def require_fit(self) -> None:
        """Refuse a store that is not fit to hold a mirror.

        Raises:
            StoreUnfitError: It does not keep every promise; all that it does not.
            PortError: The store cannot be reached, takes nothing, or is full.
        """
        shortcomings = self().shortcomings
        if shortcomings:
            raise unfit(shortcomings)


def unfit(shortcomings: tuple[Shortcoming, ...]) -> StoreUnfitError:
    """Return what it is that a store lacks so much, and what to do about it."""
    lacks = "; ".join([*map(str, shortcomings), FIT_STORES])
    return StoreUnfitError("the store is not fit for a mirror", lacks)
