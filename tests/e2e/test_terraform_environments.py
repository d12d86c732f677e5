"""Each environment is applied where AWS is only played, and taken away again."""

from __future__ import annotations

import pytest

from tests.support.applying import DRIFTS, apply, changed, variables_of
from tests.support.aws_stack import AwsStack
from tests.support.terraform import open_terraform, why_no_terraform

pytestmark = [
    pytest.mark.slow,
    pytest.mark.minutes,
    pytest.mark.skipif(why_no_terraform() is not None, reason=str(why_no_terraform())),
]


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_an_environment_comes_stays_and_goes(
    environment: str, aws_stack: AwsStack, tmp_path_factory: pytest.TempPathFactory
) -> None:
    terraform = open_terraform(tmp_path_factory.mktemp(environment) / "infrastructure")
    file = f"-var-file=environments/{environment}.tfvars"
    variables = variables_of(
        aws_stack,
        lambda_zips_folder="tests/zips",
        s3_bucket_name=f"mirror-of-{environment}",
    )
    ready = terraform("init", "-no-color")
    assert ready.returncode == 0, ready.stdout + ready.stderr

    applied = apply(terraform, file, **variables)
    try:
        assert applied.returncode == 0, applied.stderr
        assert changed(terraform, file, **variables) <= set(DRIFTS)
    finally:
        destroyed = terraform(
            "destroy", file, "-auto-approve", "-no-color", **variables
        )

    assert destroyed.returncode == 0, destroyed.stderr
    assert terraform("state", "list", **variables).stdout == ""
