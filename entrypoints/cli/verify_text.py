"""What verifying found, as a person reads it."""

from __future__ import annotations

from itertools import islice
from typing import Final

from adapters.terminal.words import counted
from application.check_attestations import AttestationReport
from application.verify_mirror import VerifyReport
from domain.config import SyncConfig
from entrypoints.cli.next_step import typed

_NAMED: Final = 20


def verify_text(report: VerifyReport, config: SyncConfig, *, deep: bool) -> str:
    """Return what ``verify`` prints.

    Args:
        deep: Whether every byte was read.
    """
    good = report.checked - len(report.flaws)
    lines = [f"{good:,} of {counted(report.checked, 'object')} in {config.store} good"]
    for flaw in report.flaws[:_NAMED]:
        claim = flaw.claim
        lines.append(f"  {claim.key}: {flaw.found} at {claim.object_key}")
    lines += _more(len(report.flaws))
    if report.tally is not None:
        lines.append(f"{counted(len(report.repaired), 'bottle')} fetched again")
        lines += [
            f"  failed: {failure.bottle.key}: {failure.detail}"
            for failure in report.tally.failures[:_NAMED]
        ]
    if report.orphans:
        known = (
            f"{counted(len(report.orphans), 'object')} that the ledger does not know"
        )
        lines.append(f"{known}, {_fate(report)}")
        lines += [f"  {key}" for key in report.orphans[:_NAMED]]
        lines += _more(len(report.orphans))
    hints = []
    if report.unrepaired and report.tally is None:
        hints.append(
            f"{typed('verify --repair', config)} fetches again what is missing or wrong"
        )
    if len(report.orphans) > len(report.removed or ()):
        hints.append(
            f"{typed('verify --prune-orphans', config)} removes what the ledger does"
            " not know"
        )
    if not hints and not deep:
        hints.append(f"{typed('verify --deep', config)} reads every byte")
    if hints:
        lines += ["", f"Next: {'; '.join(hints)}"]
    return "\n".join(lines)


def _fate(report: VerifyReport) -> str:
    if not report.removed:
        return "left alone"
    if not report.left:
        return "removed"
    return f"{len(report.removed):,} removed and {report.left:,} left alone"


def attestations_text(report: AttestationReport) -> str:
    """Return what ``verify --attestations`` prints behind the rest."""
    others = f"{report.missing:,} without one, {len(report.invalid):,} invalid"
    lines = [f"attestations: {counted(report.verified, 'bottle')} verified, {others}"]
    lines += [
        f"  {key}: {reason}" for key, reason in islice(report.invalid.items(), _NAMED)
    ]
    lines += _more(len(report.invalid))
    if report.unchecked:
        lines.append(f"{counted(report.unchecked, 'bottle')} not checked")
    return "\n".join(lines)


def _more(number: int) -> list[str]:
    return [f"  and {number - _NAMED:,} more"] if number > _NAMED else []
