"""The whole root of Terraform, applied where AWS is played: ministack, with IAM on.

Nothing stands between Terraform and the programs. Functions run from the zips that it
uploaded, tasks as containers of the definition that it registered; their environment is
what it set, their rights are those of the roles that it made. What differs from AWS
stands in docs/infrastructure.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import boto3

from domain.events import NotificationSent, SyncCompleted
from tests.standin.server import Upstream
from tests.support.aws_stack import AwsStack
from tests.support.command import Ended, finished, start
from tests.support.deployment import wait_for
from tests.support.embedded import is_embedded
from tests.support.mirror_bucket import MirrorBucket
from tests.support.rights import Grant, lacking, listed
from tests.support.runtime_api import REGION, ROOT
from tests.support.slack import SlackWebhook
from tests.support.terraform import Terraform

_TRIGGER: Final = ROOT / "infrastructure" / "scripts" / "manual-trigger.json"
# A run with a container for each shard, on a machine that has other things to do.
_WITHIN: Final = 300.0  # seconds
_LOOK_EVERY: Final = 0.5  # seconds; each look reads the whole log


@dataclass(frozen=True, slots=True)
class _StackS3:
    stack: AwsStack

    @property
    def variables(self) -> Mapping[str, str]:
        endpoint = {"AWS_ENDPOINT_URL_S3": self.stack.endpoint_url}
        return {**self.stack.variables(), **endpoint}


class Applied(MirrorBucket):
    """A system that Terraform has made, and what is around it.

    Attributes:
        variables: Those of Terraform's environment.
        keeper: Those of whoever may put on the role that repairs the ledger.
        outputs: Of the root, by name.
    """

    def __init__(
        self,
        stack: AwsStack,
        terraform: Terraform,
        upstream: Upstream,
        slack: SlackWebhook,
        *,
        variables: Mapping[str, str],
        keeper: Mapping[str, str],
    ) -> None:
        self.stack, self.upstream, self.slack = stack, upstream, slack
        self.terraform, self.variables, self.keeper = terraform, variables, keeper
        state = json.loads(terraform("state", "pull", **variables).stdout)
        self.outputs: dict[str, Any] = {
            name: each["value"] for name, each in state["outputs"].items()
        }
        self._iam, self._logs = stack.client("iam"), stack.client("logs")
        super().__init__(_StackS3(stack), self.outputs["bucket_name"])

    @contextmanager
    def scheduled(self) -> Iterator[None]:
        """Have the rule of the schedule enabled, for as long as the block lasts."""
        rules, name = (
            self.stack.client("events"),
            self.outputs["rule_names"]["schedule"],
        )
        rules.enable_rule(Name=name)
        try:
            yield
        finally:
            rules.disable_rule(Name=name)

    def ask_for_a_run(self) -> str:
        """Send the event that ``trigger.sh`` sends, and return the id of the run."""
        (sent,) = self.stack.client("events").put_events(
            Entries=json.loads(_TRIGGER.read_text())
        )["Entries"]
        return sent["EventId"]

    def invoke(self, payload: object) -> Any:  # noqa: ANN401 - JSON
        """Invoke the orchestrator, and return its answer or how it has failed."""
        answer = self.stack.client("lambda").invoke(
            FunctionName=self.outputs["orchestrator_function_name"],
            Payload=json.dumps(payload).encode(),
        )
        return json.loads(answer["Payload"].read())

    def ended(self, run: str) -> SyncCompleted:
        """Wait until a run has ended and people were told of it; return its end."""
        wait_for(lambda: self._was_told_of(run), _WITHIN, every=_LOOK_EVERY)
        (end,) = (each for each in self.events(SyncCompleted) if each.run == run)
        return end

    def _was_told_of(self, run: str) -> bool:
        return any(
            (each.run, each.about) == (run, "ended")
            for each in self.events(NotificationSent)
        )

    def repair(self) -> Ended:
        """Repair the ledger with the rights of the role that is there for it."""
        variables = dict(self.keeper)
        with closing(
            boto3.session.Session().client(
                "sts",
                region_name=REGION,
                endpoint_url=self.stack.endpoint_url,
                aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
            )
        ) as tokens:
            role = tokens.assume_role(
                RoleArn=self.outputs["role_arns"]["ledger_repair"],
                RoleSessionName="repair",
            )["Credentials"]
        variables |= {
            "AWS_ACCESS_KEY_ID": role["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": role["SecretAccessKey"],
            "AWS_SESSION_TOKEN": role["SessionToken"],
        }
        store = f"s3://{self.bucket}"
        return finished(
            start("ledger", "repair", "--yes", "--store", store, variables=variables)
        )

    def lines(self, whose: str) -> list[dict[str, Any]]:
        """Return the lines for people of a log, by its name in the outputs."""
        pages = self._logs.get_paginator("filter_log_events")
        return [
            json.loads(message)
            for page in pages.paginate(logGroupName=self.outputs["log_groups"][whose])
            for event in page["events"]
            for message in event["message"].splitlines()
            if message.startswith("{") and not is_embedded(message)
        ]

    def told(self) -> list[str]:
        """Return what Slack received as plain text, in order."""
        return [message["text"] for message in self.slack.messages]

    def titles(self) -> list[str]:
        """Return the titles of what Slack received, in order."""
        return [text.splitlines()[0] for text in self.told()]

    def grants(self) -> list[Grant]:
        """Return every right that the roles have."""
        project = self.outputs["cluster_name"]
        return [
            Grant(project, key.replace("_", "-"), statement["Sid"], action, resource)
            for key, role in self.outputs["role_names"].items()
            for policy in self._policies(role)
            for statement in self._statements(role, policy)
            if statement["Effect"] == "Allow"
            for action in listed(statement["Action"])
            for resource in listed(statement["Resource"])
        ]

    @contextmanager
    def without(self, right: Grant) -> Iterator[None]:
        """Take a right away, for as long as the block lasts."""
        role = right.role
        before = {each: self._statements(role, each) for each in self._policies(role)}
        for policy, statements in before.items():
            left = [part for each in statements for part in lacking(each, right)]
            self._put(role, policy, left)
        assert right not in self.grants()
        try:
            yield
        finally:
            for policy, statements in before.items():
                self._put(role, policy, statements)

    def _policies(self, role: str) -> list[str]:
        return self._iam.list_role_policies(RoleName=role)["PolicyNames"]

    def _statements(self, role: str, policy: str) -> list[dict[str, Any]]:
        found = self._iam.get_role_policy(RoleName=role, PolicyName=policy)
        document: Any = found["PolicyDocument"]
        statements: list[dict[str, Any]] = document["Statement"]
        return statements

    def _put(self, role: str, policy: str, statements: list[dict[str, Any]]) -> None:
        self._iam.put_role_policy(
            RoleName=role,
            PolicyName=policy,
            PolicyDocument=json.dumps(
                {"Version": "2012-10-17", "Statement": statements}
            ),
        )
