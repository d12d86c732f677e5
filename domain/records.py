"""What the ledger keeps: bottles held, objects superseded, runs open and closed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from types import MappingProxyType

from domain.bottle import Bottle, BottleKey, Digest, ObjectKey
from domain.catalog import Validators
from domain.words import About, Outcome, Route, RunKind


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


@dataclass(frozen=True, slots=True, init=False)
class Superseded:
    """An object that the store still holds, and upstream no longer offers."""

    key: BottleKey
    sha256: Digest
    size: int
    on: date

    # Written out for the reason that a bottle's is.
    def __init__(self, key: BottleKey, sha256: Digest, size: int, on: date) -> None:
        _set_key(self, key)
        _set_sha256(self, sha256)
        _set_old_size(self, size)
        _set_on(self, on)


_set_key, _set_sha256, _set_old_size, _set_on = (
    Superseded.__dict__[each.name].__set__ for each in fields(Superseded)
)


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


@dataclass(frozen=True, slots=True)
class ShardState:
    """How far a shard of a run has come.

    Attributes:
        attempt: How often it was given to a worker.
        writer: The worker that has it, as the headers of its commits name it.
        outcome: How it ended; None while it has not.
    """

    attempt: int
    route: Route
    writer: str
    started: datetime
    outcome: Outcome | None = None


@dataclass(slots=True)
class Sharing:
    """How the work of a run is shared out among workers.

    Attributes:
        catalog: The SHA-256 of the catalog that the run carries out in full.
        skipped: Bottles that were held already.
        shards: Those that a worker was seen on, from 0.
        spent: What workers did and used, added up by name.
        told: When people were told of the run.
    """

    plan: str
    route: Route
    catalog: str | None
    skipped: int
    shards: dict[int, ShardState] = field(default_factory=dict)
    spent: dict[str, int] = field(default_factory=dict)
    told: dict[About, datetime] = field(default_factory=dict)

    def fork(self) -> Sharing:
        """Return an equal one that changes apart from this one."""
        return replace(
            self,
            shards=dict(self.shards),
            spent=dict(self.spent),
            told=dict(self.told),
        )


@dataclass(slots=True)
class OpenRun:
    """A run that has begun and not ended, and what it has done so far.

    Attributes:
        undisturbed: No bottle was lost since it began, nor replaced or dropped by
            another run, so that its plan still covers all that is missing.
        sharing: None where the process that plans also carries out.
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
    sharing: Sharing | None = None

    @property
    def unfinished(self) -> tuple[int, ...]:
        """The shards that have not ended."""
        ended = {
            shard
            for shard, state in (self.sharing.shards if self.sharing else {}).items()
            if state.outcome is not None
        }
        return tuple(shard for shard in range(self.shards) if shard not in ended)

    def fork(self) -> OpenRun:
        """Return an equal one that changes apart from this one."""
        return replace(
            self,
            failed=dict(self.failed),
            writers=dict(self.writers),
            sharing=self.sharing.fork() if self.sharing else None,
        )


@dataclass(frozen=True, slots=True)
class ClosedRun:
    """The end of a run."""

    run: str
    outcome: Outcome
    at: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """What a run of several workers came to.

    Attributes:
        bottles: What it was to mirror, copies included, and others did not.
        mirrored: What it did mirror.
        bytes: Fetched.
        causes: How many bottles failed, by cause.
    """

    route: Route
    day: date
    started: datetime
    bottles: int
    mirrored: int
    bytes: int
    skipped: int
    causes: Mapping[str, int]
    spent: Mapping[str, int]
    told: Mapping[About, datetime]

    @property
    def missing(self) -> int:
        """Bottles that are not there, and did not fail either."""
        return max(0, self.bottles - self.mirrored - sum(self.causes.values()))


def account_of(run: OpenRun) -> Account | None:
    """Return what a run came to so far, None if it is not shared out."""
    sharing = run.sharing
    if sharing is None:
        return None
    return Account(
        route=sharing.route,
        day=run.day,
        started=run.started,
        bottles=run.bottles,
        mirrored=run.mirrored,
        bytes=run.mirrored_bytes,
        skipped=sharing.skipped,
        causes=dict(sorted(Counter(run.failed.values()).items())),
        spent=dict(sharing.spent),
        told=dict(sharing.told),
    )


@dataclass(frozen=True, slots=True)
class RememberedRun:
    """A run that has ended, of which commits may still be delivered again.

    Attributes:
        writers: The highest count that was seen of each of its writers.
    """

    closed: ClosedRun
    writers: Mapping[str, int]
    account: Account | None = None

    @property
    def is_told(self) -> bool:
        """Whether people were told how it ended."""
        return self.account is not None and "ended" in self.account.told
