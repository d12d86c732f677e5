"""The messages of the original specification, and those that came with ours."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

from domain import messages
from domain.events import Position
from domain.messages import Message

_DAY: Final = date(2025, 7, 21)
_PAGE: Final = "s3://homebrew-bottles/status/index.html"
_HEAD: Final = Position(42, "03752aa93ac5" + "0" * 52)

RETRY: Final = (
    "aws lambda invoke --function-name homebrew-sync-orchestrator --payload"
    ' \'{"source":"manual"}\' --cli-binary-format raw-in-base64-out answer.json'
)
"""What the orchestrator tells people to type: whoever reads it may have no bottles."""

MESSAGES: Final[Mapping[str, Message]] = {
    "started": messages.sync_started(
        environment="prod",
        day=_DAY,
        bottles=1_247,
        size=15_312_345_678,
        method="Lambda",
    ),
    "progress": messages.sync_progress(
        done=45,
        total=150,
        bytes_done=2_340_000_000,
        bytes_total=7_794_000_000,
        left=timedelta(minutes=12, seconds=11),
    ),
    "complete": messages.sync_complete(
        environment="prod",
        day=_DAY,
        bottles=143,
        size=511_900_000,
        duration=timedelta(minutes=8, seconds=9),
        location="s3://homebrew-bottles/2025-07-21/",
        page=_PAGE,
        head=_HEAD,
    ),
    "unchanged": messages.sync_unchanged(
        environment="prod", day=_DAY, page=_PAGE, head=_HEAD
    ),
    "degraded": messages.sync_degraded(
        environment="prod",
        day=_DAY,
        bottles=1_240,
        size=15_201_000_000,
        duration=timedelta(hours=1, minutes=4, seconds=40),
        location="s3://homebrew-bottles/2025-07-21/",
        page=_PAGE,
        head=_HEAD,
        causes={"unavailable": 2, "wrong_digest": 5},
        retry=RETRY,
    ),
    "failed": messages.sync_failed(
        environment="prod",
        day=_DAY,
        error="Timeout downloading curl-8.0.0.arm64_sonoma.bottle.tar.gz",
        duration=timedelta(minutes=14),
        logs="/aws/lambda/homebrew-sync-orchestrator",
    ),
    "alarm": messages.alarm(
        environment="prod",
        name="homebrew-sync-age-of-last-complete-sync",
        state="ALARM",
        description="No run was complete for eight days. Run: bottles cloud trigger",
        reason="Threshold Crossed: 1 datapoint [777600.0] was greater than 691200.0.",
        at=datetime(2025, 7, 21, 3, 30, tzinfo=UTC),
    ),
    "alarm_over": messages.alarm(
        environment="prod",
        name="homebrew-sync-age-of-last-complete-sync",
        state="OK",
        description="",
        reason="Threshold Crossed: 1 datapoint [600.0] was not greater than 691200.0.",
        at=datetime(2025, 7, 21, 4, 30, tzinfo=UTC),
    ),
    "notice": messages.notice(
        environment="prod",
        subject="AWS Budgets: homebrew-sync has exceeded your alert threshold",
        text="Budgeted Amount: $50.00\nACTUAL Amount: $51.20",
    ),
    "test": messages.test_message(environment="prod", sender="bottles doctor --notify"),
}
"""One of each kind, by a short name."""
