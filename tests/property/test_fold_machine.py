"""A log of everything that may be recorded, folded in every way there is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import TypeAlias, get_args

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from adapters.ledger.import_codec import encode_import
from domain.bottle import Bottle, BottleKey, Digest, ObjectKey
from domain.errors import LedgerDamagedError
from domain.events import (
    BottleFailed,
    BottleLost,
    BottleMirrored,
    BottleSuperseded,
    CatalogRead,
    Event,
    HashFileImported,
    LedgerRepaired,
    NotificationSent,
    RecordedCommit,
    ShardCompleted,
    ShardPaused,
    ShardStarted,
    StoreReconciled,
    SyncCompleted,
    SyncStarted,
)
from domain.generations import BottleEvicted, GraceRenewed
from domain.ledger import Ledger
from domain.records import Elsewhere, Repair
from domain.words import About, How, Outcome, RunKind
from tests.support import strategies as some
from tests.support.catalogs import digest_of, make_bottle
from tests.support.fold_chain import FoldChain
from tests.support.machines import machine_settings

BOTTLES = (
    make_bottle("jq"),
    make_bottle("jq", content="again"),
    make_bottle("ca-certificates", "2026-11-04", "all"),
)
FOLDERS = ("2026-11-22", "2026-11-31", "2026-W47-7")

bottles = st.sampled_from(BOTTLES)
lists_of_bottles = st.lists(bottles, min_size=1, max_size=3)
folders = st.sampled_from(FOLDERS)
days = st.sampled_from((date(2026, 11, 21), date(2026, 11, 22)))
digests = st.sampled_from([digest_of(text) for text in "abc"])
some_etag = st.none() | st.just('"v1"')
entries = st.dictionaries(
    bottles.map(lambda bottle: bottle.key),
    st.builds(Elsewhere, digests, st.integers(0, 2), days),
    max_size=3,
)
places = st.integers(0, 10**6)
"""A place in a list that may be of any length."""

runs = places
"""A run that is open, or one that is not, by its place."""

WorkerEvent: TypeAlias = ShardStarted | ShardPaused | ShardCompleted | NotificationSent

attempts = st.integers(1, 3)
shards = st.integers(0, 2)
counts = st.dictionaries(st.sampled_from(("bytes", "seconds")), st.integers(0, 2))
worker_events: st.SearchStrategy[WorkerEvent] = st.one_of(
    st.builds(ShardStarted, st.just(""), shards, attempts, st.just("ecs")),
    st.builds(ShardPaused, st.just(""), shards, attempts, counts),
    st.builds(ShardCompleted, st.just(""), shards, st.just("degraded"), counts),
    st.builds(
        NotificationSent, st.just(""), st.sampled_from(get_args(About)), st.just(30)
    ),
)
"""What the workers of two shards tell, and somebody who takes himself for one."""


def place_of(bottle: Bottle, folder: str) -> ObjectKey:
    """Return where a bottle lies; nobody says that a folder is a day."""
    return ObjectKey(f"{folder}/{bottle.file_name}.{bottle.digest[:12]}")


class FoldMachine(RuleBasedStateMachine):
    """Writers record what they like, and commits get lost for good."""

    def __init__(self) -> None:
        super().__init__()
        self.chain = FoldChain()
        self._counts: Counter[str] = Counter()

    @property
    def ledger(self) -> Ledger:
        """The state as it is now."""
        return self.chain.ledger

    @rule(
        run=runs,
        told=lists_of_bottles,
        folder=folders,
        how=st.sampled_from(get_args(How)),
    )
    def mirror(self, run: int, told: list[Bottle], folder: str, how: How) -> None:
        self.record(
            run,
            *(
                BottleMirrored(bottle, len(how), place_of(bottle, folder), how)
                for bottle in told
            ),
        )

    @rule(run=runs, bottle=bottles, day=days)
    def drop(self, run: int, bottle: Bottle, day: date) -> None:
        self.record(run, BottleSuperseded(bottle.key, bottle.digest, day))

    @rule(run=runs, bottle=bottles, folder=folders)
    def lose(self, run: int, bottle: Bottle, folder: str) -> None:
        place = place_of(bottle, folder)
        self.record(run, BottleLost(bottle.key, bottle.digest, place, "nothing"))

    @precondition(lambda self: self.ledger.held)
    @rule(run=runs, number=places)
    def lose_what_is_held(self, run: int, number: int) -> None:
        held = tuple(self.ledger.held.values())
        entry = held[number % len(held)]
        self.record(
            run,
            BottleLost(
                entry.bottle.key, entry.bottle.digest, entry.object_key, "nothing"
            ),
        )

    @precondition(lambda self: self.ledger.held)
    @rule(run=runs, number=places, folder=st.none() | folders)
    def evict(self, run: int, number: int, folder: str | None) -> None:
        """Let go what is held, or another object of the same bottle."""
        held = tuple(self.ledger.held.values())
        entry = held[number % len(held)]
        bottle, place = entry.bottle, entry.object_key
        if folder is not None:
            place = place_of(bottle, folder)
        self.record(run, BottleEvicted(bottle.key, bottle.digest, place))

    @precondition(lambda self: self.ledger.superseded)
    @rule(run=runs, number=places, other=st.none() | digests)
    def evict_what_was_dropped(
        self, run: int, number: int, other: Digest | None
    ) -> None:
        dropped = tuple(self.ledger.superseded.items())
        place, old = dropped[number % len(dropped)]
        self.record(run, BottleEvicted(old.key, other or old.sha256, place))

    @precondition(lambda self: self.ledger.superseded)
    @rule(run=runs, number=places, day=days, other=st.none() | digests)
    def renew_the_grace(
        self, run: int, number: int, day: date, other: Digest | None
    ) -> None:
        dropped = tuple(self.ledger.superseded.items())
        place, old = dropped[number % len(dropped)]
        self.record(run, GraceRenewed(old.key, other or old.sha256, place, day))

    @rule(run=runs, told=st.lists(some.generation_events, min_size=1, max_size=3))
    def expose(self, run: int, told: list[Event]) -> None:
        self.record(run, *told)

    @precondition(lambda self: self.ledger.held)
    @rule(run=runs, number=places, how=st.sampled_from(get_args(How)))
    def mirror_what_is_held(self, run: int, number: int, how: How) -> None:
        """It is there already; or upstream has dropped it, and offers it again."""
        held = tuple(self.ledger.held.values())
        dropped = [one for one in held if one.object_key in self.ledger.superseded]
        entry = (dropped or held)[number % len(dropped or held)]
        told = BottleMirrored(entry.bottle, entry.size, entry.object_key, how)
        self.record(run, told)

    @rule(run=runs, bottle=bottles, cause=st.sampled_from(("not_found", "refused")))
    def fail(self, run: int, bottle: Bottle, cause: str) -> None:
        self.record(run, BottleFailed(bottle, cause, "", 5))

    @rule(run=runs, digest=digests, etag=some_etag, modified=some_etag)
    def read_the_catalog(
        self, run: int, digest: Digest, etag: str | None, modified: str | None
    ) -> None:
        documents = {"formula.json": digest}
        self.record(run, CatalogRead("./formula.json", documents, etag, modified, 3))

    @rule(
        run=runs,
        begun=places,
        kind=st.sampled_from(get_args(RunKind)),
        selection=digests,
        day=days,
        skipped=st.none() | st.integers(0, 1),
    )
    def start(
        self,
        run: int,
        begun: int,
        kind: RunKind,
        selection: Digest,
        day: date,
        skipped: int | None,
    ) -> None:
        # Now and then one that is open, or has ended.
        name = f"run-{begun % (2 + len(self.ledger.ended) + len(self.ledger.runs))}"
        started = SyncStarted(
            name,
            kind,
            "b1" * 32,
            selection,
            day,
            2,
            "none",
            3,
            300,
            skipped,
            None if skipped is None else selection,
        )
        self.record(run, started)

    @precondition(lambda self: self.ledger.runs)
    @rule(run=runs, told=st.lists(worker_events, min_size=1, max_size=4))
    def work_on_shards(self, run: int, told: list[WorkerEvent]) -> None:
        name = self.run_at(run)
        self.record(run, *(replace(event, run=name) for event in told))

    @precondition(lambda self: self.ledger.ended)
    @rule(run=runs, number=places)
    def tell_of_the_end(self, run: int, number: int) -> None:
        ended = tuple(self.ledger.ended)
        name = ended[number % len(ended)]
        self.record(run, NotificationSent(name, "ended", 100))

    @precondition(lambda self: self.ledger.runs)
    @rule(
        run=runs,
        ended=runs,
        outcome=st.sampled_from(("complete", *get_args(Outcome))),
        catalog=st.none() | digests,
        counts=st.sampled_from(({"failed": 0}, {"missing": 0}, {"missing": 3})),
    )
    def complete(
        self,
        run: int,
        ended: int,
        outcome: Outcome,
        catalog: Digest | None,
        counts: Mapping[str, int],
    ) -> None:
        name, state = self.run_at(ended), self.ledger.state
        self.record(run, SyncCompleted(name, outcome, catalog, counts, state))

    @rule(run=runs, source=st.sampled_from("xy"), listed=entries, etag=some_etag)
    def import_a_hash_file(
        self,
        run: int,
        source: str,
        listed: dict[BottleKey, Elsewhere],
        etag: str | None,
    ) -> None:
        document = encode_import(listed)
        name = sha256(document).hexdigest()
        self.chain.documents[name] = json.loads(document)["bottles"]
        self.record(run, HashFileImported(source, name, len(listed), etag, listed))

    @rule(
        run=runs, first=st.integers(0, 1), source=st.sampled_from(("copy", "version"))
    )
    def repair(self, run: int, first: int, source: str) -> None:
        self.record(run, LedgerRepaired(Repair(first, 1, "truncated", source)))

    @rule(run=runs)
    def reconcile(self, run: int) -> None:
        self.record(run, StoreReconciled("f0" * 32))

    @precondition(lambda self: self.chain.log)
    @rule(number=places)
    def deliver_again(self, number: int) -> None:
        """A writer that was not told of its success says the same once more."""
        commit = self.chain.log[number % len(self.chain.log)].commit
        told = (
            replace(event, state=self.ledger.state)
            if isinstance(event, SyncCompleted)
            else event
            for event in commit.events
            if not isinstance(event, LedgerRepaired)
        )
        self.chain.append(commit.run, commit.writer, commit.wseq, tuple(told))

    @precondition(lambda self: self.ledger.reconciled)
    @rule(run=runs, wrong=st.sampled_from(("bottles", "bytes", "sum")))
    def assert_what_is_not_so(self, run: int, wrong: str) -> None:
        state = self.ledger.state
        wrongly = replace(state, **{wrong: getattr(state, wrong) + 1})
        name = self.run_at(run)
        completed = SyncCompleted(name, "complete", None, {}, wrongly)
        commit = self.chain.commit(name, f"{name}/0/new", 1, (completed,))
        before = self.ledger.fork()
        with pytest.raises(LedgerDamagedError, match="state digests differ"):
            self.ledger.apply(RecordedCommit(commit, "0" * 64))
        assert self.ledger == before

    @precondition(lambda self: self.chain.log)
    @rule(number=places, several=st.integers(1, 3), run=runs, wholly=st.booleans())
    def give_up_commits(
        self, number: int, several: int, run: int, *, wholly: bool
    ) -> None:
        """Commits are gone, no copy is left, and the log says so."""
        log = self.chain.log
        first = log[number % len(log)].commit.seq
        self.chain.give_up(first, several, self.run_at(run), wholly=wholly)

    @precondition(lambda self: self.chain.log)
    @rule(number=places)
    def publish(self, number: int) -> None:
        """Keep the state somewhere in the log, in memory and in a hash file."""
        self.chain.publish(1 + number % len(self.chain.log))

    def run_at(self, number: int) -> str:
        """Return an open run, or the one of somebody who opened none."""
        open_runs = tuple(self.ledger.runs)
        if not open_runs or number % 4 == 0:
            return "nobody's"
        return open_runs[number // 4 % len(open_runs)]

    def record(self, run: int, *events: Event) -> None:
        """Append the next commit of a writer, who is the run's only one."""
        name = self.run_at(run)
        writer = f"{name}/0/process"
        self._counts[writer] += 1
        self.chain.append(name, writer, self._counts[writer], events)

    @invariant()
    def every_fold_gives_what_the_document_says(self) -> None:
        self.chain.check()


TestFold = FoldMachine.TestCase
TestFold.settings = machine_settings()
