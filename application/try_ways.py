"""Whether messages arrive: one is sent over every way there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from application.doctor import Check
from domain.messages import Message
from ports.errors import PortError
from ports.notifier import Notifier

_NAME: Final = "notifications"
_NOBODY: Final = (
    "set slack_webhook_url, slack_webhook_secret_id or notification_topic_arn, and"
    " leave enable_notifications as it is"
)
_FAILED: Final = (
    "see that the webhook, its secret and the topic are those you mean, and that these"
    " credentials may read and publish"
)


@dataclass(frozen=True, slots=True)
class TryWays:
    """Sends a message over every way, and tells what came of it.

    Attributes:
        ways: Gives every way to people by what it is called.
    """

    ways: Callable[[], Mapping[str, Notifier]]

    def __call__(self, message: Message) -> Check:
        """Send ``message``."""
        ways = self.ways()
        if not ways:
            return Check(_NAME, "warn", "nobody is told of anything", _NOBODY)
        failures: dict[str, PortError] = {}
        for name, notifier in ways.items():
            try:
                notifier.send(message)
            except PortError as error:
                failures[name] = error
        taken = [name for name in ways if name not in failures]
        said = [f"a message was taken by {' and '.join(taken)}"] if taken else []
        if not failures:
            return Check(_NAME, "ok", f"{said[0]}: see that it has arrived")
        said += map(str, failures.values())
        first = next(iter(failures.values()))
        return Check(_NAME, "fail", "; ".join(said), _FAILED, first)
