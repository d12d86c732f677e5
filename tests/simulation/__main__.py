"""The simulation from the command line: ``python -m tests.simulation``."""

from __future__ import annotations

import argparse
import os
import sys

from tests.simulation.campaign import Summary, campaign, replay_command
from tests.simulation.schedule import simulate

_TELL_EVERY = 30.0  # seconds


def main() -> int:
    """Let schedules happen; the exit status is 1 if anything was violated."""
    asked = _asked()
    if asked.trace:
        return _trace(asked.seed)
    last_told = 0.0
    told: set[int] = set()

    def progress(so_far: Summary) -> None:
        nonlocal last_told
        # At once: a long run may be cut off, and that it found something not be lost.
        for seed in so_far.violations.keys() - told:
            print(f"seed {seed}: {so_far.violations[seed]}\n  {replay_command(seed)}")
        told.update(so_far.violations)
        if so_far.seconds - last_told >= _TELL_EVERY:
            last_told = so_far.seconds
            reached = asked.seed + so_far.schedules - 1
            print(f"seeds {asked.seed} to {reached}: {so_far}", flush=True)

    summary = campaign(
        asked.schedules, seed=asked.seed, jobs=asked.jobs, progress=progress
    )
    print(summary)
    return 1 if summary.violations else 0


def _trace(seed: int) -> int:
    outcome = simulate(seed, traced=True)
    print(*outcome.trace, sep="\n")
    print(*outcome.violations or ("no violation",), sep="\n")
    return 1 if outcome.violations else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--schedules", type=int, default=1000, metavar="N")
    parser.add_argument("--seed", type=int, default=1, help="the first of them")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--trace", action="store_true", help="tell all of one schedule")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
