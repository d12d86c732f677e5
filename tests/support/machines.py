"""How long the machines of the ledger run."""

from __future__ import annotations

from hypothesis import settings


def machine_settings() -> settings:
    """Return the settings of a machine: how many examples, and of how many steps.

    200 of 50, and 2,000 of 100 in the profile ``thorough``.
    """
    thorough = settings().max_examples >= 1_000
    examples, steps = (2_000, 100) if thorough else (200, 50)
    return settings(max_examples=examples, stateful_step_count=steps)
