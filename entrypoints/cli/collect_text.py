"""What may go of a mirror, and what went, as a person reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from adapters.terminal.words import counted, spelt_bytes
from application.collect_garbage import GarbageReport
from domain.config import SyncConfig
from domain.retention import Kept, Old, Retention
from entrypoints.cli.next_step import typed
from entrypoints.cli.tables import table

_NAMED: Final = 20


def garbage_text(report: GarbageReport, config: SyncConfig) -> str:
    """Return what ``gc`` prints."""
    retention = report.retention
    lines = [_done(report, config), *_listed(retention.evict)]
    if retention.evict:
        lines.append(
            "Upstream has not offered them for"
            f" {counted(config.exposure.retention_days, 'day')} or more, and no"
            " generation that is kept needs them."
        )
    lines += [*_kept(retention.kept), *_proposed(retention)]
    if report.removal is not None:
        lines += _left(report)
    elif report.refused is not None:
        lines += ["", f"Not now: {report.refused}"]
    elif retention.evict:
        lines += ["", f"Next: {typed('gc --yes', config)} evicts them"]
    return "\n".join(lines)


def _done(report: GarbageReport, config: SyncConfig) -> str:
    retention = report.retention
    if report.removal is not None:
        gone = counted(len(report.evicted), "bottle")
        objects = counted(report.removal.removed, "object")
        return f"{gone} evicted from {config.store}, {objects} removed."
    if not retention.evict:
        return f"Nothing of {config.store} may be evicted."
    size = spelt_bytes(sum(old.size for old in retention.evict))
    return (
        f"{counted(len(retention.evict), 'bottle')} of {config.store} may be evicted,"
        f" {size}: {retention.share}% of {retention.objects:,}, and"
        f" {report.max_evict}% may go at once."
    )


def _listed(evict: Sequence[Old]) -> list[str]:
    if not evict:
        return []
    rows = [
        (old.key, f"superseded {old.on}", spelt_bytes(old.size))
        for old in evict[:_NAMED]
    ]
    return [*table(rows), *_more(len(evict))]


def _kept(kept: Sequence[Kept]) -> list[str]:
    lines = []
    needed = [each for each in kept if each.needed_by]
    if needed:
        numbers = sorted({number for each in needed for number in each.needed_by})
        lines.append(
            f"{counted(len(needed), 'old bottle')} kept for generations"
            f" {', '.join(map(str, numbers))}."
        )
    others = [each.until for each in kept if not each.needed_by]
    if others:
        ends = [until for until in others if until is not None]
        until = f" in their grace, the first until {min(ends)}" if ends else " for ever"
        lines.append(f"{counted(len(others), 'old bottle')} kept{until}.")
    return lines


def _proposed(retention: Retention) -> list[str]:
    proposed = retention.proposed
    if not proposed:
        return []
    size = spelt_bytes(sum(entry.size for entry in proposed))
    first = (
        f"Proposed for pruning: {counted(len(proposed), 'bottle')}, {size}, that"
        " upstream offers and the newest generation does not serve. They are off the"
        " selection, and stay."
    )
    return [
        first,
        *(f"  {entry.bottle.key}" for entry in proposed[:_NAMED]),
        *_more(len(proposed)),
    ]


def _left(report: GarbageReport) -> list[str]:
    removal = report.removal
    lines = []
    if removal is not None and removal.why_left is not None:
        lines.append(
            f"{counted(removal.left, 'object')} left to the next time:"
            f" {removal.why_left}."
        )
    if removal is not None and removal.lost:
        lines.append(
            f"{counted(len(removal.lost), 'bottle')} came meanwhile under names that"
            f" were removed, and will be fetched again: {', '.join(removal.lost)}"
        )
    return lines


def _more(number: int) -> list[str]:
    return [f"  and {number - _NAMED:,} more"] if number > _NAMED else []
