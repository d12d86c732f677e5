from __future__ import annotations

from typing import NoReturn

import pytest

from adapters.ledger.identity import encode_identity
from adapters.ledger.layout import HASH_FILE, IDENTITY, commit_key
from adapters.memory.bottle_source import MemoryBottleSource
from adapters.memory.store import MemoryStore
from application.doctor import Check, Doctor
from application.probe_store import PROBES, ProbeStore
from domain.bottle import ObjectKey
from domain.catalog import (
    Catalog,
    CatalogDocument,
    Skipped,
    Validators,
    make_catalog,
)
from domain.errors import LedgerDamagedError
from ports.catalog import CatalogSource, Keep
from ports.errors import (
    MalformedError,
    NotFoundError,
    NotOurStoreError,
    PortError,
    RefusedError,
    StoreFullError,
    StoreUnfitError,
    UnavailableError,
    UntrustedError,
)
from ports.store import Store
from tests.support.flaky_store import Fault, FlakyStore
from tests.support.mirror import Mirror, Process, mirror_of
from tests.support.watched import is_write

NAMES = ["store", "probe", "ledger", "last_run", "catalog", "registry"]
WEEK = 7 * 24 * 60 * 60.0  # seconds


class Offered(CatalogSource):
    """A catalog as upstream would serve it."""

    def __init__(
        self, catalog: CatalogSource, *, signed: bool = True, modified: str | None
    ) -> None:
        self._catalog = catalog
        self._signed = signed
        self._modified = modified

    @property
    def source(self) -> str:
        """The URL or path that ``fetch`` reads; validators are good for it alone."""
        return "https://formulae.example/formula.jws.json"

    def fetch(
        self, unless: Validators | None = None, keep: Keep | None = None
    ) -> Catalog | None:
        fetched = self._catalog.fetch(unless, keep)
        assert fetched is not None
        document = CatalogDocument(
            name="formula.jws.json",
            source=self.source,
            sha256=fetched.document.sha256,
            signed=self._signed,
            validators=Validators(last_modified=self._modified),
        )
        skipped = Skipped("odd", "its name is not one")
        return make_catalog(document, [*fetched.formulae.values(), skipped])


class Silent(CatalogSource):
    """A catalog that does not come."""

    def __init__(self, error: PortError | None = None) -> None:
        self._error = error

    source = "https://formulae.example/formula.jws.json"

    def fetch(
        self,
        unless: Validators | None = None,  # noqa: ARG002
        keep: Keep | None = None,  # noqa: ARG002
    ) -> None:
        if self._error is not None:
            raise self._error


def doctor_of(
    mirror: Mirror,
    *,
    store: Store | None = None,
    process: Process | None = None,
    catalog: CatalogSource | None = None,
    registry: MemoryBottleSource | None = None,
) -> Doctor:
    """Return who examines ``mirror``, or what is given in place of a part of it."""
    process = process or mirror.process()
    return Doctor(
        probe=lambda: ProbeStore(store or process.store, mirror.new_id),
        log=lambda: process.log,
        hash_file=lambda: process.published,
        catalog=lambda: catalog or mirror.catalog,
        registry=lambda: registry or mirror.upstream,
        clock=mirror.clock,
    )


def examined(doctor: Doctor) -> dict[str, Check]:
    """Return the checks by their names, of which none may be left out."""
    checks = {check.name: check for check in doctor()}
    assert list(checks) == NAMES
    for check in checks.values():
        assert (check.state == "fail") == (check.error is not None)
    return checks


@pytest.fixture
def mirror() -> Mirror:
    """Return a mirror that holds two bottles."""
    mirror = mirror_of("bat", "jq")
    mirror.sync()
    return mirror


class TestWhenAllIsWell:
    def test_every_check_is_good_and_there_is_nothing_to_do(
        self, mirror: Mirror
    ) -> None:
        checks = examined(doctor_of(mirror))

        assert {check.state for check in checks.values()} == {"ok"}
        assert {check.advice for check in checks.values()} == {""}
        head = mirror.ledger().position
        assert checks["ledger"].detail == (
            f"opens at commit {head.seq} ({head.sha256}), 2 bottles held;"
            " bottles_hash.json agrees with the log"
        )
        assert checks["store"].detail == f"holds the mirror {mirror.ledger().id}"
        assert checks["registry"].detail == "has bat-1.0-arm64_sonoma, 3 B"

    def test_nothing_is_changed_but_by_the_probe(self, mirror: Mirror) -> None:
        before = {each.key for each in mirror.disk.list("")}
        process = mirror.process()

        examined(doctor_of(mirror, process=process))

        writes = [call for call in process.watch.calls if is_write(call)]
        assert writes
        assert all(call.key.startswith(PROBES) for call in writes)
        assert {each.key for each in mirror.disk.list("")} == before

    def test_an_empty_place_is_one_to_begin_in(self) -> None:
        mirror = mirror_of("bat")
        checks = examined(doctor_of(mirror))

        assert {check.state for check in checks.values()} == {"ok"}
        assert "the first sync founds one" in checks["store"].detail
        assert checks["ledger"].detail == checks["last_run"].detail == "none yet"
        assert list(mirror.disk.list("")) == []

    def test_a_ledger_without_a_commit_is_told(self) -> None:
        mirror = mirror_of("bat")
        identity = encode_identity(mirror.new_id(), mirror.clock.now())
        mirror.disk.create(IDENTITY, identity)
        checks = examined(doctor_of(mirror))

        assert checks["ledger"].detail == "no commit in it yet"
        assert checks["last_run"].state == "warn"
        assert checks["last_run"].detail == "none was ever complete"


class TestTheStore:
    def test_that_holds_something_else_is_not_written_to(self) -> None:
        mirror = mirror_of("bat")
        mirror.disk.create(ObjectKey("photos/cat.jpg"), b"meow")
        process = mirror.process()
        checks = examined(doctor_of(mirror, process=process))

        assert isinstance(checks["store"].error, NotOurStoreError)
        assert "photos/cat.jpg" in checks["store"].detail
        assert checks["probe"].state == "warn"
        assert "not tried" in checks["probe"].detail
        assert not any(map(is_write, process.watch.calls))
        assert checks["catalog"].state == checks["registry"].state == "ok"

    def test_that_may_only_be_read_is_told_as_such(self, mirror: Mirror) -> None:
        store = FlakyStore(mirror.disk, {"create": [Fault.REFUSED]})
        checks = examined(doctor_of(mirror, store=store))

        assert checks["store"].state == checks["ledger"].state == "ok"
        assert checks["probe"].state == "fail"
        assert checks["probe"].detail.startswith("can be read, and not be written: ")
        assert f"writes a few objects called {PROBES}" in checks["probe"].advice

    def test_that_is_unfit_is_told_with_all_that_it_lacks(self, mirror: Mirror) -> None:
        class LastWins(MemoryStore):
            def create(self, key: ObjectKey, body: bytes) -> None:
                self.delete(key)
                super().create(key, body)

        probe = examined(doctor_of(mirror, store=LastWins()))["probe"]

        assert isinstance(probe.error, StoreUnfitError)
        assert "(If-None-Match); of many who create" in probe.detail
        assert probe.advice.startswith("use a store that does")

    def test_that_lets_nobody_remove_anything_is_fit(self, mirror: Mirror) -> None:
        class Keeping(MemoryStore):
            def delete(self, key: ObjectKey) -> None:
                raise RefusedError(f"delete {key}", "not allowed")

        probe = examined(doctor_of(mirror, store=Keeping()))["probe"]

        assert probe.state == "warn"
        assert "keeps what a mirror relies on; what is deleted" in probe.detail
        assert "cannot be tried: delete probe-" in probe.detail
        assert "these objects stay: probe-" in probe.detail
        assert "remove them with other credentials" in probe.advice

    def test_that_is_full_is_not_called_read_only(self, mirror: Mirror) -> None:
        class Full(MemoryStore):
            def create(self, key: ObjectKey, body: bytes) -> None:  # noqa: ARG002
                raise StoreFullError(key, "no room; make some")

        probe = examined(doctor_of(mirror, store=Full()))["probe"]

        assert isinstance(probe.error, StoreFullError)
        assert "no room; make some" in probe.detail

    def test_that_cannot_be_opened_stops_no_other_check(self, mirror: Mirror) -> None:
        def unopened() -> NoReturn:
            raise RefusedError("open s3://mirror", "no such profile")

        checks = examined(
            Doctor(
                probe=unopened,
                log=unopened,
                hash_file=unopened,
                catalog=lambda: mirror.catalog,
                registry=lambda: mirror.upstream,
                clock=mirror.clock,
            )
        )

        for name in ("store", "probe", "ledger"):
            assert checks[name].detail == "open s3://mirror: no such profile"
            assert checks[name].advice
        assert checks["last_run"].state == "warn"
        assert checks["catalog"].state == checks["registry"].state == "ok"

    @pytest.mark.parametrize("method", ["get", "create"])
    def test_that_does_not_answer_is_told(self, mirror: Mirror, method: str) -> None:
        store = FlakyStore(mirror.disk, {method: [Fault.UNAVAILABLE]})
        probe = examined(doctor_of(mirror, store=store))["probe"]
        assert isinstance(probe.error, UnavailableError)
        assert "slow down" in probe.detail


class TestTheLedger:
    def test_that_is_damaged_is_told_with_what_to_do(self, mirror: Mirror) -> None:
        head = mirror.ledger().position.seq
        mirror.damage(commit_key(head))
        checks = examined(doctor_of(mirror))

        ledger = checks["ledger"]
        assert isinstance(ledger.error, LedgerDamagedError)
        assert f"commit {head}" in ledger.detail
        assert "bottles ledger check --read" in ledger.advice
        assert "bottles ledger repair" in ledger.advice
        assert checks["last_run"].state == "warn"
        assert checks["probe"].state == checks["registry"].state == "ok"

    def test_that_nothing_names_is_damage(self, mirror: Mirror) -> None:
        mirror.damage(IDENTITY)
        mirror.damage(HASH_FILE)
        checks = examined(doctor_of(mirror))

        for name in ("store", "ledger"):
            assert isinstance(checks[name].error, LedgerDamagedError)
            assert "bottles ledger repair" in checks[name].advice

    @pytest.mark.parametrize(
        ("body", "said"),
        [(None, "there is no bottles_hash.json"), (b"{", "it is rebuilt from the log")],
    )
    def test_is_whole_without_its_hash_file(
        self, mirror: Mirror, body: bytes | None, said: str
    ) -> None:
        mirror.damage(HASH_FILE, body)
        ledger = examined(doctor_of(mirror))["ledger"]

        assert ledger.state == "warn"
        assert "2 bottles held" in ledger.detail
        assert said in ledger.detail
        assert "bottles ledger replay" in ledger.advice


class TestTheLastRun:
    @pytest.mark.parametrize(
        ("seconds", "state", "ago"),
        [
            (0.0, "ok", "less than a minute"),
            (59.0, "ok", "less than a minute"),
            (60.0, "ok", "1 minute"),
            (7200.0, "ok", "2 hours"),
            (WEEK, "ok", "7 days"),
            (WEEK + 86400, "ok", "8 days"),
            (WEEK + 86401, "warn", "8 days"),
        ],
    )
    def test_is_told_by_its_age(
        self, mirror: Mirror, seconds: float, state: str, ago: str
    ) -> None:
        mirror.clock.sleep(seconds)
        last_run = examined(doctor_of(mirror))["last_run"]

        assert last_run.state == state
        assert last_run.detail == f"complete at 2026-08-22T12:00:00Z, {ago} ago"
        assert bool(last_run.advice) == (state == "warn")

    def test_that_was_not_complete_is_told_beside_the_one_that_was(
        self, mirror: Mirror
    ) -> None:
        (bottle,) = mirror.offer("curl")
        mirror.upstream.fail(bottle.digest, NotFoundError("curl", "no such blob"))
        mirror.clock.sleep(60)
        mirror.sync()
        last_run = examined(doctor_of(mirror))["last_run"]

        assert last_run.state == "ok"
        assert last_run.detail == (
            "complete at 2026-08-22T12:00:00Z, 1 minute ago; the last one ended"
            " degraded at 2026-08-22T12:01:00Z"
        )

    def test_is_missed_where_none_was_ever_complete(self) -> None:
        mirror = mirror_of("bat", "jq")
        (bottle,) = mirror.offer("curl")
        mirror.upstream.fail(bottle.digest, NotFoundError("curl", "no such blob"))
        mirror.sync()
        last_run = examined(doctor_of(mirror))["last_run"]

        assert (last_run.state, last_run.advice) == ("warn", "bottles sync")
        assert last_run.detail.startswith("none was ever complete; the last one ended")


class TestTheCatalog:
    def test_is_told_by_its_size_its_signature_and_its_age(
        self, mirror: Mirror
    ) -> None:
        made = "Sat, 22 Aug 2026 10:59:00 GMT"
        offered = Offered(mirror.catalog, modified=made)
        catalog = examined(doctor_of(mirror, catalog=offered))["catalog"]

        assert catalog.detail == (
            "2 formulae at https://formulae.example/formula.jws.json, signature good,"
            " 1 skipped, of 2026-08-22T10:59:00Z, 1 hour ago"
        )

    @pytest.mark.parametrize(
        "modified",
        [
            *(None, "", "yesterday", "0"),
            "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        ],
    )
    def test_may_have_neither_age_nor_signature(
        self, mirror: Mirror, modified: str | None
    ) -> None:
        offered = Offered(mirror.catalog, signed=False, modified=modified)
        catalog = examined(doctor_of(mirror, catalog=offered))["catalog"]

        assert catalog.state == "ok"
        assert "not signed" in catalog.detail
        assert "ago" not in catalog.detail

    @pytest.mark.parametrize(
        ("error", "advice"),
        [
            (UnavailableError("the catalog", "no answer"), "HTTPS_PROXY"),
            (NotFoundError("the catalog", "404"), "api_domain"),
            (MalformedError("the catalog", "not JSON"), "api_domain"),
            (UntrustedError("the catalog", "bad signature"), "do not sync from there"),
        ],
    )
    def test_that_is_not_to_be_had_is_told(
        self, mirror: Mirror, error: PortError, advice: str
    ) -> None:
        checks = examined(doctor_of(mirror, catalog=Silent(error)))

        assert checks["catalog"].error is error
        assert advice in checks["catalog"].advice
        # The ledger knows a bottle to ask for.
        assert checks["registry"].state == "ok"

    def test_that_says_it_has_not_changed_has_not_come(self, mirror: Mirror) -> None:
        catalog = examined(doctor_of(mirror, catalog=Silent()))["catalog"]
        assert isinstance(catalog.error, MalformedError)


class TestTheRegistry:
    def test_is_not_asked_for_nothing(self) -> None:
        silent = Silent(UnavailableError("the catalog", "no answer"))
        registry = examined(doctor_of(Mirror(), catalog=silent))["registry"]
        assert registry.state == "warn"
        assert "not tried" in registry.detail

    def test_that_does_not_answer_is_told(self, mirror: Mirror) -> None:
        mirror.upstream.reachable = False
        registry = examined(doctor_of(mirror))["registry"]
        assert isinstance(registry.error, UnavailableError)
        assert "registry_token" in registry.advice

    def test_is_asked_for_others_when_it_lacks_one(self, mirror: Mirror) -> None:
        mirror.offer("ant")
        mirror.upstream.contents.pop(next(mirror.formulae["bat"].bottles()).digest)
        registry = examined(doctor_of(mirror))["registry"]
        assert registry.state == "ok"

    def test_that_knows_none_of_several_gives_nothing(self, mirror: Mirror) -> None:
        registry = examined(doctor_of(mirror, registry=MemoryBottleSource()))[
            "registry"
        ]
        assert isinstance(registry.error, NotFoundError)
        assert "bat-1.0-arm64_sonoma, jq-1.0-arm64_sonoma" in registry.detail
