"""What a dead letter was before it died, and what may bring it back to life.

There are three kinds. A destination for failures of AWS Lambda's wraps the payload in a
record of what happened; its dead-letter queue, and that of a rule of EventBridge, keep
the payload as it was, and tell the reason in attributes. Source: docs.aws.amazon.com,
Lambda Developer Guide and EventBridge User Guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, assert_never

from adapters.alert_codec import subjects_of
from adapters.ledger.canonical_json import NotJsonError, parsed
from adapters.order_codec import decode_order
from adapters.trigger_codec import decode_trigger
from domain.trigger import Close, Start, TellAge, TellShards, Trigger, WorkerDied
from ports.errors import MalformedError

_REASONS: Final = ("ErrorMessage", "ERROR_MESSAGE", "ERROR_CODE")


@dataclass(frozen=True, slots=True)
class Understood:
    """What a letter says.

    Attributes:
        payload: What has to be handed out; None when it makes no sense.
        function: The name of the function that has to be handed it.
        about: What it is, for people.
        reason: Why it was given up, as far as that was said.
    """

    payload: Mapping[str, object] | None
    function: str
    about: str
    reason: str


def understand(body: str, attributes: Mapping[str, str], project: str) -> Understood:
    """Return what a letter says.

    Args:
        attributes: What was attached to it, by name.
        project: What the names of the functions begin with.
    """
    orchestrator, alarm = f"{project}-orchestrator", f"{project}-alarm"
    function = orchestrator
    reason = next((attributes[name] for name in _REASONS if name in attributes), "")
    try:
        said = parsed(body)
        if isinstance(said, dict):
            reason = _recorded_reason(said) or reason
            if "requestPayload" in said and _failed_function(said) == alarm:
                function, said = alarm, said["requestPayload"]
            else:
                said = _payload(said, orchestrator)
        about = (
            f"a message for people: {', '.join(subjects_of(said))}"
            if function == alarm
            else _about(decode_trigger(said))
        )
    except NotJsonError as error:
        return Understood(None, function, str(error), reason)
    except MalformedError as error:
        return Understood(None, function, error.detail, reason)
    assert isinstance(said, dict)  # noqa: S101 - a trigger is, and what a topic hands on
    return Understood(said, function, about, reason)


def _payload(said: dict[str, Any], orchestrator: str) -> object:
    """Return what the orchestrator has to be handed."""
    if "requestPayload" in said:
        # A worker's record goes to the orchestrator as one, which hands out its shard.
        its_own = _failed_function(said) == orchestrator
        return said["requestPayload"] if its_own else said
    return {"requestPayload": said} if _is_order(said) else said


def _failed_function(record: dict[str, Any]) -> str:
    """Return the name of the function that has failed."""
    arn = str(_happened(record).get("functionArn", ""))
    # Behind it there may be a version.
    return arn.partition(":function:")[2].partition(":")[0]


def _is_order(said: object) -> bool:
    try:
        decode_order(said)
    except MalformedError:
        return False
    return True


def _about(trigger: Trigger) -> str:
    match trigger:
        case Start():
            event = f", event {trigger.event_id}" if trigger.event_id else ""
            return f"a trigger{event}"
        case TellShards():
            return f"the question what is left of run {trigger.run_id}"
        case Close():
            return f"the request to close run {trigger.run_id}"
        case WorkerDied():
            order = trigger.order
            return (
                f"shard {order.shard} of run {order.run_id}: its worker died in"
                f" attempt {order.attempt}"
            )
        case TellAge():
            return "the question how old the mirror is"
        case _:
            assert_never(trigger)


def _recorded_reason(said: dict[str, Any]) -> str:
    answer = said.get("responsePayload")
    told = [str(_happened(said).get("condition", ""))]
    if isinstance(answer, dict):
        told += [str(answer.get(name, "")) for name in ("errorType", "errorMessage")]
    return ": ".join(filter(None, told))


def _happened(said: dict[str, Any]) -> dict[str, Any]:
    context = said.get("requestContext")
    return context if isinstance(context, dict) else {}
