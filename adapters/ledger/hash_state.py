"""What the hash file says of a ledger besides its long tables, as it is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from adapters.ledger import fields as wire
from domain.generations import Generation, KeptIndex
from domain.ledger import Ledger
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
from domain.words import About


def state_rows(ledger: Ledger) -> dict[str, object]:
    """Return all of the state but what is superseded."""
    last, catalog = ledger.last_complete, ledger.catalog
    return _said(
        catalog=None if catalog is None else _catalog(catalog),
        digest=_digest(ledger.state),
        ended=[_remembered(run) for run in ledger.ended.values()],
        generations=[_generation(g) for g in ledger.generations.values()] or None,
        imports={source: _import(seen) for source, seen in ledger.imports.items()},
        indexes={r: _index(i) for r, i in ledger.indexes.items()} or None,
        last_complete=None if last is None else _closed(last),
        published=ledger.published,
        reconciled=ledger.reconciled,
        repairs=_repairs(ledger.repairs),
        runs={run: _run(state) for run, state in ledger.runs.items()},
        settled=ledger.settled,
        shown=ledger.shown,
        undeclared=_repairs(ledger.undeclared) or None,
    )


def _said(**fields: object) -> dict[str, object]:
    # Nothing is written where there is nothing to say: the wire has no null.
    return {name: value for name, value in fields.items() if value is not None}


def _catalog(catalog: CatalogSeen) -> dict[str, object]:
    return _said(
        documents=dict(catalog.documents),
        etag=catalog.validators.etag,
        formulae=catalog.formulae,
        last_modified=catalog.validators.last_modified,
        source=catalog.source,
    )


def _digest(digest: StateDigest) -> dict[str, object]:
    return {
        "bottles": digest.bottles,
        "bytes": digest.bytes,
        "sum": wire.written_sum(digest.sum),
    }


def _generation(generation: Generation) -> dict[str, object]:
    return {
        "at": wire.written_time(generation.at),
        "bottles": generation.bottles,
        "documents": dict(generation.documents),
        "listing": generation.listing,
        "missing": generation.missing,
        "number": generation.number,
        "views": dict(generation.views),
    }


def _index(index: KeptIndex) -> dict[str, object]:
    return {
        "bottles": dict(index.bottles),
        "name": index.name,
        "sha256": index.digest,
        "size": index.size,
        "tagref": index.tagref,
    }


def _closed(run: ClosedRun) -> dict[str, object]:
    return {"at": wire.written_time(run.at), "outcome": run.outcome, "run": run.run}


def _import(seen: ImportSeen) -> dict[str, object]:
    return _said(document=seen.document, etag=seen.etag)


def _repairs(repairs: Iterable[Repair]) -> list[dict[str, object]]:
    return [
        _said(
            cause=repair.cause,
            first=repair.first,
            last=repair.last,
            source=repair.source,
        )
        for repair in repairs
    ]


def _remembered(run: RememberedRun) -> dict[str, object]:
    account = run.account
    return _said(
        account=None if account is None else _account(account),
        writers=dict(run.writers),
        **_closed(run.closed),
    )


def _account(account: Account) -> dict[str, object]:
    return {
        "bottles": account.bottles,
        "bytes": account.bytes,
        "causes": dict(account.causes),
        "day": account.day.isoformat(),
        "mirrored": account.mirrored,
        "route": account.route,
        "skipped": account.skipped,
        "spent": dict(account.spent),
        "started": wire.written_time(account.started),
        "told": _told(account.told),
    }


def _run(run: OpenRun) -> dict[str, object]:
    return _said(
        bottles=run.bottles,
        bytes=run.bytes,
        day=run.day.isoformat(),
        failed=run.failed,
        kind=run.kind,
        last_commit=wire.written_time(run.last_commit),
        mirrored=run.mirrored,
        mirrored_bytes=run.mirrored_bytes,
        selection=run.selection,
        shards=run.shards,
        sharing=None if run.sharing is None else _sharing(run.sharing),
        started=wire.written_time(run.started),
        undisturbed=run.undisturbed,
        writers=run.writers,
    )


def _sharing(sharing: Sharing) -> dict[str, object]:
    return _said(
        catalog=sharing.catalog,
        plan=sharing.plan,
        route=sharing.route,
        shards={str(shard): _shard(state) for shard, state in sharing.shards.items()},
        skipped=sharing.skipped,
        spent=sharing.spent,
        told=_told(sharing.told),
    )


def _shard(state: ShardState) -> dict[str, object]:
    return _said(
        attempt=state.attempt,
        outcome=state.outcome,
        route=state.route,
        started=wire.written_time(state.started),
        writer=state.writer,
    )


def _told(told: Mapping[About, datetime]) -> dict[str, str]:
    return {about: wire.written_time(at) for about, at in told.items()}
