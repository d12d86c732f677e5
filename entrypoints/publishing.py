"""What clients are to see of a mirror, what goes, and what people are told of it."""

from __future__ import annotations

from application.collect_garbage import CollectAfterRun, CollectGarbage
from application.expose import Expose
from application.expose_run import ExposeRun
from application.find_indexes import FindIndexes
from application.keep_indexes import KeepIndexes
from application.publish_by_hand import PublishByHand
from application.publish_generation import PublishGeneration
from application.read_history import ReadHistory
from application.refresh_status import RefreshStatus
from application.remove_evicted import RemoveEvicted
from application.report_completeness import ReportCompleteness
from application.roll_back import RollBack
from application.show_generation import ShowGeneration
from application.staged_promises import StagedPromises
from application.write_status import WriteStatus
from entrypoints.foundation import Foundation
from entrypoints.injector import providers
from entrypoints.stores import open_status_page
from ports.status_page import StatusPage


class Publishing(Foundation):
    """Views, generations and the status page, and the use cases that write them."""

    # One for all who work here: an index is asked for once.
    keep_indexes: providers.Provider[KeepIndexes] = providers.Singleton(
        KeepIndexes,
        source=Foundation.bottle_source,
        store=Foundation.store,
        public=Foundation.public_objects,
        progress=Foundation.progress,
        views=Foundation.config.provided.exposure.views,
    )
    expose: providers.Provider[Expose] = providers.Factory(
        Expose,
        store=Foundation.store,
        public=Foundation.public_objects,
        keep_index=keep_indexes,
        views=Foundation.config.provided.exposure.views,
    )
    show_generation: providers.Provider[ShowGeneration] = providers.Factory(
        ShowGeneration,
        objects=Foundation.public_objects,
        generations=Foundation.generations,
        views=Foundation.config.provided.exposure.views,
        jobs=Foundation.config.provided.jobs,
    )
    publish_generation: providers.Provider[PublishGeneration] = providers.Factory(
        PublishGeneration,
        promises=providers.Factory(
            StagedPromises,
            upstream=Foundation.api_documents,
            generations=Foundation.generations,
        ),
        generations=Foundation.generations,
        show=show_generation,
        views=Foundation.config.provided.exposure.views,
        keep=Foundation.config.provided.exposure.keep_generations,
        clock=Foundation.clock,
        progress=Foundation.progress,
        find_indexes=providers.Factory(
            FindIndexes,
            keep=keep_indexes,
            progress=Foundation.progress,
            jobs=Foundation.config.provided.jobs,
        ),
    )
    collect_garbage: providers.Provider[CollectGarbage] = providers.Factory(
        CollectGarbage,
        generations=Foundation.generations,
        remove=providers.Factory(
            RemoveEvicted,
            store=Foundation.store,
            objects=Foundation.public_objects,
            log=Foundation.event_log,
            progress=Foundation.progress,
            jobs=Foundation.config.provided.jobs,
            stop=Foundation.stop,
        ),
        runs=Foundation.runs,
        progress=Foundation.progress,
        exposure=Foundation.config.provided.exposure,
    )
    collect_after_run: providers.Provider[CollectAfterRun] = providers.Factory(
        CollectAfterRun, collect=collect_garbage, progress=Foundation.progress
    )
    expose_run: providers.Provider[ExposeRun] = providers.Factory(
        ExposeRun,
        publish=publish_generation,
        collect=collect_after_run,
        exposure=Foundation.config.provided.exposure,
        selection=Foundation.config.provided.selection,
        progress=Foundation.progress,
    )
    status_page: providers.Provider[StatusPage] = providers.Singleton(
        open_status_page,
        store=Foundation.store,
        objects=Foundation.public_objects,
        clock=Foundation.clock,
        backoff=Foundation.backoff,
        chance=Foundation.chance,
    )
    read_history: providers.Provider[ReadHistory] = providers.Factory(
        ReadHistory, log=Foundation.event_log, hash_file=Foundation.hash_file
    )
    report_completeness: providers.Provider[ReportCompleteness] = providers.Factory(
        ReportCompleteness, read=read_history, page=status_page
    )
    write_status: providers.Provider[WriteStatus] = providers.Factory(
        WriteStatus, read=read_history, page=status_page
    )
    # Given unopened: a run that has nothing to tell loads no templates.
    refresh_status: providers.Provider[RefreshStatus] = providers.Factory(
        RefreshStatus, write=write_status.provider, progress=Foundation.progress
    )
    publish_by_hand: providers.Provider[PublishByHand] = providers.Factory(
        PublishByHand,
        runs=Foundation.runs,
        publish=publish_generation,
        roll_back=providers.Factory(
            RollBack,
            generations=Foundation.generations,
            show=show_generation,
            clock=Foundation.clock,
        ),
        progress=Foundation.progress,
    )
