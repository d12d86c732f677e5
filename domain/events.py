"""The facts that the log records, and the commits they enter it in.

Nothing here is ever renamed on the wire: what an event is called there, and
what its fields mean, is written in ``docs/ledger-format.md`` and holds for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from types import MappingProxyType
from typing import Final, TypeAlias

from domain.bottle import Bottle, BottleKey, Digest, ObjectKey
from domain.generations import GenerationEvent
from domain.records import Elsewhere, Repair
from domain.state_digest import StateDigest
from domain.words import About, How, Outcome, Route, RunKind


@dataclass(frozen=True, slots=True)
class CatalogRead:
    """Upstream offered these documents.

    Attributes:
        source: The URL or path of the catalog; the validators are its server's.
        documents: The SHA-256 of each document's bytes, by its name.
        formulae: How many formulae the catalog held.
    """

    source: str
    documents: Mapping[str, str]
    etag: str | None
    last_modified: str | None
    formulae: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "documents", MappingProxyType(dict(self.documents)))


@dataclass(frozen=True, slots=True)
class SyncStarted:
    """A run began to carry out a plan.

    Attributes:
        plan: The SHA-256 of the plan's work.
        selection: The SHA-256 of what was chosen.
        day: The UTC day under which the run's bottles are stored.
        bottles: Bottles to mirror, copies included.
        bytes: Bytes to fetch, as far as their sizes are known.
        skipped: Bottles that were held already. Told where the shards are given to
            workers: whoever closes the run has not seen the plan.
        catalog: As ``SyncCompleted`` will have it, told with ``skipped``.
    """

    run: str
    kind: RunKind
    plan: str
    selection: str
    day: date
    shards: int
    route: Route
    bottles: int
    bytes: int
    skipped: int | None = None
    catalog: str | None = None


@dataclass(frozen=True, slots=True)
class ShardStarted:
    """A worker took on a shard of a run.

    Attributes:
        shard: From 0.
        attempt: How often the shard was given to a worker, this time included.
        route: What the worker runs on.
    """

    run: str
    shard: int
    attempt: int
    route: Route


@dataclass(frozen=True, slots=True)
class ShardPaused:
    """A worker left its shard in good order before it was done.

    Attributes:
        counts: What the worker did and used, by name.
    """

    run: str
    shard: int
    attempt: int
    counts: Mapping[str, int]

    def __post_init__(self) -> None:
        object.__setattr__(self, "counts", MappingProxyType(dict(self.counts)))


@dataclass(frozen=True, slots=True)
class ShardCompleted:
    """A shard of a run has ended: nobody works on it any more.

    Attributes:
        outcome: ``failed`` when it was given up.
        counts: What its last worker did and used, by name.
    """

    run: str
    shard: int
    outcome: Outcome
    counts: Mapping[str, int]

    def __post_init__(self) -> None:
        object.__setattr__(self, "counts", MappingProxyType(dict(self.counts)))


@dataclass(frozen=True, slots=True)
class NotificationSent:
    """People were told of a run.

    Attributes:
        percent: How much of the run's work was done by then.
    """

    run: str
    about: About
    percent: int


@dataclass(frozen=True, slots=True, init=False)
class BottleMirrored:
    """The store holds a bottle's bytes, checked against its digest.

    Attributes:
        size: Bytes.
        how: Fetched from upstream, copied inside the store, or found there.
    """

    bottle: Bottle
    size: int
    object_key: ObjectKey
    how: How

    # Written out for the reason that a bottle's is.
    def __init__(
        self, bottle: Bottle, size: int, object_key: ObjectKey, how: How
    ) -> None:
        _set_bottle(self, bottle)
        _set_size(self, size)
        _set_object_key(self, object_key)
        _set_how(self, how)


_set_bottle, _set_size, _set_object_key, _set_how = (
    BottleMirrored.__dict__[each.name].__set__ for each in fields(BottleMirrored)
)


@dataclass(frozen=True, slots=True)
class BottleFailed:
    """A bottle could not be mirrored in this run.

    Attributes:
        cause: A word for grouping, as ``not_found``.
        detail: One sentence for a person.
        attempts: How often it was tried.
    """

    bottle: Bottle
    cause: str
    detail: str
    attempts: int


@dataclass(frozen=True, slots=True, init=False)
class BottleSuperseded:
    """Upstream no longer offers a bottle; it may be evicted after its grace."""

    key: BottleKey
    sha256: Digest
    on: date

    # Written out for the reason that a bottle's is.
    def __init__(self, key: BottleKey, sha256: Digest, on: date) -> None:
        _set_old_key(self, key)
        _set_old_sha256(self, sha256)
        _set_on(self, on)


_set_old_key, _set_old_sha256, _set_on = (
    BottleSuperseded.__dict__[each.name].__set__ for each in fields(BottleSuperseded)
)


@dataclass(frozen=True, slots=True)
class BottleLost:
    """The store was found not to hold a bottle as the ledger says.

    Attributes:
        found: What was there instead: ``nothing``, or another size or digest.
    """

    key: BottleKey
    sha256: Digest
    object_key: ObjectKey
    found: str


@dataclass(frozen=True, slots=True)
class HashFileImported:
    """Another mirror's hash file was read: what it holds is known to be elsewhere.

    Attributes:
        source: The path, URL or bucket and key that it was read from.
        document: The SHA-256 of the document that lists its entries.
        count: How many entries there are.
        etag: The source's own, to ask with next time.
        entries: What the document lists, by the key it has there. The log only
            names the document; whoever reads the log reads that, too.
    """

    source: str
    document: str
    count: int
    etag: str | None
    entries: Mapping[BottleKey, Elsewhere] = field(
        default_factory=dict, repr=False, compare=False
    )


@dataclass(frozen=True, slots=True)
class SyncCompleted:
    """A run ended, and what was held before the commit that says so.

    Attributes:
        catalog: The SHA-256 of the catalog that the run was to carry out in
            full; None when its plan was cut or was not made from a catalog.
        counts: Bottles ``mirrored``, ``copied``, ``skipped``, ``failed``, and
            ``bytes`` mirrored.
        state: Lets a replay check itself.
    """

    run: str
    outcome: Outcome
    catalog: str | None
    counts: Mapping[str, int]
    state: StateDigest

    def __post_init__(self) -> None:
        object.__setattr__(self, "counts", MappingProxyType(dict(self.counts)))


@dataclass(frozen=True, slots=True)
class LedgerRepaired:
    """Damaged commits were restored, or given up: then they are a declared gap."""

    repair: Repair


@dataclass(frozen=True, slots=True)
class StoreReconciled:
    """After damage, the ledger says again what the store holds.

    Attributes:
        document: The SHA-256 of the document that lists what was found there.
    """

    document: str


Event: TypeAlias = (
    CatalogRead
    | HashFileImported
    | SyncStarted
    | ShardStarted
    | ShardPaused
    | ShardCompleted
    | NotificationSent
    | BottleMirrored
    | BottleFailed
    | BottleSuperseded
    | BottleLost
    | SyncCompleted
    | LedgerRepaired
    | StoreReconciled
    | GenerationEvent
)


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the log: a commit's number, and the SHA-256 of its bytes."""

    seq: int
    sha256: str


GENESIS: Final = Position(-1, "0" * 64)
"""Where a log begins: the first commit is number 0 and follows 64 zeros."""


@dataclass(frozen=True, slots=True)
class Commit:
    """Events that entered the log together: the unit of atomicity.

    Attributes:
        id: A UUID, new for each commit, which tells one's own from another's.
        ledger: The UUID of the ledger it belongs to.
        seq: Its position, from 0, without gaps.
        prev: The SHA-256 of the bytes of the commit before it.
        at: UTC, whole seconds.
        run: The run that wrote it.
        writer: ``RUN/SHARD/PROCESS``: new for every process.
        wseq: The writer's own count, from 1, without gaps.
    """

    id: str
    ledger: str
    seq: int
    prev: str
    at: datetime
    run: str
    writer: str
    wseq: int
    events: tuple[Event, ...] = ()

    def has(self, *kinds: type[Event]) -> bool:
        """Return whether an event of one of these kinds is among its events."""
        # Nearly always none is, and this is the quickest way to see that.
        return not set(kinds).isdisjoint(map(type, self.events))


@dataclass(frozen=True, slots=True)
class RecordedCommit:
    """A commit as it stands in the log, and the SHA-256 of its bytes there.

    Attributes:
        gap: The declared gap that lies between it and the commit before it.
    """

    commit: Commit
    sha256: str
    gap: Repair | None = None

    @property
    def position(self) -> Position:
        """Where the commit stands."""
        return Position(self.commit.seq, self.sha256)
