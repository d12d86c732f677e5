"""What a mutant is: one deliberate bug, put into the real code for a while."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import pytest

Change: TypeAlias = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bug.

    Attributes:
        breaks: What it breaks, in one sentence.
        apply: Puts it in place.
    """

    name: str
    breaks: str
    apply: Change


class Mutants(list[Mutant]):
    """Mutants of one kind, as they are declared."""

    def add(self, breaks: str) -> Callable[[Change], Change]:
        """Declare the function that is decorated to be a mutant."""

        def declare(apply: Change) -> Change:
            name = apply.__name__.replace("_", "-").removeprefix("the-")
            self.append(Mutant(name, breaks, apply))
            return apply

        return declare


class Anything(str):
    """A text that is taken for whatever it is compared with."""

    __slots__ = ()

    def __eq__(self, _: object) -> bool:
        return True

    def __ne__(self, _: object) -> bool:
        return False

    __hash__ = str.__hash__
