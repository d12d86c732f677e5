"""What checking and repairing the log found, as a person reads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from adapters.terminal.words import counted
from application.repair_ledger import RepairReport
from domain.config import SyncConfig
from domain.damage import IN_THE_LOG, Damage
from ports.custody import Examination


def check_text(found: Examination, config: SyncConfig, *, read: bool) -> str:
    """Return what ``ledger check`` prints."""
    lines = [*_verdict(found, config), *_damage(found.damage)]
    lines += [
        f"declared gap: {_commits(gap.first, gap.last)} ({gap.cause})"
        for gap in found.gaps
    ]
    if found.ok and not read:
        lines += ["", "Next: bottles ledger check --read looks at every byte"]
    if not found.ok:
        lines += ["", f"Next: {_next(found, read=read)}"]
    return "\n".join(lines)


def proposal_text(found: Examination, config: SyncConfig) -> str:
    """Return what ``ledger repair`` prints when it may do nothing."""
    lines = [*_verdict(found, config), *_damage(found.damage)]
    if found.ok:
        return "\n".join(lines)
    lost = [d for d in found.damage if d.kind in IN_THE_LOG and not d.sources]
    lines += ["", "Nothing was changed. Next: stop all who write, then give --yes"]
    if lost:
        lines.append(
            f"{counted(len(lost), 'range')} without a good copy: name one with --from,"
            " or give up with --declare-gaps"
        )
    return "\n".join(lines)


def repair_text(report: RepairReport, config: SyncConfig) -> str:
    """Return what ``ledger repair --yes`` prints."""
    lines = []
    for repair in report.repairs:
        became = f"restored from {repair.source}"
        if repair.is_gap:
            became = "a declared gap" if report.declared else "no good copy was found"
        lines.append(
            f"{_commits(repair.first, repair.last)} ({repair.cause}): {became}"
        )
    if not lines:
        lines.append("There was no commit to restore.")
    lines += ["", *_verdict(report.after, config), *_damage(report.after.damage)]
    if report.after.ok:
        lines += ["", "Next: let the writers write again; bottles verify"]
    return "\n".join(lines)


def _verdict(found: Examination, config: SyncConfig) -> Iterator[str]:
    head = "no commit"
    if found.head is not None:
        head = f"head {found.head.seq}:{found.head.sha256}"
    events = "" if found.events is None else f", {counted(found.events, 'event')}"
    state = "good" if found.ok else "DAMAGED"
    commits = counted(found.commits, "commit")
    yield f"{state}: {commits}{events}, {head} in {config.store}"


def _damage(damage: Iterable[Damage]) -> Iterator[str]:
    for each in damage:
        where = "" if each.first < 0 else f"{_commits(each.first, each.last)}: "
        yield f"  {where}{each.kind}: {each.detail}"
        if each.sources:
            yield f"    good copies: {', '.join(each.sources)}"
        elif each.kind in IN_THE_LOG:
            yield "    no good copy is known"


def _commits(first: int, last: int) -> str:
    return f"commit {first}" if first == last else f"commits {first} to {last}"


def _next(found: Examination, *, read: bool) -> str:
    if any(each.kind in IN_THE_LOG or each.expected for each in found.damage):
        return "bottles ledger repair, which tells what it would do before it does it"
    if not read:
        return "bottles ledger check --read"
    if all(each.kind.startswith("hash file") for each in found.damage):
        return "bottles ledger replay, which rebuilds the hash file"
    return "bottles ledger repair; docs/operations.md says what each damage means"
