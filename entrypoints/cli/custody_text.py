"""What checking and repairing the log found, as a person reads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from adapters.terminal.words import counted
from application.repair_ledger import RepairReport
from domain.config import SyncConfig
from domain.damage import IN_THE_LOG, Damage, DamageClass
from entrypoints.cli.colours import bad
from ports.custody import Examination

_REMEDIES: Final[Mapping[DamageClass, str]] = {
    "bad key": "move away what lies where only commits or documents may lie",
    "newer format": "update this program: a newer one has written to the log",
    "second version": "look at the versions, and name the right one with --pin",
    "count of a writer": (
        "find out why commits of a writer are left out; a whole ledger is restored"
        " from a replica"
    ),
    "state differs": (
        "report this: the commits do not give what they say; a whole ledger is"
        " restored from a replica"
    ),
    "identity damaged": "restore ledger.json from a replica with --from",
}
"""What helps where a repair alone does not."""


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
    first, *more = _steps(found)
    lines += ["", f"Nothing was changed. Next: {first}", *more]
    return "\n".join(lines)


def repair_text(report: RepairReport, config: SyncConfig) -> str:
    """Return what ``ledger repair --yes`` prints."""
    lines = []
    for repair in report.repairs:
        became = f"restored from {repair.source}"
        if repair.is_gap:
            became = "a declared gap" if report.declared else "no good copy was found"
        elif repair.cause not in IN_THE_LOG and repair.source is not None:
            became = repair.source
        lines.append(
            f"{_commits(repair.first, repair.last)} ({repair.cause}): {became}"
        )
    lines += report.others
    if not lines:
        lines.append("There was nothing to restore.")
    lines += ["", *_verdict(report.after, config), *_damage(report.after.damage)]
    if report.after.ok:
        lines += ["", "Next: let the writers write again; bottles verify"]
    return "\n".join(lines)


def _steps(found: Examination) -> Iterator[str]:
    """Yield what to do next about damage, what helps most first."""
    damage = found.damage
    if any(each.sources or _is_settled_by_yes(each) for each in damage):
        yield "stop all who write, then give --yes"
    copyless = [d for d in damage if not d.sources]
    lost = [d for d in copyless if d.kind in IN_THE_LOG or d.stops]
    if lost:
        yield (
            f"{counted(len(lost), 'range')} without a good copy: name one with --from,"
            " or give up with --yes --declare-gaps"
        )
    documents = [d for d in copyless if d.kind.startswith("document") and not d.stops]
    if documents:
        yield (
            f"{counted(len(documents), 'document')} without a good copy: name one with"
            " --from, or record with --yes --declare-gaps that none is left"
        )
    for kind in dict.fromkeys(each.kind for each in copyless):
        if kind in _REMEDIES and (kind != "second version" or _is_open(damage)):
            yield _REMEDIES[kind]


def _is_settled_by_yes(damage: Damage) -> bool:
    is_vouched_for = damage.kind == "second version" and damage.expected is not None
    is_unfinished = damage.kind == "not reconciled"
    return is_vouched_for or is_unfinished or damage.kind.startswith("hash file")


def _is_open(damage: Iterable[Damage]) -> bool:
    """Return whether there are versions of which nothing tells which is right."""
    damage = tuple(damage)
    broken = [(d.first, d.last) for d in damage if d.kind in IN_THE_LOG]
    return any(
        each.kind == "second version"
        and each.expected is None
        and not any(first <= each.first <= last for first, last in broken)
        for each in damage
    )


def _verdict(found: Examination, config: SyncConfig) -> Iterator[str]:
    head = "no commit"
    if found.head is not None:
        head = f"head {found.head.seq}:{found.head.sha256}"
    events = "" if found.events is None else f", {counted(found.events, 'event')}"
    state = "good" if found.ok else bad("DAMAGED")
    commits = counted(found.commits, "commit")
    yield f"{state}: {commits}{events}, {head} in {config.store}"


def _damage(damage: Iterable[Damage]) -> Iterator[str]:
    for each in damage:
        where = "" if each.first < 0 else f"{_commits(each.first, each.last)}: "
        yield f"  {where}{each.kind}: {each.detail}"
        if each.sources:
            yield f"    good copies: {', '.join(each.sources)}"
        elif each.kind in IN_THE_LOG or each.kind.startswith("document"):
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
