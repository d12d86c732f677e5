from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.errors import LedgerDamagedError
from domain.events import GENESIS, Event, Position, RecordedCommit
from domain.ledger import Ledger, replay
from domain.records import HashEntry, Superseded
from domain.state_digest import StateDigest
from tests.support.catalogs import make_bottle
from tests.support.chain import (
    DAY,
    LEDGER,
    START,
    Chain,
    catalog_read,
    completed,
    failed,
    ledger_holding,
    lost,
    mirrored,
    started,
    superseded,
)

JQ, BAT = make_bottle("jq"), make_bottle("bat")
JQ_AGAIN = make_bottle("jq", content="built again")
BEFORE = date(2026, 8, 15)


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

    @pytest.mark.parametrize("change", [mirrored(JQ_AGAIN), superseded(JQ)])
    def test_a_bottle_replaced_or_dropped_by_another_run_disturbs_those_open(
        self, chain: Chain, change: Event
    ) -> None:
        chain.add(mirrored(JQ, day=BEFORE), run="before")
        chain.add(started("slow"), run="slow")
        chain.add(started("quick"), change, run="quick")
        runs = chain.replay().runs
        assert not runs["slow"].undisturbed
        assert runs["quick"].undisturbed

    def test_so_does_a_dropped_bottle_that_another_run_brings_back(
        self, chain: Chain
    ) -> None:
        chain.add(mirrored(JQ, day=BEFORE), superseded(JQ), run="before")
        chain.add(started("good"), completed(chain.replay().state, "good"), run="good")
        assert chain.replay().settled
        chain.add(started("slow"), run="slow")
        chain.add(started("late"), mirrored(JQ, day=BEFORE), run="late")
        ledger = chain.replay()
        assert ledger.settled == {}
        assert not ledger.runs["slow"].undisturbed
        assert ledger.runs["late"].undisturbed

    def test_so_does_a_bottle_that_is_new(self, chain: Chain) -> None:
        # It may be of a catalog from before the one that is settled.
        chain.add(started("good"), mirrored(JQ), run="good")
        chain.add(completed(chain.replay().state, "good"), run="good")
        chain.add(started("slow"), run="slow")
        chain.add(started("late"), mirrored(JQ), run="late")
        ledger = chain.replay()
        assert ledger.settled
        assert ledger.runs["slow"].undisturbed
        chain.add(mirrored(BAT), run="late")
        ledger = chain.replay()
        assert ledger.settled == {}
        assert not ledger.runs["slow"].undisturbed
        assert ledger.runs["late"].undisturbed

    def test_what_was_never_held_disturbs_nobody(self, chain: Chain) -> None:
        chain.add(started(), lost(JQ))
        assert chain.replay().runs["run-1"].undisturbed


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
