"""Terraform applies the whole root where AWS is played: ministack, with IAM on."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from tests.standin.server import Upstream
from tests.support.applied import Applied
from tests.support.aws_deployed import add_user
from tests.support.aws_stack import AwsStack
from tests.support.containers import Containers, why_no_containers
from tests.support.package_index import why_no_index
from tests.support.runtime_api import ACCOUNT, REGION, ROOT
from tests.support.slack import SlackWebhook
from tests.support.terraform import Terraform, open_terraform
from tests.support.worker_image import WORKER, build_worker

PROJECT: Final = "applied"
TAGS: Final = ("arm64_sequoia", "arm64_sonoma")
# What the stack does not tell as it was told: a second plan would change it again.
DRIFTS: Final = {
    "aws_cloudtrail": "tags that a trail is made with are lost",
    "aws_cloudwatch_metric_alarm": "actions, dimensions, period and statistic are lost",
    "aws_default_network_acl": "the ports of its rules are lost",
    "aws_sfn_state_machine": "whether it is traced is lost",
}

_UNASKED: Final = ("-auto-approve", "-no-color")
_TRIES: Final = 2
_ARCHITECTURE: Final = {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine())
_RUNTIME: Final = f"python{sys.version_info.major}.{sys.version_info.minor}"


def why_it_cannot_run() -> str | None:
    """Return why what is deployed cannot be run here, if so."""
    if sys.platform != "linux" or _ARCHITECTURE is None or _RUNTIME == "python3.14":
        return (
            f"the functions' wheels do not run here ({platform.machine()}, {_RUNTIME})"
        )
    return why_no_containers() or why_no_index()


def _build_zips(into: Path) -> None:
    """Build what the functions are deployed as, for this machine."""
    subprocess.run(
        [
            *(sys.executable, str(ROOT / "infrastructure/build/lambda_zips.py")),
            *("--architecture", str(_ARCHITECTURE), "--runtime", _RUNTIME),
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


def apply(
    terraform: Terraform, *arguments: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Apply the root; where that fails, once more from the beginning.

    On a busy machine an answer of the stack may be lost. The provider asks again, and
    is told that what it makes is there already, which it does not take for its own.
    """
    how = (*arguments, *_UNASKED)
    said = terraform("apply", *how, **variables)
    if said.returncode == 0:
        return said
    terraform("destroy", *how, **variables)
    return terraform("apply", *how, **variables)


def changed(terraform: Terraform, *arguments: str, **variables: str) -> set[str]:
    """Return the types of what a plan would change; it would remove nothing."""
    planned = terraform(
        "plan", *arguments, "-out=again.tfplan", "-no-color", **variables
    )
    assert planned.returncode == 0, planned.stderr
    shown = terraform("show", "-json", "again.tfplan", **variables)
    changes = json.loads(shown.stdout)["resource_changes"]
    assert not [each for each in changes if "delete" in each["change"]["actions"]]
    return {each["type"] for each in changes if each["change"]["actions"] != ["no-op"]}


def _settings_of(upstream: Upstream) -> dict[str, str]:
    return {
        "api_domain": upstream.api_domain,
        "registry": upstream.registry,
        "api_public_key": upstream.public_key_pem,
        "target_tags": ",".join(TAGS),
        # One shard for what one invocation has no time for.
        "lambda_shard_gb": "20",
        # All that can be made use of.
        "views": "registry,flat",
        "publish": "true",
        # So few that one is let go.
        "keep_generations": "2",
        "gc_auto": "true",
    }


@contextmanager
def applied_root(
    place: Path, witness: Path, upstream: Upstream, slack: SlackWebhook
) -> Iterator[Applied]:
    """Build and apply everything, for as long as the block lasts.

    Where nothing of it could run, functions and image are empty; all else is the same.

    Args:
        place: An empty folder.
        witness: An empty file, for all that IAM is asked about.
    """
    with ExitStack() as cleanup:
        built: dict[str, object] = {"lambda_zips_folder": "tests/zips"}
        docker_host = None
        if why_it_cannot_run() is None:
            containers = cleanup.enter_context(Containers())
            build_worker(containers, place)
            _build_zips(place / "zips")
            docker_host = containers.docker_host
            built = {
                "lambda_zips_folder": str(place / "zips"),
                "lambda_architecture": _ARCHITECTURE,
                "lambda_runtime": _RUNTIME,
                "container_architecture": _ARCHITECTURE,
                "container_image": WORKER,
            }
        system = _applied(cleanup, place, witness, upstream, slack, docker_host, built)
        # By hand, as whoever has a webhook of http: Terraform takes none.
        system.stack.client("secretsmanager").put_secret_value(
            SecretId=system.outputs["secret_arn"],
            SecretString=json.dumps({"webhook_url": slack.url}),
        )
        yield system


def _applied(
    cleanup: ExitStack,
    place: Path,
    witness: Path,
    upstream: Upstream,
    slack: SlackWebhook,
    docker_host: str | None,
    built: Mapping[str, object],
) -> Applied:
    """Apply the root; where an answer was lost (see ``apply``), to another stack."""
    failures: list[str] = []
    while len(failures) < _TRIES:
        with ExitStack() as trial:
            witness.write_text("")
            stack = trial.enter_context(
                AwsStack(docker_host, waits=0.25, witness=witness)
            )
            terraform = open_terraform(place / f"infrastructure-{len(failures)}")
            keeper = add_user(
                stack,
                "keeper",
                {"sts:AssumeRole": f"arn:aws:iam::{ACCOUNT}:role/{PROJECT}-*"},
            )
            variables = variables_of(
                stack,
                **built,
                ledger_repair_principal_arns=[f"arn:aws:iam::{ACCOUNT}:user/keeper"],
                project_name=PROJECT,
                s3_bucket_name=f"{PROJECT}-mirror",
                schedule_expression="rate(1 minute)",
                rule_state="DISABLED",
                mirror_settings=_settings_of(upstream),
                slack_webhook_url="https://hooks.slack.example/services/hunter2",
            )
            ready = terraform("init", "-no-color")
            assert ready.returncode == 0, ready.stdout + ready.stderr
            said = terraform("apply", *_UNASKED, **variables)
            if said.returncode == 0:
                assert "hunter2" not in said.stdout
                cleanup.enter_context(trial.pop_all())
                return Applied(
                    *(stack, terraform, upstream, slack),
                    variables=variables,
                    keeper=keeper,
                )
            failures.append(said.stderr)
    raise AssertionError("\n".join(failures))
