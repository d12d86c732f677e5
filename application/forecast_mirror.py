"""Foreseeing what a mirror will take, before there is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from application.ask_sizes import AskSizes
from domain.bottle import Digest
from domain.catalog import Catalog
from domain.config import SyncConfig
from domain.forecast import Forecast, forecast
from domain.selection import choose
from ports.catalog import CatalogSource
from ports.errors import UnavailableError
from ports.progress import Progress


@dataclass(frozen=True, slots=True)
class ForecastMirror:
    """Foresees what a mirror will take. Nothing is written, and no bottle fetched.

    Attributes:
        patience: Seconds for which the registry may be asked for sizes.
    """

    catalog: CatalogSource
    ask_sizes: AskSizes
    progress: Progress
    patience: float

    def read(self) -> Catalog | None:
        """Return what upstream offers; None when it cannot be reached now.

        Raises:
            NotFoundError, UntrustedError, MalformedError: The catalog is not there, or
                not to be believed.
        """
        self.progress.note(f"reading {self.catalog.source}")
        try:
            return self.catalog.fetch()
        except UnavailableError as error:
            self.progress.note(f"nobody knows yet how much there is: {error}")
            return None

    def __call__(
        self, catalog: Catalog, config: SyncConfig, *, ask: bool = False
    ) -> Forecast:
        """Return what the selection of ``config`` takes at its store.

        Args:
            ask: Ask the registry for the sizes, where the selection names formulae
                (of everything, the mean tells as much), and say what is worth knowing.

        Raises:
            SelectionError: Something that was named is not in the catalog.
        """
        offer = choose(catalog, config.selection)
        bottles = offer.bottles()
        sizes: Mapping[Digest, int] = {}
        if ask:
            for sentence in offer.notes:
                self.progress.note(sentence)
            if config.selection.formulae:
                sizes = self.ask_sizes(bottles, self.patience)
        return forecast(bottles, sizes, config)
