"""Results as JSON: the shapes that scripts rely on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from adapters.ledger.event_lines import line_of
from adapters.ledger.fields import written_time
from application.check_attestations import AttestationReport
from application.doctor import Check
from application.explain_formula import Told
from application.import_hash_file import ImportReport
from application.inspect_ledger import CommitSummary
from application.publication import Publication, PublishRefusedError
from application.repair_ledger import RepairReport
from application.verify_mirror import VerifyReport
from domain.events import RecordedCommit
from domain.ledger import Ledger
from entrypoints.cli.sync_answer import head
from ports.custody import Examination

Answer = dict[str, Any]


def verify_answer(report: VerifyReport) -> Answer:
    """Return what ``verify --json`` prints."""
    return {
        "checked": report.checked,
        "ok": report.checked - len(report.flaws),
        "missing": [flaw.claim.key for flaw in report.flaws if flaw.is_missing],
        "corrupt": [flaw.claim.key for flaw in report.flaws if not flaw.is_missing],
        "elsewhere": report.elsewhere,
        "orphans": list(report.orphans),
        "repaired": list(report.repaired),
    }


def attestations_answer(report: AttestationReport) -> Answer:
    """Return what ``verify --attestations --json`` prints beside the rest."""
    return {
        "attestations": {
            "verified": report.verified,
            "missing": report.missing,
            "invalid": list(report.invalid),
            "unchecked": report.unchecked,
        }
    }


def publication_answer(publication: Publication, ledger: Ledger) -> Answer:
    """Return what ``publish --json`` and ``rollback --json`` print."""
    return {
        "generation": publication.generation,
        "published": publication.is_new,
        "bottles": publication.bottles,
        "missing": list(publication.missing),
        "generations": sorted(ledger.generations),
        "ledger": head(ledger),
    }


def refusal_answer(error: PublishRefusedError) -> Answer:
    """Return what ``publish --json`` prints when bottles are missing."""
    return {"generation": None, "published": False, "missing": list(error.missing)}


def log_answer(commits: Iterable[CommitSummary]) -> Answer:
    """Return what ``ledger log --json`` prints."""
    return {"commits": [*map(_commit, commits)]}


def show_answer(recorded: RecordedCommit) -> Answer:
    """Return what ``ledger show --json`` prints: the events as the log has them."""
    commit = recorded.commit
    return {
        **_commit(CommitSummary.of(recorded)),
        "id": commit.id,
        "ledger": commit.ledger,
        "prev": commit.prev,
        "writer": commit.writer,
        "wseq": commit.wseq,
        "events": [line_of(event, commit.run) for event in commit.events],
    }


def replay_answer(ledger: Ledger) -> Answer:
    """Return what ``ledger replay --json`` prints."""
    return {
        "ledger": head(ledger),
        "held": {"bottles": ledger.state.bottles, "bytes": ledger.state.bytes},
    }


def explain_answer(formula: str, story: Iterable[Told], ledger: Ledger) -> Answer:
    """Return what ``explain --json`` prints."""
    return {
        "formula": formula,
        "held": [
            {
                "key": key,
                "sha256": entry.bottle.digest,
                "bytes": entry.size,
                "object_key": entry.object_key,
                "superseded": entry.object_key in ledger.superseded,
            }
            for key, entry in sorted(ledger.held.items())
            if entry.bottle.name == formula
        ],
        "history": [
            {
                "seq": told.recorded.commit.seq,
                "at": written_time(told.recorded.commit.at),
                "run": told.recorded.commit.run,
                "event": line_of(told.event, told.recorded.commit.run),
                "reason": told.reason,
            }
            for told in story
        ],
    }


def check_answer(found: Examination) -> Answer:
    """Return what ``ledger check --json`` prints."""
    head = found.head
    return {
        "ok": found.ok,
        "head": None if head is None else {"seq": head.seq, "sha256": head.sha256},
        "commits": found.commits,
        "events": found.events,
        "damage": [
            {
                "class": each.kind,
                "from": None if each.first < 0 else each.first,
                "to": None if each.last < 0 else each.last,
                "detail": each.detail,
                "sources": list(each.sources),
            }
            for each in found.damage
        ],
        "gaps": [{"from": gap.first, "to": gap.last} for gap in found.gaps],
    }


def repair_answer(report: RepairReport) -> Answer:
    """Return what ``ledger repair --yes --json`` prints: then what is found now."""
    return {
        "repairs": [
            {
                "class": repair.cause,
                "from": repair.first,
                "to": repair.last,
                "source": repair.source,
            }
            for repair in report.repairs
        ],
        "others": list(report.others),
        "declared": report.declared,
        **check_answer(report.after),
    }


def import_answer(report: ImportReport) -> Answer:
    """Return what ``ledger import --json`` prints."""
    return {
        "source": report.source,
        "entries": report.entries,
        "news": report.news,
        "unchanged": report.unchanged,
        "migrated": dict(report.migrated),
        "skipped": dict(report.skipped),
        "ledger": head(report.ledger),
    }


def doctor_answer(checks: Sequence[Check]) -> Answer:
    """Return what ``doctor --json`` prints."""
    return {
        "ok": all(check.state != "fail" for check in checks),
        "checks": [
            {
                "check": check.name,
                "state": check.state,
                "detail": check.detail,
                "advice": check.advice,
            }
            for check in checks
        ],
    }


def _commit(commit: CommitSummary) -> Answer:
    return {
        "seq": commit.seq,
        "sha256": commit.sha256,
        "at": written_time(commit.at),
        "run": commit.run,
        "events": commit.events,
    }
