"""What ``status`` and ``report`` print as JSON."""

from __future__ import annotations

from typing import Any

from adapters.ledger.fields import written_time
from application.write_status import WrittenStatus
from domain.status import Status

Answer = dict[str, Any]


def written_answer(written: WrittenStatus) -> Answer:
    """Return what ``status --json`` prints."""
    return {
        "written": list(written.keys),
        "complete": written.status.is_complete,
        "ledger": _head(written.status),
    }


def receipt_answer(status: Status) -> Answer:
    """Return what ``report --json`` prints."""
    last, published = status.last_complete, status.published
    return {
        "complete": status.is_complete,
        "at": written_time(status.at),
        "last_complete": last and {"run_id": last.run, "ended": written_time(last.at)},
        "generation": published
        and {
            "number": published.number,
            "bottles": published.bottles,
            "missing": published.missing,
        },
        "tags": {
            tag.tag: {
                "named": tag.named,
                "held": tag.held,
                "verified": tag.verified,
                "missing": [
                    {"key": each.key, "cause": each.cause} for each in tag.missing
                ],
            }
            for tag in status.tags
        },
        "not_reached": status.left,
        "elsewhere": status.elsewhere,
        "catalog": status.catalog
        and {"formulae": status.catalog, "not_selected": status.not_selected},
        "reconciled": status.reconciled,
        "gaps": status.gaps,
        "ledger": _head(status),
    }


def _head(status: Status) -> Answer:
    position = status.position
    return {"id": status.ledger, "seq": position.seq, "sha256": position.sha256}
