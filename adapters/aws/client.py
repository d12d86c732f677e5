"""The clients of AWS's services: found, signed and retried as its own tools do it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from adapters.aws.errors import Translator
from adapters.tally import Tally
from ports.errors import RefusedError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_stepfunctions import SFNClient

_CONNECT_TIMEOUT = 10.0  # seconds
_READ_TIMEOUT = 60.0  # seconds


class Aws:
    """AWS in one region; each service's client is made when it is first asked for.

    A call that gets no answer is repeated: whatever is asked through these clients may
    be done twice.

    Attributes:
        translator: Tells of failures.
    """

    def __init__(self, region: str | None, retry_attempts: int) -> None:
        self._region = region
        self._config = Config(
            connect_timeout=_CONNECT_TIMEOUT,
            read_timeout=_READ_TIMEOUT,
            retries={"mode": "standard", "total_max_attempts": retry_attempts},
            tcp_keepalive=True,
        )
        self._tally = Tally()
        self.translator = Translator(lambda: self._tally.of_this_thread)

    @cached_property
    def _session(self) -> boto3.session.Session:
        # Not when this is made: that AWS_PROFILE names none is told by who needs it.
        session = boto3.session.Session(region_name=self._region)
        session.events.register("before-send", lambda **_: self._tally.add())
        return session

    @cached_property
    def functions(self) -> LambdaClient:
        """AWS Lambda.

        Raises:
            RefusedError: What is configured for AWS makes no sense.
        """
        try:
            return self._session.client("lambda", config=self._config)
        except (BotoCoreError, ValueError) as error:
            raise _unusable("AWS Lambda", error) from error

    @cached_property
    def state_machines(self) -> SFNClient:
        """AWS Step Functions.

        Raises:
            RefusedError: What is configured for AWS makes no sense.
        """
        try:
            return self._session.client("stepfunctions", config=self._config)
        except (BotoCoreError, ValueError) as error:
            raise _unusable("AWS Step Functions", error) from error

    @cached_property
    def secrets(self) -> SecretsManagerClient:
        """AWS Secrets Manager.

        Raises:
            RefusedError: What is configured for AWS makes no sense.
        """
        try:
            return self._session.client("secretsmanager", config=self._config)
        except (BotoCoreError, ValueError) as error:
            raise _unusable("AWS Secrets Manager", error) from error

    @cached_property
    def topics(self) -> SNSClient:
        """Amazon SNS.

        Raises:
            RefusedError: What is configured for AWS makes no sense.
        """
        try:
            return self._session.client("sns", config=self._config)
        except (BotoCoreError, ValueError) as error:
            raise _unusable("Amazon SNS", error) from error


def _unusable(service: str, error: Exception) -> RefusedError:
    advice = "check AWS_REGION, AWS_PROFILE and AWS_ENDPOINT_URL"
    return RefusedError(f"open {service}", f"{error} {advice}")
