"""What the orchestrator can be asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from domain.order import Order


@dataclass(frozen=True, slots=True)
class Start:
    """Start a run, unless one is under way.

    Attributes:
        event_id: What is the same when this is delivered again; None if nothing is.
    """

    event_id: str | None


@dataclass(frozen=True, slots=True)
class TellShards:
    """Tell which shards of a run have not ended.

    Attributes:
        among: Only these; all of the run if None.
    """

    run_id: str
    among: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Close:
    """Close a run.

    Attributes:
        give_up: Shards that nobody works on any more.
        why: Why nobody does, if that is known.
    """

    run_id: str
    give_up: tuple[int, ...]
    why: str | None = None


@dataclass(frozen=True, slots=True)
class TellAge:
    """Measure how old the last complete run is."""


@dataclass(frozen=True, slots=True)
class WorkerDied:
    """A worker in Lambda has died without a word, on this order."""

    order: Order


Trigger: TypeAlias = Start | TellShards | Close | TellAge | WorkerDied
