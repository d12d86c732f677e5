"""What a sync is made of: a plan, what carries it out, and what clients see of it."""

from __future__ import annotations

from application.adopt import Adopt
from application.carry_out import CarryOut, OpenCrew
from application.prepare_sync import PrepareSync
from application.sync_bottles import SyncBottles
from application.thread_crew import ThreadCrew
from application.transfer import Transfer
from entrypoints.foundation import Foundation
from entrypoints.injector import providers
from entrypoints.planning import Planning
from entrypoints.publishing import Publishing


class Syncing(Planning, Publishing):
    """The use cases of a sync.

    So a sync does not wait for the modules of all the others.
    """

    transfer: providers.Provider[Transfer] = providers.Factory(
        Transfer,
        source=Foundation.bottle_source,
        store=Foundation.store,
        clock=Foundation.upstream_clock,
        progress=Foundation.progress,
        attempts=Foundation.config.provided.retry_attempts,
        chance=Foundation.chance,
        stop=Foundation.stop,
        spool=Foundation.spool,
        expose=Publishing.expose,
        patience=Foundation.patience,
    )
    # Threads of this process, unless an entry point has others.
    open_crew: providers.Provider[OpenCrew] = providers.Object(ThreadCrew)
    carry_out: providers.Provider[CarryOut] = providers.Factory(
        CarryOut,
        transfer=transfer,
        clock=Foundation.clock,
        jobs=Foundation.config.provided.jobs,
        open_crew=open_crew,
    )
    prepare_sync: providers.Provider[PrepareSync] = providers.Factory(
        PrepareSync,
        plan_sync=Planning.plan_sync,
        adopt=providers.Factory(Adopt, store=Foundation.store),
        external=Planning.import_hash_file,
        runs=Foundation.runs,
    )
    sync_bottles: providers.Provider[SyncBottles] = providers.Factory(
        SyncBottles,
        prepare=prepare_sync,
        carry_out=carry_out,
        runs=Foundation.runs,
        expose=Publishing.expose_run,
        refresh_status=Publishing.refresh_status,
        progress=Foundation.progress,
    )
