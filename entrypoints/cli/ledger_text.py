"""The log as a person reads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from adapters.ledger.fields import written_time
from adapters.terminal.words import counted, spelt_bytes
from application.explain_formula import Told
from application.inspect_ledger import CommitSummary
from domain.config import SyncConfig
from domain.events import RecordedCommit
from domain.ledger import Ledger
from entrypoints.cli.event_text import event_text
from entrypoints.cli.tables import pairs

_SHORT: Final = 12  # hex digits of a digest, or of a run, that tell it apart


def log_lines(commits: Iterable[CommitSummary]) -> Iterator[str]:
    """Yield a line for each commit."""
    for commit in commits:
        counts = ", ".join(f"{n:,} {t}" for t, n in commit.events.items())
        yield (
            f"{commit.seq:>6}  {commit.sha256[:_SHORT]}  {written_time(commit.at)}"
            f"  run {commit.run[:_SHORT]}  {counts}"
        )


def show_text(recorded: RecordedCommit) -> str:
    """Return all that a commit says."""
    commit = recorded.commit
    lines = pairs(
        [
            ("commit", f"{commit.seq}"),
            ("sha256", recorded.sha256),
            ("follows", commit.prev),
            ("at", written_time(commit.at)),
            ("run", commit.run),
            ("writer", f"{commit.writer}, its commit {commit.wseq}"),
            ("ledger", commit.ledger),
        ]
    )
    events = (f"  {event_text(event)}" for event in commit.events)
    return "\n".join([*lines, "", *events])


def replay_text(ledger: Ledger, config: SyncConfig) -> str:
    """Return what was published."""
    state, position = ledger.state, ledger.position
    return (
        f"The hash file in {config.store} is rebuilt from"
        f" {counted(position.seq + 1, 'commit')}: {counted(state.bottles, 'bottle')},"
        f" {spelt_bytes(state.bytes)}; head {position.sha256[:_SHORT]}…"
    )


def explain_text(formula: str, story: Iterable[Told], ledger: Ledger) -> str:
    """Return all that the ledger knows of a formula, and what it comes to."""
    lines: list[str] = []
    by_commit = groupby(story, key=lambda told: told.recorded.commit)
    for commit, happened in by_commit:
        lines.append(
            f"{written_time(commit.at)}  commit {commit.seq}  run {commit.run[:_SHORT]}"
        )
        for told in happened:
            lines += [f"  {event_text(told.event)}", f"    why: {told.reason}"]
    lines += ["", "now"]
    for key, entry in sorted(ledger.held.items()):
        if entry.bottle.name == formula:
            old = ledger.superseded.get(entry.object_key)
            state = f"superseded on {old.on}" if old else "held"
            lines.append(f"  {key}: {state}, {spelt_bytes(entry.size)}")
    if lines[-1] == "now":
        lines.append("  the mirror holds no bottle of it")
    return "\n".join(lines)
