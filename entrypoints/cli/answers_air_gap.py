"""Exports and imports as JSON: the shapes that scripts rely on."""

from __future__ import annotations

from application.import_export import ImportReport
from domain.events import Position
from domain.export import Export
from entrypoints.cli.answers import Answer
from entrypoints.cli.sync_answer import head


def export_answer(export: Export) -> Answer:
    """Return what ``export --json`` prints."""
    return {
        "export": export.id,
        "ledger": {
            "id": export.ledger,
            "from": _position(export.begin),
            "to": _position(export.head),
        },
        "since": export.since,
        "generations": list(export.generations),
        "published": export.published,
        "commits": export.commits,
        "bottles": export.bottles,
        "bytes": export.bytes,
        "segments": [
            {"number": each.number, "size": each.size, "sha256": each.sha256}
            for each in export.segments
        ],
        "size": export.size,
    }


def imported_answer(report: ImportReport) -> Answer:
    """Return what ``import --json`` prints."""
    return {
        "export": report.export.id,
        "unchanged": report.unchanged,
        "generations": list(report.export.generations),
        "published": report.ledger.published,
        "written": report.written,
        "removed": report.removed,
        "ledger": head(report.ledger),
    }


def _position(position: Position | None) -> Answer | None:
    if position is None:
        return None
    return {"seq": position.seq, "sha256": position.sha256}
