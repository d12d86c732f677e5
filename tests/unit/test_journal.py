from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest

from adapters.ledger.layout import commit_key
from application.journal import MAX_EVENTS, Journal
from application.patience import Patience
from application.read_history import ReadHistory
from domain.bottle import ObjectKey
from domain.errors import LedgerDamagedError
from domain.events import BottleFailed, BottleMirrored, Event
from domain.ledger import Ledger
from ports.errors import OutcomeUnknownError, PortError, UnavailableError
from ports.event_log import MAX_COMMIT_BYTES, CommitTooLargeError
from tests.support.catalogs import make_bottle
from tests.support.chain import mirrored
from tests.support.mirror import Mirror, Process
from tests.support.watched import Call, at_call, nothing


def events(count: int, name: str = "jq") -> list[BottleMirrored]:
    return [mirrored(make_bottle(name, str(number))) for number in range(count)]


def test_records_events_in_the_order_they_came() -> None:
    mirror = Mirror()
    journal = mirror.process().journal()
    recorded = events(3)
    journal.record(recorded)
    assert mirror.events() == recorded


def test_a_commit_has_at_most_256_events() -> None:
    mirror = Mirror()
    mirror.process().journal().record(iter(events(2 * MAX_EVENTS + 1)))
    sizes = [len(recorded.commit.events) for recorded in mirror.commits()]
    assert sizes == [256, 256, 1]


def test_of_no_events_no_commit_is_made() -> None:
    mirror = Mirror()
    process = mirror.process()
    journal = process.journal()
    before = len(process.watch.calls)
    journal.record(())
    assert mirror.commits() == []
    assert len(process.watch.calls) == before


def test_keeps_the_ledger_up_with_what_it_records() -> None:
    mirror = Mirror()
    journal = mirror.process().journal()
    journal.record(events(300))
    assert journal.ledger == mirror.ledger()


def test_the_history_of_a_log_that_it_begins_is_carried_along() -> None:
    mirror = Mirror()
    process = mirror.process()
    journal = process.journal()
    journal.record(events(300))
    _, read = ReadHistory(process.log, process.published)(None)
    assert journal.history == read


def test_the_history_of_what_others_have_begun_is_left_to_the_log() -> None:
    mirror = Mirror()
    mirror.process().journal().record(events(1))
    assert mirror.process().journal().history is None


def test_the_history_has_what_others_record_meanwhile() -> None:
    mirror = Mirror()
    process = mirror.process()
    journal, other = process.journal(), mirror.process().journal()
    journal.record(events(2, "bat"))
    other.record(events(2, "jq"))
    journal.record(events(2, "curl"))
    _, read = ReadHistory(process.log, process.published)(None)
    assert journal.history == read
    assert journal.ledger == mirror.ledger()


def test_a_commit_says_who_wrote_it_and_when() -> None:
    mirror = Mirror()
    process = mirror.process()
    run = process.runs.begin(process.open())
    mirror.clock.sleep(90)
    run.journal.record(events(1))
    (recorded,) = mirror.commits()
    commit = recorded.commit
    assert commit.run == run.id
    assert commit.writer.startswith(f"{run.id}/0/")
    assert commit.at == datetime(2026, 8, 22, 12, 1, 30, tzinfo=UTC)
    assert commit.ledger == process.log.identity()


def test_two_processes_of_one_run_are_two_writers() -> None:
    mirror = Mirror()
    first, second = mirror.process().journal(), mirror.process().journal()
    first.record(events(1, "jq"))
    second.record(events(1, "bat"))
    writers = {recorded.commit.writer for recorded in mirror.commits()}
    assert len(writers) == 2


def wordy(count: int, size: int) -> list[BottleFailed]:
    """Return events that take a little more than ``size`` bytes each."""
    return [
        BottleFailed(make_bottle("jq", str(number)), "refused", "x" * size, 1)
        for number in range(count)
    ]


class TestACommitThatWouldBeTooLarge:
    def test_is_halved_until_it_fits(self) -> None:
        mirror = Mirror()
        recorded = wordy(MAX_EVENTS, MAX_COMMIT_BYTES // 100)
        mirror.process().journal().record(recorded)
        assert mirror.events() == recorded
        sizes = [len(one.commit.events) for one in mirror.commits()]
        assert sizes == [64] * 4
        assert all(size <= MAX_COMMIT_BYTES for size in commit_sizes(mirror))

    def test_is_halved_only_where_it_is_too_large(self) -> None:
        mirror = Mirror()
        recorded: list[Event] = [*wordy(3, MAX_COMMIT_BYTES // 2), *events(253)]
        mirror.process().journal().record(recorded)
        assert mirror.events() == recorded
        sizes = [len(one.commit.events) for one in mirror.commits()]
        assert sizes == [1, 1, 2, 4, 8, 16, 32, 64, 128]

    def test_leaves_no_gap_in_the_writers_count(self) -> None:
        mirror = Mirror()
        journal = mirror.process().journal()
        journal.record(wordy(4, MAX_COMMIT_BYTES // 3))
        journal.record(events(1))
        assert [r.commit.wseq for r in mirror.commits()] == [1, 2, 3]
        assert journal.ledger == mirror.ledger()

    def test_of_one_event_goes_through_alone(self) -> None:
        mirror = Mirror()
        huge = wordy(1, 2 * MAX_COMMIT_BYTES)
        recorded: list[Event] = [*events(1), *huge, *events(1, "bat")]
        mirror.process().journal().record(recorded)
        assert mirror.events() == recorded
        assert [len(one.commit.events) for one in mirror.commits()] == [1, 1, 1]

    def test_is_recorded_once_though_another_came_first(self) -> None:
        mirror = Mirror()
        ours, theirs = mirror.process().journal(), mirror.process().journal()
        theirs.record(events(1, "bat"))
        recorded = wordy(4, MAX_COMMIT_BYTES // 3)
        ours.record(recorded)
        assert mirror.events()[1:] == recorded
        assert ours.ledger == mirror.ledger()

    def test_and_cannot_be_divided_is_refused(self) -> None:
        mirror = Mirror()
        recorded = wordy(2, MAX_COMMIT_BYTES)
        with pytest.raises(CommitTooLargeError, match="bytes"):
            mirror.process().journal().record_as(lambda _: recorded)
        assert mirror.commits() == []


def commit_sizes(mirror: Mirror) -> list[int]:
    """Return how many bytes each commit takes."""
    numbers = range(len(mirror.commits()))
    return [len(mirror.disk.get(commit_key(seq)).body) for seq in numbers]


@pytest.mark.parametrize(("shard", "phase"), [(0, 0.0), (1, 0.25), (3, 0.75)])
def test_each_shard_has_a_phase_of_its_own(shard: int, phase: float) -> None:
    mirror = Mirror()
    process = mirror.process()
    opened = process.open()
    journal = Journal(
        process.log, mirror.clock, mirror.new_id, opened.ledger, "run", shard, 4
    )
    assert journal.phase == phase
    assert process.journal().phase == 0.0


class TestAStoreThatIsSilent:
    @pytest.fixture
    def mirror(self) -> Mirror:
        return Mirror()

    @staticmethod
    def journal(mirror: Mirror, process: Process) -> Journal:
        opened = process.open()
        opened.ledger.id = process.log.found(mirror.new_id())
        patience = Patience(mirror.clock, lambda: math.inf)
        return Journal(
            process.log,
            mirror.clock,
            mirror.new_id,
            opened.ledger,
            "run",
            patience=patience,
        )

    @pytest.mark.parametrize("done", [False, True])
    def test_for_a_minute_is_waited_for_and_has_each_commit_once(
        self, mirror: Mirror, *, done: bool
    ) -> None:
        process = mirror.process()
        journal = self.journal(mirror, process)
        process.watch.interfere(
            silent_for(mirror, 60, UnavailableError("s3", "503")), done=done
        )
        journal.record(events(2))

        assert [len(recorded.commit.events) for recorded in mirror.commits()] == [2]
        assert journal.ledger == mirror.ledger()

    def test_is_waited_for_also_where_others_are_followed(self, mirror: Mirror) -> None:
        process, other = mirror.process(), mirror.process()
        journal = self.journal(mirror, process)
        other.journal().record(events(1, "bat"))
        process.watch.before = silent_for(mirror, 60, UnavailableError("s3", "503"))
        journal.record(events(1, "jq"))

        assert len(mirror.commits()) == 2
        assert journal.ledger == mirror.ledger()

    def test_is_not_waited_for_by_who_has_no_patience(self, mirror: Mirror) -> None:
        process = mirror.process()
        journal = process.journal()
        process.watch.before = silent_for(mirror, 60, UnavailableError("s3", "503"))
        with pytest.raises(UnavailableError):
            journal.record(events(1))


def silent_for(
    mirror: Mirror, seconds: float, error: PortError
) -> Callable[[Call], None]:
    """Return what lets nobody have an answer for a while."""
    until = mirror.clock.monotonic() + seconds

    def hook(_: Call) -> None:
        if mirror.clock.monotonic() < until:
            raise error

    return hook


class TestAnotherWriterCameFirst:
    def test_its_commits_are_folded_and_the_run_goes_on(self) -> None:
        mirror = Mirror()
        ours, theirs = mirror.process().journal(), mirror.process().journal()
        theirs.record(events(300, "bat"))
        ours.record(events(1, "jq"))
        assert [len(r.commit.events) for r in mirror.commits()] == [256, 44, 1]
        assert ours.ledger == mirror.ledger()
        assert len(ours.ledger.held) == 301

    def test_each_writer_counts_its_own_commits_without_a_gap(self) -> None:
        mirror = Mirror()
        one, two = mirror.process().journal(), mirror.process().journal()
        for number in range(3):
            one.record([mirrored(make_bottle("bat", str(number)))])
            two.record([mirrored(make_bottle("jq", str(number)))])
        counts: dict[str, list[int]] = {}
        for recorded in mirror.commits():
            commit = recorded.commit
            counts.setdefault(commit.writer, []).append(commit.wseq)
        assert list(counts.values()) == [[1, 2, 3], [1, 2, 3]]

    def test_what_to_record_is_decided_again(self) -> None:
        mirror = Mirror()
        ours, theirs = mirror.process().journal(), mirror.process().journal()
        theirs.record(events(2, "bat"))
        asked: list[int] = []

        def decide(ledger: Ledger) -> Sequence[Event]:
            asked.append(len(ledger.held))
            return [BottleFailed(make_bottle(), "refused", str(len(ledger.held)), 1)]

        ours.record_as(decide)
        assert asked == [0, 2]
        assert mirror.events()[-1] == BottleFailed(make_bottle(), "refused", "2", 1)

    def test_it_may_be_decided_that_there_is_nothing_to_record(self) -> None:
        mirror = Mirror()
        ours, theirs = mirror.process().journal(), mirror.process().journal()
        theirs.record(events(2, "bat"))

        recorded = ours.record_as(lambda ledger: None if ledger.held else events(1))
        assert not recorded
        assert ours.ledger == mirror.ledger()
        assert len(mirror.commits()) == 1

    def test_it_may_come_first_many_times(self) -> None:
        mirror = Mirror()
        process, other = mirror.process(), mirror.process().journal()
        journal = process.journal()
        versions = iter(range(5))

        def race(call: Call) -> None:
            if call.what == "create" and (number := next(versions, None)) is not None:
                other.record([mirrored(make_bottle("bat", str(number)))])

        process.watch.before = race
        journal.record(events(1))
        assert [r.commit.wseq for r in mirror.commits()] == [1, 2, 3, 4, 5, 1]
        assert journal.ledger == mirror.ledger()

    def test_its_damage_is_not_written_over(self) -> None:
        mirror = Mirror()
        journal = mirror.process().journal()
        mirror.disk.create(commit_key(0), b"not a commit\n")
        with pytest.raises(LedgerDamagedError):
            journal.record(events(1))
        assert mirror.disk.get(commit_key(0)).body == b"not a commit\n"


class TestNoAnswer:
    def test_a_write_that_landed_counts_once(self) -> None:
        mirror = Mirror()
        process = mirror.process()
        journal = process.journal()

        def lose() -> None:
            raise OutcomeUnknownError("create", "connection reset")

        process.watch.after = at_call(1, lose)
        journal.record(events(1))
        journal.record(events(1, "bat"))
        assert [r.commit.wseq for r in mirror.commits()] == [1, 2]

    def test_an_outcome_that_is_never_found_out_ends_the_run(self) -> None:
        mirror = Mirror()
        process = mirror.process()
        journal = process.journal()

        def lose(_: Call) -> None:
            raise OutcomeUnknownError("create", "connection reset")

        process.watch.before = lose
        with pytest.raises(UnavailableError, match="not known whether it was written"):
            journal.record(events(1))
        assert journal.ledger.held == {}
        assert mirror.commits() == []

    @pytest.mark.parametrize("landed", [True, False])
    def test_is_made_good_before_anything_else_is_recorded(
        self, *, landed: bool
    ) -> None:
        mirror = Mirror()
        process = mirror.process()
        run = process.runs.begin(process.open())
        run.record_empty("5e" * 32, None, None)
        given_up(process, run.journal, events(1), landed=landed)

        run.journal.record(events(1, "bat"))

        counts = [recorded.commit.wseq for recorded in mirror.commits()]
        assert counts == [*range(1, len(counts) + 1)]
        assert len(counts) == (3 if landed else 2)
        assert run.journal.ledger == mirror.ledger()
        names = {entry.bottle.name for entry in mirror.ledger().held.values()}
        assert names == ({"jq", "bat"} if landed else {"bat"})

    def test_that_is_found_out_only_by_the_next_commit_counts_as_its_own(self) -> None:
        mirror = Mirror()
        process = mirror.process()
        run = process.runs.begin(process.open())
        run.record_empty("5e" * 32, None, None)
        bodies: list[bytes] = []

        def held_up(call: Call) -> None:
            if call.what == "create" and bodies:
                # What was given up lands before what comes in its place.
                mirror.disk.create(commit_key(1), bodies.pop())

        def lose(key: ObjectKey, body: bytes) -> None:
            bodies[:] = [body]
            raise OutcomeUnknownError(key, "connection reset")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(process.store, "create", lose)
            with pytest.raises(UnavailableError):
                run.journal.record(events(1))
        process.watch.before = held_up
        run.journal.record(events(1, "bat"))

        assert [recorded.commit.wseq for recorded in mirror.commits()] == [1, 2, 3]
        assert run.journal.ledger == mirror.ledger()
        assert len(mirror.ledger().held) == 2

    def test_is_found_out_before_it_is_decided_what_else_to_record(self) -> None:
        mirror = Mirror()
        process = mirror.process()
        run = process.runs.begin(process.open())
        run.record_empty("5e" * 32, None, None)
        given_up(process, run.journal, events(1), landed=True)
        asked: list[int] = []

        run.journal.record_as(lambda ledger: asked.append(len(ledger.held)))

        assert asked == [1]
        assert len(mirror.commits()) == 2


def given_up(
    process: Process, journal: Journal, recorded: Sequence[Event], *, landed: bool
) -> None:
    """Have a journal record what it never hears of again, whether or not it landed."""

    def lose(call: Call) -> None:
        if call.what == "create":
            raise OutcomeUnknownError(call.key, "connection reset")

    def be_silent(call: Call) -> None:
        if call.what == "create" and len(process.watch.of("create")) > made:
            raise OutcomeUnknownError(call.key, "connection reset")

    if landed:
        made = len(process.watch.of("create")) + 1
        process.watch.after, process.watch.before = lose, be_silent
    else:
        process.watch.before = lose
    with pytest.raises(UnavailableError):
        journal.record(recorded)
    process.watch.after = process.watch.before = nothing
