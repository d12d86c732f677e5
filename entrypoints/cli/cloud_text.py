"""What ``bottles cloud`` tells a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from adapters.terminal.words import counted, spelt_bytes, spelt_duration
from application.inspect_cloud import CloudStatus
from application.redrive import Fate, Redriven
from domain.config import SyncConfig
from domain.records import OpenRun, Sharing
from entrypoints.cli.cloud_answers import Answer, said_by
from entrypoints.cli.tables import pairs, table
from ports.cloud_lines import Line
from ports.deployment import Triggered

_INDENT: Final = " " * 22
_FATES: Final[dict[Fate, str]] = {
    "started": "started again",
    "not_removed": "started again, and stays: it could not be removed",
    "kept": "left where it lies",
    "not_understood": "stays: it makes no sense",
    "failed": "stays: it could not be handed out",
}
# What AWS Lambda writes about an invocation, and nobody else.
_OF_THE_PLATFORM: Final = ("START ", "END ", "REPORT ", "INIT_START ", "XRAY ")


def status_text(status: CloudStatus, config: SyncConfig) -> str:
    """Return how the deployed mirror is."""
    lines = pairs(
        [
            ("mirror", f"{status.name}, {config.store}"),
            *_about_the_run(status),
            ("last complete", _about_the_last(status)),
        ]
    )
    for title, rows in (
        ("functions", list(_functions(status))),
        ("executions", list(_executions(status))),
        ("tasks", list(_tasks(status))),
        ("dead letters", [(q, f"{n:,}") for q, n in status.dead_letters.items()]),
    ):
        if rows:
            lines += ["", title, *table(rows)]
    if status.problems:
        lines += ["", "could not be found out"]
        lines += [
            f"  {name.replace('_', ' ')}: {error}"
            for name, error in status.problems.items()
        ]
    if status.advice:
        lines += ["", *(f"do: {advice}" for advice in status.advice)]
    return "\n".join(lines)


def trigger_text(answer: Triggered) -> str:
    """Return what came of a trigger, and what to do next."""
    work = (
        f"{counted(answer.bottles, 'bottle')}, {spelt_bytes(answer.bytes)}, in"
        f" {counted(answer.shards, 'shard')} on {answer.route}"
    )
    match answer.outcome:
        case "started":
            return (
                f"Run {answer.run_id} has started: {work}.\n"
                "bottles cloud status tells how far it is, bottles cloud logs --follow"
                " what is written."
            )
        case "nothing_to_do":
            return f"Nothing to do; recorded as run {answer.run_id}."
        case "already_running":
            return (
                f"No other run was started while {answer.run_id} is open: {work}.\n"
                "bottles cloud status tells how far it is."
            )
        case other:
            return f"Run {answer.run_id}: {other}; {work}."


def line_text(line: Line, *, verbose: bool) -> str:
    """Return a line as a person reads it; nothing where it only counts something.

    Args:
        verbose: Also what only counts.
    """
    said = said_by(line)
    if not verbose and _only_counts(line, said):
        return ""
    prefix = f"{line.at:%Y-%m-%dT%H:%M:%SZ}  {line.source:12}"
    if said is None or "message" not in said:
        return f"{prefix}  {line.text}"
    shard = f" (shard {said['shard']})" if said.get("shard") is not None else ""
    return f"{prefix}  {said.get('level', ''):7}  {said['message']}{shard}"


def redrive_text(done: Sequence[Redriven]) -> str:
    """Return what became of the dead letters."""
    if not done:
        return "There are no dead letters."
    lines: list[str] = []
    for each in done:
        letter = each.letter
        lines.append(
            f"{letter.sent:%Y-%m-%dT%H:%M:%SZ}  {letter.queue}  {letter.about}"
        )
        if letter.reason:
            lines.append(f"{_INDENT}died of: {letter.reason}")
        lines.append(f"{_INDENT}{_FATES[each.fate]}")
        if each.error:
            lines.append(f"{_INDENT}{each.error}")
    counts = Counter(each.fate for each in done)
    told = ", ".join(
        f"{counts[fate]} {_FATES[fate]}" for fate in _FATES if counts[fate]
    )
    return "\n".join([*lines, "", f"{counted(len(done), 'dead letter')}: {told}"])


def _about_the_run(status: CloudStatus) -> Iterator[tuple[str, str]]:
    if status.run is None:
        if "ledger" not in status.problems:
            yield ("run", "none is open")
        return
    name, run = status.run
    on = f"on {run.sharing.route}, " if run.sharing else ""
    begun, heard = _ago(run.started, status.at), _ago(run.last_commit, status.at)
    yield ("run", f"{name}, {on}begun {begun}, last heard of {heard}")
    yield ("progress", _progress(run))
    if run.sharing:
        yield ("shards", _shards(run, run.sharing))


def _progress(run: OpenRun) -> str:
    percent = 100 * run.mirrored // run.bottles if run.bottles else 100
    failed = f"; {counted(len(run.failed), 'bottle')} failed" if run.failed else ""
    return (
        f"{run.mirrored:,} of {counted(run.bottles, 'bottle')} ({percent}%),"
        f" {spelt_bytes(run.mirrored_bytes)} of {spelt_bytes(run.bytes)}{failed}"
    )


def _shards(run: OpenRun, sharing: Sharing) -> str:
    counts = Counter(
        "at work" if state.outcome is None else "ended"
        for state in sharing.shards.values()
    )
    counts["not begun"] = run.shards - counts.total()
    told = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
    return f"{run.shards:,}: {told}"


def _about_the_last(status: CloudStatus) -> str:
    last = status.last_complete
    if last is None:
        return "unknown" if "ledger" in status.problems else "none yet"
    return f"{last.run}, {_ago(last.at, status.at)}"


def _functions(status: CloudStatus) -> Iterator[tuple[str, ...]]:
    for name, found in status.functions.items():
        if found is None:
            yield (name, "not deployed", "", "", "")
        else:
            yield (
                name,
                found.state,
                f"deployed {_ago(found.modified, status.at)}",
                f"{found.memory:,} MB",
                f"{found.timeout} s",
            )


def _executions(status: CloudStatus) -> Iterator[tuple[str, ...]]:
    for each in status.executions:
        ended = each.ended or status.at
        took = _passed(each.started, ended)
        yield (each.name, each.status, f"begun {_ago(each.started, status.at)}", took)


def _tasks(status: CloudStatus) -> Iterator[tuple[str, ...]]:
    for each in status.tasks:
        order = each.order
        shard = f"shard {order.shard} of run {order.run_id}" if order else "no order"
        placed = f"for {_passed(each.created, status.at)}" if each.created else ""
        yield (each.id, shard, each.status, each.capacity, placed)


def _ago(moment: datetime, now: datetime) -> str:
    return f"{_passed(moment, now)} ago"


def _passed(moment: datetime, now: datetime) -> str:
    # Clocks may differ.
    return spelt_duration(max(0.0, (now - moment).total_seconds()))


def _only_counts(line: Line, said: Answer | None) -> bool:
    if said is not None:
        # Metrics; and Lambda's own lines where it writes them as JSON.
        return "_aws" in said or str(said.get("type", "")).startswith("platform.")
    return line.text.startswith(_OF_THE_PLATFORM)
