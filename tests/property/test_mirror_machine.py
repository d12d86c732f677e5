"""A mirror, and everything that may happen to it, in any order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from hashlib import sha256

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from adapters.ledger.hash_codec import encode_hash_file
from adapters.ledger.layout import COMMITS, HASH_FILE
from application.sync_bottles import SyncReport
from domain.formula import Formula
from domain.plan import make_plan
from domain.selection import choose
from domain.views import blob_key, flat_key
from ports.errors import NotOurStoreError, PortError
from tests.support.catalogs import digest_of, make_formula, select
from tests.support.mirror import Mirror, Process
from tests.support.troubles import Trouble, troubles
from tests.support.watched import Call, Killed
from tests.support.witness import Witness

NAMES = ("bat", "gtk+3", "openssl@3")
# So many that few of them may go without the catalog being disbelieved.
OTHERS = tuple(make_formula(f"x{number}", tags=()) for number in range(57))
SELECTIONS = (
    select("arm64_sonoma"),
    select("arm64_sonoma", "sonoma"),
    select("arm64_sonoma", exclude=("gtk*",)),
)
SECONDS = (1, 20 * 60, 31 * 60, 24 * 60 * 60)

names = st.sampled_from(NAMES)
texts = st.sampled_from("abcdefgh")
contents = st.dictionaries(
    st.sampled_from(("arm64_sonoma", "sonoma")), texts, min_size=1
)
chosen = st.integers(0, len(SELECTIONS) - 1)


class Deed(Enum):
    """What another process does meanwhile."""

    SYNC = "it syncs"
    REPAIR = "it verifies and repairs"
    PRUNE = "it removes orphans"
    RENEW = "upstream builds a bottle again, and it syncs"


others = st.tuples(st.sampled_from(Deed), chosen)


class MirrorMachine(RuleBasedStateMachine):
    """Upstream changes, processes run and die, people and discs do harm."""

    jobs = 1
    offers: Bundle[Formula] = Bundle("offers")

    def __init__(self) -> None:
        super().__init__()
        self.mirror = Mirror()
        self.mirror.views = ("registry", "flat")
        self.witness = Witness(self.mirror)
        self.wrong: set[str] = set()
        self.mirror.formulae = {formula.name: formula for formula in OTHERS}

    @initialize(given=st.lists(contents, min_size=3, max_size=3))
    def begin_with(self, given: list[dict[str, str]]) -> None:
        for name, texts in zip(NAMES, given, strict=True):
            self.offer(name, "1.0", 0, texts)

    @rule(
        target=offers,
        name=names,
        version=st.sampled_from(("1.0", "1.1")),
        rebuild=st.integers(0, 1),
        texts=contents,
    )
    def offer(
        self, name: str, version: str, rebuild: int, texts: dict[str, str]
    ) -> Formula:
        """Offer a new version, or rebuild one, or replace its bytes."""
        bottles = self.mirror.offer(name, version, rebuild=rebuild, contents=texts)
        self.witness.offered(bottles)
        for text in self.wrong:
            self.mirror.upstream.contents[digest_of(text)] = b"wrong"
        return self.mirror.formulae[name]

    @rule(formula=offers)
    def offer_again(self, formula: Formula) -> None:
        self.mirror.formulae[formula.name] = formula
        self.mirror.catalog.offer(self.mirror.formulae.values())

    @rule(name=names, wholly=st.booleans())
    def withdraw(self, name: str, *, wholly: bool) -> None:
        self.mirror.withdraw(name)
        if wholly:
            del self.mirror.formulae[name]
            self.mirror.catalog.offer(self.mirror.formulae.values())

    @rule(wrong=st.sets(texts, max_size=1))
    def send_wrong_bytes_for(self, wrong: set[str]) -> None:
        for text in self.wrong - wrong:
            self.mirror.upstream.add(text.encode())
        for text in wrong:
            self.mirror.upstream.contents[digest_of(text)] = b"wrong"
        self.wrong = wrong

    @rule(seconds=st.sampled_from(SECONDS))
    def wait(self, seconds: int) -> None:
        self.mirror.clock.sleep(seconds)

    @rule(number=st.integers(0, 30), body=st.sampled_from((None, b"", b"harmed")))
    def harm_a_bottle(self, number: int, body: bytes | None) -> None:
        keys = sorted(self.mirror.bottles())
        if keys:
            self.witness.harm(keys[number % len(keys)], body)

    @precondition(lambda self: self.witness.ledger.id)
    @rule(number=st.none() | st.integers(0, 30), body=st.sampled_from((None, b"{}")))
    def harm_the_hash_file(self, number: int | None, body: bytes | None) -> None:
        if number is not None:
            self.witness.put_back_hash_file(number)
        else:
            self.witness.harm(HASH_FILE, body)

    @precondition(lambda self: self.witness.ledger.id)
    @rule()
    def rebuild_the_hash_file(self) -> None:
        self.mirror.process().rebuild()
        assert self.mirror.hash_file() == encode_hash_file(self.witness.ledger)

    @rule(choice=chosen, max_bytes=st.none() | st.just(1))
    def sync(self, choice: int, max_bytes: int | None = None) -> None:
        stored, opened = self.witness.stored(), Counter(self.mirror.upstream.opened)
        process = self.mirror.process(jobs=self.jobs)
        report = process.sync(SELECTIONS[choice], max_bytes)
        self.witness.check_report(report)
        fetched = set(self.mirror.upstream.opened - opened)
        assert not stored & fetched, "what is stored and recorded was fetched again"
        assert report.outcome == ("degraded" if report.failures else "complete")
        if max_bytes is None:
            self.check_nothing_is_left(choice, report)

    def check_nothing_is_left(self, choice: int, report: SyncReport) -> None:
        catalog = self.mirror.catalog.fetch()
        assert catalog is not None
        offer = choose(catalog, SELECTIONS[choice])
        work = make_plan(offer, self.witness.ledger, {}).work
        assert work.superseded == ()
        excused = set(map(digest_of, self.wrong))
        for failure in report.failures:
            if failure.cause == "conflict":
                # Somebody put other bytes at both of the names it may have today.
                key = failure.bottle.object_key(self.mirror.clock.now().date())
                assert {key, failure.bottle.beside(key)} <= self.witness.tampered.keys()
                excused.add(failure.bottle.digest)
        assert {load.digest for load in work.loads} <= excused

    @rule(
        choice=chosen,
        anew=st.none() | contents,
        trouble=troubles(),
        other=others,
    )
    def sync_in_trouble(
        self,
        choice: int,
        anew: dict[str, str] | None,
        trouble: Trouble,
        other: tuple[Deed, int],
    ) -> None:
        if anew is not None:
            self.offer(NAMES[0], "1.0", 0, anew)
        offered = self.mirror.catalog.fetch()
        with self.befallen(trouble, other) as process:
            report = process.sync(SELECTIONS[choice])
            self.witness.check_report(report)
            # It answers for the catalog that it has read. Of a later one, whatever it
            # has overwritten is brought in by the next, which teardown sees to.
            is_current = self.mirror.catalog.fetch() == offered
            if report.outcome == "complete" and is_current:
                self.check_nothing_is_left(choice, report)

    @precondition(lambda self: self.witness.ledger.id)
    @rule(deep=st.booleans(), repair=st.booleans(), prune=st.booleans())
    def verify(self, *, deep: bool, repair: bool, prune: bool) -> None:
        process = self.mirror.process(jobs=self.jobs)
        report = process.verify(deep=deep, repair=repair, prune_orphans=prune)
        self.witness.check()
        if repair:
            assert self.mirror.process().verify(deep=True).flaws == ()
        if prune and not report.left:
            assert set(self.mirror.bottles()) <= set(self.witness.promises())

    @precondition(lambda self: self.witness.ledger.id)
    @rule(prune=st.booleans(), trouble=troubles(), other=others)
    def repair_in_trouble(
        self, trouble: Trouble, other: tuple[Deed, int], *, prune: bool
    ) -> None:
        with self.befallen(trouble, other) as process:
            process.verify(repair=True, prune_orphans=prune)

    @invariant()
    def what_must_hold_holds(self) -> None:
        self.witness.check()

    @invariant()
    def what_is_held_is_shown(self) -> None:
        shown = self.mirror.shown()
        for entry in self.witness.ledger.held.values():
            body = shown[blob_key(entry.bottle)]
            assert sha256(body).hexdigest() == entry.bottle.digest
            assert flat_key(entry.bottle) in shown

    def teardown(self) -> None:
        """Whatever happened: what comes after can make it right."""
        self.send_wrong_bytes_for(set())
        self.wait(SECONDS[-1])
        for choice in range(len(SELECTIONS)):
            self.sync(choice)
        self.verify(deep=True, repair=True, prune=True)
        for choice in range(len(SELECTIONS)):
            self.sync(choice)
        assert self.witness.ledger.runs == {}
        self.mirror.check()

    @contextmanager
    def befallen(self, trouble: Trouble, other: tuple[Deed, int]) -> Iterator[Process]:
        """Yield a process that trouble befalls, and let it end as it may."""
        process = self.mirror.process(jobs=self.jobs)
        # If another came first every time, nobody would ever be done.
        times = iter(range(3))

        def overtake() -> None:
            if next(times, None) is not None:
                self.do(*other)

        trouble.befall(process, overtake)
        then = process.watch.after

        def after(call: Call) -> None:
            if call.what == "create" and call.key.startswith(COMMITS):
                self.witness.acknowledged(call.key)
            then(call)

        process.watch.after = after
        try:
            yield process
        except NotOurStoreError:
            raise
        except (PortError, Killed):
            assert trouble.can_be_raised

    def do(self, deed: Deed, choice: int) -> None:
        """Do what another process does, untroubled."""
        with suppress(NotOurStoreError):
            match deed:
                case Deed.SYNC:
                    self.mirror.sync(SELECTIONS[choice])
                case Deed.REPAIR:
                    self.mirror.process().verify(repair=True)
                case Deed.PRUNE:
                    self.mirror.process().verify(prune_orphans=True)
                case Deed.RENEW:
                    self.offer("bat", "1.0", 0, {"arm64_sonoma": "e"})
                    self.mirror.sync(SELECTIONS[choice])


class CrowdedMachine(MirrorMachine):
    """The same, with many transfers at once."""

    jobs = 4


TestMirror = MirrorMachine.TestCase
TestMirror.settings = settings(stateful_step_count=30)
TestCrowdedMirror = CrowdedMachine.TestCase
TestCrowdedMirror.settings = settings(
    TestMirror.settings, max_examples=max(1, TestMirror.settings.max_examples // 4)
)
