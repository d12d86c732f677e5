from typing import Any

import pytest

from adapters.alert_codec import SENDER, US, decode_alerts
from domain.messages import Message
from ports.errors import MalformedError
from tests.support.sns_payloads import alarm_text, payload


def told(event: object) -> list[str]:
    return [message.text for message in decode_alerts(event, "prod")]


def test_an_alarm_that_fires_tells_what_it_means_and_why() -> None:
    assert decode_alerts(payload(alarm_text()), "prod") == (
        Message(
            "❌ Alarm: homebrew-sync-orchestrator-errors",
            (
                ("Environment", "prod"),
                ("Time", "2025-07-21 03:05:06 UTC"),
                ("Meaning", "The orchestrator has failed. See its log."),
                (
                    "Reason",
                    (
                        "Threshold Crossed: 1 datapoint [1.0] was greater than or equal"
                        " to the threshold (1.0)."
                    ),
                ),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("state", "title"),
    [
        ("OK", "✅ Alarm Over: jobs"),
        ("INSUFFICIENT_DATA", "⏳ Alarm Without Data: jobs"),
    ],
)
def test_an_alarm_that_is_over_or_blind_says_so(state: str, title: str) -> None:
    (message,) = decode_alerts(payload(alarm_text("jobs", state)), "prod")

    assert message.title == title


@pytest.mark.parametrize("description", [None, "", " "])
def test_an_alarm_without_a_description_has_no_meaning(description: str | None) -> None:
    (text,) = told(payload(alarm_text(AlarmDescription=description)))

    assert "Meaning" not in text


@pytest.mark.parametrize(
    "moment",
    [
        "2025-07-21T03:05:06.789Z",
        "2025-07-21T03:05:06",
        "2025-07-21T05:05:06.7+02:00",
    ],
)
def test_the_time_is_told_in_utc(moment: str) -> None:
    (text,) = told(payload(alarm_text(StateChangeTime=moment)))

    assert "Time: 2025-07-21 03:05:06 UTC" in text


def test_any_other_text_is_passed_on_under_its_subject() -> None:
    event = payload("Budget: $51.20\nof $50.00\n", subject="AWS Budgets: exceeded")

    assert told(event) == [
        (
            "⏳ AWS Budgets: exceeded\nEnvironment: prod\nMessage: Budget: $51.20\n"
            "of $50.00"
        )
    ]


@pytest.mark.parametrize("subject", [None, "", " "])
def test_a_text_without_a_subject_is_passed_on_as_well(subject: str | None) -> None:
    event = payload("hello", subject=subject)
    without = payload("hello")
    del without["Records"][0]["Sns"]["Subject"]

    expected = "⏳ A message without a subject\nEnvironment: prod\nMessage: hello"
    assert told(event) == told(without) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        '{"AlarmName": "a"}',
        alarm_text(state="ON FIRE"),
        alarm_text(StateChangeTime="yesterday"),
        alarm_text(NewStateReason=None),
        '["AlarmName"]',
        '"ALARM"',
        "{",
        "null",
    ],
)
def test_an_alarm_that_nobody_understands_is_passed_on_word_for_word(text: str) -> None:
    (message,) = decode_alerts(payload(text), "prod")

    assert message.title == "⏳ A subject"
    assert message.lines[-1] == ("Message", text)


def test_what_we_have_published_ourselves_is_left_out() -> None:
    ours = payload("text", attributes={SENDER: {"Type": "String", "Value": US}})
    others = payload("text", attributes={SENDER: {"Type": "String", "Value": "cron"}})

    assert told(ours) == []
    assert len(told(others)) == 1


def test_every_record_is_told_in_its_order() -> None:
    assert [text[-1] for text in told(payload("1", "2", "3"))] == ["1", "2", "3"]


def _without(*path: str) -> dict[str, Any]:
    event = payload("text")
    inner: Any = event
    for name in path[:-1]:
        inner = inner[name][0] if name == "Records" else inner[name]
    del inner[path[-1]]
    return event


@pytest.mark.parametrize(
    ("event", "place"),
    [
        (None, "not a JSON object"),
        ([], "not a JSON object"),
        ("text", "not a JSON object"),
        ({}, "Records: Missing data"),
        ({"Records": []}, "Records: Shorter than minimum length 1"),
        ({"Records": {}}, "Records: Not a valid list"),
        ({"Records": ["text"]}, "Records.0._schema: Invalid input type"),
        (_without("Records", "EventSource"), "Records.0.EventSource: Missing data"),
        (_without("Records", "Sns"), "Records.0.Sns: Missing data"),
        (_without("Records", "Sns", "Message"), "Records.0.Sns.Message: Missing data"),
        (
            {"Records": [{"EventSource": "aws:sqs", "Sns": {"Message": "m"}}]},
            "Records.0.EventSource: Must be equal to aws:sns",
        ),
        (
            {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": 7}}]},
            "Records.0.Sns.Message: Not a valid string",
        ),
        (payload("text", attributes={"a": 7}), "MessageAttributes.a.value._schema"),
    ],
)
def test_what_is_not_of_sns_is_refused_with_its_place(
    event: object, place: str
) -> None:
    with pytest.raises(MalformedError) as refused:
        decode_alerts(event, "prod")

    assert str(refused.value).startswith("the topic's payload: ")
    assert place in str(refused.value)
