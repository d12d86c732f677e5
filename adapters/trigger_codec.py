"""What the orchestrator is handed: payloads of EventBridge, Lambda, Step Functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields

from adapters.ledger import fields as wire
from adapters.ledger.canonical_json import NotJsonError, parsed
from adapters.ledger.schemas import explained
from adapters.order_codec import decode_order
from domain.trigger import Close, Start, TellAge, TellShards, Trigger, WorkerDied
from ports.errors import MalformedError

Payload: TypeAlias = dict[str, Any]

_WHAT: Final = "the orchestrator's payload"
_KNOWN: Final = (
    "an event of EventBridge (source aws.events, or homebrew.sync with detail-type"
    ' "Manual Sync"), {"source": "manual"}, {"source": "shards", "run_id": …},'
    ' {"source": "close", "run_id": …},'
    ' {"source": "age"}, what AWS Lambda tells of a failed worker, or EventBridge of a'
    " failed execution (source aws.states)"
)
_MANUAL: Final = "Manual Sync"


class _EventSchema(Schema):
    """An event of EventBridge. Source: docs.aws.amazon.com, EventBridge User Guide."""

    class Meta:
        """Read by marshmallow."""

        unknown = EXCLUDE

    id = wire.text()
    detail_type = fields.String(required=True, data_key="detail-type")


class _BareSchema(Schema):
    """A payload that says nothing more: what is meant by more would be passed over."""

    class Meta:
        """Read by marshmallow."""

        unknown = RAISE

    source = wire.text()


class _InputSchema(Schema):
    """What an execution of the state machine was given."""

    class Meta:
        """Read by marshmallow."""

        unknown = EXCLUDE

    run_id = wire.text()
    shards = fields.List(wire.count(), required=True)


class _DetailSchema(Schema):
    """What EventBridge tells of an execution."""

    class Meta:
        """Read by marshmallow."""

        unknown = EXCLUDE

    input = wire.text()
    status = wire.text()
    cause = fields.String(load_default=None, allow_none=True)


class _ExecutionSchema(Schema):
    """The end of an execution of Step Functions, as EventBridge tells of it.

    Source: docs.aws.amazon.com, Step Functions Developer Guide, "Automating event
    delivery".
    """

    class Meta:
        """Read by marshmallow."""

        unknown = EXCLUDE

    detail = wire.nested(_DetailSchema)


class _OfARunSchema(Schema):
    """A question about a run, or what is to become of it."""

    class Meta:
        """Read by marshmallow."""

        unknown = RAISE

    source = wire.text()
    run_id = wire.text()
    shards = fields.List(wire.count(), load_default=None)


_BARE: Final = _BareSchema()
_EVENT: Final = _EventSchema()
_EXECUTION: Final = _ExecutionSchema()
_INPUT: Final = _InputSchema()
_OF_A_RUN: Final = _OfARunSchema()


def decode_trigger(payload: object) -> Trigger:
    """Return what a payload asks for.

    Raises:
        MalformedError: It is nothing that the orchestrator knows.
    """
    if not isinstance(payload, dict):
        raise MalformedError(_WHAT, f"not a JSON object; it should be {_KNOWN}")
    if "requestPayload" in payload:
        # Source: docs.aws.amazon.com, Lambda Developer Guide, "Capturing records of
        # Lambda asynchronous invocations".
        return WorkerDied(decode_order(payload["requestPayload"]))
    source = payload.get("source")
    read = _BY_SOURCE.get(source) if isinstance(source, str) else None
    if read is None:
        raise MalformedError(_WHAT, f"source {source!r}; it should be {_KNOWN}")
    try:
        return read(payload)
    except ValidationError as error:
        raise MalformedError(_WHAT, explained(error)) from error
    except NotJsonError as error:
        raise MalformedError(_WHAT, str(error)) from error


def _manual(payload: Payload) -> Trigger:
    _BARE.load(payload)
    return Start(None)


def _scheduled(payload: Payload) -> Trigger:
    return Start(_EVENT.load(payload)["id"])


def _asked_for(payload: Payload) -> Trigger:
    event = _EVENT.load(payload)
    if event["detail_type"] != _MANUAL:
        raise MalformedError(
            _WHAT, f"detail-type {event['detail_type']!r} is not {_MANUAL!r}"
        )
    return Start(event["id"])


def _execution_ended(payload: Payload) -> Trigger:
    detail = _EXECUTION.load(payload)["detail"]
    said = parsed(detail["input"])
    given = _INPUT.load(said)  # type: ignore[arg-type]
    why = f"the execution of its state machine ended as {detail['status']}"
    if detail["cause"]:
        why = f"{why}: {detail['cause']}"
    return Close(given["run_id"], tuple(given["shards"]), why)


def _shards(payload: Payload) -> Trigger:
    asked = _OF_A_RUN.load(payload)
    among = asked["shards"]
    return TellShards(asked["run_id"], None if among is None else tuple(among))


def _close(payload: Payload) -> Trigger:
    asked = _OF_A_RUN.load(payload)
    return Close(asked["run_id"], tuple(asked["shards"] or ()))


def _age(payload: Payload) -> Trigger:
    _BARE.load(payload)
    return TellAge()


_BY_SOURCE: Final[Mapping[object, Callable[[Payload], Trigger]]] = {
    "manual": _manual,
    "aws.events": _scheduled,
    "homebrew.sync": _asked_for,
    "aws.states": _execution_ended,
    "shards": _shards,
    "close": _close,
    "age": _age,
}
