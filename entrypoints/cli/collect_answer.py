"""What ``gc --json`` prints."""

from __future__ import annotations

from typing import Any

from application.collect_garbage import GarbageReport
from domain.retention import Kept, Old
from entrypoints.cli.sync_answer import head

Answer = dict[str, Any]


def garbage_answer(report: GarbageReport) -> Answer:
    """Return what ``gc --json`` prints."""
    retention, removal = report.retention, report.removal
    return {
        "held": {"bottles": retention.objects},
        "max_evict": f"{report.max_evict}%",
        "share": f"{retention.share}%",
        "evict": [_old(old) for old in retention.evict],
        "kept": [_kept(kept) for kept in retention.kept],
        "proposed": [
            {
                "key": entry.bottle.key,
                "sha256": entry.bottle.digest,
                "bytes": entry.size,
                "object_key": entry.object_key,
            }
            for entry in retention.proposed
        ],
        "refused": report.refused,
        "evicted": [old.key for old in report.evicted],
        "removed": {
            "objects": removal.removed if removal else 0,
            "left": removal.left if removal else 0,
            "why_left": removal.why_left if removal else None,
        },
        "lost": list(removal.lost) if removal else [],
        "ledger": head(report.ledger),
    }


def _old(old: Old) -> Answer:
    return {
        "key": old.key,
        "sha256": old.sha256,
        "bytes": old.size,
        "object_key": old.object_key,
        "superseded": old.on.isoformat(),
    }


def _kept(kept: Kept) -> Answer:
    until = None if kept.until is None else kept.until.isoformat()
    return {**_old(kept.old), "until": until, "needed_by": list(kept.needed_by)}
