from __future__ import annotations

from typing import get_args

import pytest

from domain.config import SyncConfig
from domain.damage import IN_THE_LOG, Damage, DamageClass
from entrypoints.cli.custody_text import proposal_text
from ports.custody import Examination


def next_steps(*damage: Damage) -> str:
    """Return what a repair that changes nothing says is to be done."""
    text = proposal_text(Examination(None, 9, None, damage), SyncConfig())
    return text.partition("Nothing was changed. Next: ")[2]


@pytest.mark.parametrize("kind", get_args(DamageClass))
def test_whatever_the_damage_is_something_can_be_done(kind: DamageClass) -> None:
    steps = next_steps(Damage(kind, 4, 4, "found"))
    helps = kind in {"hash file damaged", "hash file lies", "not reconciled"}
    assert steps
    assert ("then give --yes" in steps) == helps
    assert ("without a good copy" in steps) == (
        kind in IN_THE_LOG or kind.startswith("document")
    )


@pytest.mark.parametrize("kind", [*sorted(IN_THE_LOG), "document missing"])
def test_what_has_a_copy_is_repaired_with_yes(kind: DamageClass) -> None:
    steps = next_steps(Damage(kind, 4, 4, "found", sources=("stick",)))
    assert steps == "stop all who write, then give --yes"


def test_a_second_version_is_accepted_or_waits_for_a_pin() -> None:
    vouched_for = Damage("second version", 4, 4, "twice", "ab" * 32)
    assert next_steps(vouched_for) == "stop all who write, then give --yes"
    waiting = Damage("second version", 4, 4, "twice")
    assert "name the right one with --pin" in next_steps(waiting)
    broken = Damage("truncated", 3, 5, "cut", sources=("version 1",))
    assert "--pin" not in next_steps(broken, waiting)
