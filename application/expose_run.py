"""What is due once a run is complete: what it brought in is seen, and old goes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from application.collect_garbage import CollectAfterRun
from application.journal import Journal
from application.known_promises import KnownPromises, RememberedPromises
from application.publication import Publication, PublishRefusedError, is_due
from application.publish_generation import PublishGeneration
from application.tidy_generations import sweep_documents
from domain.errors import DigestMismatchError, SelectionError
from domain.exposure_config import ExposureConfig
from domain.selection import Selection
from ports.errors import PortError
from ports.progress import Progress


@dataclass(frozen=True, slots=True)
class Exposed:
    """What came of it.

    Attributes:
        publication: The generation that clients see; None if none was published now.
        refused: Why none was, though one was due.
    """

    publication: Publication | None = None
    refused: str | None = None


NOT_EXPOSED: Final = Exposed()
"""Nothing was due."""


@dataclass(frozen=True, slots=True)
class ExposeRun:
    """Publishes what a complete run has brought in, and evicts what is old, if wanted.

    A run is complete whether or not that succeeds: the next one makes up for it.
    """

    publish: PublishGeneration
    collect: CollectAfterRun
    exposure: ExposureConfig
    selection: Selection
    progress: Progress

    def __call__(
        self,
        journal: Journal,
        *,
        changed: bool,
        read: bool,
        known: KnownPromises | None = None,
    ) -> Exposed:
        """Publish a generation where one is due, then evict.

        Args:
            changed: Whether the run has brought in anything.
            read: Whether it has read documents that were not known.
            known: What those name that it was planned from, as far as it was here.

        Raises:
            LedgerDamagedError: The log is damaged.
        """
        publish = self.publish
        if known is not None:
            promises = RememberedPromises(known, publish.promises)
            publish = replace(publish, promises=promises)
        exposed = self._publish(publish, journal, changed=changed, read=read)
        self.collect(journal, "complete")
        return exposed

    def _publish(
        self, publish: PublishGeneration, journal: Journal, *, changed: bool, read: bool
    ) -> Exposed:
        if not self.exposure.views:
            return NOT_EXPOSED
        if not self.exposure.publish:
            if read:
                self._sweep(journal)
            return NOT_EXPOSED
        if not is_due(journal.ledger, changed=changed):
            return NOT_EXPOSED
        try:
            publication = publish(journal, self.selection)
        except (
            PublishRefusedError,
            PortError,
            DigestMismatchError,
            SelectionError,
        ) as error:
            self.progress.warn(f"nothing is published: {error}")
            return Exposed(refused=str(error))
        return Exposed(publication)

    def _sweep(self, journal: Journal) -> None:
        try:
            publish = self.publish
            sweep_documents(journal.ledger, publish.generations, publish.clock.now())
        except PortError as error:
            self.progress.warn(
                f"documents that nobody is going to publish are still there: {error}"
            )
