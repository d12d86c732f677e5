import subprocess
import sys

import pytest

from tests.simulation.campaign import campaign, replay_command
from tests.simulation.faults import Fault
from tests.simulation.schedule import simulate

SCHEDULES = 10_000


@pytest.mark.slow
def test_no_schedule_breaks_a_promise_of_the_ledger() -> None:
    summary = campaign(SCHEDULES, seed=1, jobs=2)
    broken = [
        f"{violation}\n  {replay_command(seed)}"
        for seed, violation in sorted(summary.violations.items())
    ]
    assert not broken, "\n".join(broken[:5])
    assert summary.schedules == SCHEDULES
    # What never happened has proved nothing.
    assert {fault.value for fault in Fault} <= summary.faults.keys()


def test_a_seed_is_a_schedule_whatever_the_hashes_of_strings_are() -> None:
    seed = max(range(1, 21), key=lambda seed: simulate(seed).requests)
    told = "\n".join((*simulate(seed, traced=True).trace, "no violation\n"))
    assert _told_under("0", seed) == told == _told_under("1", seed)


def _told_under(hash_seed: str, seed: int) -> str:
    _, *command = replay_command(seed).split()
    return subprocess.run(
        [sys.executable, *command],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONHASHSEED": hash_seed},
    ).stdout
