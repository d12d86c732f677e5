"""The configuration of Terraform, as Terraform itself sees it; AWS is never asked."""

from __future__ import annotations

import pytest

from tests.support.terraform import MODULES, Terraform, open_terraform, why_no_terraform

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(why_no_terraform() is not None, reason=str(why_no_terraform())),
]
# The tests of these two pass where their policies are read (test_terraform_policies).
ALONE = ("", *(each for each in MODULES if each not in {"iam", "s3"}))


@pytest.fixture(scope="module")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    return open_terraform(tmp_path_factory.mktemp("terraform") / "infrastructure")


def test_everything_is_formatted_as_terraform_does_it(terraform: Terraform) -> None:
    found = terraform("fmt", "-check", "-recursive", "-diff")

    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("module", ALONE, ids=lambda name: name or "root")
def test_is_valid_alone_and_does_what_its_tests_say(
    terraform: Terraform, module: str
) -> None:
    opened = terraform("init", "-backend=false", "-no-color", module=module)
    assert opened.returncode == 0, opened.stdout + opened.stderr

    tested = terraform("test", "-no-color", module=module)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert " passed, 0 failed" in tested.stdout, tested.stdout
    assert "Warning" not in tested.stdout, tested.stdout


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_every_environment_can_be_planned(
    terraform: Terraform, environment: str
) -> None:
    folder = "tests/environments"
    opened = terraform("init", "-backend=false", f"-test-directory={folder}")
    assert opened.returncode == 0, opened.stdout + opened.stderr

    tested = terraform(
        "test",
        "-no-color",
        f"-test-directory={folder}",
        f"-var-file=environments/{environment}.tfvars",
    )

    assert "1 passed, 0 failed" in tested.stdout, tested.stdout + tested.stderr
