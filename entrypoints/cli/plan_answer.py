"""What ``plan --json`` prints."""

from __future__ import annotations

from typing import Any

from domain.config import SyncConfig
from domain.plan import SyncPlan
from domain.work import Amount

Answer = dict[str, Any]


def plan_answer(plan: SyncPlan, config: SyncConfig, plan_sha256: str) -> Answer:
    """Return what ``plan --json`` prints."""
    work = plan.work
    return {
        "catalog": {
            "source": plan.catalog.source,
            "sha256": plan.catalog.sha256,
            "formulae": plan.formulae,
            "skipped": plan.skipped,
            "signed": plan.catalog.signed,
        },
        "tags": list(plan.tags),
        "offered": amount_answer(plan.offered),
        "held": {"bottles": plan.held},
        "elsewhere": {"bottles": len(plan.elsewhere)},
        "to_fetch": {
            "bottles": work.bottles,
            "bytes": work.bytes,
            "copies": work.copies,
            "unknown_sizes": work.unknown_sizes,
        },
        "by_tag": {tag: amount_answer(amount) for tag, amount in plan.by_tag.items()},
        "route": work.route(config.size_threshold),
        "shards": config.shards(work),
        "plan_sha256": plan_sha256,
    }


def amount_answer(amount: Amount) -> Answer:
    """Return how many bottles there are, and their bytes."""
    return {"bottles": amount.bottles, "bytes": amount.bytes}
