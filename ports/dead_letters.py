"""Dead letters: payloads that were not delivered, or failed on too often."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A payload that came to nothing.

    Attributes:
        id: Tells it apart from every other.
        queue: Where it lies.
        sent: When it was given up.
        payload: What has to be handed out to start it again; None when the letter makes
            no sense.
        function: The name of the function that has to be handed it.
        about: What it is, for people.
        reason: Why it was given up, as far as that was said.
        receipt: Names this reading of it, for as long as nobody else may read it.
    """

    id: str
    queue: str
    sent: datetime
    payload: Mapping[str, object] | None
    function: str
    about: str
    reason: str
    receipt: str


class DeadLetters(Protocol):
    """The queues in which dead letters lie.

    Every method may raise ``UnavailableError`` when there is no answer and
    ``RefusedError`` when it may not be done.
    """

    @abstractmethod
    def count(self) -> Mapping[str, int]:
        """Return about how many letters lie in each queue."""
        raise NotImplementedError

    @abstractmethod
    def read(self) -> Iterator[DeadLetter]:
        """Yield the letters, each once. For a minute nobody else reads one of them."""
        raise NotImplementedError

    @abstractmethod
    def put_back(self, letter: DeadLetter) -> None:
        """Let others read a letter that was read here, at once."""
        raise NotImplementedError

    @abstractmethod
    def start_again(self, letter: DeadLetter) -> None:
        """Hand a letter's payload to its function. The letter stays.

        Should it not be removed then, it is started once more, which is harmless.
        """
        raise NotImplementedError

    @abstractmethod
    def remove(self, letter: DeadLetter) -> None:
        """Remove a letter that was read here."""
        raise NotImplementedError
