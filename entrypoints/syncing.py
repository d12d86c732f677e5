"""What a sync is made of: a plan, what carries it out, and what clients see of it."""

from __future__ import annotations

from application.adopt import Adopt
from application.carry_out import CarryOut
from application.prepare_sync import PrepareSync
from application.sync_bottles import SyncBottles
from application.transfer import LoadResult, Placed, Transfer
from entrypoints.foundation import Foundation
from entrypoints.injector import providers
from entrypoints.planning import Planning
from entrypoints.publishing import Publishing
from ports.crew import Crew


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
    crew: providers.Provider[Crew[Placed, LoadResult] | None] = providers.Object(None)
    carry_out: providers.Provider[CarryOut] = providers.Factory(
        CarryOut,
        transfer=transfer,
        clock=Foundation.clock,
        jobs=Foundation.config.provided.jobs,
        crew=crew,
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
