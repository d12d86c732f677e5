"""The container of ``bottles plan``: it has nothing that would carry out a plan."""

from __future__ import annotations

from application.import_hash_file import ImportHashFile
from application.plan_sync import PlanSync
from entrypoints.cli.command_container import CommandContainer
from entrypoints.injector import providers
from entrypoints.planning import Planning
from ports.documents import Documents
from ports.event_log import EventLog
from ports.hash_file import HashFile


class PlanContainer(CommandContainer):
    """The mirror of a command that only plans."""

    planning = providers.Container(
        Planning,
        config=CommandContainer.config,
        clock=CommandContainer.clock,
        progress=CommandContainer.progress,
        metrics=CommandContainer.metrics,
        stop=CommandContainer.stop,
        cloud=CommandContainer.cloud,
    )

    event_log: providers.Provider[EventLog] = planning.event_log
    hash_file: providers.Provider[HashFile] = planning.hash_file
    documents: providers.Provider[Documents] = planning.documents
    plan_sync: providers.Provider[PlanSync] = planning.plan_sync
    import_hash_file: providers.Provider[ImportHashFile] = planning.import_hash_file
