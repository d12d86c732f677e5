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
from itertools import count
from typing import Any
from uuid import uuid4

from tests.standin.server import Upstream
from tests.support.embedded import Figure, embedded_figures, is_embedded
from tests.support.lambda_api import LambdaApi
from tests.support.lambda_function import Function
from tests.support.mirror_bucket import MirrorBucket, S3Server, client_of
from tests.support.slack import SlackWebhook

ORCHESTRATOR = "homebrew-sync-orchestrator"
WORKER = "homebrew-sync-worker"
_MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:homebrew-sync"
_LOOK_EVERY = 0.02  # seconds
_buckets = count(1)


@dataclass
class Deployment(MirrorBucket):
    """A system that is deployed.

    Attributes:
        settings: The variables of every program; a change counts from the next
            ``deploy`` on.
        worker: How the worker function is deployed, where that is not as ever.
        orchestrator: Likewise.
    """

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
                **{
                    "handler": "entrypoints.lambda_orchestrator.handler",
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
                **{
                    "handler": "entrypoints.lambda_worker.handler",
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

    def settle(self, within: float = 300.0) -> None:
        """Wait until no function runs, and none is waiting to."""
        self.lambdas.wait_until_idle(within)

    def run(self, within: float = 300.0) -> Any:  # noqa: ANN401 - JSON
        """Start a run, wait for its end, and return the orchestrator's answer."""
        answer = self.invoke({"source": "manual"})
        self.settle(within)
        return answer

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


def wait_for(
    condition: Callable[[], object],
    within: float = 300.0,
    *,
    every: float = _LOOK_EVERY,
) -> None:
    """Wait until something is so.

    Args:
        every: Seconds between two looks.

    Raises:
        TimeoutError: It did not come to be within so many seconds.
    """
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(every)


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
        with closing(client_of(s3)) as client:
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
