"""Whether everything is there that a run needs, and what to do where it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final, Literal

from application.belief import moment
from application.opened_ledger import OpenedLedger, open_ledger
from application.probe_store import FIT_STORES, PROBES, ProbeStore, unfit
from domain.bottle import Bottle
from domain.catalog import Catalog
from domain.errors import LedgerDamagedError, MirrorError
from domain.events import GENESIS
from domain.rounded import rounded_bytes
from ports.bottle_source import BottleSource
from ports.catalog import CatalogSource
from ports.clock import Clock
from ports.errors import (
    MalformedError,
    NotFoundError,
    NotOurStoreError,
    RefusedError,
    StoreFullError,
    UntrustedError,
)
from ports.event_log import EventLog
from ports.hash_file import HashFile

State = Literal["ok", "warn", "fail"]

STALE: Final = timedelta(days=8)
"""So long after a complete run a weekly schedule has missed a turn."""

_ASKED: Final = 3
"""Bottles that the registry is asked for, until it knows one."""

_DAMAGED: Final = (
    "let no run begin; bottles ledger check --read names the damage, bottles ledger"
    " repair mends it"
)
_REBUILD: Final = "bottles ledger replay rebuilds it now; the next run does so, too"
_ADVICE: Final = {
    "store": "see that the store is the one you mean and can be reached: its address,"
    " the network, the credentials",
    "probe": "see that the store can be reached and has room, and run this again",
    "ledger": "see to the store first",
    "catalog": "see that api_domain and catalog are right and can be reached: the"
    " network, HTTPS_PROXY",
    "registry": "see that registry is right and can be reached: the network,"
    " HTTPS_PROXY, registry_token",
}
_UNTRUSTED: Final = (
    "do not sync from there: somebody else may have written it, or api_public_key is"
    " not the key of api_domain"
)
_READ_ONLY: Final = (
    "a sync needs the right to write there, and so does this check: it writes a few"
    f" objects called {PROBES}… and removes them again"
)
_KEPT: Final = (
    "remove them with other credentials, or let these delete what is called"
    f" {PROBES}…; a sync needs no more, and verify --repair needs to delete bottles"
)


@dataclass(frozen=True, slots=True)
class Check:
    """What one check has found.

    Attributes:
        name: What was checked.
        detail: What was found.
        advice: What to do about it; empty when there is nothing to do.
        error: What made the check fail.
    """

    name: str
    state: State
    detail: str
    advice: str = ""
    error: MirrorError | None = None


@dataclass(frozen=True, slots=True)
class Doctor:
    """Examines the store and upstream.

    What is examined is opened by the check that needs it: that it cannot be opened
    is something to be told, and hinders no other check.
    """

    probe: Callable[[], ProbeStore]
    log: Callable[[], EventLog]
    hash_file: Callable[[], HashFile]
    catalog: Callable[[], CatalogSource]
    registry: Callable[[], BottleSource]
    clock: Clock

    def __call__(self) -> Iterator[Check]:
        """Yield the checks as they are made, each whatever the others found.

        The probe writes and removes a few objects, except in a place that holds
        something else than a mirror. All else only reads.
        """
        yield from _Examination(self).checks()


class _Examination:
    """One examination, and what a check has found that a later one needs."""

    def __init__(self, doctor: Doctor) -> None:
        self._doctor = doctor
        self._is_foreign = False
        self._is_read = False
        self._opened: OpenedLedger | None = None
        self._catalog: Catalog | None = None

    def checks(self) -> Iterator[Check]:
        for name, examine in (
            ("store", self._check_store),
            ("probe", self._check_probe),
            ("ledger", self._check_ledger),
            ("last_run", self._check_last_run),
            ("catalog", self._check_catalog),
            ("registry", self._check_registry),
        ):
            try:
                yield examine(name)
            except MirrorError as error:
                yield _failed(name, error)

    def _check_store(self, name: str) -> Check:
        try:
            identity = self._doctor.log().identity()
        except NotOurStoreError:
            self._is_foreign = True
            raise
        self._is_read = True
        if identity is None:
            return Check(name, "ok", "no mirror yet; the first sync founds one")
        return Check(name, "ok", f"holds the mirror {identity}")

    def _check_probe(self, name: str) -> Check:
        if self._is_foreign:
            return Check(
                name, "warn", "not tried: nothing is written among other things"
            )
        try:
            findings = self._doctor.probe()()
        except StoreFullError:
            raise
        except RefusedError as error:
            if not self._is_read:
                raise
            detail = f"can be read, and not be written: {error}"
            return Check(name, "fail", detail, _READ_ONLY, error)
        if findings.shortcomings:
            detail = "; ".join(map(str, findings.shortcomings))
            unfitness = unfit(findings.shortcomings)
            return Check(name, "fail", detail, FIT_STORES, unfitness)
        fit = "takes writes, and keeps what a mirror relies on"
        if findings.untried:
            return Check(name, "warn", f"{fit}; {findings.untried}", _KEPT)
        return Check(
            name,
            "ok",
            f"{fit}; tried with a few objects, {PROBES}…, which are removed again",
        )

    def _check_ledger(self, name: str) -> Check:
        doctor = self._doctor
        self._opened = opened = open_ledger(doctor.log(), doctor.hash_file())
        ledger = opened.ledger
        if opened.identity is None:
            return Check(name, "ok", "none yet")
        if ledger.position == GENESIS:
            return Check(name, "ok", "no commit in it yet")
        detail = (
            f"opens at commit {ledger.position.seq} ({ledger.position.sha256}),"
            f" {ledger.state.bottles:,} bottles held"
        )
        if opened.notes:
            return Check(name, "warn", "; ".join([detail, *opened.notes]), _REBUILD)
        if opened.version is None:
            detail += "; there is no bottles_hash.json"
            return Check(name, "warn", detail, _REBUILD)
        return Check(name, "ok", f"{detail}; bottles_hash.json agrees with the log")

    def _check_last_run(self, name: str) -> Check:
        if self._opened is None:
            return Check(name, "warn", "not known: the ledger could not be read")
        if self._opened.identity is None:
            return Check(name, "ok", "none yet")
        ledger = self._opened.ledger
        last, complete = ledger.last_run, ledger.last_complete
        after = ""
        if last is not None and last != complete:
            after = f"; the last one ended {last.outcome} at {_written(last.at)}"
        if complete is None:
            return Check(name, "warn", f"none was ever complete{after}", "bottles sync")
        age = self._doctor.clock.now() - complete.at
        detail = f"complete at {_written(complete.at)}, {_spelt(age)} ago{after}"
        if age > STALE:
            advice = "bottles sync; and see why the schedule did not run it"
            return Check(name, "warn", detail, advice)
        return Check(name, "ok", detail)

    def _check_catalog(self, name: str) -> Check:
        source = self._doctor.catalog()
        catalog = source.fetch()
        if catalog is None:
            raise MalformedError(
                source.source, "it is said not to have changed, and was never read"
            )
        self._catalog = catalog
        said = [
            f"{len(catalog.formulae):,} formulae at {source.source}",
            "signature good" if catalog.document.signed else "not signed",
        ]
        if catalog.skipped:
            said.append(f"{len(catalog.skipped):,} skipped")
        now = self._doctor.clock.now()
        made = moment(catalog.document.validators.last_modified, now)
        if made is not None:
            age = _spelt(now - made)
            said.append(f"of {_written(made)}, {age} ago")
        return Check(name, "ok", ", ".join(said))

    def _check_registry(self, name: str) -> Check:
        bottles = list(islice(self._some_bottles(), _ASKED))
        if not bottles:
            detail = "not tried: neither catalog nor ledger names a bottle to ask for"
            return Check(name, "warn", detail)
        registry = self._doctor.registry()
        for bottle in bottles:
            size = registry.sizes([bottle]).get(bottle.digest)
            if size is not None:
                return Check(name, "ok", f"has {bottle.key}, {rounded_bytes(size)}")
        keys = ", ".join(bottle.key for bottle in bottles)
        raise NotFoundError("the registry", f"it answers, and gives none of {keys}")

    def _some_bottles(self) -> Iterator[Bottle]:
        """Yield bottles that the registry should have, each of another formula."""
        if self._catalog is not None:
            for formula in self._catalog.formulae.values():
                yield from islice(formula.bottles(), 1)
        elif self._opened is not None:
            for entry in self._opened.ledger.held.values():
                yield entry.bottle


def _failed(name: str, error: MirrorError) -> Check:
    advice = _ADVICE[name]
    if isinstance(error, LedgerDamagedError):
        advice = _DAMAGED
    elif isinstance(error, UntrustedError):
        advice = _UNTRUSTED
    return Check(name, "fail", str(error), advice, error)


def _written(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _spelt(age: timedelta) -> str:
    """Return an age in its largest unit: ``3 days``."""
    minutes = max(0, int(age.total_seconds() // 60))
    for unit, length in (("day", 24 * 60), ("hour", 60), ("minute", 1)):
        number = minutes // length
        if number:
            return f"{number} {unit if number == 1 else unit + 's'}"
    return "less than a minute"
