"""A notifier that remembers what it was told."""

from __future__ import annotations

from domain.messages import Message
from ports.errors import PortError
from ports.notifier import Notifier


class MemoryNotifier(Notifier):
    """Keeps every message.

    Attributes:
        messages: What was sent, in order.
        refusal: What a message is refused with from now on; None to take it.
    """

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.refusal: PortError | None = None

    def send(self, message: Message) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.messages.append(message)
