"""How a run went, as a person reads it."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from adapters.terminal.words import counted, spelt_bytes, spelt_took
from application.expose_run import Exposed
from application.sync_bottles import SyncReport
from domain.config import SyncConfig
from entrypoints.cli.next_step import typed

_NAMED: Final = 5

_TITLES: Final = {
    "complete": "Done",
    "degraded": "Done, but some bottles failed",
    "failed": "Given up",
    "interrupted": "Interrupted; what was fetched is recorded",
}


def sync_text(report: SyncReport, config: SyncConfig) -> str:
    """Return what ``sync`` prints."""
    if report.outcome == "complete" and not report.mirrored.bottles and not report.left:
        held = counted(report.skipped, "bottle")
        lines = [f"Nothing to fetch: {held} held already, in {config.store}."]
    else:
        lines = [f"{_TITLES[report.outcome]}.", _mirrored(report, config)]
    if report.left:
        lines.append(
            f"{counted(report.left, 'bottle')} left for a later run: max_bytes is"
            f" {spelt_bytes(config.max_bytes or 0)}, and a bottle whose size nobody"
            " tells could exceed it."
        )
    if report.rebuilt:
        names, more = report.rebuilt[:_NAMED], len(report.rebuilt) - _NAMED
        others = f" and {more:,} more" if more > 0 else ""
        were = counted(
            len(report.rebuilt), "bottle was rebuilt", "bottles were rebuilt"
        )
        lines.append(f"{were} under the same name: {', '.join(names)}{others}.")
    lines += _failures(report)
    if report.gave_up is not None:
        lines.append(f"Why: {report.gave_up}")
    lines += _seen(report.exposed)
    position = report.ledger.position
    # In the form that `ledger check --pin` takes.
    lines.append(f"Ledger head: {position.seq}:{position.sha256}")
    return "\n".join([*lines, "", f"Next: {_next(report, config)}"])


def _mirrored(report: SyncReport, config: SyncConfig) -> str:
    fetched = spelt_bytes(report.mirrored.bytes)
    parts = [
        f"{counted(report.mirrored.bottles, 'bottle')} mirrored ({fetched} fetched)"
    ]
    if report.copied:
        parts.append(f"{report.copied:,} of them copied inside the store")
    parts.append(f"{report.skipped:,} held already")
    took = spelt_took(report.duration)
    return f"{', '.join(parts)}, in {config.store}, in {took}."


def _seen(exposed: Exposed) -> list[str]:
    """Return a line on what clients see of it, if that has changed."""
    if exposed.refused is not None:
        return [f"Nothing is published: {exposed.refused}"]
    if exposed.publication is None:
        return []
    number, bottles = exposed.publication.generation, exposed.publication.bottles
    return [f"Generation {number} is published: {counted(bottles, 'bottle')}."]


def _failures(report: SyncReport) -> list[str]:
    """Return a line for each cause, with the first names."""
    if not report.failures:
        return []
    by_cause: defaultdict[str, list[str]] = defaultdict(list)
    details: dict[str, str] = {}
    for failure in report.failures:
        by_cause[failure.cause].append(failure.bottle.key)
        details.setdefault(failure.cause, failure.detail)
    lines = [f"{counted(len(report.failures), 'bottle')} failed:"]
    for cause, keys in sorted(by_cause.items()):
        more = f" and {len(keys) - _NAMED:,} more" if len(keys) > _NAMED else ""
        lines.append(f"  {cause} ({len(keys):,}): {', '.join(keys[:_NAMED])}{more}")
        lines.append(f"    {details[cause]}")
    return lines


def _next(report: SyncReport, config: SyncConfig) -> str:
    if report.outcome == "complete" and not report.left:
        commands = ("verify", "ledger log")
        if report.exposed.publication is not None:
            commands = ("serve", "verify")
        return ", or ".join(typed(command, config) for command in commands)
    return "the same command again; what is held is not fetched twice"
