"""What ``bottles cloud`` answers as JSON: the shapes that scripts rely on."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from adapters.ledger.fields import written_time
from adapters.order_codec import said_of
from application.inspect_cloud import CloudStatus
from application.redrive import Redriven
from domain.config import SyncConfig
from domain.records import OpenRun
from ports.cloud_lines import Line
from ports.deployment import Function, Triggered

Answer = dict[str, Any]


def status_answer(status: CloudStatus, config: SyncConfig) -> Answer:
    """Return what ``cloud status --json`` prints."""
    last = status.last_complete
    return {
        "project": status.name,
        "store": str(config.store),
        "at": written_time(status.at),
        "run": _run(*status.run) if status.run else None,
        "last_complete": last and {"run_id": last.run, "at": written_time(last.at)},
        "functions": [_function(*item) for item in status.functions.items()],
        "executions": [
            {
                "name": each.name,
                "status": each.status,
                "started": written_time(each.started),
                "ended": _written(each.ended),
            }
            for each in status.executions
        ],
        "tasks": [
            {
                "id": each.id,
                "order": said_of(each.order) if each.order else None,
                "status": each.status,
                "capacity": each.capacity,
                "created": _written(each.created),
            }
            for each in status.tasks
        ],
        "dead_letters": dict(status.dead_letters),
        "problems": {name: str(error) for name, error in status.problems.items()},
        "advice": list(status.advice),
    }


def trigger_answer(answer: Triggered) -> Answer:
    """Return what ``cloud trigger --json`` prints: what the orchestrator says."""
    return {
        "run_id": answer.run_id,
        "outcome": answer.outcome,
        "route": answer.route,
        "bottles": answer.bottles,
        "bytes": answer.bytes,
        "shards": answer.shards,
    }


def lines_answer(lines: Iterable[Line]) -> Answer:
    """Return what ``cloud logs --json`` prints: of a line in JSON what it says."""
    return {
        "lines": [
            {
                "at": line.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "source": line.source,
                "line": said_by(line) or line.text,
            }
            for line in lines
        ]
    }


def redrive_answer(done: Iterable[Redriven]) -> Answer:
    """Return what ``cloud redrive --json`` prints."""
    return {
        "letters": [
            {
                "id": each.letter.id,
                "queue": each.letter.queue,
                "sent": written_time(each.letter.sent),
                "about": each.letter.about,
                "reason": each.letter.reason,
                "payload": each.letter.payload,
                "function": each.letter.function,
                "fate": each.fate,
                "error": str(each.error) if each.error else None,
            }
            for each in done
        ]
    }


def said_by(line: Line) -> Answer | None:
    """Return what a line says that is a JSON object, None if it is none."""
    try:
        said = json.loads(line.text)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def _run(name: str, run: OpenRun) -> Answer:
    sharing = run.sharing
    states = sharing.shards if sharing else {}
    return {
        "run_id": name,
        "route": sharing.route if sharing else None,
        "started": written_time(run.started),
        "last_commit": written_time(run.last_commit),
        "bottles": run.bottles,
        "mirrored": run.mirrored,
        "failed": len(run.failed),
        "bytes": run.bytes,
        "mirrored_bytes": run.mirrored_bytes,
        "shards": [
            {
                "shard": shard,
                "attempt": states[shard].attempt if shard in states else 0,
                "outcome": states[shard].outcome if shard in states else None,
                "started": _written(states[shard].started if shard in states else None),
            }
            for shard in range(run.shards)
        ],
    }


def _function(name: str, found: Function | None) -> Answer:
    if found is None:
        return {"name": name, "state": None}
    return {
        "name": name,
        "state": found.state,
        "modified": written_time(found.modified),
        "memory_mb": found.memory,
        "timeout_s": found.timeout,
    }


def _written(moment: datetime | None) -> str | None:
    return written_time(moment) if moment else None
