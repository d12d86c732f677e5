"""A log of a million events: replayed, opened from its hash file, and appended to."""

from __future__ import annotations

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.churn import EVENTS, HELD, IN_A_COMMIT
from benchmarks.ledger_work import BEHIND
from benchmarks.program import Measured, measured
from benchmarks.table import MB, Table

_REPLAYS: Final = 2
_OPENED: Final = 5
_CONTENTION: Final = "tests.simulation.contention"


def measure(place: Path) -> Table:
    folder = place / "ledger"
    folder.mkdir()
    written = _work("write", folder).answer
    plain = _work("limit", folder)
    replays = [_work("replay", folder) for _ in range(_REPLAYS)]
    checks = [_work("check", folder) for _ in range(_REPLAYS)]
    opened = [_work("reopen", folder).answer for _ in range(_OPENED)]
    appended = _work("append", folder).answer
    shutil.rmtree(folder)
    cpu = min(run.cpu for run in replays)
    looked = min(run.cpu for run in checks)
    return Table(
        f"the ledger: {EVENTS:,} events in {written['commits']:,} commits,"
        f" {plain.answer['bytes'] / MB:.0f} MB, {HELD:,} bottles held",
        (
            ("", "CPU s", "wall s", "events/s", "peak MB"),
            *(_row(f"replay from zero, run {n}", run) for n, run in _numbered(replays)),
            *(_row(f"check --read, run {n}", run) for n, run in _numbered(checks)),
            _row("limit: json and SHA-256 alone", plain),
            (
                f"open: hash file and {BEHIND} commits",
                *(f"{_median(opened, what):.3f}" for what in ("cpu", "wall")),
                "",
                "",
            ),
        ),
        (
            f"a replay takes {cpu / plain.cpu:.1f} times as long as the limit",
            f"check --read takes {looked / cpu:.2f} times as long as a replay",
            (
                f"append, without the store: {1000 * appended['many']:.2f} ms of CPU"
                f" for {IN_A_COMMIT} events, {1000 * appended['one']:.2f} ms for one"
            ),
            (
                "goal: replay in 5 s of CPU and 150 MB; open in 0.2 s; append in 3 ms"
                " of CPU"
            ),
            *_contention(place),
        ),
    )


def _work(name: str, folder: Path) -> Measured:
    return measured(
        *(sys.executable, "-m", "benchmarks.ledger_work", name, str(folder)),
        cwd=folder,
    )


def _numbered(runs: list[Measured]) -> enumerate[Measured]:
    return enumerate(runs, start=1)


def _row(what: str, run: Measured) -> tuple[str, ...]:
    return (
        what,
        f"{run.cpu:.2f}",
        f"{run.wall:.2f}",
        f"{EVENTS / run.cpu:,.0f}",
        f"{run.peak / MB:.0f}",
    )


def _median(answers: list[dict[str, Any]], what: str) -> float:
    took: float = median(answer[what] for answer in answers)
    return took


def _contention(place: Path) -> tuple[str, ...]:
    """Return what the simulation says of 50 writers, if there is one."""
    if find_spec("tests.simulation") is None or find_spec(_CONTENTION) is None:
        return ()
    run = measured(
        *(sys.executable, "-m", _CONTENTION, "--writers", "50"),
        *("--phase", "staggered"),
        cwd=place,
    )
    return tuple(run.stdout.splitlines())
