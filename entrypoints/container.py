"""What everything is made of: the adapters, and the use cases that use them.

A provider is annotated with the port it stands for: there mypy holds the adapter
against the port.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from threading import Event
from typing import TYPE_CHECKING
from uuid import uuid4

from dependency_injector import containers, providers

from adapters.ledger.custody import StoredCustody
from adapters.ledger.documents import StoredDocuments
from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.generations import StoredGenerations
from adapters.ledger.hash_file import StoredHashFile
from adapters.retry import Backoff
from adapters.system_clock import StoppableClock, SystemClock
from adapters.telemetry.counted_log import CountedLog
from application.adopt import Adopt
from application.carry_out import CarryOut
from application.check_attestations import CheckAttestations
from application.collect_garbage import CollectAfterRun, CollectGarbage
from application.doctor import Doctor
from application.explain_formula import ExplainFormula
from application.expose import Expose
from application.expose_run import ExposeRun
from application.find_indexes import FindIndexes
from application.import_hash_file import ImportHashFile
from application.inspect_ledger import InspectLedger, RebuildHashFile
from application.keep_indexes import KeepIndexes
from application.plan_sync import PlanSync
from application.prepare_sync import PrepareSync
from application.probe_store import ProbeStore
from application.publish_by_hand import PublishByHand
from application.publish_generation import PublishGeneration
from application.read_documents import ReadDocuments
from application.read_history import ReadHistory
from application.reconcile import Reconcile
from application.remove_evicted import RemoveEvicted
from application.repair_ledger import RepairLedger
from application.report_completeness import ReportCompleteness
from application.roll_back import RollBack
from application.run import Runs
from application.show_generation import ShowGeneration
from application.staged_promises import StagedPromises
from application.sync_bottles import SyncBottles
from application.transfer import Transfer
from application.verify_mirror import VerifyMirror
from application.write_status import WriteStatus
from domain.cloud_config import CloudConfig
from domain.config import SyncConfig
from domain.words import RunKind
from entrypoints.attesting import open_github, open_verifier
from entrypoints.stores import (
    CountedStore,
    open_history,
    open_public_objects,
    open_status_page,
    open_store,
    readers_of,
)
from entrypoints.upstream import (
    open_catalog,
    open_documents,
    open_external,
    open_http,
    open_registry,
    open_spool,
    reader_of,
)
from ports.api_documents import ApiDocuments
from ports.attestations import AttestationSource, AttestationVerifier
from ports.bottle_source import BottleSource
from ports.catalog import CatalogSource
from ports.clock import Clock
from ports.custody import Custody
from ports.documents import Documents
from ports.event_log import EventLog
from ports.external_hash_file import ExternalHashFile
from ports.generations import Generations
from ports.hash_file import HashFile
from ports.metrics import Metrics
from ports.object_history import ObjectHistory
from ports.progress import Progress
from ports.public_objects import PublicObjects
from ports.spool import Spool
from ports.status_page import StatusPage

if TYPE_CHECKING:
    from adapters.homebrew.http import HttpClient


def new_id() -> str:
    """Return a new UUID."""
    return str(uuid4())


class MirrorContainer(containers.DeclarativeContainer):
    """One mirror, as its configuration describes it.

    What differs from entry point to entry point is a ``Dependency``, which an entry
    point's own container fills. It does not inherit from this one: a provider that
    a subclass replaces would be replaced in the subclass alone, and everything here
    would go on with the one that it was declared with.
    """

    config: providers.Dependency[SyncConfig] = providers.Dependency(
        instance_of=SyncConfig
    )
    progress: providers.Dependency[Progress] = providers.Dependency()
    metrics: providers.Dependency[Metrics] = providers.Dependency()
    stop: providers.Dependency[Event] = providers.Dependency(instance_of=Event)
    kind: providers.Dependency[RunKind] = providers.Dependency(default="local")
    cloud: providers.Dependency[CloudConfig] = providers.Dependency(
        instance_of=CloudConfig
    )

    patience: providers.Dependency[float] = providers.Dependency(default=0.0)

    clock: providers.Provider[Clock] = providers.Singleton(SystemClock)
    # Who waits for upstream is woken by a stop; who records what was stored is not.
    upstream_clock: providers.Provider[Clock] = providers.Singleton(
        StoppableClock, stop=stop
    )
    chance: providers.Provider[Callable[[], float]] = providers.Object(random.random)
    backoff: providers.Provider[Backoff] = providers.Singleton(
        Backoff, attempts=config.provided.retry_attempts
    )

    store: providers.Provider[CountedStore] = providers.Singleton(
        open_store, config=config
    )
    public_objects: providers.Provider[PublicObjects] = providers.Singleton(
        open_public_objects, store
    )
    readers: providers.Provider[int] = providers.Callable(readers_of, config)
    stored_log: providers.Provider[StoredEventLog] = providers.Singleton(
        StoredEventLog,
        store=store,
        clock=clock,
        backoff=backoff,
        chance=chance,
        readers=readers,
    )
    event_log: providers.Provider[EventLog] = providers.Singleton(
        CountedLog, log=stored_log, metrics=metrics
    )
    hash_file: providers.Provider[HashFile] = providers.Singleton(
        StoredHashFile, store=store, clock=clock, backoff=backoff, chance=chance
    )
    documents: providers.Provider[Documents] = providers.Singleton(
        StoredDocuments, store=store, clock=clock, backoff=backoff, chance=chance
    )

    http: providers.Provider[HttpClient] = providers.Singleton(
        open_http, config=config, clock=upstream_clock, chance=chance, metrics=metrics
    )
    catalog: providers.Provider[CatalogSource] = providers.Singleton(
        open_catalog, config=config, http=http
    )
    api_documents: providers.Provider[ApiDocuments] = providers.Singleton(
        open_documents, config=config, http=http
    )
    generations: providers.Provider[Generations] = providers.Singleton(
        StoredGenerations, store=store, objects=public_objects
    )
    read_documents: providers.Provider[ReadDocuments] = providers.Factory(
        ReadDocuments,
        upstream=api_documents,
        generations=generations,
        progress=progress,
    )
    spool: providers.Provider[Spool] = providers.Singleton(
        open_spool, cloud=cloud, clock=clock, progress=progress
    )
    bottle_source: providers.Provider[BottleSource] = providers.Singleton(
        open_registry,
        config=config,
        http=http,
        clock=upstream_clock,
        chance=chance,
        spool=spool,
    )

    plan_sync: providers.Provider[PlanSync] = providers.Factory(
        PlanSync,
        catalog=catalog,
        sizes=bottle_source,
        progress=progress,
        clock=clock,
        jobs=config.provided.jobs,
        documents=providers.Callable(
            reader_of, config=config, open_reader=read_documents.provider
        ),
    )
    # One for all who work here: an index is asked for once.
    keep_indexes: providers.Provider[KeepIndexes] = providers.Singleton(
        KeepIndexes,
        source=bottle_source,
        store=store,
        public=public_objects,
        progress=progress,
        views=config.provided.exposure.views,
    )
    expose: providers.Provider[Expose] = providers.Factory(
        Expose,
        store=store,
        public=public_objects,
        keep_index=keep_indexes,
        views=config.provided.exposure.views,
    )
    transfer: providers.Provider[Transfer] = providers.Factory(
        Transfer,
        source=bottle_source,
        store=store,
        clock=upstream_clock,
        progress=progress,
        attempts=config.provided.retry_attempts,
        chance=chance,
        stop=stop,
        spool=spool,
        expose=expose,
        patience=patience,
    )
    carry_out: providers.Provider[CarryOut] = providers.Factory(
        CarryOut, transfer=transfer, clock=clock, jobs=config.provided.jobs
    )
    probe_store: providers.Provider[ProbeStore] = providers.Factory(
        ProbeStore, store=store, new_id=providers.Object(new_id)
    )
    runs: providers.Provider[Runs] = providers.Factory(
        Runs,
        log=event_log,
        hash_file=hash_file,
        documents=documents,
        clock=clock,
        new_id=providers.Object(new_id),
        kind=kind,
        size_threshold=config.provided.size_threshold,
        require_fit=probe_store.provided.require_fit,
    )
    external: providers.Provider[ExternalHashFile] = providers.Singleton(
        open_external,
        source=config.provided.external,
        config=config,
        clock=upstream_clock,
        chance=chance,
    )
    show_generation: providers.Provider[ShowGeneration] = providers.Factory(
        ShowGeneration,
        objects=public_objects,
        generations=generations,
        views=config.provided.exposure.views,
        jobs=config.provided.jobs,
    )
    publish_generation: providers.Provider[PublishGeneration] = providers.Factory(
        PublishGeneration,
        promises=providers.Factory(
            StagedPromises, upstream=api_documents, generations=generations
        ),
        generations=generations,
        show=show_generation,
        views=config.provided.exposure.views,
        keep=config.provided.exposure.keep_generations,
        clock=clock,
        find_indexes=providers.Factory(
            FindIndexes,
            keep=keep_indexes,
            progress=progress,
            jobs=config.provided.jobs,
        ),
    )
    collect_garbage: providers.Provider[CollectGarbage] = providers.Factory(
        CollectGarbage,
        generations=generations,
        remove=providers.Factory(
            RemoveEvicted,
            store=store,
            objects=public_objects,
            log=event_log,
            progress=progress,
            jobs=config.provided.jobs,
            stop=stop,
        ),
        runs=runs,
        progress=progress,
        exposure=config.provided.exposure,
    )
    collect_after_run: providers.Provider[CollectAfterRun] = providers.Factory(
        CollectAfterRun, collect=collect_garbage, progress=progress
    )
    expose_run: providers.Provider[ExposeRun] = providers.Factory(
        ExposeRun,
        publish=publish_generation,
        collect=collect_after_run,
        exposure=config.provided.exposure,
        selection=config.provided.selection,
        progress=progress,
    )
    status_page: providers.Provider[StatusPage] = providers.Singleton(
        open_status_page, public_objects
    )
    read_history: providers.Provider[ReadHistory] = providers.Factory(
        ReadHistory, log=event_log, hash_file=hash_file, page=status_page
    )
    report_completeness: providers.Provider[ReportCompleteness] = providers.Factory(
        ReportCompleteness, read=read_history
    )
    write_status: providers.Provider[WriteStatus] = providers.Factory(
        WriteStatus, read=read_history, page=status_page
    )
    publish_by_hand: providers.Provider[PublishByHand] = providers.Factory(
        PublishByHand,
        runs=runs,
        publish=publish_generation,
        roll_back=providers.Factory(
            RollBack, generations=generations, show=show_generation, clock=clock
        ),
        progress=progress,
    )
    import_hash_file: providers.Provider[ImportHashFile] = providers.Factory(
        ImportHashFile,
        external=external,
        required=config.provided.external_required,
        runs=runs,
        progress=progress,
    )
    prepare_sync: providers.Provider[PrepareSync] = providers.Factory(
        PrepareSync,
        plan_sync=plan_sync,
        adopt=providers.Factory(Adopt, store=store),
        external=import_hash_file,
        runs=runs,
    )
    sync_bottles: providers.Provider[SyncBottles] = providers.Factory(
        SyncBottles,
        prepare=prepare_sync,
        carry_out=carry_out,
        runs=runs,
        expose=expose_run,
        progress=progress,
    )
    verify_mirror: providers.Provider[VerifyMirror] = providers.Factory(
        VerifyMirror,
        store=store,
        carry_out=carry_out,
        runs=runs,
        progress=progress,
        jobs=config.provided.jobs,
        generations=generations,
    )
    attestation_source: providers.Provider[AttestationSource] = providers.Singleton(
        open_github, config=config, clock=upstream_clock, chance=chance, metrics=metrics
    )
    attestation_verifier: providers.Provider[AttestationVerifier] = providers.Singleton(
        open_verifier, progress=progress
    )
    check_attestations: providers.Provider[CheckAttestations] = providers.Factory(
        CheckAttestations,
        store=store,
        log=event_log,
        hash_file=hash_file,
        source=attestation_source,
        verifier=attestation_verifier,
        progress=progress,
        metrics=metrics,
        jobs=config.provided.jobs,
        stop=stop,
    )
    inspect_ledger: providers.Provider[InspectLedger] = providers.Factory(
        InspectLedger, log=event_log
    )
    explain_formula: providers.Provider[ExplainFormula] = providers.Factory(
        ExplainFormula, inspect=inspect_ledger
    )
    rebuild_hash_file: providers.Provider[RebuildHashFile] = providers.Factory(
        RebuildHashFile, inspect=inspect_ledger, hash_file=hash_file
    )
    # Copies of the log are named when it is needed: custody(copies=...).
    history: providers.Provider[ObjectHistory] = providers.Singleton(
        open_history, config=config
    )
    custody: providers.Provider[Custody] = providers.Factory(
        StoredCustody, store=store, history=history, log=stored_log
    )
    repair_ledger: providers.Provider[RepairLedger] = providers.Factory(
        RepairLedger,
        custody=custody,
        log=event_log,
        hash_file=hash_file,
        reconcile=providers.Factory(Reconcile, store=store, documents=documents),
        rebuild=rebuild_hash_file,
        clock=clock,
        new_id=providers.Object(new_id),
    )
    # Given unopened: that one of them cannot be opened is a finding.
    doctor: providers.Provider[Doctor] = providers.Factory(
        Doctor,
        probe=probe_store.provider,
        log=event_log.provider,
        hash_file=hash_file.provider,
        catalog=catalog.provider,
        registry=bottle_source.provider,
        clock=clock,
    )
