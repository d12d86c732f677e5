"""What SNS hands to a function, as the Lambda Developer Guide shows it."""

import json
from typing import Any


def payload(
    *texts: str,
    subject: str | None = "A subject",
    attributes: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the payload with a record for each of ``texts``."""
    return {"Records": [_record(text, subject, attributes or {}) for text in texts]}


def alarm_text(
    name: str = "homebrew-sync-orchestrator-errors",
    state: str = "ALARM",
    **more: object,
) -> str:
    """Return what CloudWatch tells a topic of an alarm's change of state."""
    return json.dumps(
        {
            "AlarmName": name,
            "AlarmDescription": "The orchestrator has failed. See its log.",
            "AWSAccountId": "123456789012",
            "AlarmConfigurationUpdatedTimestamp": "2025-07-20T10:00:00.000+0000",
            "NewStateValue": state,
            "NewStateReason": "Threshold Crossed: 1 datapoint [1.0] was greater than"
            " or equal to the threshold (1.0).",
            "StateChangeTime": "2025-07-21T03:05:06.789+0000",
            "Region": "US East (N. Virginia)",
            "AlarmArn": f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}",
            "OldStateValue": "OK" if state == "ALARM" else "ALARM",
            "OKActions": [],
            "Trigger": {"MetricName": "Errors", "Namespace": "AWS/Lambda"},
            **more,
        }
    )


def _record(
    text: str, subject: str | None, attributes: dict[str, Any]
) -> dict[str, Any]:
    topic = "arn:aws:sns:us-east-1:123456789012:homebrew-sync-alerts"
    return {
        "EventVersion": "1.0",
        "EventSubscriptionArn": f"{topic}:21be56ed-a058-49f5-8c98-aedd2564c486",
        "EventSource": "aws:sns",
        "Sns": {
            "SignatureVersion": "1",
            "Timestamp": "2025-07-21T03:05:07.000Z",
            "Signature": "EXAMPLE",
            "SigningCertUrl": "EXAMPLE",
            "MessageId": "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
            "Message": text,
            "MessageAttributes": attributes,
            "Type": "Notification",
            "UnsubscribeUrl": "EXAMPLE",
            "TopicArn": topic,
            "Subject": subject,
        },
    }
