"""What ``sync --json`` prints."""

from __future__ import annotations

from typing import Any

from application.expose_run import Exposed
from application.sync_bottles import SyncReport
from domain.ledger import Ledger
from entrypoints.cli.plan_answer import amount_answer

Answer = dict[str, Any]


def sync_answer(report: SyncReport, upstream: int, store: int) -> Answer:
    """Return what ``sync --json`` prints.

    Args:
        upstream: Requests that went to the catalog and the registry.
        store: Requests that went to the store.
    """
    return {
        "run_id": report.run,
        "outcome": report.outcome,
        "mirrored": amount_answer(report.mirrored),
        "copied": report.copied,
        "skipped": report.skipped,
        "rebuilt": list(report.rebuilt),
        "failed": dict(report.causes),
        "failures": [
            {
                "key": failure.bottle.key,
                "cause": failure.cause,
                "detail": failure.detail,
                "attempts": failure.attempts,
            }
            for failure in report.failures
        ],
        "duration_s": report.duration,
        "ledger": head(report.ledger),
        "published": _exposed(report.exposed),
        "requests": {"upstream": upstream, "store": store},
    }


def _exposed(exposed: Exposed) -> Answer:
    seen = exposed.publication
    return {
        "generation": None if seen is None else seen.generation,
        "refused": exposed.refused,
    }


def head(ledger: Ledger) -> Answer:
    """Return where a ledger stands."""
    position = ledger.position
    return {"id": ledger.id, "seq": position.seq, "sha256": position.sha256}
