from collections.abc import Sequence

import pytest

from adapters.memory.metrics import MemoryMetrics
from adapters.memory.notifier import MemoryNotifier
from adapters.memory.progress import RecordingProgress
from application.announce import Announce
from domain.messages import Message
from ports.errors import NotFoundError, PortError

MESSAGE = Message("✅ Title", (("Label", "value"),))
DENIED = NotFoundError("Failed to send Slack notification", "404 Not Found")


class Ears:
    """Notifiers, and who hears of them."""

    def __init__(self, *refusals: PortError | None) -> None:
        self.notifiers = [MemoryNotifier() for _ in refusals]
        for notifier, refusal in zip(self.notifiers, refusals, strict=True):
            notifier.refusal = refusal
        self.metrics = MemoryMetrics()
        self.progress = RecordingProgress()
        self.announce = Announce(self.notifiers, self.metrics, self.progress)

    @property
    def heard(self) -> list[Sequence[Message]]:
        return [notifier.messages for notifier in self.notifiers]


def test_everybody_is_told() -> None:
    ears = Ears(None, None)

    assert ears.announce(MESSAGE)
    assert ears.heard == [[MESSAGE], [MESSAGE]]
    assert ears.progress.notes == []
    assert ears.metrics.added == []


def test_who_fails_is_noted_and_counted_and_the_others_are_told() -> None:
    ears = Ears(DENIED, None)

    assert ears.announce(MESSAGE)
    assert ears.heard == [[], [MESSAGE]]
    assert ears.progress.warnings == [
        "Failed to send Slack notification: 404 Not Found"
    ]
    assert ears.metrics.added == [("NotificationFailures", 1, None)]


@pytest.mark.parametrize(
    ("refusals", "taken"), [((), True), ((DENIED,), False), ((DENIED, DENIED), False)]
)
def test_tells_whether_anybody_took_it_or_there_is_nobody(
    refusals: tuple[PortError, ...], *, taken: bool
) -> None:
    assert Ears(*refusals).announce(MESSAGE) == taken
