"""The whole root is applied where AWS is only played, and taken away again."""

from __future__ import annotations

import json
from typing import Final

import pytest

from tests.support.aws_stack import AwsStack
from tests.support.runtime_api import REGION
from tests.support.terraform import Terraform, open_terraform, why_no_terraform

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(why_no_terraform() is not None, reason=str(why_no_terraform())),
]
# What the stack does not tell as it was told: a second plan would change it again.
DRIFTS: Final = {
    "aws_cloudtrail": "tags that a trail is made with are lost",
    "aws_cloudwatch_metric_alarm": "actions, dimensions, period and statistic are lost",
    "aws_default_network_acl": "the ports of its rules are lost",
    "aws_sfn_state_machine": "whether it is traced is lost",
}
# What the stack has not, or cannot: TLS, the condition that keeps commits, queries.
LEFT_OUT: Final = {
    "TF_VAR_deny_insecure_transport": "false",
    "TF_VAR_deny_unconditional_commits": "false",
    "TF_VAR_enable_log_insights_queries": "false",
}


@pytest.fixture
def variables(aws_stack: AwsStack) -> dict[str, str]:
    return {
        **LEFT_OUT,
        "AWS_ACCESS_KEY_ID": aws_stack.access_key,
        "AWS_SECRET_ACCESS_KEY": aws_stack.secret_key,
        "TF_VAR_aws_endpoint_url": aws_stack.endpoint_url,
        "TF_VAR_aws_region": REGION,
        "TF_VAR_force_destroy": "true",
        "TF_VAR_lambda_zips_folder": "tests/zips",
        "TF_VAR_s3_bucket_name": "applied-mirror",
        "TF_VAR_project_name": "applied",
        "TF_VAR_slack_webhook_url": "https://hooks.slack.example/services/hunter2",
    }


@pytest.fixture
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    opened = open_terraform(tmp_path_factory.mktemp("applied") / "infrastructure")
    ready = opened("init", "-no-color")
    assert ready.returncode == 0, ready.stdout + ready.stderr
    return opened


def test_the_whole_system_comes_stays_and_goes(
    terraform: Terraform, variables: dict[str, str]
) -> None:
    applied = terraform("apply", "-auto-approve", "-no-color", **variables)
    try:
        assert applied.returncode == 0, applied.stderr
        assert changed(terraform, variables) == set(DRIFTS)
        state = terraform("state", "pull", **variables).stdout
        assert "hunter2" not in state + applied.stdout
        outputs = {
            name: each["value"] for name, each in json.loads(state)["outputs"].items()
        }
        assert outputs["bucket_name"] == "applied-mirror"
        assert outputs["orchestrator_function_name"] == "applied-orchestrator"
        assert outputs["state_machine_arn"].endswith(":stateMachine:applied")
    finally:
        destroyed = terraform("destroy", "-auto-approve", "-no-color", **variables)

    assert destroyed.returncode == 0, destroyed.stderr
    assert terraform("state", "list", **variables).stdout == ""


def changed(terraform: Terraform, variables: dict[str, str]) -> set[str]:
    """Return the types of what a second plan would change."""
    planned = terraform("plan", "-out=again.tfplan", "-no-color", **variables)
    assert planned.returncode == 0, planned.stderr
    shown = terraform("show", "-json", "again.tfplan", **variables)
    changes = json.loads(shown.stdout)["resource_changes"]
    assert not [each for each in changes if "delete" in each["change"]["actions"]]
    return {each["type"] for each in changes if each["change"]["actions"] != ["no-op"]}
