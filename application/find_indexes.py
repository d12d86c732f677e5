"""Asking for the indexes of bottles that are held, and that no index names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from threading import Event as Flag

from application.journal import Journal
from application.keep_indexes import KeepIndexes, is_news, known_index
from domain.bottle import Bottle
from domain.errors import DigestMismatchError
from domain.generations import IndexMirrored, KeptIndex, release_key
from domain.ledger import Ledger
from ports.errors import PortError, UnavailableError
from ports.progress import Progress


@dataclass(frozen=True, slots=True)
class FindIndexes:
    """Makes up for indexes that did not come with their bottles.

    Those were mirrored before there was a view, or adopted, or the registry had no
    index then.

    Attributes:
        jobs: How many releases are asked about at a time.
    """

    keep: KeepIndexes
    progress: Progress
    jobs: int

    def __call__(self, journal: Journal, bottles: Iterable[Bottle]) -> None:
        """Keep and record what the registry has; it is recorded as it comes.

        Raises:
            LedgerDamagedError, UnavailableError, RefusedError: It cannot be recorded.
        """
        releases = {
            release_key(bottle.name, bottle.pkg_version, bottle.rebuild): bottle
            for bottle in bottles
        }
        ask = partial(self._ask, journal.ledger, Flag())
        with ThreadPoolExecutor(self.jobs) as pool:
            try:
                answers = pool.map(ask, releases.values())
                journal.record(self._news(answers, journal.ledger, len(releases)))
            finally:
                # What cannot be recorded any more need not be asked for.
                pool.shutdown(cancel_futures=True)

    def _news(
        self, answers: Iterable[KeptIndex | None], ledger: Ledger, total: int
    ) -> Iterator[IndexMirrored]:
        for done, index in enumerate(answers, start=1):
            self.progress.counted("releases asked for their index", done, total)
            if index is not None and is_news(index, ledger):
                yield IndexMirrored(index)

    def _ask(self, ledger: Ledger, silent: Flag, bottle: Bottle) -> KeptIndex | None:
        """Return the index of a release; None when it cannot be had now."""
        if silent.is_set():
            return None
        try:
            return self.keep(bottle, known_index(ledger, bottle))
        except UnavailableError as error:
            # Whoever does not answer once is asked nothing more: the next run will.
            silent.set()
            self.progress.note(f"indexes are not asked for any more: {error}")
        except (PortError, DigestMismatchError) as error:
            self.progress.note(f"the index of {bottle.key} cannot be kept: {error}")
        return None
