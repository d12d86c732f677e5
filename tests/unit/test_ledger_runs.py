from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest

from adapters.ledger.hash_codec import decode_hash_file, encode_hash_file
from domain.catalog import Validators
from domain.errors import LedgerDamagedError
from domain.fold import REMEMBERED_RUNS
from domain.records import CatalogSeen, ClosedRun
from domain.state_digest import StateDigest
from domain.words import Outcome
from tests.support.catalogs import make_bottle
from tests.support.chain import (
    DAY,
    START,
    Chain,
    catalog_read,
    completed,
    failed,
    lost,
    mirrored,
    started,
    superseded,
)

JQ, BAT = make_bottle("jq"), make_bottle("bat")


@pytest.fixture
def chain() -> Chain:
    return Chain()


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

    def test_counts_what_it_takes_up_again(self, chain: Chain) -> None:
        chain.add(mirrored(JQ), superseded(JQ), run="before")
        chain.add(started(), replace(mirrored(JQ), how="found"))
        assert chain.replay().runs["run-1"].mirrored == 1

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


class TestAStartThatComesLate:
    def end(self, chain: Chain, run: str, outcome: Outcome = "complete") -> None:
        chain.add(completed(StateDigest(), run, outcome), run=run)

    @pytest.mark.parametrize("outcome", get_args(Outcome))
    def test_does_not_open_a_run_that_has_ended(
        self, chain: Chain, outcome: Outcome
    ) -> None:
        chain.add(started())
        self.end(chain, "run-1", outcome)
        chain.add(started())
        assert chain.replay().runs == {}
        assert chain.replay().last_run == chain.replay().ended["run-1"].closed

    def test_does_not_open_a_run_that_another_closed(self, chain: Chain) -> None:
        chain.add(started())
        chain.add(completed(StateDigest(), "run-1", "failed"), run="next")
        chain.add(started(), writer="run-1/0/late")
        assert chain.replay().runs == {}

    def test_does_not_open_a_run_that_ended_before_its_start(
        self, chain: Chain
    ) -> None:
        chain.add(started(), completed(StateDigest()))
        chain.add(started())
        assert chain.replay().runs == {}

    def test_leaves_what_such_a_run_mirrors_to_the_ledger_alone(
        self, chain: Chain
    ) -> None:
        chain.add(started())
        self.end(chain, "run-1")
        chain.add(started(), mirrored(JQ))
        ledger = chain.replay()
        assert ledger.runs == {}
        assert list(ledger.held) == [JQ.key]

    def test_of_a_cloud_run_does_not_shut_out_the_next(self, chain: Chain) -> None:
        chain.add(started("first", "cloud"), run="first")
        self.end(chain, "first")
        chain.add(started("first", "cloud"), run="first")
        chain.add(started("second", "cloud"), run="second")
        assert list(chain.replay().runs) == ["second"]

    def test_is_recognised_of_256_runs(self, chain: Chain) -> None:
        for number in range(REMEMBERED_RUNS):
            chain.add(started(f"run-{number}"), run=f"run-{number}")
            self.end(chain, f"run-{number}")
        chain.add(started("run-0"), run="run-0")
        ledger = chain.replay()
        assert ledger.runs == {}
        assert list(ledger.ended) == [
            f"run-{number}" for number in range(REMEMBERED_RUNS)
        ]

    def test_is_not_recognised_of_one_run_more(self, chain: Chain) -> None:
        for number in range(REMEMBERED_RUNS + 1):
            chain.add(started(f"run-{number}"), run=f"run-{number}")
            self.end(chain, f"run-{number}")
        chain.add(started("run-0"), run="run-0")
        ledger = chain.replay()
        assert list(ledger.runs) == ["run-0"]
        assert len(ledger.ended) == REMEMBERED_RUNS
        assert ledger.last_run == ledger.ended[f"run-{REMEMBERED_RUNS}"].closed

    def test_what_it_wrote_has_no_effect_when_it_is_delivered_again(
        self, chain: Chain
    ) -> None:
        bottle = make_bottle("jq")
        chain.add(started())
        chain.add(mirrored(bottle))
        chain.add(completed(chain.replay().state))
        chain.add(lost(bottle), run="run-2")
        before = chain.replay()
        # The second commit of the run, and the one that ended it, come once more.
        chain.add(*chain.commits[1].commit.events, wseq=2)
        chain.add(*chain.commits[2].commit.events, wseq=3)
        after = chain.replay()
        assert (
            (after.held, after.state)
            == (before.held, before.state)
            == (
                {},
                StateDigest(),
            )
        )

    def test_what_it_writes_late_takes_effect_once(self, chain: Chain) -> None:
        bottle = make_bottle("jq")
        chain.add(started())
        self.end(chain, "run-1")
        chain.add(mirrored(bottle), writer="run-1/1/late", wseq=1)
        chain.add(lost(bottle), run="run-2")
        chain.add(mirrored(bottle), writer="run-1/1/late", wseq=1)
        assert chain.replay().held == {}

    def test_is_recognised_by_a_ledger_from_its_hash_file(self, chain: Chain) -> None:
        chain.ledger = "8c7dd922-ad47-494f-b02c-00d78eac9bf0"
        chain.add(started())
        self.end(chain, "run-1")
        ledger = decode_hash_file(encode_hash_file(chain.replay()))
        ledger.apply(chain.add(started()))
        assert ledger == chain.replay()
        assert ledger.runs == {}


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
