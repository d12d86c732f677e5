"""What is asked of who exchanges a secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Step: TypeAlias = Literal["prepare", "install", "test", "promote"]
"""The steps of an exchange, in turn; each may be asked for more than once."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """One step of the exchange of a secret.

    Attributes:
        secret: Which, as whoever keeps it calls it.
        version: What the new value is called, the same in all steps.
    """

    step: Step
    secret: str
    version: str
