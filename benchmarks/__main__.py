"""The benchmarks: ``python -m benchmarks [NAME...] [--write]``, or ``make bench``."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from adapters.system_clock import SystemClock
from benchmarks import (
    codec,
    cold_start,
    growth,
    help_text,
    ledger,
    orchestrate,
    plan,
    rehearsal,
    retention,
    rows,
    second_sync,
    status_page,
    sync_copies,
    sync_large,
    sync_parallel,
    sync_small,
    sync_spooled,
    throttled,
    verify,
)
from benchmarks.document import renewed
from benchmarks.machine import file_system, machine
from benchmarks.program import ROOT
from benchmarks.table import NotMeasuredError

_BENCHMARKS: Final = {
    "help": help_text.measure,
    "cold-start": cold_start.measure,
    "plan": plan.measure,
    "orchestrate": orchestrate.measure,
    "sync-small": sync_small.measure,
    "sync-large": sync_large.measure,
    "sync-parallel": sync_parallel.measure,
    "sync-copies": sync_copies.measure,
    "sync-spooled": sync_spooled.measure,
    "engine-small": rows.engine_small,
    "engine-many": rows.engine_many,
    "engine-large": rows.engine_large,
    "peers-small": rows.peers_small,
    "peers-large": rows.peers_large,
    "peers-week": rows.peers_week,
    "stored-small": rows.stored_small,
    "stored-many": rows.stored_many,
    "stored-large": rows.stored_large,
    "stored-week": rows.stored_week,
    "throttled": throttled.measure,
    "second-sync": second_sync.measure,
    "verify": verify.measure,
    "codec": codec.measure,
    "retention": retention.measure,
    "status-page": status_page.measure,
    "ledger": ledger.measure,
}
_LARGE: Final = {"growth": growth.measure, "rehearsal": rehearsal.measure}
"""Those that can be tried out with less."""
_WRITTEN: Final = ROOT / "docs" / "benchmarks.md"


def main() -> int:
    """Measure what is named, or everything, and print it."""
    arguments = _parser().parse_args()
    names = arguments.names or [*_BENCHMARKS, *_LARGE]
    if unknown := set(names) - set(_BENCHMARKS) - set(_LARGE):
        print(f"no benchmark is called {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    if arguments.one_of > 1 and (arguments.write or not set(names) <= set(_LARGE)):
        print(f"only {', '.join(_LARGE)} can be tried out", file=sys.stderr)
        return 2
    # Who is told to stop stops what was started, and leaves no files.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="bench-", dir=_room()) as folder:
        # What others make of themselves is to be on the same disk.
        tempfile.tempdir = folder
        for name in names:
            try:
                figures = _measured(name, Path(folder), arguments.one_of)
            except NotMeasuredError as missing:
                print(f"{name} is left out: {missing}\n", flush=True)
                continue
            if arguments.write:
                page = _WRITTEN.read_text(encoding="utf-8")
                _WRITTEN.write_text(renewed(page, name, figures), encoding="utf-8")
    return 0


def _measured(name: str, place: Path, one_of: int) -> str:
    """Print what a benchmark gives, and return it."""
    begun, told = time.monotonic(), []

    def tell(text: str) -> None:
        told.append(f"{text}\n")
        print(text, flush=True)

    tell(f"{SystemClock().now().date()}, {machine()}")
    tell(f"files on {file_system(place)}, load before {os.getloadavg()[0]:.1f}")
    tell(f"$ python -m benchmarks {name}")
    large = _LARGE.get(name)
    table = large(place, one_of) if large else _BENCHMARKS[name](place)
    tell(f"\n{table}")
    tell(f"\n{time.monotonic() - begun:.0f} s in all")
    print()
    return "".join(told)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    names = ", ".join([*_BENCHMARKS, *_LARGE])
    parser.add_argument("names", nargs="*", metavar="NAME", help=names)
    parser.add_argument(
        "--write",
        action="store_true",
        help=f"renew their sections of {_WRITTEN.relative_to(ROOT)}",
    )
    parser.add_argument(
        "--one-of",
        type=int,
        default=1,
        metavar="N",
        help=f"try {' or '.join(_LARGE)} out with an Nth of it",
    )
    return parser


def _room() -> Path:
    """Return a folder for some 5 GB: TMPDIR, else ours, for /tmp may be memory."""
    room = Path(os.environ.get("TMPDIR", ROOT / "build"))
    room.mkdir(exist_ok=True)
    return room


if __name__ == "__main__":
    sys.exit(main())
