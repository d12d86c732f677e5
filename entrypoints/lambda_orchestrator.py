"""The orchestrator, in AWS Lambda: plans runs, hands them out, and closes them."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import timedelta
from typing import Final, Protocol, assert_never
from uuid import UUID, uuid5

from adapters.configuration_sources import ConfigurationError
from adapters.ledger.fields import UUID as IS_UUID
from adapters.order_codec import said_of
from adapters.trigger_codec import decode_trigger
from application.close_run import Closing
from application.hand_over_indexes import HandOverIndexes
from application.orchestrate import Orchestrate
from application.redispatch import AskForShards, ReplaceWorker
from application.report_age import ReportAge
from domain.cloud_config import CloudConfig
from domain.config import SyncConfig
from domain.trigger import Close, Start, TellAge, TellShards, WorkerDied
from entrypoints.cloud.container import CloudContainer
from entrypoints.cloud.invocation import configured_by, logged
from entrypoints.cloud.settings import settings_to_tell
from entrypoints.injector import containers, providers
from ports.errors import MalformedError

Answer = dict[str, object]


class Context(Protocol):
    """What Lambda tells of an invocation; the same id when it is tried again."""

    aws_request_id: str


class OrchestratorContainer(containers.DeclarativeContainer):
    """One invocation of the orchestrator."""

    config: providers.Dependency[SyncConfig] = providers.Dependency(
        instance_of=SyncConfig
    )
    settings: providers.Dependency[CloudConfig] = providers.Dependency(
        instance_of=CloudConfig
    )
    cloud = providers.Container(CloudContainer, config=config, cloud=settings)

    orchestrate: providers.Provider[Orchestrate] = providers.Factory(
        Orchestrate,
        prepare=cloud.prepare_sync,
        runs=cloud.runs,
        close=cloud.close_run,
        tell=cloud.tell,
        dispatchers=cloud.dispatchers,
        shards=config.provided.shards,
        hand_over=providers.Factory(
            HandOverIndexes,
            indexes=cloud.keep_indexes,
            clock=cloud.clock,
            progress=cloud.progress,
            jobs=config.provided.jobs,
        ),
        progress=cloud.progress,
    )
    ask_for_shards: providers.Provider[AskForShards] = providers.Factory(
        AskForShards, runs=cloud.runs
    )
    replace_worker: providers.Provider[ReplaceWorker] = providers.Factory(
        ReplaceWorker,
        ask=ask_for_shards,
        close=cloud.close_run,
        dispatchers=cloud.dispatchers,
        clock=cloud.clock,
        progress=cloud.progress,
    )
    report_age: providers.Provider[ReportAge] = providers.Factory(
        ReportAge,
        log=cloud.event_log,
        hash_file=cloud.hash_file,
        metrics=cloud.metrics,
        clock=cloud.clock,
    )


def handler(event: object, context: Context) -> Answer:
    """Answer a payload of EventBridge, Lambda, Step Functions, or a person.

    Raises:
        MirrorError: It could not be answered; the log and people were told why.
    """
    try:
        configured = configured_by(os.environ, needed=("state_machine_arn",))
    except ConfigurationError as error:
        _tell_of_mistakes(error, event, context)
        raise
    container = OrchestratorContainer(
        config=configured.config, settings=configured.cloud
    )
    cloud = container.cloud
    lines = cloud.lines()
    with logged(lines, cloud.metrics()):
        trigger = decode_trigger(event)
        if isinstance(trigger, Start):
            run_id = run_id_of(trigger, context.aws_request_id)
            lines.bind(run_id=run_id)
            return _start(container, run_id)
        return _answer(container, trigger)


def _tell_of_mistakes(
    error: ConfigurationError, event: object, context: Context
) -> None:
    """Tell people that no run can begin, if there is a way to them."""
    known = settings_to_tell(os.environ)
    with suppress(MalformedError):
        trigger = decode_trigger(event)
        if known is None or not isinstance(trigger, Start):
            return
        run_id = run_id_of(trigger, context.aws_request_id)
        container = OrchestratorContainer(config=known.config, settings=known.cloud)
        cloud = container.cloud
        today = cloud.clock().now().date()
        cloud.tell().failed(run_id, today, str(error), timedelta())
        cloud.metrics().flush()


def _answer(
    container: OrchestratorContainer,
    trigger: TellShards | Close | WorkerDied | TellAge,
) -> Answer:
    lines = container.cloud.lines()
    match trigger:
        case TellShards():
            lines.bind(run_id=trigger.run_id)
            orders = container.ask_for_shards()(trigger.run_id, trigger.among)
            return {"run_id": trigger.run_id, "orders": [said_of(o) for o in orders]}
        case Close():
            lines.bind(run_id=trigger.run_id)
            close_run = container.cloud.close_run()
            return _closing(close_run(trigger.run_id, trigger.give_up, trigger.why))
        case WorkerDied():
            lines.bind(run_id=trigger.order.run_id, shard=trigger.order.shard)
            followed = container.replace_worker()(trigger.order)
            if isinstance(followed, Closing):
                return _closing(followed)
            return {"run_id": followed.run_id, "orders": [said_of(followed)]}
        case TellAge():
            return {"age": container.report_age()()}
        case _:
            assert_never(trigger)


_EVENTS: Final = UUID("0d6f3a54-56b0-4c63-9a4c-4f0a5d0c7a6e")
"""The namespace of runs whose event has an id that is no UUID."""


def run_id_of(trigger: Start, request_id: str) -> str:
    """Return the id of the run that a trigger starts: the same when it comes again."""
    event_id = trigger.event_id or request_id
    # A UUID as it is: so that a person finds the event by its run.
    return event_id if IS_UUID.fullmatch(event_id) else str(uuid5(_EVENTS, event_id))


def _start(container: OrchestratorContainer, run_id: str) -> Answer:
    config = container.config()
    started = container.orchestrate()(config.selection, run_id, config.max_bytes)
    return {
        "run_id": started.run_id,
        "outcome": started.outcome,
        "route": started.route,
        "bottles": started.bottles,
        "bytes": started.bytes,
        "shards": started.shards,
    }


def _closing(closing: Closing) -> Answer:
    return {
        "run_id": closing.run_id,
        "outcome": closing.outcome,
        "unfinished": list(closing.unfinished),
    }
