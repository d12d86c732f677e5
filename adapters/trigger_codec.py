"""What the orchestrator is handed: payloads of EventBridge, Lambda, Step Functions."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields

from adapters.ledger import fields as wire
from adapters.ledger.schemas import explained
from adapters.order_codec import decode_order
from domain.trigger import Close, Start, TellAge, TellShards, Trigger, WorkerDied
from ports.errors import MalformedError

_WHAT: Final = "the orchestrator's payload"
_KNOWN: Final = (
    "an event of EventBridge (source aws.events, or homebrew.sync with detail-type"
    ' "Manual Sync"), {"source": "manual"}, {"source": "shards", "run_id": …},'
    ' {"source": "close", "run_id": …},'
    ' {"source": "age"}, or what AWS Lambda tells of a failed worker'
)
_MANUAL: Final = "Manual Sync"


class _EventSchema(Schema):
    """An event of EventBridge. Source: docs.aws.amazon.com, EventBridge User Guide."""

    class Meta:
        """Read by marshmallow."""

        unknown = EXCLUDE

    id = wire.text()
    detail_type = fields.String(required=True, data_key="detail-type")


class _OfARunSchema(Schema):
    """A question about a run, or what is to become of it."""

    class Meta:
        """Read by marshmallow."""

        unknown = RAISE

    source = wire.text()
    run_id = wire.text()
    shards = fields.List(wire.count(), load_default=None)


_EVENT: Final = _EventSchema()
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
    try:
        return _by_source(payload)
    except ValidationError as error:
        raise MalformedError(_WHAT, explained(error)) from error


def _by_source(payload: dict[str, Any]) -> Trigger:
    match payload.get("source"):
        case "manual":
            return Start(None)
        case "aws.events":
            return Start(_EVENT.load(payload)["id"])
        case "homebrew.sync":
            event = _EVENT.load(payload)
            if event["detail_type"] != _MANUAL:
                raise MalformedError(
                    _WHAT, f"detail-type {event['detail_type']!r} is not {_MANUAL!r}"
                )
            return Start(event["id"])
        case "shards":
            asked = _OF_A_RUN.load(payload)
            among = asked["shards"]
            return TellShards(asked["run_id"], None if among is None else tuple(among))
        case "close":
            asked = _OF_A_RUN.load(payload)
            return Close(asked["run_id"], tuple(asked["shards"] or ()))
        case "age":
            return TellAge()
        case other:
            raise MalformedError(_WHAT, f"source {other!r}; it should be {_KNOWN}")
