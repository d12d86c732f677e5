"""What documents that are staged promise to clients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from application.publication import Promises
from domain.api_documents import CATALOG, clients_of
from domain.catalog import Validators
from domain.publication import Promised, promised_by
from domain.selection import Selection, choose
from ports.api_documents import ApiDocuments
from ports.generations import Generations


@dataclass(frozen=True, slots=True)
class StagedPromises(Promises):
    """Reads the documents that were staged when a sync was planned."""

    upstream: ApiDocuments
    generations: Generations

    def __call__(self, documents: Mapping[str, str], selection: Selection) -> Promised:
        catalog = self.upstream.catalog(
            self.generations.staged(documents[CATALOG]), Validators()
        )
        packages = {
            client: self.upstream.packages(
                self.generations.staged(documents[name]), client
            )
            for name, client in clients_of(documents).items()
        }
        return promised_by(choose(catalog, selection, packages))
