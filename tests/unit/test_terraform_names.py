"""What Terraform names is what the programs know."""

from __future__ import annotations

import re
from typing import Final

import pytest

from adapters.configuration_schema import NAMES
from tests.support.terraform import ROOT

# Of these the deployed programs are never told.
LEFT_OUT: Final = {
    "brewfile": "a file of whoever syncs by hand",
    "external_hash_file_path": "Terraform puts it into the bucket, and names its key",
    "github_token": "only who verifies by hand asks for attestations",
    "github_token_secret_id": "only who verifies by hand asks for attestations",
    "registry_token": "a secret, of which the id is told",
    "s3_prefix": "the roles are for a bucket of its own",
    "slack_webhook_url": "a secret, of which the id is told",
    "store": "the bucket is told",
}
# And of these by a module.
TOLD_ELSEWHERE: Final = {"spool": "ecs", "state_machine_arn": "the root, to functions"}


def test_every_setting_can_be_told_or_is_left_out_for_a_reason() -> None:
    settings = (ROOT / "settings.tf").read_text()
    _, _, table = settings.partition("settings = merge(")
    table, _, _ = table.partition("\n  )\n")
    fixed = set(re.findall(r"^ +(\w+) += ", table, re.MULTILINE))
    free = _names_between((ROOT / "variables.tf").read_text(), "setsubtract(", "]")

    assert fixed & free == set()
    assert fixed | free | set(LEFT_OUT) | set(TOLD_ELSEWHERE) == set(NAMES)


def _names_between(text: str, start: str, end: str) -> set[str]:
    _, _, rest = text.partition(start)
    rest, _, _ = rest.partition(end)
    return set(re.findall(r'"(\w+)"', rest))


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_environments_and_example_set_variables_that_there_are(
    environment: str,
) -> None:
    variables = {
        name
        for path in ROOT.glob("*.tf")
        for name in re.findall(r'^variable "(\w+)"', path.read_text(), re.MULTILINE)
    }
    example = (ROOT / "terraform.tfvars.example").read_text()
    chosen = (ROOT / "environments" / f"{environment}.tfvars").read_text()
    set_here = re.findall(r"^(?:# )?(\w+) += ", example + chosen, re.MULTILINE)

    assert set(set_here) <= variables
    assert "s3_bucket_name" in set_here
    assert f'environment = "{environment}"' in re.sub(" +", " ", chosen)
