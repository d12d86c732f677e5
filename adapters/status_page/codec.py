"""``status.json``: the status for programs, and what the next one goes on from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

from adapters.ledger.canonical_json import NotJsonError, parsed, written
from adapters.ledger.fields import written_time
from domain.bottle import BottleKey
from domain.events import Position
from domain.history import EndedRun, History, Missing, Week
from domain.status import Status
from domain.tags import parse_tag
from ports.status_page import LastPage

FORMAT: Final = 1


def encode_status(status: Status, history: History, pages: Mapping[str, str]) -> bytes:
    """Return what ``status.json`` says: the same bytes for the same status.

    Args:
        pages: The digests of the parts of the page that are there.
    """
    published, last = status.published, status.last_complete
    answer = {
        "format": FORMAT,
        "ledger": {
            "id": status.ledger,
            "seq": status.position.seq,
            "sha256": status.position.sha256,
        },
        "at": written_time(status.at),
        "complete": status.is_complete,
        "last_complete": last and {"run_id": last.run, "ended": written_time(last.at)},
        "next_due": status.due and written_time(status.due),
        "generation": published
        and {
            "number": published.number,
            "published": written_time(published.at),
            "bottles": published.bottles,
            "missing": published.missing,
            "shown": status.shown,
        },
        "held": {"bottles": status.bottles, "bytes": status.bytes},
        "superseded": status.superseded,
        "elsewhere": status.elsewhere,
        "catalog": status.catalog
        and {"formulae": status.catalog, "not_selected": status.not_selected},
        "under_way": list(status.under_way),
        "reconciled": status.reconciled,
        "gaps": status.gaps,
        "not_reached": status.left,
        "tags": {
            tag.tag: {
                "named": tag.named,
                "held": tag.held,
                "verified": tag.verified,
                "missing": len(tag.missing),
            }
            for tag in status.tags
        },
        "missing": [_missing(history.missing[key]) for key in sorted(history.missing)],
        "runs": [_run(run) for run in history.runs],
        "weeks": [_week(history.weeks[monday]) for monday in sorted(history.weeks)],
        "biggest": [
            {"formula": each.name, "bottles": each.bottles, "bytes": each.bytes}
            for each in status.biggest
        ],
        "pages": {name: pages[name] for name in sorted(pages)},
    }
    return f"{written(answer)}\n".encode()


def decode_last(body: bytes, version: str) -> LastPage:
    """Return what a ``status.json`` tells the next one, as far as it can be read."""
    try:
        said: Any = parsed(body.decode())
        if said["format"] != FORMAT:
            return _unread(version)
        history = History(
            position=Position(
                int(said["ledger"]["seq"]), str(said["ledger"]["sha256"])
            ),
            weeks={week.monday: week for week in map(_read_week, said["weeks"])},
            runs=tuple(map(_read_run, said["runs"])),
            missing={each.key: each for each in map(_read_missing, said["missing"])},
        )
        # Earlier ones do not have it.
        pages = {str(n): str(d) for n, d in said.get("pages", {}).items()}
        return LastPage(version, str(said["ledger"]["id"]), history, pages)
    except (NotJsonError, LookupError, TypeError, ValueError, AttributeError):
        return _unread(version)


def _unread(version: str) -> LastPage:
    return LastPage(version, "", None, {})


def _missing(each: Missing) -> Mapping[str, object]:
    return {
        "key": each.key,
        "formula": each.name,
        "tag": each.tag,
        "cause": each.cause,
        "since": written_time(each.since),
        "run_id": each.run,
        "selection": each.selection,
    }


def _read_missing(said: Any) -> Missing:  # noqa: ANN401
    selection = said["selection"]
    return Missing(
        key=BottleKey(str(said["key"])),
        name=str(said["formula"]),
        tag=parse_tag(said["tag"]),
        cause=str(said["cause"]),
        since=datetime.fromisoformat(said["since"]),
        run=str(said["run_id"]),
        selection=None if selection is None else str(selection),
    )


def _run(run: EndedRun) -> Mapping[str, object]:
    return {
        "run_id": run.run,
        "kind": run.kind,
        "outcome": run.outcome,
        "started": written_time(run.started),
        "ended": written_time(run.ended),
        "duration_s": run.seconds,
        "mirrored": {"bottles": run.mirrored, "bytes": run.bytes},
        "not_reached": run.left,
        "failed": dict(run.causes),
    }


def _read_run(said: Any) -> EndedRun:  # noqa: ANN401
    return EndedRun(
        run=str(said["run_id"]),
        kind=said["kind"],
        outcome=said["outcome"],
        started=datetime.fromisoformat(said["started"]),
        ended=datetime.fromisoformat(said["ended"]),
        mirrored=int(said["mirrored"]["bottles"]),
        bytes=int(said["mirrored"]["bytes"]),
        left=int(said["not_reached"]),
        causes=_counts(said["failed"].items()),
    )


def _counts(items: Iterable[tuple[object, Any]]) -> dict[str, int]:
    return {str(cause): int(count) for cause, count in items}


def _week(week: Week) -> Mapping[str, object]:
    return {
        "monday": week.monday.isoformat(),
        "came": {"bottles": week.came, "bytes": week.came_bytes},
        "gone": {"bottles": week.gone},
        "held": {"bottles": week.bottles, "bytes": week.bytes},
    }


def _read_week(said: Any) -> Week:  # noqa: ANN401
    return Week(
        monday=date.fromisoformat(said["monday"]),
        came=int(said["came"]["bottles"]),
        came_bytes=int(said["came"]["bytes"]),
        gone=int(said["gone"]["bottles"]),
        bottles=int(said["held"]["bottles"]),
        bytes=int(said["held"]["bytes"]),
    )
