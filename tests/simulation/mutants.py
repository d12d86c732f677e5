"""Deliberate bugs in the protocol: what the simulation is itself tested by.

Each is one that others have had, or that the design says a word about. A simulation
that lets one of them live is blind to it.
"""

from __future__ import annotations

from typing import Final

from tests.simulation import mutants_of_append, mutants_of_reading, mutants_of_runs

MUTANTS: Final = (
    *mutants_of_append.MUTANTS,
    *mutants_of_reading.MUTANTS,
    *mutants_of_runs.MUTANTS,
)
