"""What the orchestrator is handed, as AWS documents it, and what it makes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.trigger_codec import decode_trigger
from domain.order import Order
from domain.trigger import Close, Start, TellAge, TellShards, WorkerDied
from ports.errors import MalformedError

EVENT_ID = "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa"
ORDER = Order("run-1", "ab" * 32, 2, 3, attempt=4)

# Source: docs.aws.amazon.com, Amazon EventBridge User Guide, "Scheduled events".
SCHEDULED = {
    "version": "0",
    "id": EVENT_ID,
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "123456789012",
    "time": "2015-10-08T16:53:06Z",
    "region": "us-east-1",
    "resources": ["arn:aws:events:us-east-1:123456789012:rule/my-scheduled-rule"],
    "detail": {},
}

# Source: the same, "Events and event patterns": what PutEvents becomes.
CUSTOM = {
    **SCHEDULED,
    "detail-type": "Manual Sync",
    "source": "homebrew.sync",
    "resources": [],
    "detail": {"why": "because"},
}

# Source: docs.aws.amazon.com, AWS Step Functions Developer Guide, "Automating Step
# Functions event delivery with EventBridge".
ABORTED: dict[str, Any] = {
    "version": "0",
    "id": "315c1398-40ff-a850-213b-158f73e60175",
    "detail-type": "Step Functions Execution Status Change",
    "source": "aws.states",
    "account": "123456789012",
    "time": "2019-02-26T19:42:21Z",
    "region": "us-east-1",
    "resources": ["arn:aws:states:us-east-1:123456789012:execution:sync:r"],
    "detail": {
        "executionArn": "arn:aws:states:us-east-1:123456789012:execution:sync:r",
        "stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:sync",
        "name": "run-1",
        "status": "ABORTED",
        "startDate": 1551225271984,
        "stopDate": 1551225291984,
        "input": '{"orders":[],"run_id":"run-1","shards":[0,2]}',
        "output": None,
        "inputDetails": {"included": True},
        "outputDetails": None,
    },
}

# Source: docs.aws.amazon.com, AWS Lambda Developer Guide, "Capturing records of Lambda
# asynchronous invocations".
DIED: dict[str, Any] = {
    "version": "1.0",
    "timestamp": "2019-11-14T18:16:05.568Z",
    "requestContext": {
        "requestId": "e4b46cbf-b738-xmpl-8880-a18cdf61200e",
        "functionArn": (
            "arn:aws:lambda:us-east-1:123456789012:function:homebrew-sync-worker:$LATEST"
        ),
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 1,
    },
    "requestPayload": {
        "run_id": "run-1",
        "plan_sha256": "ab" * 32,
        "shard": 2,
        "shards": 3,
        "attempt": 4,
    },
    "responseContext": {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    },
    "responsePayload": {"errorMessage": "Task timed out after 900.00 seconds"},
}


@pytest.mark.parametrize(
    ("payload", "trigger"),
    [
        (SCHEDULED, Start(EVENT_ID)),
        (CUSTOM, Start(EVENT_ID)),
        ({"source": "manual"}, Start(None)),
        ({"source": "shards", "run_id": "run-1"}, TellShards("run-1", None)),
        (
            {"source": "shards", "run_id": "run-1", "shards": [2, 0]},
            TellShards("run-1", (2, 0)),
        ),
        (
            {"source": "shards", "run_id": "run-1", "shards": []},
            TellShards("run-1", ()),
        ),
        ({"source": "close", "run_id": "run-1"}, Close("run-1", ())),
        (
            {"source": "close", "run_id": "run-1", "shards": [1]},
            Close("run-1", (1,)),
        ),
        ({"source": "age"}, TellAge()),
        (DIED, WorkerDied(ORDER)),
        (
            ABORTED,
            Close(
                "run-1",
                (0, 2),
                "the execution of its state machine ended as ABORTED",
            ),
        ),
        (
            {
                **ABORTED,
                "detail": {
                    **ABORTED["detail"],
                    "status": "FAILED",
                    "error": "States.Runtime",
                    "cause": "the path is not there",
                },
            },
            Close(
                "run-1",
                (0, 2),
                "the execution of its state machine ended as FAILED: the path is not"
                " there",
            ),
        ),
    ],
)
def test_each_payload_asks_for_what_it_says(
    payload: dict[str, Any], trigger: object
) -> None:
    assert decode_trigger(payload) == trigger
    assert decode_trigger(json.loads(json.dumps(payload))) == trigger


def test_an_event_that_waited_too_long_is_one_that_nobody_worked_on() -> None:
    # Lambda never gave it to a worker, and so there is no answer to tell of.
    context = {**DIED["requestContext"], "condition": "EventAgeExceeded"}
    discarded = {**DIED, "requestContext": context, "responsePayload": None}
    del discarded["responseContext"]
    assert decode_trigger(discarded) == WorkerDied(ORDER)


@pytest.mark.parametrize(
    "payload", [None, "manual", '{"source":"manual"}', 1, True, [], [{}]]
)
def test_what_is_no_object_is_refused(payload: object) -> None:
    with pytest.raises(MalformedError, match="not a JSON object; it should be"):
        decode_trigger(payload)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"source": None},
        {"source": ["manual"]},
        {"source": {"manual": True}},
        {"source": "MANUAL"},
        {"source": "aws.s3", "id": EVENT_ID, "detail-type": "Object Created"},
    ],
)
def test_what_nobody_knows_is_answered_with_what_is_known(payload: object) -> None:
    with pytest.raises(MalformedError) as caught:
        decode_trigger(payload)
    said = str(caught.value)
    assert "source" in said
    for known in ('"manual"', '"shards"', '"close"', '"age"', '"Manual Sync"'):
        assert known in said


@pytest.mark.parametrize(
    ("payload", "objection"),
    [
        ({**SCHEDULED, "id": None}, "id: "),
        ({"source": "aws.events"}, "id: Missing data"),
        ({**CUSTOM, "id": 7}, "id: "),
        ({**CUSTOM, "detail-type": "Manual"}, "detail-type 'Manual' is not"),
        ({"source": "homebrew.sync", "id": EVENT_ID}, "detail-type: Missing data"),
        ({"source": "manual", "formulae": ["jq"]}, "formulae: Unknown field"),
        ({"source": "age", "run_id": "run-1"}, "run_id: Unknown field"),
        ({"source": "shards"}, "run_id: Missing data"),
        ({"source": "shards", "run_id": 1}, "run_id: "),
        ({"source": "shards", "run_id": "run-1", "shard": 1}, "shard: Unknown field"),
        ({"source": "shards", "run_id": "run-1", "shards": 1}, "shards: "),
        ({"source": "close"}, "run_id: Missing data"),
        ({"source": "close", "run_id": "run-1", "shards": ["1"]}, "shards.0: "),
        ({"source": "close", "run_id": "run-1", "shards": [-1]}, "shards.0: "),
        ({"source": "close", "run_id": "run-1", "shards": [True]}, "shards.0: "),
        ({**DIED, "requestPayload": {"source": "manual"}}, "source: Unknown field"),
        ({**DIED, "requestPayload": None}, ""),
        ({"source": "aws.states"}, "detail: Missing data"),
        ({**ABORTED, "detail": {"status": "FAILED"}}, "detail.input: Missing data"),
        ({**ABORTED, "detail": {"status": "FAILED", "input": "{"}}, "not JSON"),
        (
            {**ABORTED, "detail": {"status": "FAILED", "input": "[]"}},
            "Invalid input type",
        ),
        (
            {**ABORTED, "detail": {"status": "FAILED", "input": '{"run_id":"r"}'}},
            "shards: Missing data",
        ),
    ],
)
def test_tells_what_is_wrong_with_a_payload(
    payload: dict[str, Any], objection: str
) -> None:
    with pytest.raises(MalformedError) as caught:
        decode_trigger(payload)
    assert objection in str(caught.value)
