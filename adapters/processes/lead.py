"""How the process that leads deals with its hands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from domain.work import Load
from ports.progress import TransferProgress

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Lead(Generic[T, R]):
    """What the process that leads does with what passes between it and its hands.

    Attributes:
        hand_over: Returns a task in the form in which it is sent.
        take_back: Returns a load's result from the form in which it came.
        hear: Is told what each trade reports.
        heed: Is told what one hand tells all others.
        progress: Is told how loads come on.
    """

    hand_over: Callable[[T], object]
    take_back: Callable[[Load, Any], R]
    hear: Callable[[Any], None]
    heed: Callable[[Any], None]
    progress: TransferProgress
