from __future__ import annotations

import io
import json
from threading import Event
from typing import Any

import pytest

from adapters.ledger.layout import HASH_FILE
from adapters.memory.clock import ManualClock
from adapters.telemetry.log_lines import LogLines
from adapters.telemetry.logged_progress import LoggedProgress
from domain.work import Load
from ports.errors import NotFoundError
from tests.support.mirror import Mirror
from tests.support.plans import make_load, make_plan_of

LOADS = [make_load(f"f{number}", 1_000) for number in range(8)]
FAILURE = NotFoundError("f0 from the registry", "no such blob", attempts=5)
NEVER = 3_600.0


class Written(io.StringIO):
    """Lines that a test can wait for.

    Attributes:
        beaten: Set when ``awaited`` lines were written.
    """

    def __init__(self, awaited: int = 0) -> None:
        super().__init__()
        self.beaten = Event()
        self._awaited = awaited

    def flush(self) -> None:
        if self._awaited and len(self.lines) >= self._awaited:
            self.beaten.set()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


@pytest.fixture
def written() -> Written:
    return Written()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def make(
    written: Written, clock: ManualClock, level: str = "INFO", every: float = NEVER
) -> LoggedProgress:
    return LoggedProgress(LogLines(written, level), clock, every=every)


def carry(progress: LoggedProgress, load: Load) -> None:
    progress.started(load, 1_000)
    progress.advanced(load, 1_000)
    progress.finished(load, None)


def test_tells_what_the_plan_has_and_how_far_it_came(
    written: Written, clock: ManualClock
) -> None:
    progress = make(written, clock)
    progress.begin(make_plan_of(*LOADS, make_load("g", None, bottles=2), held=5))
    for load in LOADS[:6]:
        carry(progress, load)
    clock.sleep(10)
    progress.end()
    progress.end()

    first, last = written.lines
    assert first["message"] == "to mirror: 10 bottles"
    totals = ("bottles", "bytes", "unknown_sizes", "copies", "held")
    assert [first[name] for name in totals] == [10, 8_000, 1, 1, 5]
    assert last["message"] == "6 of 10 bottles"
    counts = ("done", "total", "failed", "bytes", "bytes_total", "bytes_per_second")
    assert [last[name] for name in counts] == [6, 10, 0, 6_000, 8_000, 600]


def test_a_bottle_that_fails_is_named_with_its_cause(
    written: Written, clock: ManualClock
) -> None:
    progress = make(written, clock)
    load = make_load("f0", 1_000, bottles=2)
    progress.begin(make_plan_of(load))
    progress.finished(load, FAILURE)

    one, other = written.lines[1:]
    assert one["level"] == "WARNING"
    assert one["message"] == (
        "failed: f0-1.8.1-arm64_sonoma: f0 from the registry: no such blob"
        " (tried 5 times)"
    )
    assert (one["formula"], one["tag"]) == ("f0", "arm64_sonoma")
    assert (one["cause"], one["attempts"]) == ("not_found", 5)
    assert other["tag"] == "arm64_tahoe"


def test_a_bottle_that_is_mirrored_is_named_to_those_who_look_for_a_fault(
    written: Written, clock: ManualClock
) -> None:
    progress = make(written, clock, "DEBUG")
    progress.begin(make_plan_of(LOADS[0]))
    carry(progress, LOADS[0])

    line = written.lines[1]
    assert line["level"] == "DEBUG"
    assert line["message"] == "mirrored f0-1.8.1-arm64_sonoma"
    assert (line["formula"], line["tag"]) == ("f0", "arm64_sonoma")


def test_to_others_a_bottle_that_is_mirrored_is_no_line(
    written: Written, clock: ManualClock
) -> None:
    progress = make(written, clock)
    progress.begin(make_plan_of(LOADS[0]))
    carry(progress, LOADS[0])
    assert len(written.lines) == 1


def test_tells_in_between_also_when_nothing_moves(clock: ManualClock) -> None:
    written = Written(awaited=3)
    progress = make(written, clock, every=0.001)
    progress.begin(make_plan_of(LOADS[0]))
    assert written.beaten.wait(60)
    progress.end()
    assert {line["message"] for line in written.lines[1:]} == {"0 of 1 bottles"}


def test_what_is_counted_is_told_twice_a_minute_at_most(
    written: Written, clock: ManualClock
) -> None:
    progress = make(written, clock, every=30.0)
    for done in range(100):
        clock.sleep(1)
        progress.counted("sizes", done, 1_000)
    assert [line["message"] for line in written.lines] == [
        "29 of 1,000 sizes",
        "59 of 1,000 sizes",
        "89 of 1,000 sizes",
    ]


def test_a_note_is_a_line_and_what_went_wrong_a_warning(
    written: Written, clock: ManualClock
) -> None:
    text = "Failed to send Slack notification: 404 Not Found"
    progress = make(written, clock)
    progress.note("all is well")
    progress.warn(text)
    assert [(line["level"], line["message"]) for line in written.lines] == [
        ("INFO", "all is well"),
        ("WARNING", text),
    ]


def test_a_bad_hash_file_is_told_in_the_words_that_people_look_for(
    written: Written, clock: ManualClock
) -> None:
    mirror = Mirror()
    mirror.offer("jq")
    mirror.sync()
    mirror.damage(HASH_FILE, b"{")
    progress = make(written, clock)
    for note in mirror.process().open().notes:
        progress.note(note)

    (line,) = written.lines
    assert line["message"].startswith("Invalid hash file format: bottles_hash.json")
