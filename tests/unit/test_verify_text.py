from __future__ import annotations

import pytest

from application.verify_mirror import VerifyReport
from domain.bottle import ObjectKey
from domain.config import SyncConfig
from entrypoints.cli.verify_text import verify_text

ORPHANS = tuple(ObjectKey(f"2026-08-2{n}/stray.tar.gz") for n in range(4))


@pytest.mark.parametrize(
    ("removed", "fate", "is_hinted_at"),
    [
        (None, "left alone", True),
        (ORPHANS[:0], "left alone", True),
        (ORPHANS[:3], "3 removed and 1 left alone", True),
        (ORPHANS, "removed", False),
    ],
)
def test_says_which_orphans_went(
    removed: tuple[ObjectKey, ...] | None, fate: str, *, is_hinted_at: bool
) -> None:
    report = VerifyReport(9, 0, (), ORPHANS, removed, (), None)
    text = verify_text(report, SyncConfig(), deep=True)
    assert f"4 objects that the ledger does not know, {fate}\n" in text
    assert ("--prune-orphans removes" in text) == is_hinted_at
