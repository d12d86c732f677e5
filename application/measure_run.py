"""What a run came to, in figures."""

from __future__ import annotations

from application.security_events import security_causes
from application.tell_of_run import UNFINISHED
from domain.cost import run_cost
from domain.ledger import Ledger
from domain.records import Account
from ports.metrics import Metrics


def measure_run(metrics: Metrics, ledger: Ledger, run_id: str) -> None:
    """Add to ``metrics`` what a run that has ended came to, unless that was done."""
    ended = ledger.ended[run_id]
    account = ended.account
    if account is None or ended.is_told:
        # Told comes after measured.
        return
    spent = account.spent
    took = (ended.closed.at - account.started).total_seconds()
    # Clocks of several writers may differ.
    metrics.add("SyncDuration", max(0.0, took))
    metrics.add("SyncProgress", _percent(account))
    metrics.add("BottlesMirrored", account.mirrored)
    metrics.add("BytesMirrored", account.bytes)
    metrics.add("BottlesMissing", account.missing + sum(account.causes.values()))
    failures = {**account.causes, UNFINISHED: account.missing}
    for cause, count in failures.items():
        if count:
            metrics.add("BottlesFailed", count, cause)
    if not any(failures.values()):
        metrics.add("BottlesFailed", 0)
    for cause, count in security_causes(account.causes).items():
        metrics.add("SecurityEvents", count, cause)
    if ended.closed.outcome == "complete":
        metrics.add("AgeOfLastCompleteSync", 0)
    cost = run_cost(
        route=account.route,
        seconds=spent.get("seconds", 0),
        store_requests=spent.get("store", 0),
        bytes_stored=account.bytes,
    )
    metrics.add("EstimatedCost", float(cost))


def _percent(account: Account) -> int:
    return 100 * account.mirrored // account.bottles if account.bottles else 100
