"""The status pages of a young mirror and of an old one: see ``make pages``."""

from __future__ import annotations

import sys
from pathlib import Path

from adapters.folder.store import FolderStore
from benchmarks.status_page import RUNS, grown
from domain.status import status_of
from tests.support.pages import page_in


def main(folder: Path) -> None:
    """Write the pages into a folder."""
    for name, runs in (("one-run", 1), ("two-years", RUNS)):
        ledger, history, at = grown(runs)
        store = FolderStore(folder / name)
        page = page_in(store, store.public)
        page.write(status_of(ledger, history, at), history, None, anew=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
