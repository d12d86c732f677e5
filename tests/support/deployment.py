"""The whole system on one machine, as it is deployed: programs run as processes.

S3 is SeaweedFS over TLS, the functions run under AWS's own runtime client, upstream and
Slack are stand-ins. What is passed to a program is its environment and its payload.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.hash_codec import decode_hash_file
from adapters.memory.clock import ManualClock
from adapters.memory.store import MemoryStore
from adapters.retry import ONCE
from domain.bottle import ObjectKey
from domain.events import GENESIS, Event, RecordedCommit
from domain.ledger import Ledger, replay
from tests.standin.server import Upstream
from tests.support.lambda_api import LambdaApi
from tests.support.lambda_function import Function
from tests.support.seaweed import SeaweedS3
from tests.support.slack import SlackWebhook

ORCHESTRATOR = "homebrew-sync-orchestrator"
WORKER = "homebrew-sync-worker"
_MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:homebrew-sync"
_buckets = count(1)


@dataclass
class Deployment:
    """A system that is deployed.

    Attributes:
        settings: The variables of every program; a change counts from the next
            ``deploy`` on.
        worker: How the worker function is deployed, beside its handler.
    """

    s3: SeaweedS3
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

    def invoke(self, payload: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
        """Invoke the orchestrator and wait for its answer."""
        with closing(self.lambdas.client()) as client:
            answer = client.invoke(
                FunctionName=ORCHESTRATOR, Payload=json.dumps(payload).encode()
            )
            return json.loads(answer["Payload"].read())

    def send(self, payload: Mapping[str, object]) -> None:
        """Send the orchestrator an event, as EventBridge does."""
        with closing(self.lambdas.client()) as client:
            client.invoke(
                FunctionName=ORCHESTRATOR,
                InvocationType="Event",
                Payload=json.dumps(payload).encode(),
            )

    def settle(self, within: float = 120.0) -> None:
        """Wait until no function runs, and none is waiting to."""
        self.lambdas.wait_until_idle(within)

    def ledger(self) -> Ledger:
        """Return the ledger as the log in the bucket gives it from zero."""
        return replay(self._commits())

    def events(self) -> list[Event]:
        """Return every event of the log in the bucket."""
        return [event for one in self._commits() for event in one.commit.events]

    def published(self) -> Ledger:
        """Return the ledger that the hash file in the bucket holds."""
        with closing(self.s3.client()) as client:
            body = client.get_object(Bucket=self.bucket, Key="bottles_hash.json")
            return decode_hash_file(body["Body"].read())

    def messages(self) -> list[str]:
        """Return the titles of what Slack received, in order."""
        return [message["text"].splitlines()[0] for message in self.slack.messages]

    def _commits(self) -> list[RecordedCommit]:
        copy = MemoryStore()
        with closing(self.s3.client()) as client:
            pages = client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket, Prefix="ledger/"):
                for listed in page.get("Contents", ()):
                    got = client.get_object(Bucket=self.bucket, Key=listed["Key"])
                    copy.create(ObjectKey(listed["Key"]), got["Body"].read())
        log = StoredEventLog(copy, ManualClock(), ONCE, chance=lambda: 0.5)
        return list(log.read(GENESIS))


@contextmanager
def deployed(
    s3: SeaweedS3, upstream: Upstream, **settings: str
) -> Iterator[Deployment]:
    """Deploy the system over a bucket of its own, for as long as the block lasts.

    Args:
        settings: More of the configuration, by its names.
    """
    bucket = f"bottles-{next(_buckets)}-{uuid4().hex[:8]}"
    with (
        SlackWebhook() as slack,
        LambdaApi() as lambdas,
        closing(s3.client()) as client,
    ):
        client.create_bucket(Bucket=bucket)
        configured = {
            "s3_bucket_name": bucket,
            "api_domain": upstream.api_domain,
            "registry": upstream.registry,
            "api_public_key": upstream.public_key_pem,
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
                "AWS_ENDPOINT_URL_S3": s3.endpoint_url,
                "AWS_ENDPOINT_URL_LAMBDA": lambdas.endpoint_url,
                "AWS_CA_BUNDLE": str(s3.ca_bundle),
                "AWS_ACCESS_KEY_ID": s3.access_key,
                "AWS_SECRET_ACCESS_KEY": s3.secret_key,
            },
        )
        deployment.deploy()
        yield deployment
