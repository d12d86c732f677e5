"""What an import brought, as a person reads it."""

from __future__ import annotations

from itertools import islice

from adapters.terminal.words import counted
from application.import_hash_file import NAMED, ImportReport
from domain.config import SyncConfig
from entrypoints.cli.next_step import typed


def import_text(report: ImportReport, config: SyncConfig) -> str:
    """Return what ``ledger import`` prints."""
    if report.unchanged:
        lines = [f"Nothing to import: {report.source} lists what it listed before."]
    else:
        entries = counted(report.entries, "entry", "entries")
        were = "was" if report.news == 1 else "were"
        news = f"{report.news:,} {were} not known before"
        lines = [f"{entries} of {report.source} imported into {config.store}; {news}"]
    lines += [f"  {what}: {number:,}" for what, number in report.migrated.items()]
    if report.skipped:
        lines.append(f"{counted(len(report.skipped), 'entry', 'entries')} left out")
        shown = islice(report.skipped.items(), NAMED)
        lines += [f"  {key}: {reason}" for key, reason in shown]
        if len(report.skipped) > NAMED:
            lines.append(f"  and {len(report.skipped) - NAMED:,} more")
    return "\n".join([*lines, "", f"Next: {typed('plan', config)}"])
