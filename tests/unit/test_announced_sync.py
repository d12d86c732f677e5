from __future__ import annotations

import pytest

from adapters.ledger.layout import commit_key
from adapters.memory.metrics import MemoryMetrics
from adapters.memory.notifier import MemoryNotifier
from application.announce import Announce
from application.announced_sync import AnnouncedSync
from domain.errors import LedgerDamagedError, SelectionError
from domain.messages import Message
from ports.errors import NotFoundError, UnavailableError
from tests.support.catalogs import digest_of, select
from tests.support.mirror import EVERYTHING, TAG, Mirror, Process, mirror_of

START = "🚀 Homebrew Bottles Sync Started"
COMPLETE = "✅ Homebrew Bottles Sync Complete"
DEGRADED = "❌ Homebrew Bottles Sync Degraded"
FAILED = "❌ Homebrew Bottles Sync Failed"


class Told:
    """A sync of a mirror, and what people were told of it."""

    def __init__(self, mirror: Mirror) -> None:
        self.process: Process = mirror.process()
        self.notifier = MemoryNotifier()
        self.metrics = MemoryMetrics()
        announce = Announce([self.notifier], self.metrics, self.process.progress)
        self.sync = AnnouncedSync(
            sync=self.process.syncing(),
            announce=announce,
            clock=mirror.clock,
            environment="laptop",
            store="s3://bottles",
            logs="cron's mail",
        )

    @property
    def titles(self) -> list[str]:
        return [message.title for message in self.notifier.messages]

    @property
    def last(self) -> dict[str, str]:
        """What the last message says, by its labels."""
        return dict(self.notifier.messages[-1].lines)


@pytest.fixture
def mirror() -> Mirror:
    """Return a mirror that holds nothing of the two bottles on offer."""
    return mirror_of("bat", "jq")


def test_people_are_told_how_a_run_begins_and_how_it_ends(mirror: Mirror) -> None:
    told = Told(mirror)

    report = told.sync(EVERYTHING)

    head = report.ledger.position
    assert told.notifier.messages == [
        Message(
            START,
            (
                ("Environment", "laptop"),
                ("Date", "2026-08-22"),
                ("Estimated bottles", "2"),
                ("Estimated size", "not known yet"),
                ("Sync method", "local"),
            ),
        ),
        Message(
            COMPLETE,
            (
                ("Environment", "laptop"),
                ("Date", "2026-08-22"),
                ("New bottles", "2"),
                ("Total size", "5 B"),
                ("Duration", "less than a second"),
                ("S3 location", "s3://bottles/2026-08-22/"),
                ("Status page", "s3://bottles/status/index.html"),
                ("Ledger head", f"{head.seq}:{head.sha256}"),
            ),
        ),
    ]


def test_a_size_that_is_known_is_told(mirror: Mirror) -> None:
    told = Told(mirror)

    told.sync(EVERYTHING, max_bytes=100)

    assert told.notifier.messages[0].lines[3] == ("Estimated size", "5 B")


def test_a_run_with_nothing_to_do_is_one_message(mirror: Mirror) -> None:
    mirror.sync()
    told = Told(mirror)

    told.sync(EVERYTHING)

    assert told.titles == [COMPLETE]
    assert list(told.last) == ["Nothing to do"]


def test_bottles_that_are_left_for_later_are_not_nothing_to_do(mirror: Mirror) -> None:
    told = Told(mirror)

    told.sync(EVERYTHING, max_bytes=1)

    assert told.titles == [COMPLETE]
    assert told.last["New bottles"] == "0"


def test_a_degraded_run_tells_the_causes(mirror: Mirror) -> None:
    mirror.upstream.fail(digest_of("jq"), NotFoundError("jq", "404"))
    told = Told(mirror)

    told.sync(EVERYTHING)

    assert told.titles == [START, DEGRADED]
    assert told.last["Failed bottles"] == "1 (1 not_found)"
    assert "the same bottles sync again" in told.last["Retry"]


def test_an_interrupted_run_says_what_became_of_it(mirror: Mirror) -> None:
    told = Told(mirror)
    told.process.stop.set()

    told.sync(EVERYTHING)

    assert told.titles == [START, FAILED]
    assert told.last["Error"] == "interrupted; what was fetched is recorded"
    assert told.last["Check logs"] == "cron's mail"


def test_a_run_that_cannot_begin_is_told_and_fails_as_it_did(mirror: Mirror) -> None:
    told = Told(mirror)

    with pytest.raises(SelectionError):
        told.sync(select(TAG, formulae=("no-such-formula",)))

    assert told.titles == [FAILED]
    assert "no-such-formula" in told.last["Error"]


def test_a_damaged_ledger_is_told(mirror: Mirror) -> None:
    mirror.sync()
    newest = mirror.commits()[-1].commit.seq
    mirror.damage(commit_key(newest), b"rubbish")
    told = Told(mirror)

    with pytest.raises(LedgerDamagedError) as raised:
        told.sync(EVERYTHING)

    assert told.last["Error"] == str(raised.value)


def test_whoever_cannot_be_told_hinders_nothing(mirror: Mirror) -> None:
    told = Told(mirror)
    told.notifier.refusal = UnavailableError("Failed to send Slack notification", "503")

    report = told.sync(EVERYTHING)

    assert report.outcome == "complete"
    assert (
        told.process.progress.warnings == ["Failed to send Slack notification: 503"] * 2
    )
    assert told.metrics.total("NotificationFailures") == 2
    mirror.check()


def test_the_day_is_the_runs_own(mirror: Mirror) -> None:
    told = Told(mirror)

    report = told.sync(EVERYTHING)

    assert {str(key).partition("/")[0] for key in mirror.bottles()} == {str(report.day)}
