"""The services of AWS but S3, from ministack, on loopback.

ministack is a Python program that wants another botocore than ours. So it is looked for
in an environment of its own, inside that of the tests, where ``make test`` puts it; and
then on the PATH. What is said of it here was seen with version 1.5.33.
"""

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, overload

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from tests.support.lifeline import free_ports, last_words, running
from tests.support.runtime_api import ACCOUNT, REGION
from tests.support.seaweed import SeaweedS3

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

_HOST = "127.0.0.1"
_READY_WITHIN = 60.0  # seconds; it takes a fraction of one
_POLL_EVERY = 0.05  # seconds
_WATCHED = Path(__file__).with_name("watched_stack.py")
# A port that was free may be taken before ministack binds it.
_STARTS = 3

Service = Literal[
    "cloudwatch",
    "ecs",
    "events",
    "iam",
    "lambda",
    "logs",
    "secretsmanager",
    "sns",
    "sqs",
    "stepfunctions",
]


class StackNotReadyError(Exception):
    """Ministack was started and does not serve."""

    def __init__(self, log: Path) -> None:
        super().__init__(f"ministack does not serve; its log ends:\n{last_words(log)}")


def find_ministack() -> Path | None:
    """Return where ``ministack`` is, if it is installed."""
    own = Path(sys.prefix, "ministack", "bin")
    found = shutil.which("ministack", path=str(own)) or shutil.which("ministack")
    return Path(found) if found else None


def why_no_stack() -> str | None:
    """Return why there is no stack to start, if so."""
    if find_ministack() is None:
        return "no ministack command: make test installs it"
    return None


class AwsStack:
    """Services of AWS of our own, for as long as the ``with`` block lasts.

    It starts empty, on a port that was free, and leaves nothing behind. The clients it
    gives have all rights; who is to have fewer is a ``user``, for IAM's policies are
    obeyed.

    Args:
        docker_host: The address of the Docker socket that ECS starts containers with.
            Without one its tasks are only claimed to run.
        waits: What becomes of a second that a state machine waits. It looks after a
            task 600 times, a second apart, and then gives it up.
        witness: The file that it notes in who asks for what (``watched_stack.py``).

    Raises:
        StackNotReadyError: on entering: ministack does not serve within a minute.
    """

    # A program has one for all of AWS, S3 included.
    access_key = SeaweedS3.access_key
    secret_key = SeaweedS3.secret_key

    def __init__(
        self,
        docker_host: str | None = None,
        *,
        waits: float = 1.0,
        witness: Path | None = None,
    ) -> None:
        self._variables = {"SFN_WAIT_SCALE": str(waits)}
        self._witness = witness
        if docker_host is not None:
            self._variables["DOCKER_HOST"] = docker_host
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as cleanup:
            folder = Path(
                cleanup.enter_context(tempfile.TemporaryDirectory(prefix="ministack-"))
            )
            for attempt in range(1, _STARTS + 1):
                try:
                    cleanup.enter_context(self._serving(folder / str(attempt)))
                    break
                except StackNotReadyError:
                    if attempt == _STARTS:
                        raise
            self._cleanup = cleanup.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._cleanup.close()

    @property
    def endpoint_url(self) -> str:
        """The URL of every service: what AWS_ENDPOINT_URL says."""
        return f"http://{_HOST}:{self._port}"

    @overload
    def client(self, service: Literal["cloudwatch"]) -> "CloudWatchClient": ...
    @overload
    def client(self, service: Literal["ecs"]) -> "ECSClient": ...
    @overload
    def client(self, service: Literal["events"]) -> "EventBridgeClient": ...
    @overload
    def client(self, service: Literal["iam"]) -> "IAMClient": ...
    @overload
    def client(self, service: Literal["lambda"]) -> "LambdaClient": ...
    @overload
    def client(self, service: Literal["logs"]) -> "CloudWatchLogsClient": ...
    @overload
    def client(self, service: Literal["secretsmanager"]) -> "SecretsManagerClient": ...
    @overload
    def client(self, service: Literal["sns"]) -> "SNSClient": ...
    @overload
    def client(self, service: Literal["sqs"]) -> "SQSClient": ...
    @overload
    def client(self, service: Literal["stepfunctions"]) -> "SFNClient": ...
    def client(self, service: Service) -> Any:
        """Return a client with all rights, which lasts as long as the stack."""
        client = boto3.session.Session().client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint_url,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
        )
        self._cleanup.callback(client.close)
        return client

    def variables(self) -> dict[str, str]:
        """Return the environment variables that lead a process here."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
        }

    @contextmanager
    def _serving(self, folder: Path) -> Iterator[None]:
        """Run ministack in a new folder, from when it serves."""
        ministack = find_ministack()
        assert ministack is not None, why_no_stack()
        folder.mkdir()
        (self._port,) = free_ports(1)
        log = folder / "ministack.log"
        variables = {
            **self._variables,
            "PATH": f"{ministack.parent}:/usr/bin:/bin",
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "BIND_HOST": _HOST,
            "GATEWAY_PORT": str(self._port),
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "AUTH": "true",
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            # It has one fixed port.
            "IOT_MTLS_ENABLED": "0",
        }
        with running(
            self._command(ministack),
            folder=folder,
            log=log,
            variables=variables,
            end=signal.SIGKILL,
        ) as shell:
            self._wait_until_it_serves(shell, log)
            yield

    def _command(self, ministack: Path) -> list[str]:
        if self._witness is None:
            return [str(ministack)]
        # Its first line says which Python it is run by.
        python = ministack.read_text().splitlines()[0].removeprefix("#!")
        return [python, str(_WATCHED), str(self._witness)]

    def _wait_until_it_serves(
        self, shell: "subprocess.Popen[bytes]", log: Path
    ) -> None:
        deadline = time.monotonic() + _READY_WITHIN
        once = Config(
            connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 1}
        )
        with closing(
            boto3.session.Session().client(
                "sqs",
                region_name=REGION,
                endpoint_url=self.endpoint_url,
                aws_access_key_id=self.access_key,
                aws_secret_access_key=self.secret_key,
                config=once,
            )
        ) as queues:
            while True:
                try:
                    queues.list_queues()
                    return
                except BotoCoreError:
                    pass
                try:
                    shell.wait(timeout=_POLL_EVERY)
                except subprocess.TimeoutExpired:
                    if time.monotonic() < deadline:
                        continue
                raise StackNotReadyError(log)
