"""The status pages of a young mirror and of an old one: see ``make pages``."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from adapters.folder.store import FolderStore
from benchmarks.plan import data_folder
from benchmarks.status_page import RUNS, grown
from domain.status import status_of
from tests.pages.real_weeks import kept_up
from tests.support.churn import real_days
from tests.support.pages import page_in


def main(folder: Path) -> None:
    """Write the pages into a folder."""
    mirrors = {"one-run": grown(1), "two-years": grown(RUNS)}
    try:
        mirrors["real-weeks"] = kept_up(real_days(data_folder()))
    except FileNotFoundError as error:
        print(f"no mirror of real weeks (BOTTLES_TEST_DATA): {error}")
    for name, (ledger, history, at) in mirrors.items():
        # What was written before is of other programs, or of other days.
        shutil.rmtree(folder / name, ignore_errors=True)
        store = FolderStore(folder / name)
        page = page_in(store, store.public)
        page.write(status_of(ledger, history, at), history, None, anew=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
