"""What is due once a run is complete: that clients see what it brought in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from application.journal import Journal
from application.publication import Publication, is_due
from application.publish_generation import PublishGeneration
from domain.errors import MirrorError
from domain.exposure_config import ExposureConfig
from domain.selection import Selection
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
    """Publishes what a complete run has brought in, if that is wanted.

    A run is complete whether or not that succeeds: the next one that is makes up for
    it.
    """

    publish: PublishGeneration
    exposure: ExposureConfig
    selection: Selection
    progress: Progress

    def __call__(self, journal: Journal, *, changed: bool, read: bool) -> Exposed:
        """Publish a generation where one is due.

        Args:
            changed: Whether the run has brought in anything.
            read: Whether it has read documents that were not known.
        """
        if not self.exposure.publish:
            if read:
                self.publish.sweep(journal.ledger)
            return NOT_EXPOSED
        if not is_due(journal.ledger, changed=changed):
            return NOT_EXPOSED
        try:
            publication = self.publish(journal, self.selection)
        except MirrorError as error:
            self.progress.warn(f"nothing is published: {error}")
            return Exposed(refused=str(error))
        if publication.is_new:
            self.progress.note(
                f"generation {publication.generation} is published:"
                f" {publication.bottles:,} bottles"
            )
        return Exposed(publication)
