"""The container of the command line: it speaks to a person, and can be stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from application.check_attestations import CheckAttestations
from application.collect_garbage import CollectGarbage
from application.doctor import Doctor
from application.explain_formula import ExplainFormula
from application.forecast_mirror import ForecastMirror
from application.import_hash_file import ImportHashFile
from application.inspect_ledger import InspectLedger, RebuildHashFile
from application.probe_store import ProbeStore
from application.publish_by_hand import PublishByHand
from application.repair_ledger import RepairLedger
from application.report_completeness import ReportCompleteness
from application.try_ways import TryWays
from application.verify_mirror import VerifyMirror
from application.write_status import WriteStatus
from entrypoints.cli.command_container import CommandContainer
from entrypoints.container import MirrorContainer
from entrypoints.injector import providers
from entrypoints.notifying import open_ways
from entrypoints.stores import CountedStore
from ports.custody import Custody
from ports.documents import Documents
from ports.event_log import EventLog
from ports.hash_file import HashFile
from ports.notifier import Notifier
from ports.served_objects import ServedObjects

if TYPE_CHECKING:
    from adapters.homebrew.http import HttpClient


class CliContainer(CommandContainer):
    """The mirror of one command."""

    mirror = providers.Container(
        MirrorContainer,
        config=CommandContainer.config,
        clock=CommandContainer.clock,
        progress=CommandContainer.progress,
        metrics=CommandContainer.metrics,
        stop=CommandContainer.stop,
        cloud=CommandContainer.cloud,
    )

    store: providers.Provider[CountedStore] = mirror.store
    http: providers.Provider[HttpClient] = mirror.http
    event_log: providers.Provider[EventLog] = mirror.event_log
    hash_file: providers.Provider[HashFile] = mirror.hash_file
    documents: providers.Provider[Documents] = mirror.documents
    forecast_mirror: providers.Provider[ForecastMirror] = mirror.forecast_mirror
    ways: providers.Provider[Mapping[str, Notifier]] = providers.Singleton(
        open_ways,
        cloud=CommandContainer.cloud,
        config=CommandContainer.config,
        clock=mirror.upstream_clock,
        chance=mirror.chance,
    )
    try_ways: providers.Provider[TryWays] = providers.Factory(
        TryWays, ways=ways.provider
    )
    publish_by_hand: providers.Provider[PublishByHand] = mirror.publish_by_hand
    verify_mirror: providers.Provider[VerifyMirror] = mirror.verify_mirror
    served: providers.Provider[ServedObjects] = mirror.served
    check_attestations: providers.Provider[CheckAttestations] = (
        mirror.check_attestations
    )
    collect_garbage: providers.Provider[CollectGarbage] = mirror.collect_garbage
    inspect_ledger: providers.Provider[InspectLedger] = mirror.inspect_ledger
    explain_formula: providers.Provider[ExplainFormula] = mirror.explain_formula
    report_completeness: providers.Provider[ReportCompleteness] = (
        mirror.report_completeness
    )
    write_status: providers.Provider[WriteStatus] = mirror.write_status
    rebuild_hash_file: providers.Provider[RebuildHashFile] = mirror.rebuild_hash_file
    import_hash_file: providers.Provider[ImportHashFile] = mirror.import_hash_file
    chance: providers.Provider[Callable[[], float]] = mirror.chance
    custody: providers.Provider[Custody] = mirror.custody
    repair_ledger: providers.Provider[RepairLedger] = mirror.repair_ledger
    probe_store: providers.Provider[ProbeStore] = mirror.probe_store
    doctor: providers.Provider[Doctor] = mirror.doctor
