"""The status and the receipt, as a person reads them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from adapters.terminal.words import counted, spelt_bytes
from application.write_status import WrittenStatus
from domain.config import SyncConfig
from domain.history import Missing
from domain.status import Status
from entrypoints.cli.next_step import typed
from entrypoints.cli.tables import pairs, table

_NAMED: Final = 20
_COLUMNS: Final = ("tag", "named", "held", "verified", "missing")


def written_text(written: WrittenStatus, config: SyncConfig) -> str:
    """Return what ``status`` prints."""
    status = written.status
    held = f"{counted(status.bottles, 'bottle')}, {spelt_bytes(status.bytes)}"
    rows = [
        ("Last complete sync", _last(status)),
        ("Next one due", _at(status.due) if status.due else "no time is set"),
        ("Held", held),
        ("Completeness", _verdict(status)),
        ("Written", f"{written.keys[0]} and {len(written.keys) - 1} more"),
    ]
    return "\n".join([*pairs(rows), "", f"Next: {typed('serve', config)} shows it"])


def receipt_text(status: Status, config: SyncConfig) -> str:
    """Return what ``report`` prints."""
    lines = [f"{config.store}: {_verdict(status)}.", ""]
    lines += table([_COLUMNS, *_rows(status)])
    for tag in status.tags:
        if tag.missing:
            lines += ["", f"Missing for {tag.tag}:"]
            lines += (f"  {line}" for line in _named(tag.missing))
    notes = list(_notes(status))
    if notes:
        lines += ["", *notes]
    rows = [
        ("Last complete sync", _last(status)),
        ("Ledger", status.ledger),
        ("Ledger head", _head(status)),
    ]
    return "\n".join([*lines, "", *pairs(rows)])


def receipt_markdown(status: Status, config: SyncConfig) -> str:
    """Return what ``report --markdown`` prints."""
    lines = [
        f"## Mirror `{config.store}`: {_verdict(status)}",
        "",
        f"| {' | '.join(_COLUMNS)} |",
        f"| --- |{' ---: |' * (len(_COLUMNS) - 1)}",
    ]
    lines += (f"| {' | '.join(row)} |" for row in _rows(status))
    for tag in status.tags:
        if tag.missing:
            what = f"Missing for {tag.tag}: {counted(len(tag.missing), 'bottle')}"
            lines += ["", f"<details><summary>{what}</summary>", ""]
            lines += (f"- {line}" for line in _named(tag.missing))
            lines += ["", "</details>"]
    for note in _notes(status):
        lines += ["", note]
    lines += ["", f"Last complete sync: {_last(status)}"]
    head = f"`{_head(status)}` of ledger `{status.ledger}`"
    return "\n".join([*lines, "", f"Ledger head: {head}"])


def _rows(status: Status) -> list[tuple[str, ...]]:
    return [
        (
            tag.tag,
            f"{tag.named:,}",
            f"{tag.held:,}",
            f"{tag.verified:,}",
            f"{len(tag.missing):,}",
        )
        for tag in status.tags
    ]


def _verdict(status: Status) -> str:
    if status.is_complete:
        return "complete, nothing is missing"
    if status.missing:
        return f"{counted(status.missing, 'bottle')} missing"
    return "not known to be complete"


def _notes(status: Status) -> Iterator[str]:
    """Yield what the counts do not say."""
    if status.last_complete is None:
        yield "No sync was ever complete: upstream may name more than is counted here."
    if status.catalog is not None and status.not_selected:
        named = counted(status.catalog, "formula", "formulae")
        yield (
            f"Of {named} in the catalog, {status.not_selected:,} are not selected, or"
            " have no bottle for the tags."
        )
    if status.left:
        left = counted(status.left, "bottle")
        yield f"The last run did not come to {left} of its plan."
    if status.elsewhere:
        yield (
            f"{counted(status.elsewhere, 'bottle')} known to be in another mirror only;"
            " bottles sync --fetch-elsewhere brings them in."
        )
    if not status.reconciled:
        yield "A repair of the ledger is unfinished: run bottles ledger repair --yes."
    if status.published is not None and status.published.missing:
        gone = counted(status.published.missing, "bottle")
        yield f"Generation {status.published.number} names {gone} that it lacks."


def _named(missing: tuple[Missing, ...]) -> list[str]:
    more = len(missing) - _NAMED
    lines = [f"{each.key}: {each.cause}" for each in missing[:_NAMED]]
    return [*lines, f"and {more:,} more"] if more > 0 else lines


def _last(status: Status) -> str:
    last = status.last_complete
    return f"{_at(last.at)}, run {last.run}" if last is not None else "never"


def _head(status: Status) -> str:
    # In the form that `ledger check --pin` takes.
    return f"{status.position.seq}:{status.position.sha256}"


def _at(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
