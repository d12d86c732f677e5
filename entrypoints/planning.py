"""What planning is made of, beside what all stands on."""

from __future__ import annotations

from application.import_hash_file import ImportHashFile
from application.plan_sync import PlanSync
from application.read_documents import ReadDocuments
from entrypoints.foundation import Foundation
from entrypoints.injector import providers
from entrypoints.upstream import open_external, reader_of
from ports.external_hash_file import ExternalHashFile


class Planning(Foundation):
    """The use cases of a plan, apart from those that would carry it out.

    So a plan does not wait for the modules of all the others.
    """

    read_documents: providers.Provider[ReadDocuments] = providers.Factory(
        ReadDocuments,
        upstream=Foundation.api_documents,
        generations=Foundation.generations,
        progress=Foundation.progress,
        clock=Foundation.clock,
    )

    plan_sync: providers.Provider[PlanSync] = providers.Factory(
        PlanSync,
        catalog=Foundation.catalog,
        sizes=Foundation.bottle_source,
        progress=Foundation.progress,
        clock=Foundation.clock,
        jobs=Foundation.config.provided.jobs,
        documents=providers.Callable(
            reader_of, config=Foundation.config, open_reader=read_documents.provider
        ),
    )
    external: providers.Provider[ExternalHashFile] = providers.Singleton(
        open_external,
        source=Foundation.config.provided.external,
        config=Foundation.config,
        clock=Foundation.upstream_clock,
        chance=Foundation.chance,
    )
    import_hash_file: providers.Provider[ImportHashFile] = providers.Factory(
        ImportHashFile,
        external=external,
        required=Foundation.config.provided.external_required,
        runs=Foundation.runs,
        progress=Foundation.progress,
    )
