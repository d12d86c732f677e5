"""The clients of AWS's services: found, signed and retried as its own tools do it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from adapters.aws.errors import Translator
from adapters.aws.session import open_session
from adapters.tally import Tally
from ports.errors import RefusedError

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

_LONGEST_ANSWER = 330.0  # seconds; the orchestrator may take 300


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one call may go without an answer, and how often it is made.

    Attributes:
        connect: Seconds for a connection.
        silence: Seconds without a byte.
        attempts: The most there are; None for as many as are configured.
    """

    connect: float = 10.0
    silence: float = 60.0
    attempts: int | None = None


FOR_MESSAGES: Final = Patience(connect=5.0, silence=5.0, attempts=2)
"""For what only serves telling people: it fails within about 20 s, so that a program
that AWS ends after five minutes can tell what it has to, and go on."""


class Aws:
    """AWS in one region; each service's client is made when it is first asked for.

    A call that gets no answer is repeated: whatever is asked through these clients may
    be done twice. Each of them raises ``RefusedError`` when what is configured for AWS
    makes no sense.

    Attributes:
        translator: Tells of failures.
    """

    def __init__(
        self,
        region: str | None,
        retry_attempts: int,
        patience: Patience = Patience(),
    ) -> None:
        attempts = min(retry_attempts, patience.attempts or retry_attempts)
        self._region = region
        self._config = Config(
            connect_timeout=patience.connect,
            read_timeout=patience.silence,
            retries={"mode": "standard", "total_max_attempts": attempts},
            tcp_keepalive=True,
        )
        self._tally = Tally()
        self.translator = Translator(lambda: self._tally.of_this_thread)

    @cached_property
    def _session(self) -> boto3.session.Session:
        # Not when this is made: that AWS_PROFILE names none is told by who needs it.
        session = open_session(self._region)
        session.events.register("before-send", lambda **_: self._tally.add())
        return session

    @cached_property
    def functions(self) -> LambdaClient:
        """AWS Lambda."""
        with _opening("AWS Lambda"):
            return self._session.client("lambda", config=self._config)

    @cached_property
    def waiting(self) -> LambdaClient:
        """AWS Lambda, for an invocation that is waited for: it is never repeated."""
        once = Config(
            read_timeout=_LONGEST_ANSWER,
            retries={"mode": "standard", "total_max_attempts": 1},
        )
        with _opening("AWS Lambda"):
            return self._session.client("lambda", config=self._config.merge(once))

    @cached_property
    def state_machines(self) -> SFNClient:
        """AWS Step Functions."""
        with _opening("AWS Step Functions"):
            return self._session.client("stepfunctions", config=self._config)

    @cached_property
    def secrets(self) -> SecretsManagerClient:
        """AWS Secrets Manager."""
        with _opening("AWS Secrets Manager"):
            return self._session.client("secretsmanager", config=self._config)

    @cached_property
    def topics(self) -> SNSClient:
        """Amazon SNS."""
        with _opening("Amazon SNS"):
            return self._session.client("sns", config=self._config)

    @cached_property
    def clusters(self) -> ECSClient:
        """Amazon ECS."""
        with _opening("Amazon ECS"):
            return self._session.client("ecs", config=self._config)

    @cached_property
    def lines(self) -> CloudWatchLogsClient:
        """Amazon CloudWatch Logs."""
        with _opening("Amazon CloudWatch Logs"):
            return self._session.client("logs", config=self._config)

    @cached_property
    def queues(self) -> SQSClient:
        """Amazon SQS."""
        with _opening("Amazon SQS"):
            return self._session.client("sqs", config=self._config)


@contextmanager
def _opening(service: str) -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ValueError) as error:
        advice = "check AWS_REGION, AWS_PROFILE and AWS_ENDPOINT_URL"
        raise RefusedError(f"open {service}", f"{error} {advice}") from error
