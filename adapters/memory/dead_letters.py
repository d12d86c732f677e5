"""Dead letters in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from ports.dead_letters import DeadLetter, DeadLetters
from ports.errors import MalformedError


class MemoryDeadLetters(DeadLetters):
    """Has the letters that it was given.

    Attributes:
        lying: Those that can be read.
        read_by_us: Those that were read, and are hidden from others.
        started: What the orchestrator was handed.
    """

    def __init__(self, letters: Iterable[DeadLetter] = ()) -> None:
        self.lying = list(letters)
        self.read_by_us: list[DeadLetter] = []
        self.started: list[Mapping[str, object]] = []

    def count(self) -> Mapping[str, int]:
        return Counter(letter.queue for letter in self.lying)

    def read(self) -> Iterator[DeadLetter]:
        while self.lying:
            self.read_by_us.append(self.lying.pop(0))
            yield self.read_by_us[-1]

    def put_back(self, letter: DeadLetter) -> None:
        self.read_by_us.remove(letter)
        self.lying.append(letter)

    def start_again(self, letter: DeadLetter) -> None:
        if letter.payload is None:
            raise MalformedError(
                f"start again a letter of {letter.queue}", letter.about
            )
        self.started.append(letter.payload)

    def remove(self, letter: DeadLetter) -> None:
        self.read_by_us.remove(letter)
