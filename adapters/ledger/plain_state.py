"""What a hash file says besides its long tables, where it is beyond doubt.

Hundreds of runs are remembered, and every command reads them. Here they are decoded
straight into typed fields (docs/adr/0014), and written again: what does not come out
as it went in is spelt in another way than this program's, or has more to say than
these fields. That is left to the schemas.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from msgspec.structs import asdict

from adapters.ledger.canonical_json import written
from adapters.ledger.fields import read_time
from adapters.ledger.plain_lines import Count, Sha256
from domain.bottle import Digest
from domain.catalog import Validators
from domain.events import Position
from domain.generations import Generation, KeptIndex, ReleaseKey
from domain.records import (
    Account,
    CatalogSeen,
    ClosedRun,
    ImportSeen,
    OpenRun,
    RememberedRun,
    Repair,
    ShardState,
    Sharing,
)
from domain.state_digest import StateDigest
from domain.tags import Tag
from domain.words import About, Outcome, Route, RunKind


@dataclass(frozen=True, slots=True)
class State:
    """What a hash file says besides its long tables.

    Attributes:
        ledger: The ledger's UUID.
        at: When its last commit was made.
    """

    ledger: str
    position: Position
    at: datetime | None
    catalog: CatalogSeen | None
    digest: StateDigest
    ended: dict[str, RememberedRun]
    generations: dict[int, Generation]
    imports: dict[str, ImportSeen]
    indexes: dict[ReleaseKey, KeptIndex]
    last_complete: ClosedRun | None
    published: int | None
    reconciled: bool
    repairs: tuple[Repair, ...]
    runs: dict[str, OpenRun]
    settled: dict[str, str]
    shown: int | None
    undeclared: tuple[Repair, ...]


# The fields of each in the order in which they are written. Of those that may be left
# out none is ever null.
class _Object(msgspec.Struct, omit_defaults=True, gc=False):
    """An object; numbers are integers."""


class _Catalog(_Object, kw_only=True):
    documents: dict[str, Sha256]
    etag: str | None = None
    formulae: Count
    last_modified: str | None = None
    source: str


class _Digest(_Object):
    bottles: Count
    bytes: Count
    sum: Sha256


class _Account(_Object):
    bottles: Count
    bytes: Count
    causes: dict[str, Count]
    day: date
    mirrored: Count
    route: Route
    skipped: Count
    spent: dict[str, Count]
    started: str
    told: dict[About, str]


class _Ended(_Object, kw_only=True):
    account: _Account | None = None
    at: str
    outcome: Outcome
    run: str
    writers: dict[str, Count]


class _Import(_Object):
    document: Sha256
    etag: str | None = None


class _Complete(_Object):
    at: str
    outcome: Outcome
    run: str


class _Repair(_Object):
    cause: str
    first: Count
    last: Count
    source: str | None = None


class _Shard(_Object, kw_only=True):
    attempt: Count
    outcome: Outcome | None = None
    route: Route
    started: str
    writer: str


class _Sharing(_Object, kw_only=True):
    catalog: Sha256 | None = None
    plan: Sha256
    route: Route
    shards: dict[str, _Shard]
    skipped: Count
    spent: dict[str, Count]
    told: dict[About, str]


class _Run(_Object, kw_only=True):
    bottles: Count
    bytes: Count
    day: date
    failed: dict[str, str]
    kind: RunKind
    last_commit: str
    mirrored: Count
    mirrored_bytes: Count
    selection: Sha256
    shards: Count
    sharing: _Sharing | None = None
    started: str
    undisturbed: bool
    writers: dict[str, Count]


class _Generation(_Object):
    at: str
    bottles: Count
    documents: dict[str, Sha256]
    listing: Sha256
    missing: Count
    number: Annotated[int, Meta(ge=1)]
    views: dict[str, Count]


class _Index(_Object):
    bottles: dict[Tag, Sha256]
    name: str
    sha256: Sha256
    size: Count
    tagref: str


class _Position(_Object):
    id: str
    seq: Annotated[int, Meta(ge=-1)]
    sha256: Sha256


class _State(_Object, kw_only=True):
    catalog: _Catalog | None = None
    digest: _Digest
    ended: list[_Ended]
    generations: list[_Generation] = []
    imports: dict[str, _Import]
    indexes: dict[str, _Index] = {}
    last_complete: _Complete | None = None
    published: Annotated[int, Meta(ge=1)] | None = None
    reconciled: bool
    repairs: list[_Repair]
    runs: dict[str, _Run]
    settled: dict[str, Sha256]
    shown: Annotated[int, Meta(ge=1)] | None = None
    undeclared: list[_Repair] = []


class _Rest(_Object, kw_only=True):
    last_updated: str | None = None
    ledger: _Position
    state: _State
    sum: Sha256


_DECODER: Final = msgspec.json.Decoder(_Rest)


def plain_state(rest: bytes) -> State | None:
    """Return what a hash file says, None if anything of it is in doubt.

    Args:
        rest: The file without its long tables.
    """
    try:
        said = _DECODER.decode(rest)
        if written(msgspec.to_builtins(said)).encode() == rest:
            return _state(said)
    # ValueError also: not UTF-8, no time, more digits than Python reads.
    except (msgspec.DecodeError, ValueError, RecursionError):
        pass
    return None


def _state(said: _Rest) -> State:
    position, state = said.ledger, said.state
    digest, last = state.digest, state.last_complete
    return State(
        ledger=position.id,
        position=Position(position.seq, position.sha256),
        at=None if said.last_updated is None else read_time(said.last_updated),
        catalog=None if state.catalog is None else _catalog(state.catalog),
        digest=StateDigest(digest.bottles, digest.bytes, int(digest.sum, 16)),
        ended={run.run: _remembered(run) for run in state.ended},
        generations={each.number: _generation(each) for each in state.generations},
        imports={
            source: ImportSeen(seen.document, seen.etag)
            for source, seen in state.imports.items()
        },
        indexes=_indexes(state.indexes),
        last_complete=None if last is None else _closed(last),
        published=state.published,
        reconciled=state.reconciled,
        repairs=_repairs(state.repairs),
        runs={run: _run(still) for run, still in state.runs.items()},
        settled=state.settled,
        shown=state.shown,
        undeclared=_repairs(state.undeclared),
    )


def _catalog(said: _Catalog) -> CatalogSeen:
    validators = Validators(said.etag, said.last_modified)
    return CatalogSeen(said.source, said.documents, validators, said.formulae)


def _generation(said: _Generation) -> Generation:
    return Generation(**asdict(said) | {"at": read_time(said.at)})


def _indexes(said: Mapping[str, _Index]) -> dict[ReleaseKey, KeptIndex]:
    return {
        ReleaseKey(release): KeptIndex(
            each.name,
            each.tagref,
            Digest(each.sha256),
            each.size,
            {tag: Digest(digest) for tag, digest in each.bottles.items()},
        )
        for release, each in said.items()
    }


def _closed(said: _Ended | _Complete) -> ClosedRun:
    return ClosedRun(said.run, said.outcome, read_time(said.at))


def _remembered(said: _Ended) -> RememberedRun:
    account = said.account
    return RememberedRun(
        _closed(said),
        said.writers,
        None
        if account is None
        else Account(
            **asdict(account)
            | {"started": read_time(account.started), "told": _moments(account.told)}
        ),
    )


def _run(said: _Run) -> OpenRun:
    times = {
        "started": read_time(said.started),
        "last_commit": read_time(said.last_commit),
        "sharing": None if said.sharing is None else _sharing(said.sharing),
    }
    return OpenRun(**asdict(said) | times)


def _sharing(said: _Sharing) -> Sharing:
    shards = {
        _shard(number): ShardState(
            shard.attempt,
            shard.route,
            shard.writer,
            read_time(shard.started),
            shard.outcome,
        )
        for number, shard in said.shards.items()
    }
    return Sharing(
        **asdict(said) | {"shards": shards, "told": _moments(said.told)},
    )


def _shard(text: str) -> int:
    if str(int(text)) != text or text.startswith("-"):
        raise ValueError(text)
    return int(text)


def _moments(said: dict[About, str]) -> dict[About, datetime]:
    return {about: read_time(at) for about, at in said.items()}


def _repairs(said: Iterable[_Repair]) -> tuple[Repair, ...]:
    return tuple(
        Repair(each.first, each.last, each.cause, each.source) for each in said
    )
