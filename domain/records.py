"""What the ledger keeps: bottles held, objects superseded, runs open and closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from types import MappingProxyType

from domain.bottle import Bottle, BottleKey, Digest, ObjectKey
from domain.catalog import Validators
from domain.words import Outcome, RunKind


@dataclass(frozen=True, slots=True, init=False)
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

    # Written out for the reason that a bottle's is.
    def __init__(
        self, bottle: Bottle, size: int, object_key: ObjectKey, download_date: date
    ) -> None:
        _set_bottle(self, bottle)
        _set_size(self, size)
        _set_object_key(self, object_key)
        _set_download_date(self, download_date)


_set_bottle, _set_size, _set_object_key, _set_download_date = (
    HashEntry.__dict__[each.name].__set__ for each in fields(HashEntry)
)


@dataclass(frozen=True, slots=True)
class Superseded:
    """An object that the store still holds, and upstream no longer offers."""

    key: BottleKey
    sha256: Digest
    size: int
    on: date


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A bottle that another mirror was said to hold, by the key it had there.

    Its digest is known, and its bytes are not in this store.

    Attributes:
        size: Bytes; 0 when nobody said.
        download_date: The UTC day under which it lies there.
    """

    digest: Digest
    size: int
    download_date: date


@dataclass(frozen=True, slots=True)
class ImportSeen:
    """What was imported last from one source.

    Attributes:
        document: The SHA-256 of the entries' written form.
        etag: The source's own, to ask with next time.
    """

    document: str
    etag: str | None


@dataclass(frozen=True, slots=True)
class Repair:
    """Commits that were damaged, and what became of them.

    Attributes:
        first: The number of the first commit.
        last: The number of the last one.
        cause: What had happened to them: a class of damage.
        source: Where good copies came from; None when there are none any more, and
            the range is a declared gap.
    """

    first: int
    last: int
    cause: str
    source: str | None

    @property
    def is_gap(self) -> bool:
        """Whether what the commits said is gone."""
        return self.source is None


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


@dataclass(frozen=True, slots=True)
class RememberedRun:
    """A run that has ended, of which commits may still be delivered again.

    Attributes:
        writers: The highest count that was seen of each of its writers.
    """

    closed: ClosedRun
    writers: Mapping[str, int]
