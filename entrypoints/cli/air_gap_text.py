"""What went across an air gap, as a person reads it."""

from __future__ import annotations

from adapters.terminal.words import counted
from application.import_export import ImportReport
from domain.config import SyncConfig
from domain.export import Export
from domain.rounded import rounded_bytes
from entrypoints.cli.next_step import typed


def export_text(export: Export, folder: str, config: SyncConfig) -> str:
    """Return what ``export`` prints."""
    bottles = counted(export.bottles, "bottle")
    segments = counted(len(export.segments), "segment")
    size = rounded_bytes(export.size)
    begun = f"since generation {export.since}" if export.since else "from the beginning"
    lines = [
        f"{bottles} {begun} exported to {folder}: {size} in {segments}.",
        f"Ledger head: {export.head.seq}:{export.head.sha256}",
        "",
    ]
    if export.published is None:
        lines.append("Next: bottles import DIR on the other side")
    else:
        since = max((export.published, *export.generations))
        lines.append(
            "Next: bottles import DIR on the other side; here the next time:"
            f" {typed(f'export --since {since} --to DIR', config)}"
        )
    return "\n".join(lines)


def imported_text(report: ImportReport, config: SyncConfig) -> str:
    """Return what ``import`` prints."""
    ledger = report.ledger
    if report.unchanged:
        lines = [f"Nothing to import: {config.store} is further already."]
    elif not report.written and not report.removed:
        lines = [f"Nothing to import: {config.store} has all of it already."]
    else:
        objects = counted(report.written, "object")
        lines = [
            f"{objects} written to {config.store}, {report.removed:,} removed.",
        ]
    if ledger.published is not None:
        lines.append(f"Generation {ledger.published} is what clients see.")
    lines.append(f"Ledger head: {ledger.position.seq}:{ledger.position.sha256}")
    lines += ["", f"Next: {typed('serve', config)}, or {typed('verify', config)}"]
    return "\n".join(lines)
