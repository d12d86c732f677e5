"""What everything is made of: the adapters, and the use cases that use them."""

from __future__ import annotations

from adapters.ledger.custody import StoredCustody
from application.ask_sizes import AskSizes
from application.check_attestations import CheckAttestations
from application.doctor import Doctor
from application.explain_formula import ExplainFormula
from application.forecast_mirror import ForecastMirror
from application.inspect_ledger import InspectLedger, RebuildHashFile
from application.reconcile import Reconcile
from application.repair_ledger import RepairLedger
from application.verify_mirror import VerifyMirror
from entrypoints.attesting import open_github, open_verifier
from entrypoints.foundation import Foundation, new_id
from entrypoints.injector import providers
from entrypoints.stores import open_history
from entrypoints.syncing import Syncing
from ports.attestations import AttestationSource, AttestationVerifier
from ports.custody import Custody
from ports.object_history import ObjectHistory


class MirrorContainer(Syncing):
    """One mirror, as its configuration describes it.

    What differs from entry point to entry point is a ``Dependency``, which an entry
    point's own container fills. It holds this one and does not inherit from it, so
    that whatever it replaces is replaced everywhere.
    """

    # Sizes for a person who waits.
    forecast_mirror: providers.Provider[ForecastMirror] = providers.Factory(
        ForecastMirror,
        catalog=Foundation.catalog,
        ask_sizes=providers.Factory(
            AskSizes,
            source=Foundation.bottle_source,
            clock=Foundation.clock,
            progress=Foundation.progress,
            jobs=Foundation.config.provided.jobs,
        ),
        progress=Foundation.progress,
        patience=10.0,
    )
    verify_mirror: providers.Provider[VerifyMirror] = providers.Factory(
        VerifyMirror,
        store=Foundation.store,
        carry_out=Syncing.carry_out,
        runs=Foundation.runs,
        progress=Foundation.progress,
        jobs=Foundation.config.provided.jobs,
        generations=Foundation.generations,
    )
    attestation_source: providers.Provider[AttestationSource] = providers.Singleton(
        open_github,
        config=Foundation.config,
        clock=Foundation.upstream_clock,
        chance=Foundation.chance,
        metrics=Foundation.metrics,
    )
    attestation_verifier: providers.Provider[AttestationVerifier] = providers.Singleton(
        open_verifier, progress=Foundation.progress
    )
    check_attestations: providers.Provider[CheckAttestations] = providers.Factory(
        CheckAttestations,
        store=Foundation.store,
        log=Foundation.event_log,
        hash_file=Foundation.hash_file,
        source=attestation_source,
        verifier=attestation_verifier,
        progress=Foundation.progress,
        metrics=Foundation.metrics,
        jobs=Foundation.config.provided.jobs,
        stop=Foundation.stop,
    )
    inspect_ledger: providers.Provider[InspectLedger] = providers.Factory(
        InspectLedger, log=Foundation.event_log
    )
    explain_formula: providers.Provider[ExplainFormula] = providers.Factory(
        ExplainFormula, inspect=inspect_ledger
    )
    rebuild_hash_file: providers.Provider[RebuildHashFile] = providers.Factory(
        RebuildHashFile, inspect=inspect_ledger, hash_file=Foundation.hash_file
    )
    # Copies of the log are named when it is needed: custody(copies=...).
    history: providers.Provider[ObjectHistory] = providers.Singleton(
        open_history, config=Foundation.config
    )
    custody: providers.Provider[Custody] = providers.Factory(
        StoredCustody,
        store=Foundation.store,
        history=history,
        log=Foundation.stored_log,
    )
    repair_ledger: providers.Provider[RepairLedger] = providers.Factory(
        RepairLedger,
        custody=custody,
        log=Foundation.event_log,
        hash_file=Foundation.hash_file,
        reconcile=providers.Factory(
            Reconcile, store=Foundation.store, documents=Foundation.documents
        ),
        rebuild=rebuild_hash_file,
        clock=Foundation.clock,
        new_id=providers.Object(new_id),
    )
    # Given unopened: that one of them cannot be opened is a finding.
    doctor: providers.Provider[Doctor] = providers.Factory(
        Doctor,
        probe=Foundation.probe_store.provider,
        log=Foundation.event_log.provider,
        hash_file=Foundation.hash_file.provider,
        catalog=Foundation.catalog.provider,
        registry=Foundation.bottle_source.provider,
        clock=Foundation.clock,
    )
