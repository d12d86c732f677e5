from datetime import date, timedelta
from pathlib import Path, PurePath

import pytest

from domain import messages
from domain.events import GENESIS
from domain.rounded import rounded_bytes, rounded_duration, rounded_percent
from tests.support.messages import MESSAGES, RETRY

DOCS = Path(__file__).resolve().parents[2] / "docs"


def said(name: str) -> list[str]:
    return MESSAGES[name].text.splitlines()


def test_a_start_reads_as_the_specification_has_it() -> None:
    assert said("started") == [
        "🚀 Homebrew Bottles Sync Started",
        "Environment: prod",
        "Date: 2025-07-21",
        "Estimated bottles: 1,247",
        "Estimated size: 15.3 GB",
        "Sync method: Lambda",
    ]


def test_progress_reads_as_the_specification_has_it() -> None:
    assert said("progress") == [
        "⏳ Homebrew Sync Progress",
        "Downloaded: 45/150 bottles (30%)",
        "Size: 2.3 GB / 7.8 GB",
        "ETA: 12 minutes",
    ]


def test_success_reads_as_the_specification_has_it_and_pins_the_ledger() -> None:
    assert said("complete") == [
        "✅ Homebrew Bottles Sync Complete",
        "Environment: prod",
        "Date: 2025-07-21",
        "New bottles: 143",
        "Total size: 512 MB",
        "Duration: 8 minutes",
        "S3 location: s3://homebrew-bottles/2025-07-21/",
        "Status page: s3://homebrew-bottles/status/index.html",
        f"Ledger head: 42:03752aa93ac5{'0' * 52}",
    ]


def test_failure_reads_as_the_specification_has_it() -> None:
    assert said("failed") == [
        "❌ Homebrew Bottles Sync Failed",
        "Environment: prod",
        "Date: 2025-07-21",
        "Error: Timeout downloading curl-8.0.0.arm64_sonoma.bottle.tar.gz",
        "Duration: 14 minutes",
        "Check logs: /aws/lambda/homebrew-sync-orchestrator",
    ]


def test_a_degraded_run_names_the_causes_worst_first_and_the_command() -> None:
    assert said("degraded")[-4:] == [
        "Failed bottles: 7 (5 wrong_digest, 2 unavailable)",
        f"Retry: {RETRY}",
        "Status page: s3://homebrew-bottles/status/index.html",
        f"Ledger head: 42:03752aa93ac5{'0' * 52}",
    ]


def test_a_run_with_nothing_to_do_says_so_in_one_line() -> None:
    (line,) = MESSAGES["unchanged"].lines

    assert line == (
        "Nothing to do",
        (
            "prod, 2025-07-21: all that upstream offers is held already; status page"
            " s3://homebrew-bottles/status/index.html; ledger head"
            f" 42:03752aa93ac5{'0' * 52}"
        ),
    )


def test_a_folder_is_not_called_an_s3_location() -> None:
    told = messages.sync_complete(
        environment="prod",
        day=date(2025, 7, 21),
        bottles=1,
        size=1,
        duration=timedelta(0),
        location=str(PurePath("mirror") / "2025-07-21"),
        page=str(PurePath("mirror") / "status" / "index.html"),
        head=GENESIS,
    )

    assert ("Location", "mirror/2025-07-21") in told.lines


def test_nobody_is_told_an_eta_that_nobody_knows() -> None:
    told = messages.sync_progress(
        done=0, total=150, bytes_done=0, bytes_total=7_800_000_000, left=None
    )

    assert told.text.splitlines()[1:] == [
        "Downloaded: 0/150 bottles (0%)",
        "Size: 0 B / 7.8 GB",
        "ETA: not known yet",
    ]


def test_an_alarm_tells_what_it_means_when_it_fires_and_when_it_is_over() -> None:
    assert said("alarm") == [
        "❌ Alarm: homebrew-sync-age-of-last-complete-sync",
        "Environment: prod",
        "Time: 2025-07-21 03:30:00 UTC",
        "Meaning: No run was complete for eight days. Run: bottles cloud trigger",
        "Reason: Threshold Crossed: 1 datapoint [777600.0] was greater than 691200.0.",
    ]
    assert said("alarm_over")[0] == (
        "✅ Alarm Over: homebrew-sync-age-of-last-complete-sync"
    )
    assert len(said("alarm_over")) == 4


@pytest.mark.parametrize("name", MESSAGES)
def test_the_documentation_shows_every_message_as_it_is_sent(name: str) -> None:
    documented = (DOCS / "notifications.md").read_text(encoding="utf-8")

    assert f"\n```\n{MESSAGES[name].text}\n```\n" in documented


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_every_title_begins_with_one_of_the_four_signs(
    message: messages.Message,
) -> None:
    assert message.title[0] in "🚀⏳✅❌"
    assert message.title[1] == " "


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1 kB"),
        (15_312_345_678, "15.3 GB"),
        (2_340_000_000, "2.3 GB"),
        (511_900_000, "512 MB"),
        (99_940_000, "99.9 MB"),
        (99_960_000, "100 MB"),
        (999_400_000, "999 MB"),
        (999_500_000, "1 GB"),
        (20_000_000_000, "20 GB"),
        (1_234_567_000_000_000, "1,235 TB"),
    ],
)
def test_bytes_are_rounded_to_about_three_digits(count: int, text: str) -> None:
    assert rounded_bytes(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "less than a second"),
        (1, "1 second"),
        (59, "59 seconds"),
        (59.7, "1 minute"),
        (89, "1 minute"),
        (90, "2 minutes"),
        (489, "8 minutes"),
        (3_569, "59 minutes"),
        (3_570, "1 hour"),
        (7_500, "2 hours 5 minutes"),
        (86_369, "23 hours 59 minutes"),
        (86_370, "1 day"),
        (2 * 86_400 + 3_600, "2 days 1 hour"),
    ],
)
def test_durations_are_rounded_to_the_minute(seconds: float, text: str) -> None:
    assert rounded_duration(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(
    ("done", "total", "text"),
    [
        (0, 3, "0%"),
        (45, 150, "30%"),
        (2, 3, "66%"),
        (999, 1_000, "99%"),
        (3, 3, "100%"),
        (0, 0, "100%"),
    ],
)
def test_nothing_is_done_to_the_last_percent_before_it_is_done(
    done: int, total: int, text: str
) -> None:
    assert rounded_percent(done, total) == text
