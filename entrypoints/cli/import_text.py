"""What an import brought, as a person reads it."""

from __future__ import annotations

from itertools import islice
from typing import Final

from adapters.terminal.words import counted
from application.import_hash_file import ImportReport
from domain.config import SyncConfig

_NAMED: Final = 20


def import_text(report: ImportReport, config: SyncConfig) -> str:
    """Return what ``ledger import`` prints."""
    if report.unchanged:
        lines = [f"Nothing to import: {report.source} lists what it listed before."]
    else:
        entries = counted(report.entries, "entry", "entries")
        news = f"{report.news:,} of them were not known before"
        lines = [f"{entries} of {report.source} imported into {config.store}; {news}"]
    lines += [f"  {what}: {number:,}" for what, number in report.migrated.items()]
    if report.skipped:
        lines.append(f"{counted(len(report.skipped), 'entry', 'entries')} left out")
        shown = islice(report.skipped.items(), _NAMED)
        lines += [f"  {key}: {reason}" for key, reason in shown]
        if len(report.skipped) > _NAMED:
            lines.append(f"  and {len(report.skipped) - _NAMED:,} more")
    return "\n".join([*lines, "", "Next: bottles plan"])
