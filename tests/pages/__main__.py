"""The status pages of a young mirror and of an old one: see ``make pages``."""

from __future__ import annotations

import sys
from pathlib import Path

from adapters.folder.store import FolderStore
from adapters.status_page.page import StoredStatusPage
from benchmarks.status_page import RUNS, grown
from domain.status import status_of


def main(folder: Path) -> None:
    """Write the pages into a folder."""
    for name, runs in (("one-run", 1), ("two-years", RUNS)):
        ledger, history, at = grown(runs)
        page = StoredStatusPage(FolderStore(folder / name).public)
        page.write(status_of(ledger, history, at), history)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
