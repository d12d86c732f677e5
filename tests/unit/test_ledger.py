from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.bottle import Bottle, ObjectKey
from domain.catalog import Validators
from domain.errors import LedgerDamagedError
from domain.events import (
    GENESIS,
    BottleFailed,
    BottleLost,
    BottleSuperseded,
    Position,
    RecordedCommit,
    StateDigest,
)
from domain.ledger import CatalogSeen, ClosedRun, HashEntry, Ledger, Superseded, replay
from tests.support.catalogs import make_bottle
from tests.support.chain import (
    DAY,
    LEDGER,
    START,
    Chain,
    catalog_read,
    completed,
    ledger_holding,
    mirrored,
    started,
)

JQ, BAT = make_bottle("jq"), make_bottle("bat")
JQ_AGAIN = make_bottle("jq", content="built again")
BEFORE = date(2026, 8, 15)


def lost(bottle: Bottle, object_key: ObjectKey | None = None) -> BottleLost:
    key = object_key or bottle.object_key(DAY)
    return BottleLost(bottle.key, bottle.digest, key, "nothing")


def superseded(bottle: Bottle, on: date = DAY) -> BottleSuperseded:
    return BottleSuperseded(bottle.key, bottle.digest, on)


def failed(bottle: Bottle, cause: str = "not_found") -> BottleFailed:
    return BottleFailed(bottle, cause, "there is no such blob", attempts=5)


@pytest.fixture
def chain() -> Chain:
    return Chain()


class TestOrder:
    def test_an_empty_log_is_an_empty_ledger(self) -> None:
        assert replay([]) == Ledger(position=GENESIS)

    def test_follows_the_log_to_its_head(self, chain: Chain) -> None:
        chain.add(mirrored(JQ))
        head = chain.add(mirrored(BAT))
        ledger = chain.replay()
        assert ledger.id == LEDGER
        assert ledger.position == head.position == Position(1, head.sha256)
        assert ledger.at == START + timedelta(minutes=1)

    def test_a_missing_commit_is_damage(self, chain: Chain) -> None:
        first, _, third = chain.add(), chain.add(), chain.add()
        with pytest.raises(LedgerDamagedError, match="commit 1: missing") as caught:
            replay([first, third])
        assert caught.value.seq == 1

    def test_a_log_that_does_not_begin_at_zero_is_damage(self, chain: Chain) -> None:
        chain.add()
        with pytest.raises(LedgerDamagedError, match="commit 0: missing"):
            replay([chain.add()])

    def test_a_repeated_commit_is_damage(self, chain: Chain) -> None:
        first = chain.add()
        with pytest.raises(LedgerDamagedError):
            replay([first, first])

    def test_a_commit_that_follows_another_one_is_damage(self, chain: Chain) -> None:
        first, second = chain.add(), chain.add()
        forged = RecordedCommit(replace(second.commit, prev="f" * 64), second.sha256)
        with pytest.raises(LedgerDamagedError, match="prev differs"):
            replay([first, forged])

    def test_a_first_commit_that_follows_something_is_damage(self) -> None:
        first = Chain().add()
        forged = RecordedCommit(replace(first.commit, prev="f" * 64), first.sha256)
        with pytest.raises(LedgerDamagedError, match="prev differs"):
            replay([forged])

    def test_a_commit_of_another_ledger_is_damage(self, chain: Chain) -> None:
        first, second = chain.add(), chain.add()
        foreign = RecordedCommit(replace(second.commit, ledger="x"), second.sha256)
        with pytest.raises(LedgerDamagedError, match="belongs to ledger x"):
            replay([first, foreign])
        with pytest.raises(LedgerDamagedError, match="belongs to ledger"):
            replay([first], start=Ledger(id="the one that was founded"))

    def test_a_damaged_commit_changes_nothing(self, chain: Chain) -> None:
        chain.add(started(), mirrored(JQ))
        ledger = chain.replay()
        before = ledger.fork()
        wrong = chain.add(mirrored(BAT), completed(StateDigest(7, 7, 7)))
        with pytest.raises(LedgerDamagedError):
            ledger.apply(wrong)
        assert ledger == before


class TestMirrored:
    def test_is_held_from_then_on(self, chain: Chain) -> None:
        chain.add(mirrored(JQ, size=123))
        assert chain.replay().held == {
            JQ.key: HashEntry(JQ, 123, JQ.object_key(DAY), download_date=DAY)
        }

    def test_was_downloaded_on_the_day_of_its_object(self, chain: Chain) -> None:
        chain.add(mirrored(JQ, day=BEFORE))
        assert chain.replay().held[JQ.key].download_date == BEFORE

    def test_was_downloaded_when_recorded_if_its_object_tells_no_day(
        self, chain: Chain
    ) -> None:
        chain.add(mirrored(JQ, object_key="elsewhere/jq.tar.gz"))
        assert chain.replay().held[JQ.key].download_date == START.date()

    def test_supersedes_another_digest_of_its_key(self, chain: Chain) -> None:
        chain.add(mirrored(JQ, size=5, day=BEFORE))
        chain.add(mirrored(JQ_AGAIN, size=7))
        ledger = chain.replay()
        assert ledger.held[JQ.key].bottle == JQ_AGAIN
        assert ledger.superseded == {
            JQ.object_key(BEFORE): Superseded(JQ.key, JQ.digest, 5, on=START.date())
        }

    def test_supersedes_the_same_bytes_that_lie_elsewhere(self, chain: Chain) -> None:
        chain.add(mirrored(JQ, day=BEFORE), mirrored(JQ, day=DAY))
        ledger = chain.replay()
        assert ledger.held[JQ.key].object_key == JQ.object_key(DAY)
        assert list(ledger.superseded) == [JQ.object_key(BEFORE)]

    def test_leaves_nothing_behind_when_it_takes_the_place_itself(
        self, chain: Chain
    ) -> None:
        chain.add(mirrored(JQ))
        chain.add(mirrored(JQ_AGAIN))
        assert chain.replay().superseded == {}

    def test_does_not_put_off_the_day_something_was_superseded(
        self, chain: Chain
    ) -> None:
        chain.add(mirrored(JQ, day=BEFORE), superseded(JQ, on=BEFORE))
        chain.add(mirrored(JQ_AGAIN))
        assert chain.replay().superseded[JQ.object_key(BEFORE)].on == BEFORE

    def test_is_no_longer_superseded_when_offered_again(self, chain: Chain) -> None:
        chain.add(mirrored(JQ), superseded(JQ))
        chain.add(mirrored(JQ))
        ledger = chain.replay()
        assert ledger.superseded == {}
        assert list(ledger.held) == [JQ.key]

    def test_a_digest_that_comes_back_is_held_again(self, chain: Chain) -> None:
        old, new = JQ.object_key(BEFORE), JQ.object_key(DAY)
        chain.add(mirrored(JQ, day=BEFORE), mirrored(JQ_AGAIN, day=DAY))
        chain.add(mirrored(JQ, day=BEFORE))
        ledger = chain.replay()
        assert ledger.held[JQ.key].object_key == old
        assert list(ledger.superseded) == [new]


class TestSuperseded:
    def test_is_still_held_and_may_be_evicted(self, chain: Chain) -> None:
        chain.add(mirrored(JQ, size=5), superseded(JQ))
        ledger = chain.replay()
        assert list(ledger.held) == [JQ.key]
        assert ledger.superseded == {
            JQ.object_key(DAY): Superseded(JQ.key, JQ.digest, 5, on=DAY)
        }

    def test_keeps_its_first_day(self, chain: Chain) -> None:
        chain.add(mirrored(JQ), superseded(JQ, on=BEFORE), superseded(JQ, on=DAY))
        assert chain.replay().superseded[JQ.object_key(DAY)].on == BEFORE

    def test_means_one_digest_only(self, chain: Chain) -> None:
        chain.add(mirrored(JQ), superseded(JQ_AGAIN))
        assert chain.replay().superseded == {}

    def test_means_nothing_when_it_is_not_held(self, chain: Chain) -> None:
        chain.add(superseded(JQ))
        assert chain.replay().superseded == {}


class TestLost:
    def test_is_no_longer_held(self, chain: Chain) -> None:
        chain.add(mirrored(JQ), mirrored(BAT), lost(JQ))
        ledger = chain.replay()
        assert list(ledger.held) == [BAT.key]
        assert ledger.state == ledger_holding([BAT]).state

    def test_means_one_object_only(self, chain: Chain) -> None:
        chain.add(mirrored(JQ, day=DAY), lost(JQ, JQ.object_key(BEFORE)))
        assert list(chain.replay().held) == [JQ.key]

    def test_a_superseded_object_that_is_lost_is_forgotten(self, chain: Chain) -> None:
        chain.add(mirrored(JQ, day=BEFORE), mirrored(JQ_AGAIN))
        chain.add(lost(JQ, JQ.object_key(BEFORE)))
        ledger = chain.replay()
        assert ledger.superseded == {}
        assert ledger.held[JQ.key].bottle == JQ_AGAIN

    def test_no_selection_is_settled_any_more(self, chain: Chain) -> None:
        chain.add(started(), mirrored(JQ))
        chain.add(completed(chain.replay().state))
        assert chain.replay().settled
        chain.add(lost(JQ), run="verify")
        assert chain.replay().settled == {}

    def test_a_run_that_was_open_then_settles_nothing(self, chain: Chain) -> None:
        chain.add(started(), mirrored(JQ))
        chain.add(lost(JQ), run="verify")
        chain.add(completed(chain.replay().state))
        ledger = chain.replay()
        assert ledger.settled == {}
        assert ledger.last_complete is not None

    def test_what_was_never_held_disturbs_nobody(self, chain: Chain) -> None:
        chain.add(started(), lost(JQ))
        assert chain.replay().runs["run-1"].undisturbed


class TestRuns:
    def test_a_run_is_open_from_its_start(self, chain: Chain) -> None:
        chain.add(started(kind="cloud"))
        (run,) = chain.replay().runs.values()
        assert (run.kind, run.day, run.bottles, run.bytes) == ("cloud", DAY, 3, 300)
        assert run.started == run.last_commit == START

    def test_a_run_starts_once(self, chain: Chain) -> None:
        chain.add(started())
        chain.add(started(selection="00" * 32), mirrored(JQ))
        run = chain.replay().runs["run-1"]
        assert run.selection == "5e" * 32
        assert run.mirrored == 1

    def test_a_second_cloud_run_does_not_start(self, chain: Chain) -> None:
        chain.add(started("first", "cloud"), run="first")
        chain.add(started("second", "cloud"), run="second")
        assert list(chain.replay().runs) == ["first"]

    def test_a_cloud_run_starts_after_the_one_before_it(self, chain: Chain) -> None:
        chain.add(started("first", "cloud"), run="first")
        chain.add(completed(StateDigest(), "first", "failed"), run="second")
        chain.add(started("second", "cloud"), run="second")
        assert list(chain.replay().runs) == ["second"]

    def test_local_runs_start_side_by_side(self, chain: Chain) -> None:
        chain.add(started("cloud", "cloud"), run="cloud")
        chain.add(started("a"), run="a")
        chain.add(started("b"), run="b")
        assert list(chain.replay().runs) == ["cloud", "a", "b"]

    def test_counts_what_it_mirrors_and_only_once(self, chain: Chain) -> None:
        copied = replace(mirrored(BAT, size=10), how="copied")
        chain.add(started(), mirrored(JQ, size=5), copied)
        chain.add(mirrored(JQ, size=5))
        run = chain.replay().runs["run-1"]
        assert (run.mirrored, run.mirrored_bytes) == (2, 5)

    def test_remembers_a_failure_until_the_bottle_is_mirrored(
        self, chain: Chain
    ) -> None:
        chain.add(started(), failed(JQ), failed(BAT, "unavailable"))
        assert chain.replay().runs["run-1"].failed == {
            JQ.key: "not_found",
            BAT.key: "unavailable",
        }
        chain.add(mirrored(JQ))
        assert chain.replay().runs["run-1"].failed == {BAT.key: "unavailable"}

    def test_a_failure_outside_of_a_run_is_no_state(self, chain: Chain) -> None:
        chain.add(failed(JQ))
        assert chain.replay().held == {}

    def test_tells_when_it_was_heard_of_last(self, chain: Chain) -> None:
        chain.add(started())
        chain.add(run="another")
        chain.add()
        assert chain.replay().runs["run-1"].last_commit == START + timedelta(minutes=2)


class TestCompleted:
    def test_closes_its_run(self, chain: Chain) -> None:
        chain.add(started())
        chain.add(completed(StateDigest(), outcome="degraded"))
        ledger = chain.replay()
        assert ledger.runs == {}
        end = START + timedelta(minutes=1)
        assert ledger.last_run == ClosedRun("run-1", "degraded", end)
        assert ledger.last_complete is None

    def test_a_complete_run_settles_its_selection(self, chain: Chain) -> None:
        chain.add(started(selection="5e" * 32))
        chain.add(completed(StateDigest(), catalog="ca" * 32))
        ledger = chain.replay()
        assert ledger.settled == {"5e" * 32: "ca" * 32}
        assert ledger.last_complete == ledger.last_run

    @pytest.mark.parametrize("outcome", ["degraded", "failed", "interrupted"])
    def test_any_other_end_settles_nothing(self, chain: Chain, outcome: str) -> None:
        chain.add(started("good"), run="good")
        chain.add(completed(StateDigest(), "good"), run="good")
        before = chain.replay()
        chain.add(started(selection="00" * 32))
        chain.add(completed(StateDigest(), outcome=outcome))  # type: ignore[arg-type]
        ledger = chain.replay()
        assert ledger.settled == before.settled
        assert ledger.last_complete == before.last_complete
        assert ledger.last_run != before.last_run

    def test_a_plan_that_was_cut_settles_nothing(self, chain: Chain) -> None:
        chain.add(started())
        chain.add(completed(StateDigest(), catalog=None))
        ledger = chain.replay()
        assert ledger.settled == {}
        assert ledger.last_complete is not None

    def test_a_run_that_is_not_open_cannot_be_closed(self, chain: Chain) -> None:
        chain.add(completed(StateDigest()))
        assert chain.replay().last_run is None

    def test_asserts_what_was_held_before_its_commit(self, chain: Chain) -> None:
        chain.add(started(), mirrored(JQ))
        state = chain.replay().state
        chain.add(mirrored(BAT), completed(state))
        assert chain.replay().runs == {}

    def test_asserting_another_state_is_damage(self, chain: Chain) -> None:
        chain.add(started(), mirrored(JQ, size=5))
        state = chain.replay().state
        chain.add(completed(replace(state, sum=state.sum ^ 1)))
        with pytest.raises(LedgerDamagedError, match="1 bottles of 5 bytes") as caught:
            chain.replay()
        assert caught.value.seq == 1


class TestCatalogRead:
    def test_is_the_catalog_seen_last(self, chain: Chain) -> None:
        chain.add(catalog_read("aa" * 32, formulae=1))
        chain.add(catalog_read("bb" * 32, formulae=2))
        assert chain.replay().catalog == CatalogSeen(
            source="https://formulae.test/api/formula.jws.json",
            documents={"formula.jws.json": "bb" * 32},
            validators=Validators(etag='"v1"', last_modified=None),
            formulae=2,
        )

    def test_other_documents_leave_nothing_settled(self, chain: Chain) -> None:
        chain.add(catalog_read("aa" * 32), started())
        chain.add(completed(StateDigest(), catalog="aa" * 32))
        chain.add(catalog_read("aa" * 32))
        assert chain.replay().settled
        chain.add(catalog_read("bb" * 32))
        assert chain.replay().settled == {}

    def test_is_not_changed_by_whoever_made_it(self) -> None:
        documents = {"formula.json": "aa" * 32}
        seen = CatalogSeen("source", documents, Validators(), 1)
        documents.clear()
        assert seen.documents == {"formula.json": "aa" * 32}


class TestWriters:
    def test_a_commit_that_a_writer_repeats_is_dropped(self, chain: Chain) -> None:
        chain.add(started())
        chain.add(mirrored(JQ), wseq=2)
        chain.add(lost(JQ), run="verify")
        chain.add(mirrored(JQ), wseq=2)
        ledger = chain.replay()
        assert ledger.held == {}
        assert ledger.position.seq == 3

    def test_a_dropped_commit_asserts_nothing(self, chain: Chain) -> None:
        chain.add(started(), wseq=5)
        chain.add(completed(StateDigest(9, 9, 9)), wseq=5)
        assert list(chain.replay().runs) == ["run-1"]

    def test_each_writer_counts_for_itself(self, chain: Chain) -> None:
        chain.add(started(), wseq=5)
        chain.add(mirrored(JQ), writer="run-1/1/other", wseq=1)
        ledger = chain.replay()
        assert list(ledger.held) == [JQ.key]
        assert ledger.runs["run-1"].writers == {
            "run-1/0/process": 5,
            "run-1/1/other": 1,
        }

    def test_a_repeated_commit_does_not_turn_the_count_back(self, chain: Chain) -> None:
        chain.add(started(), wseq=5)
        chain.add(wseq=3)
        assert chain.replay().runs["run-1"].writers == {"run-1/0/process": 5}

    def test_outside_of_a_run_nobody_counts(self, chain: Chain) -> None:
        chain.add(mirrored(JQ), wseq=1)
        chain.add(mirrored(BAT), wseq=1)
        assert len(chain.replay().held) == 2


class TestEvents:
    def test_one_that_the_fold_does_not_know_is_never_passed_over(
        self, chain: Chain
    ) -> None:
        chain.add("an event of the future")  # type: ignore[arg-type]
        with pytest.raises(AssertionError):
            chain.replay()


class TestFork:
    def test_a_fork_changes_apart(self, chain: Chain) -> None:
        chain.add(catalog_read(), started(), mirrored(JQ, day=BEFORE), failed(BAT))
        ledger, before = chain.replay(), chain.replay()
        fork = ledger.fork()
        assert fork == ledger
        fork.apply(chain.add(mirrored(JQ_AGAIN), mirrored(BAT), superseded(BAT)))
        fork.apply(chain.add(catalog_read("bb" * 32), completed(fork.state)))
        assert ledger == before
        assert fork != ledger

    def test_a_replay_leaves_its_start_alone(self, chain: Chain) -> None:
        chain.add(started(), mirrored(JQ))
        start, before = chain.replay(), chain.replay()
        replay([chain.add(mirrored(BAT))], start=start)
        assert start == before
