"""The drill of ``docs/operations.md``, word for word."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import ROOT, Bottles
from tests.support.drill import carry_out, steps_of


@pytest.mark.usefixtures("upstream")
def test_the_drill_goes_as_it_is_written(
    bottles: Bottles, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOTTLES_TARGET_TAGS", "arm64_sonoma")
    assert bottles("sync").status == 0
    steps = steps_of(ROOT / "docs" / "operations.md")
    assert len(steps) > 15

    assert "Nothing to fetch" in carry_out(steps, folder)
