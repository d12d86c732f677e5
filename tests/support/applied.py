"""The whole root of Terraform, applied where AWS is played: ministack, with IAM on.

Nothing stands between Terraform and the programs. Functions run from the zips that it
uploaded, tasks as containers of the definition that it registered; their environment is
what it set, their rights are those of the roles that it made. What differs from AWS
stands in docs/infrastructure.md.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from domain.events import SyncCompleted
from tests.standin.server import Upstream
from tests.support.aws_stack import AwsStack
from tests.support.deployment import wait_for
from tests.support.embedded import is_embedded
from tests.support.mirror_bucket import MirrorBucket
from tests.support.runtime_api import REGION, ROOT
from tests.support.terraform import Terraform

ARCHITECTURE: Final = {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine())
RUNTIME: Final = f"python{sys.version_info.major}.{sys.version_info.minor}"

_TRIGGER: Final = ROOT / "infrastructure" / "scripts" / "manual-trigger.json"
# A run with a container for each shard, on a machine that has other things to do.
_WITHIN: Final = 300.0  # seconds


def why_no_programs() -> str | None:
    """Return why what is deployed cannot be run here, if so."""
    if sys.platform != "linux" or ARCHITECTURE is None or RUNTIME == "python3.14":
        return (
            f"the functions' wheels do not run here ({platform.machine()}, {RUNTIME})"
        )
    return None


def build_zips(into: Path) -> None:
    """Build what the functions are deployed as, for this machine."""
    subprocess.run(
        [
            *(sys.executable, str(ROOT / "infrastructure/build/lambda_zips.py")),
            *("--architecture", str(ARCHITECTURE), "--runtime", RUNTIME),
            *("--into", str(into)),
        ],
        check=True,
        capture_output=True,
    )


def variables_of(stack: AwsStack, **variables: object) -> dict[str, str]:
    """Return the environment that leads Terraform to the stack.

    Args:
        variables: Of the root, by name. What the stack has not is left out: TLS, the
            condition that keeps commits, and queries of logs.
    """
    all_of_them = {
        "aws_endpoint_url": stack.endpoint_url,
        "aws_region": REGION,
        "deny_insecure_transport": False,
        "deny_unconditional_commits": False,
        "enable_log_insights_queries": False,
        "force_destroy": True,
        **variables,
    }
    return {
        "AWS_ACCESS_KEY_ID": stack.access_key,
        "AWS_SECRET_ACCESS_KEY": stack.secret_key,
        **{
            f"TF_VAR_{name}": value if isinstance(value, str) else json.dumps(value)
            for name, value in all_of_them.items()
        },
    }


def settings_of(upstream: Upstream) -> dict[str, str]:
    """Return what the mirror has to be told of its upstream."""
    return {
        "api_domain": upstream.api_domain,
        "registry": upstream.registry,
        "api_public_key": upstream.public_key_pem,
        "target_tags": "arm64_sonoma",
    }


@dataclass(frozen=True, slots=True)
class Call:
    """What IAM was asked, and what it said."""

    who: str
    action: str
    resource: str
    allowed: bool

    @property
    def role(self) -> str | None:
        """The name of the role that called, if one did."""
        kind, _, name = self.who.rpartition(":")[2].partition("/")
        return name.split("/")[0] if kind == "assumed-role" else None


@dataclass(frozen=True, slots=True)
class _StackS3:
    stack: AwsStack

    @property
    def variables(self) -> Mapping[str, str]:
        endpoint = {"AWS_ENDPOINT_URL_S3": self.stack.endpoint_url}
        return {**self.stack.variables(), **endpoint}


class Applied(MirrorBucket):
    """A system that Terraform has made.

    Attributes:
        outputs: Of the root, by name.
    """

    def __init__(
        self,
        stack: AwsStack,
        terraform: Terraform,
        variables: Mapping[str, str],
        witness: Path,
    ) -> None:
        self.stack, self.terraform, self.variables = stack, terraform, variables
        self._witness = witness
        state = json.loads(terraform("state", "pull", **variables).stdout)
        self.outputs: dict[str, Any] = {
            name: each["value"] for name, each in state["outputs"].items()
        }
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
        """Wait for the end of a run, and return it."""
        found: list[SyncCompleted] = []

        def has_ended() -> bool:
            found[:] = [each for each in self.events(SyncCompleted) if each.run == run]
            return bool(found)

        wait_for(has_ended, _WITHIN)
        return found[0]

    def lines(self, whose: str) -> list[dict[str, Any]]:
        """Return the lines for people of a program's log, by its name in the outputs."""
        pages = self.stack.client("logs").get_paginator("filter_log_events")
        return [
            json.loads(message)
            for page in pages.paginate(logGroupName=self.outputs["log_groups"][whose])
            for event in page["events"]
            for message in event["message"].splitlines()
            if message.startswith("{") and not is_embedded(message)
        ]

    def calls(self) -> set[Call]:
        """Return everything that IAM was asked about since the stack began."""
        return {
            Call(**json.loads(line)) for line in self._witness.read_text().splitlines()
        }

    def granted(self) -> dict[str, set[str]]:
        """Return the actions that each of the roles has been given, by its name."""
        return {
            role: {
                action
                for policy in self._policies(role)
                for statement in self._statements(role, policy)
                if statement["Effect"] == "Allow"
                for action in _listed(statement["Action"])
            }
            for role in self.outputs["role_names"].values()
        }

    @contextmanager
    def without(self, action: str, role: str) -> Iterator[None]:
        """Take a right away from a role, for as long as the block lasts.

        Args:
            role: Its name in the outputs.
        """
        iam, name = self.stack.client("iam"), self.outputs["role_names"][role]
        before = {each: self._statements(name, each) for each in self._policies(name)}
        for policy, statements in before.items():
            self._put(name, policy, [_lacking(each, action) for each in statements])
        assert action not in self.granted()[name]
        try:
            yield
        finally:
            for policy, statements in before.items():
                self._put(name, policy, statements)
            del iam

    def _policies(self, role: str) -> list[str]:
        return self.stack.client("iam").list_role_policies(RoleName=role)["PolicyNames"]

    def _statements(self, role: str, policy: str) -> list[dict[str, Any]]:
        found = self.stack.client("iam").get_role_policy(
            RoleName=role, PolicyName=policy
        )
        document: Any = found["PolicyDocument"]
        statements: list[dict[str, Any]] = document["Statement"]
        return statements

    def _put(self, role: str, policy: str, statements: list[dict[str, Any]]) -> None:
        self.stack.client("iam").put_role_policy(
            RoleName=role,
            PolicyName=policy,
            PolicyDocument=json.dumps(
                {"Version": "2012-10-17", "Statement": statements}
            ),
        )


def _listed(value: Any) -> Collection[str]:  # noqa: ANN401 - JSON
    return [value] if isinstance(value, str) else value


def _lacking(statement: Mapping[str, Any], action: str) -> dict[str, Any]:
    left = [each for each in _listed(statement["Action"]) if each != action]
    # A statement has to be about something.
    return {**statement, "Action": left or ["none:None"]}
