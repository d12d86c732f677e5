"""The scripts around Terraform: what they refuse, and what they ask of whom.

``aws``, ``terraform``, ``make`` and ``docker`` are stand-ins that write down how they
were called; what they answer is given for each test.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from adapters.trigger_codec import decode_trigger
from domain.trigger import Start
from tests.support.runtime_api import ROOT

_SCRIPTS = ROOT / "infrastructure" / "scripts"
_ACCOUNT = "123456789012"
_BASE = f"registry.example/python:3.13-slim@sha256:{'0f' * 32}"
_LEDGER = "s3api list-object-versions"
_BUCKET = "module.s3.aws_s3_bucket.this"
_LOGS = "module.s3.aws_s3_bucket.logs"
_SHOWN = f"""# {_BUCKET}:
resource "aws_s3_bucket" "this" {{
    arn                = "arn:aws:s3:::bottles"
    bucket             = "bottles"
    bucket_domain_name = "bottles.s3.amazonaws.com"
}}"""
# Answers with what is told of the first words that fit: a status, and what to print.
_STAND_IN = """#!{python}
import json, os, sys
name, asked = {name!r}, " ".join(" ".join(sys.argv[1:]).split())
region = [os.environ["AWS_REGION"]] if name == "aws" else []
with open({calls!r}, "a") as calls:
    print(name, asked, *region, file=calls)
for words, (status, said) in json.loads(open({answers!r}).read()).items():
    if words in f"{{name}} {{asked}}":
        print(said)
        sys.exit(status)
"""

pytestmark = pytest.mark.skipif(
    shutil.which("bash") is None, reason="no bash on this machine"
)


class Desk:
    """A tree with the scripts, and stand-ins for what they call."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._calls = place / "calls"
        self._answers = place / "answers.json"
        shutil.copytree(_SCRIPTS, place / "tree" / "infrastructure" / "scripts")
        environments = place / "tree" / "infrastructure" / "terraform" / "environments"
        environments.mkdir(parents=True)
        (environments / "dev.tfvars").write_text('project_name = "mirror-dev"\n')
        (place / "bin").mkdir()
        for name in ("aws", "terraform", "make", "docker", "git"):
            command = place / "bin" / name
            command.write_text(
                _STAND_IN.format(
                    python=sys.executable,
                    name=name,
                    calls=str(self._calls),
                    answers=str(self._answers),
                )
            )
            command.chmod(0o755)
        self.settings = {"AWS_ACCOUNT_ID": _ACCOUNT}
        self.answers: dict[str, tuple[int, str]] = {
            "sts get-caller-identity": (0, _ACCOUNT),
            "state list": (
                0,
                f"{_BUCKET}\n{_LOGS}[0]\nmodule.ecs.aws_ecs_cluster.this",
            ),
            "state show": (0, _SHOWN),
            "output -raw container_image": (0, "registry.example/mirror@sha256:89ab"),
            _LEDGER: (0, "0"),
        }

    def write(self, file: str, text: str) -> None:
        """Write a file of the configuration."""
        path = self._place / "tree" / "infrastructure" / "terraform" / file
        path.write_text(text)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        self._answers.write_text(json.dumps(self.answers))
        script, *arguments = command
        return subprocess.run(
            [
                *("bash", str(self._place / "tree/infrastructure/scripts" / script)),
                *arguments,
            ],
            check=False,
            capture_output=True,
            env={"PATH": f"{self._place / 'bin'}:/usr/bin:/bin", **self.settings},
            text=True,
        )

    def calls(self, of: str) -> list[str]:
        """Return how a command was called, in turn, without what all calls have."""
        if not self._calls.exists():
            return []
        lines = self._calls.read_text().splitlines()
        where = f" -chdir={self._place / 'tree/infrastructure/terraform'}"
        return [line.replace(where, "") for line in lines if line.startswith(f"{of} ")]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


SCRIPTS = ("deploy.sh", "destroy.sh", "drift.sh", "trigger.sh")


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize(
    ("settings", "identity", "reason"),
    [
        ({}, (0, _ACCOUNT), "say which account is meant"),
        ({"AWS_ACCOUNT_ID": "210987654321"}, (0, _ACCOUNT), "nothing was done"),
        ({"AWS_ACCOUNT_ID": _ACCOUNT}, (255, ""), "nothing was done"),
        (
            {"AWS_ACCOUNT_ID": _ACCOUNT, "TF_VAR_aws_account_id": "210987654321"},
            (0, _ACCOUNT),
            "aws_account_id says 210987654321, and AWS_ACCOUNT_ID says",
        ),
    ],
    ids=["no account is named", "another account", "no credentials", "two accounts"],
)
def test_nothing_is_done_in_an_account_that_is_not_the_one_meant(
    desk: Desk,
    script: str,
    settings: Mapping[str, str],
    identity: tuple[int, str],
    reason: str,
) -> None:
    desk.settings = dict(settings)
    desk.answers["sts get-caller-identity"] = identity

    done = desk.run(script, "dev")

    assert done.returncode == 1
    assert reason in done.stderr
    assert desk.calls("terraform") == []
    assert desk.calls("make") == []
    assert all("sts get-caller-identity" in call for call in desk.calls("aws"))


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("environment", ["", "production", "../dev"])
def test_an_environment_that_there_is_not_is_refused(
    desk: Desk, script: str, environment: str
) -> None:
    done = desk.run(script, environment)

    assert done.returncode == 1
    assert "dev" in done.stderr
    assert desk.calls("aws") == []


def test_a_bucket_with_a_ledger_is_not_removed_unless_it_is_said(desk: Desk) -> None:
    desk.answers[_LEDGER] = (0, "1")

    done = desk.run("destroy.sh", "dev")

    assert done.returncode == 1
    assert "destroy.sh dev --with-ledger bottles" in done.stderr
    assert not [call for call in desk.calls("terraform") if "destroy" in call]


def test_a_bucket_with_a_ledger_is_not_removed_under_another_name(desk: Desk) -> None:
    desk.answers[_LEDGER] = (0, "1")

    done = desk.run("destroy.sh", "dev", "--with-ledger", "other")

    assert done.returncode == 1
    assert "is called bottles, not other" in done.stderr
    assert not [call for call in desk.calls("terraform") if "destroy" in call]


def test_a_ledger_that_cannot_be_looked_for_counts_as_one(desk: Desk) -> None:
    desk.answers[_LEDGER] = (254, "AccessDenied")

    done = desk.run("destroy.sh", "dev")

    assert done.returncode == 1
    assert "cannot tell whether bottles holds a ledger" in done.stderr
    assert not [call for call in desk.calls("terraform") if "destroy" in call]


@pytest.mark.parametrize("found", ["1", "0"], ids=["a ledger", "logs, say"])
def test_what_a_bucket_holds_is_removed_by_whoever_names_it(
    desk: Desk, found: str
) -> None:
    desk.answers[_LEDGER] = (0, found)

    done = desk.run("destroy.sh", "dev", "--with-ledger", "bottles")

    given = f"-var-file=environments/dev.tfvars -var=aws_account_id={_ACCOUNT}"
    assert done.returncode == 0, done.stderr
    assert desk.calls("terraform")[-2:] == [
        (
            f"terraform apply -input=false {given} -var=force_destroy=true"
            f" -target={_BUCKET} -target={_LOGS}"
        ),
        f"terraform destroy -input=false {given} -var=force_destroy=true",
    ]


@pytest.mark.parametrize(
    "found", [(0, "0"), (254, "NoSuchBucket")], ids=["empty", "gone"]
)
def test_what_holds_no_ledger_is_removed(desk: Desk, found: tuple[int, str]) -> None:
    desk.answers[_LEDGER] = found

    done = desk.run("destroy.sh", "dev")

    assert done.returncode == 0, done.stderr
    assert desk.calls("terraform")[-1] == (
        "terraform destroy -input=false -var-file=environments/dev.tfvars"
        f" -var=aws_account_id={_ACCOUNT}"
    )
    # Without them Terraform does not even say what it would remove.
    assert len(desk.calls("make")) == 1


@pytest.mark.parametrize("how", ["of the state", "of the account"])
def test_a_removal_that_stopped_half_way_goes_on(desk: Desk, how: str) -> None:
    if how == "of the state":
        desk.answers["state list"] = (0, f"{_LOGS}[0]")
    else:
        desk.answers[_LEDGER] = (254, "NoSuchBucket")

    done = desk.run("destroy.sh", "dev", "--with-ledger", "bottles")

    assert done.returncode == 0, done.stderr
    # The bucket that is gone is not made again to be emptied.
    given = f"-var-file=environments/dev.tfvars -var=aws_account_id={_ACCOUNT}"
    assert [call for call in desk.calls("terraform") if " apply " in call] == [
        f"terraform apply -input=false {given} -var=force_destroy=true -target={_LOGS}"
    ]


@pytest.mark.parametrize("listed", [(0, ""), (1, "")], ids=["empty", "none"])
def test_what_is_not_in_the_state_cannot_be_removed(
    desk: Desk, listed: tuple[int, str]
) -> None:
    desk.answers["state list"] = listed

    done = desk.run("destroy.sh", "dev")

    assert done.returncode == 1
    assert "dev has nothing in its state: is it deployed" in done.stderr
    assert not [call for call in desk.calls("terraform") if " destroy " in call]


def test_a_bucket_whose_name_is_not_told_is_not_removed(desk: Desk) -> None:
    desk.answers["state show"] = (0, "")

    done = desk.run("destroy.sh", "dev")

    assert done.returncode == 1
    assert "does not tell what its bucket is called" in done.stderr
    assert not [call for call in desk.calls("terraform") if " destroy " in call]


@pytest.mark.parametrize("status", [0, 2], ids=["nothing", "something"])
def test_what_a_deployment_would_change_is_told_of_the_image_at_work(
    desk: Desk, status: int
) -> None:
    desk.answers["plan -input=false"] = (status, "")

    done = desk.run("drift.sh", "dev")

    assert done.returncode == status, done.stderr
    assert len(desk.calls("make")) == 1
    assert desk.calls("terraform") == [
        "terraform init -input=false",
        "terraform workspace select -or-create dev",
        "terraform output -raw container_image",
        (
            "terraform plan -input=false -detailed-exitcode"
            f" -var-file=environments/dev.tfvars -var=aws_account_id={_ACCOUNT}"
            " -var=container_image=registry.example/mirror@sha256:89ab"
        ),
    ]


# As Terraform says it, with the status of success.
_NO_OUTPUTS = "\u2577\n\u2502 Warning: No outputs found\n\u2502 \n\u2575"


@pytest.mark.parametrize("told", [(1, ""), (0, _NO_OUTPUTS)], ids=["none", "warned"])
def test_of_what_is_not_deployed_nobody_says_what_would_change(
    desk: Desk, told: tuple[int, str]
) -> None:
    desk.answers["output -raw container_image"] = told

    done = desk.run("drift.sh", "dev")

    assert done.returncode == 1
    assert "dev has no image in its state: is it deployed" in done.stderr


@pytest.mark.parametrize("script", ["deploy.sh", "destroy.sh", "drift.sh"])
def test_a_place_for_the_state_that_terraform_would_ignore_is_refused(
    desk: Desk, script: str
) -> None:
    desk.settings |= {"BACKEND_CONFIG": "state.hcl", "CONTAINER_IMAGE": "mirror:1"}

    done = desk.run(script, "dev")

    assert done.returncode == 1
    assert "nothing says of which backend" in done.stderr
    assert desk.calls("terraform") == []


@pytest.mark.parametrize(
    "written",
    ['terraform { backend "s3" {} }\n', 'terraform {\n  backend "s3" {\n  }\n}\n'],
    ids=["in a line", "in several"],
)
def test_the_state_is_kept_where_a_backend_and_its_file_say(
    desk: Desk, written: str
) -> None:
    desk.write("backend.tf", written)
    desk.settings |= {"BACKEND_CONFIG": "state.hcl", "CONTAINER_IMAGE": "mirror:1"}

    done = desk.run("deploy.sh", "dev")

    assert done.returncode == 0, done.stderr
    assert desk.calls("terraform")[0] == (
        "terraform init -input=false -backend-config=state.hcl"
    )


def test_a_deployment_names_the_image_by_its_digest(desk: Desk) -> None:
    desk.settings["PYTHON_IMAGE"] = _BASE
    desk.answers |= {
        "ecr describe-repositories": (0, "registry.example/mirror-dev"),
        "git": (0, "0123abc"),
        "ecr describe-images": (0, "sha256:4567"),
    }

    done = desk.run("deploy.sh", "dev", "--yes")

    assert done.returncode == 0, done.stderr
    assert desk.calls("make")[0].endswith(
        "lambda ARCHITECTURE=arm64 RUNTIME=python3.13"
    )
    given = f"-var-file=environments/dev.tfvars -var=aws_account_id={_ACCOUNT}"
    assert desk.calls("terraform") == [
        "terraform init -input=false",
        "terraform workspace select -or-create dev",
        (
            f"terraform apply -input=false {given} -var=container_image="
            "registry.example/mirror-dev@sha256:4567 -auto-approve"
        ),
    ]
    # It was pushed before, under the name of all that it is made of.
    assert desk.calls("docker") == []
    (asked,) = [call for call in desk.calls("aws") if "describe-images" in call]
    assert "imageTag=0123abc-arm64-0f0f0f0f0f0f " in asked


def test_an_image_of_another_architecture_is_another_image(desk: Desk) -> None:
    desk.settings["PYTHON_IMAGE"] = _BASE
    desk.write("terraform.tfvars", 'container_architecture = "x86_64"\n')
    desk.answers |= {"git": (0, "0123abc"), "ecr describe-images": (254, "")}

    desk.run("deploy.sh", "dev", "--yes")

    (asked, *_) = [call for call in desk.calls("aws") if "describe-images" in call]
    assert "imageTag=0123abc-x86_64-0f0f0f0f0f0f " in asked
    assert desk.calls("docker")[0].endswith(f"--platform linux/amd64 {_BASE}")


@pytest.mark.parametrize("base", [None, "python:3.13-slim", "python@sha256:12ab"])
def test_an_image_is_built_from_nothing_but_what_is_named_by_its_digest(
    desk: Desk, base: str | None
) -> None:
    desk.answers["ecr describe-images"] = (254, "")
    if base is not None:
        desk.settings["PYTHON_IMAGE"] = base

    done = desk.run("deploy.sh", "dev", "--yes")

    assert done.returncode == 1
    assert "say what the image is built from, PYTHON_IMAGE=" in done.stderr
    assert "nothing was done" in done.stderr
    assert [desk.calls(each) for each in ("make", "terraform", "docker")] == [[]] * 3


def test_what_the_image_is_built_from_is_fetched_before_anything_is_done(
    desk: Desk,
) -> None:
    desk.settings["PYTHON_IMAGE"] = _BASE
    desk.answers |= {"ecr describe-images": (254, ""), "docker pull": (1, "")}

    done = desk.run("deploy.sh", "dev", "--yes")

    assert done.returncode == 1
    assert f"{_BASE}, cannot be fetched for linux/arm64; nothing was" in done.stderr
    assert [desk.calls(each) for each in ("make", "terraform")] == [[]] * 2


def test_an_image_that_did_not_arrive_is_not_deployed(desk: Desk) -> None:
    desk.settings["PYTHON_IMAGE"] = _BASE
    desk.answers |= {
        "ecr describe-repositories": (0, "registry.example/mirror-dev"),
        "git": (0, "0123abc"),
        "ecr describe-images": (254, ""),
    }

    done = desk.run("deploy.sh", "dev", "--yes")

    pull, build, *others = desk.calls("docker")
    assert pull.endswith(f"--platform linux/arm64 {_BASE}")
    assert f"--platform linux/arm64 --build-arg PYTHON_IMAGE={_BASE} " in build
    assert [call.split()[1] for call in others] == ["login", "push"]
    # The image has to lie somewhere before a task can be made of it.
    assert "-target=module.ecs.aws_ecr_repository.this" in desk.calls("terraform")[-1]
    assert done.returncode == 1
    assert "does not know the image registry.example/mirror-dev:0123abc-arm64-0f" in (
        done.stderr
    )
    assert "container_image" not in desk.calls("terraform")[-1]


def test_an_image_that_is_there_is_neither_built_nor_pushed(desk: Desk) -> None:
    desk.settings["CONTAINER_IMAGE"] = "registry.example/mirror@sha256:89ab"

    done = desk.run("deploy.sh", "dev")

    assert done.returncode == 0, done.stderr
    assert [desk.calls(each) for each in ("docker", "git")] == [[]] * 2
    assert desk.calls("terraform")[-1].endswith(
        "-var=container_image=registry.example/mirror@sha256:89ab"
    )


@pytest.mark.parametrize(
    ("said", "region"),
    [
        ({}, "us-west-2"),
        ({"exported": "eu-west-1"}, "eu-west-1"),
        ({"exported": "eu-west-1", "common": "eu-north-1"}, "eu-north-1"),
        ({"common": "eu-north-1", "environment": "eu-south-1"}, "eu-south-1"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else value,
)
def test_the_region_is_the_one_that_terraform_works_in(
    desk: Desk, said: dict[str, str], region: str
) -> None:
    if "exported" in said:
        desk.settings["TF_VAR_aws_region"] = said["exported"]
    for name, file in (
        ("common", "terraform.tfvars"),
        ("environment", "environments/dev.tfvars"),
    ):
        if name in said:
            desk.write(file, f'  aws_region   = "{said[name]}" # here\n')
    desk.answers["events put-events"] = (0, "01234567-89ab\tNone")

    done = desk.run("trigger.sh", "dev")

    assert done.returncode == 0, done.stderr
    assert {call.split()[-1] for call in desk.calls("aws")} == {region}


def test_a_trigger_tells_the_run_that_it_asked_for(desk: Desk) -> None:
    desk.answers["events put-events"] = (0, "01234567-89ab\tNone")

    done = desk.run("trigger.sh", "dev")

    assert done.returncode == 0, done.stderr
    assert "Asked mirror-dev for run 01234567-89ab." in done.stdout
    # One mirror of the account, and no other.
    detail = json.dumps(json.dumps({"project": "mirror-dev"}))
    assert f'"Detail": {detail}' in desk.calls("aws")[-1]


def test_an_event_that_was_not_taken_is_a_failure(desk: Desk) -> None:
    desk.answers["events put-events"] = (0, "None\tInternalFailure")

    done = desk.run("trigger.sh", "dev")

    assert done.returncode == 1
    assert "has not taken the event: InternalFailure" in done.stderr


def test_the_manual_trigger_is_one_that_the_orchestrator_knows() -> None:
    (entry,) = json.loads((_SCRIPTS / "manual-trigger.json").read_text())

    trigger = decode_trigger(
        {
            "id": "01234567-89ab-cdef-0123-456789abcdef",
            "source": entry["Source"],
            "detail-type": entry["DetailType"],
            "detail": json.loads(entry["Detail"]),
        }
    )

    assert trigger == Start("01234567-89ab-cdef-0123-456789abcdef")
