"""What people are told of a run in the cloud: each thing once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from application.announce import Announce
from application.journal import Journal
from domain.events import (
    Event,
    NotificationSent,
    ShardCompleted,
    SyncCompleted,
)
from domain.words import Outcome, Route
from ports.errors import UnavailableError
from tests.support.catalogs import make_bottle
from tests.support.chain import failed, mirrored, started
from tests.support.cloud import COMPLETE, DEGRADED, FAILED, PROGRESS, STARTED, Cloud
from tests.support.mirror import mirror_of

RUN = "run-1"
MB = 1_000_000
FIVE_MINUTES = 300.0


class Telling:
    """A run of ten bottles of 10 MB each, and who tells of it."""

    def __init__(self, route: Route = "ecs") -> None:
        self.cloud = Cloud(mirror_of())
        self.process = self.cloud.process()
        self.tell = self.cloud.telling(self.process)
        self.journal = self.process.runs.begin(self.process.open(), RUN).journal
        self.record(
            replace(
                started(RUN, "cloud"),
                route=route,
                skipped=0,
                bottles=10,
                bytes=100 * MB,
                catalog="ca" * 32,
            )
        )

    def record(self, *events: Event) -> None:
        self.journal.record(events)

    def mirror(self, *numbers: int, size: int = 10 * MB) -> None:
        self.record(*(mirrored(make_bottle(f"b{n}"), size) for n in numbers))

    def end(self, outcome: Outcome, *, shard: Outcome = "complete") -> None:
        state = self.journal.ledger.state
        self.record(
            ShardCompleted(RUN, 0, shard, {}),
            SyncCompleted(RUN, outcome, None, {}, state),
        )

    def wait(self, seconds: float) -> None:
        self.cloud.mirror.clock.sleep(seconds)

    def later(self) -> Journal:
        """Return the journal of a process that comes later."""
        process = self.cloud.process()
        log, clock, new_id = process.log, process.runs.clock, process.runs.new_id
        return Journal(log, clock, new_id, process.open().ledger, RUN)

    @property
    def titles(self) -> list[str]:
        return self.cloud.titles

    @property
    def last(self) -> dict[str, str]:
        """What the last message says, by its labels."""
        return dict(self.cloud.slack.messages[-1].lines)

    @property
    def sent(self) -> list[tuple[str, int]]:
        """What the log says that people were told, and the percents."""
        events = self.cloud.mirror.recorded(NotificationSent)
        return [(event.about, event.percent) for event in events]


@pytest.fixture
def telling() -> Telling:
    return Telling()


class TestTheStart:
    def test_is_told_with_what_is_to_come(self, telling: Telling) -> None:
        telling.tell.started(telling.journal, RUN)
        assert telling.titles == [STARTED]
        assert telling.last == {
            "Environment": "test",
            "Date": "2026-08-22",
            "Estimated bottles": "10",
            "Estimated size": "100 MB",
            "Sync method": "ECS",
        }
        assert telling.sent == [("started", 0)]

    def test_names_lambda_as_amazon_does(self) -> None:
        telling = Telling("lambda")
        telling.tell.started(telling.journal, RUN)
        assert telling.last["Sync method"] == "Lambda"

    def test_is_told_once_whoever_tells(self, telling: Telling) -> None:
        telling.tell.started(telling.journal, RUN)
        telling.tell.started(telling.journal, RUN)
        telling.tell.started(telling.later(), RUN)
        assert telling.titles == [STARTED]

    def test_is_told_again_while_nobody_takes_it(self, telling: Telling) -> None:
        telling.cloud.slack.refusal = UnavailableError("slack", "down")
        telling.tell.started(telling.journal, RUN)
        assert telling.sent == []
        telling.cloud.slack.refusal = None
        telling.tell.started(telling.later(), RUN)
        assert (telling.titles, telling.sent) == ([STARTED], [("started", 0)])

    @pytest.mark.parametrize("run", ["run-9", "local"])
    def test_of_a_run_that_is_not_shared_out_is_not_told(
        self, telling: Telling, run: str
    ) -> None:
        telling.record(started("local"))
        telling.tell.started(telling.journal, run)
        telling.tell.progress(telling.journal, run)
        assert telling.tell.ended(telling.journal, run)
        assert telling.titles == []


class TestProgress:
    def test_is_told_with_the_runs_totals(self, telling: Telling) -> None:
        telling.mirror(0, 1)
        telling.wait(120)
        telling.tell.progress(telling.journal, RUN)
        assert telling.titles == [PROGRESS]
        assert telling.last == {
            "Downloaded": "2/10 bottles (20%)",
            "Size": "20 MB / 100 MB",
            "ETA": "8 minutes",
        }
        assert telling.sent == [("progress", 20)]

    def test_is_told_every_five_minutes_at_most(self, telling: Telling) -> None:
        telling.tell.progress(telling.journal, RUN)
        telling.wait(FIVE_MINUTES - 1)
        telling.tell.progress(telling.later(), RUN)
        assert len(telling.titles) == 1
        telling.wait(1)
        telling.tell.progress(telling.later(), RUN)
        assert len(telling.titles) == 2

    def test_is_not_told_of_a_run_in_lambda(self) -> None:
        telling = Telling("lambda")
        telling.tell.progress(telling.journal, RUN)
        assert (telling.titles, telling.sent) == ([], [])

    def test_has_no_end_in_sight_before_anything_is_done(
        self, telling: Telling
    ) -> None:
        telling.wait(60)
        telling.tell.progress(telling.journal, RUN)
        assert telling.last["ETA"] == "not known yet"

    def test_goes_by_bottles_where_no_bytes_are_fetched(self, telling: Telling) -> None:
        copied = [mirrored(make_bottle(f"b{n}"), 10 * MB) for n in range(5)]
        telling.record(*(replace(event, how="copied") for event in copied))
        telling.wait(600)
        telling.tell.progress(telling.journal, RUN)
        assert telling.last["ETA"] == "10 minutes"
        assert telling.last["Size"] == "0 B / 100 MB"

    def test_of_more_bytes_than_were_guessed_is_at_its_end(
        self, telling: Telling
    ) -> None:
        telling.mirror(0, 1, size=100 * MB)
        telling.wait(60)
        telling.tell.progress(telling.journal, RUN)
        assert telling.last["Size"] == "200 MB / 200 MB"
        assert telling.last["ETA"] == "less than a second"


class TestTheEnd:
    def test_of_a_complete_run(self, telling: Telling) -> None:
        telling.mirror(*range(10))
        telling.wait(1_800)
        telling.end("complete")
        assert telling.tell.ended(telling.journal, RUN)
        head = telling.journal.ledger.position.seq - 1
        assert telling.titles == [COMPLETE]
        assert telling.last.pop("Ledger head").startswith(f"{head}:")
        assert {**telling.last, "Ledger head": ""} == {
            "Environment": "test",
            "Date": "2026-08-22",
            "New bottles": "10",
            "Total size": "100 MB",
            "Duration": "30 minutes",
            "S3 location": "s3://bottles/2026-08-22/",
            "Status page": "s3://bottles/status/index.html",
            "Ledger head": "",
        }
        assert telling.sent == [("ended", 100)]

    def test_of_a_degraded_run_names_causes_and_what_nobody_came_to(
        self, telling: Telling
    ) -> None:
        telling.mirror(*range(5))
        telling.record(
            failed(make_bottle("b5"), "unavailable"),
            failed(make_bottle("b6")),
            failed(make_bottle("b7")),
        )
        telling.end("degraded", shard="failed")
        telling.tell.ended(telling.journal, RUN)
        assert telling.titles == [DEGRADED]
        causes = "5 (2 not_found, 2 unfinished, 1 unavailable)"
        assert telling.last["Failed bottles"] == causes
        assert telling.last["Retry"] == "retry"
        assert telling.sent == [("ended", 50)]

    @pytest.mark.parametrize(
        ("there", "why"),
        [
            (3, "3 of 10 bottles were mirrored; 7 were not (1 refused, 6 unfinished)"),
            (0, "0 of 10 bottles were mirrored; 10 were not (1 refused, 9 unfinished)"),
        ],
    )
    def test_of_a_failed_run_says_how_far_it_came(
        self, telling: Telling, there: int, why: str
    ) -> None:
        telling.mirror(*range(there))
        telling.record(failed(make_bottle("b9"), "refused"))
        telling.end("failed", shard="failed")
        telling.tell.ended(telling.journal, RUN)
        assert telling.titles == [FAILED]
        assert telling.last["Error"] == why
        assert telling.last["Check logs"] == "/aws/ecs"

    def test_of_a_run_that_was_given_up_says_why(self, telling: Telling) -> None:
        telling.mirror(*range(10))
        telling.end("failed", shard="failed")
        telling.tell.ended(telling.journal, RUN, "nobody could be found")
        why = "nobody could be found; 10 of 10 bottles were mirrored"
        assert telling.last["Error"] == why

    def test_of_a_degraded_run_that_was_given_up_says_why(
        self, telling: Telling
    ) -> None:
        telling.mirror(*range(5))
        telling.end("degraded", shard="failed")
        telling.tell.ended(telling.journal, RUN, "nobody could be found")
        assert telling.titles == [DEGRADED]
        assert telling.last["Error"] == "nobody could be found"

    def test_of_a_run_that_fell_silent_when_all_was_there(
        self, telling: Telling
    ) -> None:
        telling.mirror(*range(10))
        telling.end("failed", shard="failed")
        telling.tell.ended(telling.journal, RUN)
        assert telling.last["Error"].startswith("10 of 10 bottles were mirrored, and")

    def test_is_told_once_whoever_tells(self, telling: Telling) -> None:
        telling.end("complete")
        assert telling.tell.ended(telling.journal, RUN)
        assert telling.tell.ended(telling.journal, RUN)
        assert telling.tell.ended(telling.later(), RUN)
        assert telling.titles == [COMPLETE]

    def test_is_told_again_while_nobody_takes_it(self, telling: Telling) -> None:
        telling.end("complete")
        telling.cloud.slack.refusal = UnavailableError("slack", "down")
        assert not telling.tell.ended(telling.journal, RUN)
        assert telling.cloud.metrics.total("NotificationFailures") == 1
        telling.cloud.slack.refusal = None
        assert telling.tell.ended(telling.later(), RUN)
        assert telling.titles == [COMPLETE]

    def test_is_told_to_nobody_where_nobody_wants_to_know(
        self, telling: Telling
    ) -> None:
        telling.end("complete")
        announce = Announce([], telling.cloud.metrics, telling.process.progress)
        assert replace(telling.tell, announce=announce).ended(telling.journal, RUN)
        assert telling.sent == []


def test_a_run_that_could_not_begin_is_told_with_the_orchestrators_log(
    telling: Telling,
) -> None:
    day = telling.process.runs.clock.now().date()
    telling.tell.failed("run-2", day, "no such bucket", timedelta(seconds=3))
    assert telling.titles == [FAILED]
    assert telling.last == {
        "Environment": "test",
        "Date": "2026-08-22",
        "Error": "no such bucket",
        "Duration": "3 seconds",
        "Check logs": "/aws/none",
    }
    assert telling.sent == []
