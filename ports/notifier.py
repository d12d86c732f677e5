"""Telling people how things are going."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

from domain.messages import Message


class Notifier(Protocol):
    """Sends messages to people.

    Every adapter promises, and ``tests/contract`` holds it to:

    - Whole: title, labels and values arrive as they are, in their order, but for what
      is longer than the other side takes; that is cut, and the cut is shown.
    - Patient: it tries again by itself where that may help, and not for ever.
    - Discreet: what opens the way to those people (a webhook's URL) is in no error.
    """

    @abstractmethod
    def send(self, message: Message) -> None:
        """Send ``message``; once this returns, it was taken.

        Raises:
            PortError: It was not taken, or nobody knows; it may arrive all the same.
        """
        raise NotImplementedError
