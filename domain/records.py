"""What the ledger keeps: bottles held, objects superseded, runs open and closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType

from domain.bottle import Bottle, BottleKey, Digest, ObjectKey
from domain.catalog import Validators
from domain.events import Outcome, RunKind


@dataclass(frozen=True, slots=True)
class HashEntry:
    """A bottle that the store holds.

    Attributes:
        size: Bytes.
        download_date: The UTC day of the run that mirrored it.
    """

    bottle: Bottle
    size: int
    object_key: ObjectKey
    download_date: date


@dataclass(frozen=True, slots=True)
class Superseded:
    """An object that the store still holds, and upstream no longer offers."""

    key: BottleKey
    sha256: Digest
    size: int
    on: date


@dataclass(frozen=True, slots=True)
class CatalogSeen:
    """The catalog that was read last."""

    source: str
    documents: Mapping[str, str]
    validators: Validators
    formulae: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "documents", MappingProxyType(dict(self.documents)))


@dataclass(slots=True)
class OpenRun:
    """A run that has begun and not ended, and what it has done so far.

    Attributes:
        undisturbed: No bottle was lost since it began, nor replaced or dropped by
            another run, so that its plan still covers all that is missing.
    """

    kind: RunKind
    selection: str
    day: date
    started: datetime
    last_commit: datetime
    shards: int
    bottles: int
    bytes: int
    mirrored: int = 0
    mirrored_bytes: int = 0
    undisturbed: bool = True
    failed: dict[BottleKey, str] = field(default_factory=dict)
    writers: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClosedRun:
    """The end of a run."""

    run: str
    outcome: Outcome
    at: datetime
