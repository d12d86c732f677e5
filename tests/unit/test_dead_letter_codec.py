from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.dead_letter_codec import understand
from adapters.trigger_codec import decode_trigger
from domain.order import Order
from domain.trigger import WorkerDied
from tests.support import strategies as some

PROJECT = "homebrew-sync"
ORCHESTRATOR = "homebrew-sync-orchestrator"
ALARM = "homebrew-sync-alarm"
ORDER = {"run_id": "run-1", "plan_sha256": "a" * 64, "shard": 2, "shards": 3}
EVENT = {
    "id": "0198a7c2-9f3e-7b1d-a3c4-5e6f708192a3",
    "source": "aws.events",
    "detail-type": "Scheduled Event",
}


def record(payload: Any, function: str, **answer: str) -> dict[str, Any]:  # noqa: ANN401
    """Return what a destination for failures gets."""
    return {
        "version": "1.0",
        "requestContext": {
            "functionArn": f"arn:aws:lambda:us-east-1:1:function:{function}:$LATEST",
            "condition": "RetriesExhausted",
        },
        "requestPayload": payload,
        "responsePayload": answer,
    }


def test_a_workers_order_goes_to_the_orchestrator_as_that_of_one_that_died() -> None:
    understood = understand(json.dumps(ORDER), {}, PROJECT)
    assert understood.payload == {"requestPayload": ORDER}
    assert decode_trigger(understood.payload) == WorkerDied(
        Order("run-1", "a" * 64, 2, 3)
    )
    told = "shard 2 of run run-1: its worker died in attempt 1"
    assert (understood.about, understood.reason) == (told, "")


def test_a_record_of_a_worker_goes_to_the_orchestrator_whole() -> None:
    said = record(ORDER, "homebrew-sync-worker", errorType="E", errorMessage="why")
    understood = understand(json.dumps(said), {}, PROJECT)
    assert understood.payload == said
    assert understood.reason == "RetriesExhausted: E: why"


def test_of_a_record_of_the_orchestrator_it_gets_what_it_was_handed() -> None:
    said = record(EVENT, ORCHESTRATOR)
    understood = understand(json.dumps(said), {}, PROJECT)
    assert understood.payload == EVENT
    assert understood.about == f"a trigger, event {EVENT['id']}"
    assert understood.reason == "RetriesExhausted"


def message(subject: str | None) -> dict[str, Any]:
    """Return what a topic hands to its function."""
    text: dict[str, Any] = {
        "Subject": subject,
        "Message": "{}",
        "MessageAttributes": {},
    }
    return {"Records": [{"EventSource": "aws:sns", "Sns": text}]}


@pytest.mark.parametrize(
    ("subject", "about"),
    [
        (
            "ALARM: security-events",
            "ALARM: security-events",
        ),
        (None, "A message without a subject"),
    ],
)
def test_what_people_were_to_be_told_goes_to_the_alarm_function_again(
    subject: str | None, about: str
) -> None:
    said = record(message(subject), ALARM, errorType="UnavailableError")
    understood = understand(json.dumps(said), {}, PROJECT)
    assert (understood.payload, understood.function) == (message(subject), ALARM)
    assert understood.about == f"a message for people: {about}"
    assert understood.reason == "RetriesExhausted: UnavailableError"


def test_what_the_alarm_function_was_handed_by_no_topic_makes_no_sense() -> None:
    understood = understand(json.dumps(record({"x": 1}, ALARM)), {}, PROJECT)
    assert understood.payload is None
    assert "Records: Missing" in understood.about


@pytest.mark.parametrize("function", [ORCHESTRATOR, "homebrew-sync-worker"])
def test_all_else_is_the_orchestrators(function: str) -> None:
    said = record(ORDER if function != ORCHESTRATOR else EVENT, function)
    assert understand(json.dumps(said), {}, PROJECT).function == ORCHESTRATOR


@pytest.mark.parametrize(
    ("payload", "about"),
    [
        (EVENT, f"a trigger, event {EVENT['id']}"),
        ({"source": "manual"}, "a trigger"),
        ({"source": "age"}, "the question how old the mirror is"),
        (
            {"source": "close", "run_id": "run-1"},
            "the request to close run run-1",
        ),
        (
            {"source": "shards", "run_id": "run-1"},
            "the question what is left of run run-1",
        ),
    ],
)
def test_what_the_orchestrator_was_handed_it_is_handed_again(
    payload: dict[str, str], about: str
) -> None:
    understood = understand(json.dumps(payload), {}, PROJECT)
    assert (understood.payload, understood.about) == (payload, about)


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"ErrorCode": "200", "ErrorMessage": "why"}, "why"),
        ({"ERROR_CODE": "THROTTLED", "ERROR_MESSAGE": "slow"}, "slow"),
        ({"ERROR_CODE": "THROTTLED"}, "THROTTLED"),
        ({}, ""),
    ],
)
def test_tells_the_reason_that_was_attached(
    attributes: dict[str, str], reason: str
) -> None:
    said = understand(json.dumps(EVENT), attributes, PROJECT)
    assert said.reason == reason


@given(st.text() | some.json_values.map(json.dumps))
def test_what_makes_no_sense_is_nothing_to_hand_out(body: str) -> None:
    understood = understand(body, {"ERROR_CODE": "X"}, PROJECT)
    assert understood.payload is None
    assert understood.about
    assert understood.reason
