"""The whole system on one machine, as it is deployed: programs run as processes.

S3 is SeaweedFS over TLS, the functions run under AWS's own runtime client, upstream and
Slack are stand-ins. What is passed to a program is its environment and its payload.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from uuid import uuid4

import boto3

from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.hash_codec import decode_hash_file
from adapters.memory.clock import ManualClock
from adapters.memory.store import MemoryStore
from adapters.retry import ONCE
from domain.bottle import ObjectKey
from domain.events import GENESIS, Event, RecordedCommit
from domain.ledger import Ledger, replay
from tests.standin.server import Upstream
from tests.support.embedded import Figure, embedded_figures, is_embedded
from tests.support.lambda_api import LambdaApi
from tests.support.lambda_function import Function
from tests.support.slack import SlackWebhook

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ORCHESTRATOR = "homebrew-sync-orchestrator"
WORKER = "homebrew-sync-worker"
HASH_FILE = "bottles_hash.json"
_MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:homebrew-sync"
_LOOK_EVERY = 0.02  # seconds
_buckets = count(1)
_Event = TypeVar("_Event", bound=Event)


class S3Server(Protocol):
    """An S3 that programs find by their environment."""

    @property
    def variables(self) -> Mapping[str, str]:
        """Endpoint, credentials and certificates, as AWS's own tools read them."""
        raise NotImplementedError


@dataclass
class Deployment:
    """A system that is deployed.

    Attributes:
        settings: The variables of every program; a change counts from the next
            ``deploy`` on.
        worker: How the worker function is deployed, beside its handler.
        orchestrator: Likewise.
    """

    s3: S3Server
    bucket: str
    upstream: Upstream
    slack: SlackWebhook
    lambdas: LambdaApi
    settings: dict[str, str]
    worker: dict[str, Any] = field(default_factory=dict)
    orchestrator: dict[str, Any] = field(default_factory=dict)

    def deploy(self) -> None:
        """Deploy both functions, as they are configured now."""
        environment = {**self.settings}
        self.lambdas.deploy(
            ORCHESTRATOR,
            Function(
                "entrypoints.lambda_orchestrator.handler",
                **{
                    "timeout": 300.0,
                    "memory": 512,
                    "environment": environment,
                    **self.orchestrator,
                },
            ),
        )
        self.lambdas.deploy(
            WORKER,
            Function(
                "entrypoints.lambda_worker.handler",
                **{
                    "timeout": 900.0,
                    "memory": 3_008,
                    "environment": environment,
                    "retries": 0,
                    "on_failure": ORCHESTRATOR,
                    **self.worker,
                },
            ),
        )

    def invoke(self, payload: object, function: str = ORCHESTRATOR) -> Any:  # noqa: ANN401 - JSON
        """Invoke a function and wait for its answer, or for how it has failed."""
        with closing(self.lambdas.client()) as client:
            answer = client.invoke(
                FunctionName=function, Payload=json.dumps(payload).encode()
            )
            return json.loads(answer["Payload"].read())

    def send(self, payload: Mapping[str, object], function: str = ORCHESTRATOR) -> None:
        """Send a function an event, as EventBridge does."""
        with closing(self.lambdas.client()) as client:
            client.invoke(
                FunctionName=function,
                InvocationType="Event",
                Payload=json.dumps(payload).encode(),
            )

    def settle(self, within: float = 120.0) -> None:
        """Wait until no function runs, and none is waiting to."""
        self.lambdas.wait_until_idle(within)

    def run(self, within: float = 120.0) -> Any:  # noqa: ANN401 - JSON
        """Start a run, wait for its end, and return the orchestrator's answer."""
        answer = self.invoke({"source": "manual"})
        self.settle(within)
        return answer

    def ledger(self) -> Ledger:
        """Return the ledger as the log in the bucket gives it from zero."""
        return replay(self.commits())

    def commits(self) -> list[RecordedCommit]:
        """Return the log in the bucket."""
        copy = MemoryStore()
        with closing(self.client()) as client:
            for key in self.tree("ledger/"):
                got = client.get_object(Bucket=self.bucket, Key=key)
                copy.create(ObjectKey(key), got["Body"].read())
        log = StoredEventLog(copy, ManualClock(), ONCE, chance=lambda: 0.5)
        return list(log.read(GENESIS))

    def events(self, kind: type[_Event]) -> list[_Event]:
        """Return every event of a kind, in the order of the log."""
        return [
            event
            for one in self.commits()
            for event in one.commit.events
            if isinstance(event, kind)
        ]

    def published(self) -> Ledger:
        """Return the ledger that the hash file in the bucket holds."""
        return decode_hash_file(self.read(HASH_FILE))

    def read(self, key: str) -> bytes:
        """Return what an object of the bucket holds."""
        with closing(self.client()) as client:
            return client.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def damage(self, key: str, body: bytes | None) -> None:
        """Put something else in the place of an object, or nothing."""
        with closing(self.client()) as client:
            if body is None:
                client.delete_object(Bucket=self.bucket, Key=key)
            else:
                client.put_object(Bucket=self.bucket, Key=key, Body=body)

    def tree(self, prefix: str = "") -> dict[str, str]:
        """Return the ETag of every object of the bucket, by its key."""
        with closing(self.client()) as client:
            pages = client.get_paginator("list_objects_v2")
            return {
                found["Key"]: found["ETag"]
                for page in pages.paginate(Bucket=self.bucket, Prefix=prefix)
                for found in page.get("Contents", ())
            }

    def client(self) -> S3Client:
        """Return a new client of the S3 with all rights; the caller closes it."""
        return _client(self.s3)

    def titles(self) -> list[str]:
        """Return the titles of what Slack received, in order."""
        return [text.splitlines()[0] for text in self.told()]

    def told(self) -> list[str]:
        """Return what Slack received as plain text, in order."""
        return [message["text"] for message in self.slack.messages]

    def log(self) -> str:
        """Return what the functions have printed since they were deployed."""
        return self.lambdas.log(ORCHESTRATOR) + self.lambdas.log(WORKER)

    def lines(self) -> list[dict[str, Any]]:
        """Return the lines of their logs that are for people."""
        return [
            json.loads(line)
            for line in self.log().splitlines()
            if line.startswith("{") and not is_embedded(line)
        ]

    def said(self) -> str:
        """Return the sentences of their logs, one a line."""
        return "\n".join(line["message"] for line in self.lines())

    def figures(self) -> list[Figure]:
        """Return the metrics of their logs."""
        return [
            figure
            for line in self.log().splitlines()
            if is_embedded(line)
            for figure in embedded_figures(line)
        ]

    def total(self, metric: str, cause: str | None = None) -> float:
        """Return the sum of a metric, or of what one cause has of it."""
        return sum(
            figure.value
            for figure in self.figures()
            if figure.name == metric and figure.dimensions.get("Cause") == cause
        )


def wait_for(condition: Callable[[], object], within: float = 60.0) -> None:
    """Wait until something is so.

    Raises:
        TimeoutError: It did not come to be within so many seconds.
    """
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(_LOOK_EVERY)


@contextmanager
def deployed(s3: S3Server, upstream: Upstream, **settings: str) -> Iterator[Deployment]:
    """Deploy the system over a bucket of its own, for as long as the block lasts.

    Args:
        settings: More of the configuration, by its names.
    """
    bucket = f"bottles-{next(_buckets)}-{uuid4().hex[:8]}"
    with ExitStack() as cleanup:
        slack = cleanup.enter_context(SlackWebhook())
        lambdas = cleanup.enter_context(LambdaApi())
        with closing(_client(s3)) as client:
            client.create_bucket(Bucket=bucket)
        configured = {
            "s3_bucket_name": bucket,
            "api_domain": upstream.api_domain,
            "registry": upstream.registry,
            "api_public_key": upstream.public_key_pem,
            "target_tags": "arm64_sonoma",
            "slack_webhook_url": slack.url,
            "state_machine_arn": _MACHINE,
            "environment": "test",
            **settings,
        }
        deployment = Deployment(
            s3,
            bucket,
            upstream,
            slack,
            lambdas,
            {
                **{
                    f"BOTTLES_{name.upper()}": text for name, text in configured.items()
                },
                "AWS_ENDPOINT_URL_LAMBDA": lambdas.endpoint_url,
                **s3.variables,
            },
        )
        deployment.deploy()
        yield deployment


@cache
def _session() -> boto3.session.Session:
    """Return one for all: a new one reads for 50 ms what each service is like."""
    return boto3.session.Session()


def _client(s3: S3Server) -> S3Client:
    variables = s3.variables
    return _session().client(
        "s3",
        region_name="us-east-1",
        endpoint_url=variables["AWS_ENDPOINT_URL_S3"],
        verify=variables.get("AWS_CA_BUNDLE"),
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
    )
