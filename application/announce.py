"""Announcing: tell everybody who wants to know, and let no run fail over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.messages import Message
from ports.errors import PortError
from ports.metrics import Metrics
from ports.notifier import Notifier
from ports.progress import Progress


@dataclass(frozen=True, slots=True)
class Announce:
    """Sends a message over every notifier.

    A notifier that fails is told of and counted, and is nobody's failure but its own.
    """

    notifiers: Sequence[Notifier]
    metrics: Metrics
    progress: Progress

    def __call__(self, message: Message) -> bool:
        """Send ``message``.

        Returns:
            Whether it was taken by one of them at least, or there is none to take it.
        """
        taken = not self.notifiers
        for notifier in self.notifiers:
            try:
                notifier.send(message)
            except PortError as error:
                self.progress.warn(str(error))
                self.metrics.add("NotificationFailures", 1)
            else:
                taken = True
        return taken
