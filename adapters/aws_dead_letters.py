"""Dead letters in Amazon SQS.

SQS itself moves back only what came from another of its queues, and what dies here came
from AWS Lambda and EventBridge: it is handed out anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from adapters.aws.client import Aws
from adapters.aws.functions import invoke
from adapters.dead_letter_codec import understand
from adapters.ledger.canonical_json import written
from ports.dead_letters import DeadLetter, DeadLetters
from ports.errors import MalformedError

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PARTS: Final = ("orchestrator", "alarm", "rules")
_AT_A_TIME: Final = 10  # SQS hands out no more
_HIDDEN: Final = 60  # seconds
_WAIT: Final = 1  # second; with none, SQS asks only some of its servers
_QUEUES_A_PAGE: Final = 1_000


class SqsDeadLetters(DeadLetters):
    """The queues of one mirror, called ``PROJECT-PART-dlq``.

    No other that begins likewise: of ``mirror`` and ``mirror-dev`` in one account each
    has its own.
    """

    def __init__(self, aws: Aws, project: str) -> None:
        self._aws = aws
        self._project = project
        self._names = [f"{project}-{part}-dlq" for part in _PARTS]
        self._urls: dict[str, str] = {}

    def count(self) -> Mapping[str, int]:
        return {name: self._count(name, url) for name, url in self._found().items()}

    def read(self) -> Iterator[DeadLetter]:
        for name, url in self._found().items():
            seen: set[str] = set()
            while messages := [
                message
                for message in self._receive(name, url)
                if message["MessageId"] not in seen
            ]:
                for message in messages:
                    seen.add(message["MessageId"])
                    yield self._letter(name, message)

    def put_back(self, letter: DeadLetter) -> None:
        with self._aws.translator.translated(
            f"put back a letter, queue {letter.queue}",
            right=f"sqs:ChangeMessageVisibility on {letter.queue}",
            missing="",
        ):
            self._aws.queues.change_message_visibility(
                QueueUrl=self._found()[letter.queue],
                ReceiptHandle=letter.receipt,
                VisibilityTimeout=0,
            )

    def start_again(self, letter: DeadLetter) -> None:
        if letter.payload is None:
            raise MalformedError(
                f"start again a letter of {letter.queue}", letter.about
            )
        event = written(letter.payload)
        invoke(self._aws, letter.function, event, f"start again {letter.about}")

    def remove(self, letter: DeadLetter) -> None:
        with self._aws.translator.translated(
            f"remove a letter, queue {letter.queue}",
            right=f"sqs:DeleteMessage on {letter.queue}",
            missing="",
        ):
            self._aws.queues.delete_message(
                QueueUrl=self._found()[letter.queue], ReceiptHandle=letter.receipt
            )

    def _found(self) -> Mapping[str, str]:
        """Return the URLs of the queues by their names."""
        if not self._urls:
            with self._aws.translator.translated(
                f"list the queues of {self._project}",
                right="sqs:ListQueues",
                missing="",
            ):
                pages = self._aws.queues.get_paginator("list_queues").paginate(
                    QueueNamePrefix=f"{self._project}-",
                    PaginationConfig={"PageSize": _QUEUES_A_PAGE},
                )
                urls = [url for page in pages for url in page.get("QueueUrls", [])]
            named = {url.rpartition("/")[2]: url for url in urls}
            self._urls = {name: named[name] for name in self._names if name in named}
        return self._urls

    def _count(self, name: str, url: str) -> int:
        with self._aws.translator.translated(
            f"count the letters, queue {name}",
            right=f"sqs:GetQueueAttributes on {name}",
            missing="",
        ):
            found = self._aws.queues.get_queue_attributes(
                QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
            )
            return int(found["Attributes"]["ApproximateNumberOfMessages"])

    def _receive(self, name: str, url: str) -> list[MessageTypeDef]:
        with self._aws.translator.translated(
            f"read letters, queue {name}",
            right=f"sqs:ReceiveMessage on {name}",
            missing="",
        ):
            return self._aws.queues.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=_AT_A_TIME,
                VisibilityTimeout=_HIDDEN,
                WaitTimeSeconds=_WAIT,
                MessageSystemAttributeNames=["SentTimestamp"],
                MessageAttributeNames=["All"],
            ).get("Messages", [])

    def _letter(self, queue: str, message: MessageTypeDef) -> DeadLetter:
        attributes = {
            name: value.get("StringValue", "")
            for name, value in message.get("MessageAttributes", {}).items()
        }
        understood = understand(message["Body"], attributes, self._project)
        sent = int(message["Attributes"]["SentTimestamp"]) // 1_000
        return DeadLetter(
            id=message["MessageId"],
            queue=queue,
            sent=_EPOCH + timedelta(seconds=sent),
            payload=understood.payload,
            function=understood.function,
            about=understood.about,
            reason=understood.reason,
            receipt=message["ReceiptHandle"],
        )
