"""What the history says of a log, and the status of a mirror by it."""

from __future__ import annotations

from datetime import date, timedelta

from domain.events import Event, SyncCompleted
from domain.generations import BottleEvicted
from domain.history import KEPT_RUNS, LOST, History
from domain.ledger import Ledger
from domain.status import RHYTHM, Status, status_of
from domain.words import Outcome
from tests.support.catalogs import make_bottle
from tests.support.chain import (
    DAY,
    START,
    Chain,
    completed,
    failed,
    lost,
    mirrored,
    started,
    superseded,
)

JQ, BAT = make_bottle("jq"), make_bottle("bat")
NEWER = make_bottle("jq", "1.8.0")
OTHERS = "0e" * 32


class Told:
    """A log, and the history of it so far."""

    def __init__(self) -> None:
        self.chain = Chain()
        self.ledger, self.history = Ledger(), History()

    def add(self, *events: Event, run: str = "run-1") -> None:
        """Add a commit."""
        start = self.ledger.position
        self.history.follow(self.ledger, self.chain.add(*events, run=run), start)

    def end(
        self,
        run: str = "run-1",
        outcome: Outcome = "complete",
        catalog: str | None = "ca" * 32,
    ) -> None:
        """End a run."""
        self.add(completed(self.ledger.state, run, outcome, catalog), run=run)

    @property
    def missing(self) -> dict[str, str]:
        """Why each bottle is missing."""
        return {key: each.cause for key, each in self.history.missing.items()}

    @property
    def status(self) -> Status:
        """The status by now."""
        return status_of(self.ledger, self.history, START)


def test_a_week_counts_what_came_and_what_went() -> None:
    told = Told()
    told.add(started(), mirrored(JQ, 100), mirrored(BAT, 30))
    told.add(mirrored(JQ, 100), mirrored(make_bottle("jq", content="again"), 110))
    told.add(superseded(BAT))
    told.add(BottleEvicted(BAT.key, BAT.digest, BAT.object_key(DAY)))
    told.add(lost(BAT))

    (week,) = told.status.weeks
    assert week.monday == date(2026, 8, 17)
    assert (week.came, week.came_bytes) == (3, 240)
    assert (week.gone, week.bottles, week.bytes) == (1, 1, 110)
    assert (told.status.bottles, told.status.bytes) == (1, 110)


def test_weeks_in_which_nothing_was_recorded_are_there_as_well() -> None:
    told = Told()
    told.add(started(), mirrored(JQ, 100))
    week = told.history.weeks[date(2026, 8, 17)]
    later = week.after(week.monday + timedelta(days=21))
    told.history.weeks[later.monday] = later

    weeks = told.status.weeks
    assert [each.monday.day for each in weeks] == [17, 24, 31, 7]
    assert [(each.came, each.bottles) for each in weeks] == [(1, 1)] + [(0, 1)] * 3


def test_a_run_is_told_of_when_it_has_ended() -> None:
    told = Told()
    told.add(started(), mirrored(JQ, 100))
    told.add(failed(BAT))
    before = told.status
    assert (before.runs, before.under_way) == ((), ("run-1",))
    told.end(outcome="degraded")

    (run,) = told.status.runs
    assert (run.outcome, run.mirrored, run.bytes) == ("degraded", 1, 100)
    assert run.causes == {"not_found": 1}
    assert run.left == told.status.left == 1
    assert run.seconds == 120
    assert told.status.due is None
    assert not told.status.is_complete


def test_the_last_runs_are_kept_and_the_latest_comes_first() -> None:
    told = Told()
    for number in range(KEPT_RUNS + 2):
        run = f"run-{number}"
        told.add(
            started(run),
            SyncCompleted(run, "complete", None, {}, told.ledger.state),
            run=run,
        )
    runs = told.status.runs
    assert [run.run for run in runs] == [
        f"run-{number}" for number in reversed(range(2, KEPT_RUNS + 2))
    ]
    assert {run.outcome for run in runs} == {"complete"}
    assert told.status.last_complete is not None
    assert told.status.due == told.status.last_complete.at + RHYTHM


def test_a_bottle_that_failed_is_missing_until_it_is_there() -> None:
    told = Told()
    told.add(started(), mirrored(JQ))
    told.add(failed(BAT))
    told.end(outcome="degraded")
    (tag,) = told.status.tags
    assert (tag.named, tag.held, tag.verified) == (2, 1, 1)
    assert [each.key for each in tag.missing] == [BAT.key]

    told.add(started("run-2"), mirrored(BAT), run="run-2")
    told.end("run-2")
    assert told.missing == {}
    assert told.status.is_complete


def test_what_was_lost_is_missing_until_it_or_a_newer_one_is_there() -> None:
    told = Told()
    told.add(started(), mirrored(JQ), mirrored(BAT))
    told.end()
    told.add(lost(JQ), lost(BAT), run="verify")
    assert told.missing == {JQ.key: LOST, BAT.key: LOST}
    assert told.status.missing == 2

    told.add(mirrored(NEWER), run="run-2")
    assert told.missing == {BAT.key: LOST}
    told.add(mirrored(BAT), run="run-2")
    assert told.missing == {}


def test_what_a_complete_sync_does_without_is_not_missing() -> None:
    told = Told()
    told.add(started())
    told.add(failed(BAT))
    told.end(outcome="degraded")

    told.add(started("run-2", selection=OTHERS), run="run-2")
    told.end("run-2")
    assert told.missing == {BAT.key: "not_found"}, "it was to mirror something else"
    told.add(started("run-3"), run="run-3")
    told.end("run-3", catalog=None)
    assert told.missing == {BAT.key: "not_found"}, "its plan was cut"
    told.add(started("run-4"), run="run-4")
    told.end("run-4", outcome="degraded")
    assert told.missing == {BAT.key: "not_found"}, "it may not have come to it"
    told.add(started("run-5"), run="run-5")
    told.end("run-5")
    assert told.missing == {}


def test_what_upstream_offers_no_more_is_held_and_not_named() -> None:
    told = Told()
    told.add(started(), mirrored(JQ), mirrored(BAT), superseded(JQ))
    told.end()
    (tag,) = told.status.tags
    assert (tag.named, tag.held) == (1, 1)
    assert told.status.bottles == 2
    assert told.status.superseded == 1


def test_what_is_lost_that_upstream_offers_no_more_is_not_missed() -> None:
    told = Told()
    told.add(started(), mirrored(JQ), mirrored(BAT), superseded(JQ))
    told.end()
    told.add(lost(JQ), run="verify")
    assert told.missing == {}
    assert told.status.is_complete
    assert told.status.bottles == 1


def test_the_biggest_formulae_come_first() -> None:
    told = Told()
    told.add(started(), mirrored(JQ, 10), mirrored(NEWER, 15), mirrored(BAT, 20))
    assert [(each.name, each.bytes) for each in told.status.biggest] == [
        ("jq", 25),
        ("bat", 20),
    ]
    assert dict(told.status.formulae[1].tags) == {
        bottle.tagref: [bottle.tag] for bottle in (JQ, NEWER)
    }
