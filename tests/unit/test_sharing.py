"""What the fold makes of a run's workers, as ``docs/ledger-format.md`` words it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest

from adapters.ledger.hash_codec import decode_hash_file, encode_hash_file
from domain.events import (
    Event,
    NotificationSent,
    ShardCompleted,
    ShardPaused,
    ShardStarted,
    SyncStarted,
)
from domain.ledger import Ledger
from domain.records import Account, OpenRun, ShardState, Sharing
from domain.state_digest import StateDigest
from domain.words import About, Outcome
from tests.support.catalogs import make_bottle
from tests.support.chain import DAY, START, Chain, completed, failed, mirrored, started

RUN, OTHER = "run-1", "run-2"
ONE, TWO = "run-1/0/one", "run-1/0/two"
JQ, BAT = make_bottle("jq"), make_bottle("bat")
AFTER_A_MINUTE = START + timedelta(minutes=1)


def shared_out(run: str = RUN, shards: int = 2) -> SyncStarted:
    """Return the event of a cloud run of three bottles that is shared out."""
    return replace(
        started(run, "cloud"),
        shards=shards,
        route="lambda",
        skipped=7,
        catalog="ca" * 32,
    )


def claimed(shard: int = 0, attempt: int = 1, run: str = RUN) -> ShardStarted:
    return ShardStarted(run, shard, attempt, "lambda")


def done(
    shard: int = 0, outcome: Outcome = "complete", run: str = RUN, **counts: int
) -> ShardCompleted:
    return ShardCompleted(run, shard, outcome, counts)


@pytest.fixture
def chain() -> Chain:
    """Return a log in which a run was shared out into two shards."""
    chain = Chain(ledger="8c7dd922-ad47-494f-b02c-00d78eac9bf0")
    chain.add(shared_out())
    return chain


def state(chain: Chain) -> Ledger:
    """Return what the log gives, which is also what its hash file gives."""
    ledger = chain.replay()
    assert decode_hash_file(encode_hash_file(ledger)) == ledger
    return ledger


def run_of(chain: Chain) -> OpenRun:
    return state(chain).runs[RUN]


def sharing(chain: Chain) -> Sharing:
    shared = run_of(chain).sharing
    assert shared is not None
    return shared


def account(chain: Chain) -> Account:
    made = state(chain).ended[RUN].account
    assert made is not None
    return made


class TestSyncStarted:
    def test_with_what_is_skipped_shares_the_run_out(self, chain: Chain) -> None:
        assert sharing(chain) == Sharing("b1" * 32, "lambda", "ca" * 32, 7)
        assert run_of(chain).unfinished == (0, 1)

    def test_without_it_does_not(self) -> None:
        chain = Chain()
        chain.add(started(kind="cloud"))
        chain.add(claimed(), writer=ONE)
        assert chain.replay().runs[RUN].sharing is None


class TestShardStarted:
    def test_gives_the_shard_to_its_writer(self, chain: Chain) -> None:
        chain.add(claimed(1, 3), writer=ONE)
        state = ShardState(3, "lambda", ONE, AFTER_A_MINUTE)
        assert sharing(chain).shards == {1: state}

    def test_of_one_attempt_the_first_has_it(self, chain: Chain) -> None:
        chain.add(claimed(), writer=ONE)
        chain.add(claimed(), writer=TWO)
        assert sharing(chain).shards[0].writer == ONE

    def test_of_a_greater_attempt_takes_it_over(self, chain: Chain) -> None:
        chain.add(claimed(), writer=ONE)
        chain.add(claimed(attempt=2), writer=TWO)
        chain.add(claimed(), writer=ONE)
        shard = sharing(chain).shards[0]
        assert (shard.writer, shard.attempt) == (TWO, 2)

    def test_of_a_shard_that_has_ended_is_nothing(self, chain: Chain) -> None:
        chain.add(claimed(), writer=ONE)
        chain.add(done(), writer=ONE)
        chain.add(claimed(attempt=9), writer=TWO)
        shard = sharing(chain).shards[0]
        assert (shard.writer, shard.outcome) == (ONE, "complete")

    def test_of_a_shard_that_there_is_not_is_nothing(self, chain: Chain) -> None:
        chain.add(claimed(2), writer=ONE)
        assert sharing(chain).shards == {}


class TestShardPaused:
    def test_adds_what_was_spent(self, chain: Chain) -> None:
        chain.add(claimed(), writer=ONE)
        chain.add(ShardPaused(RUN, 0, 1, {"seconds": 5, "bytes": 1}), writer=ONE)
        chain.add(ShardPaused(RUN, 0, 2, {"seconds": 7, "store": 2}), writer=TWO)
        assert sharing(chain).spent == {"seconds": 12, "bytes": 1, "store": 2}
        assert sharing(chain).shards[0].writer == ONE
        assert run_of(chain).unfinished == (0, 1)


class TestShardCompleted:
    @pytest.mark.parametrize("outcome", get_args(Outcome))
    def test_ends_the_shard_and_adds_what_was_spent(
        self, chain: Chain, outcome: Outcome
    ) -> None:
        chain.add(claimed(), writer=ONE)
        chain.add(done(0, outcome, seconds=5), writer=TWO)
        shard = ShardState(1, "lambda", ONE, AFTER_A_MINUTE, outcome)
        assert sharing(chain).shards == {0: shard}
        assert sharing(chain).spent == {"seconds": 5}
        assert run_of(chain).unfinished == (1,)

    def test_counts_once(self, chain: Chain) -> None:
        chain.add(done(0, "degraded", seconds=5), writer=ONE)
        chain.add(done(0, "complete", seconds=5), writer=TWO)
        assert sharing(chain).shards[0].outcome == "degraded"
        assert sharing(chain).spent == {"seconds": 5}

    def test_of_a_shard_that_nobody_was_seen_on_is_of_no_attempt(
        self, chain: Chain
    ) -> None:
        chain.add(done(1, "failed"), writer=ONE)
        shard = ShardState(0, "lambda", ONE, AFTER_A_MINUTE, "failed")
        assert sharing(chain).shards == {1: shard}

    def test_of_a_shard_that_there_is_not_is_nothing(self, chain: Chain) -> None:
        chain.add(done(2, seconds=5), writer=ONE)
        assert (sharing(chain).shards, sharing(chain).spent) == ({}, {})


class TestNotificationSent:
    @pytest.mark.parametrize("about", get_args(About))
    def test_is_remembered_with_its_time(self, chain: Chain, about: About) -> None:
        chain.add(NotificationSent(RUN, about, 10))
        assert sharing(chain).told == {about: AFTER_A_MINUTE}

    def test_is_remembered_as_the_last_one(self, chain: Chain) -> None:
        chain.add(NotificationSent(RUN, "progress", 10))
        chain.add(NotificationSent(RUN, "progress", 20))
        assert sharing(chain).told == {"progress": START + timedelta(minutes=2)}

    def test_of_a_run_that_has_ended_is_in_its_account(self, chain: Chain) -> None:
        chain.add(NotificationSent(RUN, "started", 0))
        chain.add(completed(StateDigest()))
        assert not state(chain).ended[RUN].is_told
        chain.add(NotificationSent(RUN, "ended", 100))
        at = {"started": AFTER_A_MINUTE, "ended": START + timedelta(minutes=3)}
        assert account(chain).told == at
        assert state(chain).ended[RUN].is_told


@pytest.mark.parametrize(
    "event",
    [
        claimed(run=OTHER),
        ShardPaused(OTHER, 0, 1, {"seconds": 1}),
        done(run=OTHER, seconds=1),
        NotificationSent(OTHER, "ended", 1),
    ],
    ids=lambda event: type(event).__name__,
)
class TestAWorkersEvent:
    def test_of_a_run_that_nobody_knows_is_nothing(
        self, chain: Chain, event: Event
    ) -> None:
        before = run_of(chain).sharing
        chain.add(event, writer=ONE)
        assert run_of(chain).sharing == before

    def test_of_a_run_that_is_not_shared_out_is_nothing(
        self, chain: Chain, event: Event
    ) -> None:
        chain.add(started(OTHER), run=OTHER)
        chain.add(event, run=OTHER)
        assert state(chain).runs[OTHER].sharing is None
        chain.add(completed(StateDigest(), OTHER), run=OTHER)
        chain.add(event, run=OTHER)
        assert state(chain).ended[OTHER].account is None
        assert not state(chain).ended[OTHER].is_told


class TestTheAccount:
    def end(self, chain: Chain, *events: Event, **counts: int) -> Account:
        """Return the account of a run that ends after some events."""
        chain.add(*events)
        end = completed(state(chain).state, outcome="degraded")
        chain.add(replace(end, counts=counts))
        return account(chain)

    def test_is_what_the_run_came_to(self, chain: Chain) -> None:
        made = self.end(
            chain,
            mirrored(JQ, size=5),
            failed(BAT),
            done(0, "degraded", seconds=5),
            done(1, seconds=6),
        )
        assert made == Account(
            route="lambda",
            day=DAY,
            started=START,
            bottles=3,
            mirrored=1,
            bytes=5,
            skipped=7,
            causes={"not_found": 1},
            spent={"seconds": 11},
            told={},
        )
        assert made.missing == 1

    def test_misses_as_many_as_the_end_says(self, chain: Chain) -> None:
        # What others brought in meanwhile was none of its work.
        made = self.end(chain, mirrored(JQ), missing=0)
        assert (made.bottles, made.missing) == (1, 0)

    def test_misses_none_that_failed(self, chain: Chain) -> None:
        made = self.end(chain, mirrored(JQ), failed(BAT), missing=1)
        assert (made.bottles, made.missing) == (3, 1)

    def test_misses_none_when_more_came_than_was_planned(self, chain: Chain) -> None:
        made = self.end(chain, *(mirrored(make_bottle(f"b{n}")) for n in range(5)))
        assert (made.bottles, made.mirrored, made.missing) == (3, 5, 0)

    def test_of_a_bottle_that_failed_and_is_there_now_has_no_cause(
        self, chain: Chain
    ) -> None:
        assert self.end(chain, failed(JQ), mirrored(JQ)).causes == {}


def test_a_commit_of_a_worker_that_is_delivered_again_counts_once(
    chain: Chain,
) -> None:
    chain.add(ShardPaused(RUN, 0, 1, {"seconds": 5}), writer=ONE, wseq=1)
    chain.add(ShardPaused(RUN, 0, 1, {"seconds": 5}), writer=ONE, wseq=1)
    assert sharing(chain).spent == {"seconds": 5}


def test_a_run_that_was_forked_changes_apart_from_itself(chain: Chain) -> None:
    chain.add(claimed(), NotificationSent(RUN, "started", 0), writer=ONE)
    ledger, before = chain.replay(), chain.replay()
    fork = ledger.fork()
    fork.apply(chain.add(done(seconds=5), NotificationSent(RUN, "progress", 1)))
    assert ledger == before
    assert fork != before
