"""Topics of Amazon SNS: whoever has subscribed is told, by mail most often."""

from __future__ import annotations

from typing import Final

from adapters.alert_codec import SENDER, US
from adapters.aws.client import Aws
from domain.messages import Message
from ports.notifier import Notifier

WHAT: Final = "Failed to send SNS notification"
"""What people search their logs for."""

_LONGEST_SUBJECT: Final = 99  # characters: "less than 100"
_LONGEST_TEXT: Final = 262_144  # bytes, the attribute included
_ATTRIBUTE: Final = 100  # bytes, more than it takes
_CUT: Final = "…"


class SnsNotifier(Notifier):
    """Publishes to one topic. The subject is the title, as far as it is ASCII."""

    def __init__(self, aws: Aws, topic: str) -> None:
        self._aws = aws
        self._topic = topic

    def send(self, message: Message) -> None:
        with self._aws.translator.translated(
            WHAT,
            right=f"sns:Publish on {self._topic}",
            missing=f"create {self._topic}, or set notification_topic_arn to the right"
            " one",
        ):
            self._aws.topics.publish(
                TopicArn=self._topic,
                Subject=subject_of(message),
                Message=_cut(message.text, _LONGEST_TEXT - _ATTRIBUTE),
                MessageAttributes={SENDER: {"DataType": "String", "StringValue": US}},
            )


def subject_of(message: Message) -> str:
    """Return a title as the subject of a mail that SNS takes.

    It is ASCII without line breaks, and begins with a letter, a digit or punctuation.
    """
    ascii_only = message.title.encode("ascii", "ignore").decode()
    printable = "".join(each if each.isprintable() else " " for each in ascii_only)
    return " ".join(printable.split())[:_LONGEST_SUBJECT].rstrip() or US


def _cut(text: str, at_most: int) -> str:
    body = text.encode()
    if len(body) <= at_most:
        return text
    return body[: at_most - len(_CUT.encode())].decode(errors="ignore") + _CUT
