"""What documents that are staged promise to clients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from application.publication import Promises
from domain.api_documents import CATALOG, clients_of
from domain.catalog import Validators
from domain.publication import Promised
from domain.selection import Selection, choose
from ports.api_documents import ApiDocuments
from ports.generations import Generations


@dataclass(frozen=True, slots=True)
class StagedPromises(Promises):
    """Reads the documents that were staged when a sync was planned."""

    upstream: ApiDocuments
    generations: Generations

    def __call__(self, documents: Mapping[str, str], selection: Selection) -> Promised:
        body = self.generations.staged(documents[CATALOG])
        catalog = self.upstream.catalog(body, Validators())
        del body
        packages = {
            client: self.upstream.packages(
                self.generations.staged(documents[name]), client
            )
            for name, client in clients_of(documents).items()
        }
        selected = choose(catalog, selection, packages).bottles()
        all_of_it = replace(selection, formulae=(), exclude=())
        chosen = {bottle.key for bottle in selected}
        return Promised(
            selected=selected,
            others=tuple(
                bottle
                for bottle in choose(catalog, all_of_it, packages).bottles()
                if bottle.key not in chosen
            ),
        )
