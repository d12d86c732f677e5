"""Terraform on this machine, with a provider that is there already: nothing is fetched.

The provider comes from a mirror in the file system: a folder that holds
``registry.terraform.io``, as ``terraform providers mirror`` makes it. It is looked for
near the root of the file system, or named by BOTTLES_TEST_TF_PLUGINS.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2] / "infrastructure" / "terraform"
MODULES: Final = (
    "network",
    "s3",
    "lambda",
    "ecs",
    "iam",
    "eventbridge",
    "notifications",
    "monitoring",
)

_PROVIDERS: Final = "registry.terraform.io"
_WITHIN: Final = 600.0  # seconds; two cores may be busy with other things


def why_no_terraform() -> str | None:
    """Return why Terraform cannot be run here, if so."""
    if shutil.which("terraform") is None:
        return "no terraform on PATH"
    if _mirror() is None:
        return f"no {_PROVIDERS} with hashicorp/aws (BOTTLES_TEST_TF_PLUGINS names it)"
    return None


@cache
def _mirror() -> Path | None:
    named = os.environ.get("BOTTLES_TEST_TF_PLUGINS")
    places = [Path(named)] if named else [Path("/"), *_folders(Path("/"))]
    return next(
        (each for each in places if (each / _PROVIDERS / "hashicorp" / "aws").is_dir()),
        None,
    )


def _folders(place: Path) -> Iterator[Path]:
    left_out = {"proc", "sys", "dev", "run"}
    try:
        inside = sorted(each for each in place.iterdir() if each.is_dir())
    except OSError:
        return
    for each in inside:
        if each.name not in left_out and not each.is_symlink():
            yield each
            if each.parent == Path("/"):
                yield from _folders(each)


@dataclass(frozen=True, slots=True)
class Terraform:
    """Terraform in a copy of the configuration, for it writes where it works."""

    place: Path

    def __call__(
        self, *arguments: str, module: str = "", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run it in the root, or in one module alone; its answer may be a failure."""
        return subprocess.run(
            [
                shutil.which("terraform") or "terraform",
                f"-chdir={self.folder(module)}",
                *arguments,
            ],
            capture_output=True,
            check=False,
            env=self._environment(variables),
            text=True,
            timeout=_WITHIN,
        )

    def folder(self, module: str = "") -> Path:
        """Return where the root is, or a module."""
        root = self.place / ROOT.name
        return root / "modules" / module if module else root

    def _environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        # Nothing of whoever runs the tests: neither their account nor their settings.
        kept = {name: os.environ[name] for name in ("HOME", "PATH")}
        return {
            **kept,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CHECKPOINT_DISABLE": "1",
            # The provider's schema is large, and each process has it to itself: less
            # time goes by where Go looks for rubbish more rarely.
            "GOGC": "400",
            "TF_CLI_CONFIG_FILE": str(self.place / "cli.tfrc"),
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            **variables,
        }


def open_terraform(place: Path) -> Terraform:
    """Copy the configuration to ``place``, and return Terraform there."""
    mirror = _mirror()
    assert mirror is not None, why_no_terraform()
    shutil.copytree(
        ROOT.parent,
        place,
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns(".terraform", "*.tfstate*", "terraform.tfvars"),
    )
    (place / "cli.tfrc").write_text(
        "provider_installation {\n  filesystem_mirror {\n"
        f"    path    = {json.dumps(str(mirror))}\n"
        f'    include = ["{_PROVIDERS}/*/*"]\n  }}\n}}\n'
    )
    return Terraform(place)


def plans_of(terraform: Terraform, module: str) -> str:
    """Return what a module's own tests planned, as JSON; they have all passed."""
    opened = terraform("init", "-backend=false", "-no-color", module=module)
    assert opened.returncode == 0, opened.stdout + opened.stderr
    ended = terraform("test", "-json", "-verbose", module=module)
    assert ended.returncode == 0, ended.stdout[-5000:] + ended.stderr
    assert '"failed":0' in ended.stdout.splitlines()[-1], ended.stdout[-5000:]
    assert '"@level":"warn"' not in ended.stdout
    return ended.stdout


def planned(output: str, run: str) -> dict[str, dict[str, object]]:
    """Return what a run of ``terraform test -json -verbose`` planned, by address."""
    for line in output.splitlines():
        # A line with a plan has the schema of the whole provider in it.
        if f'"@testrun":"{run}"' in line and '"type":"test_plan"' in line:
            changes = json.loads(line)["test_plan"]["resource_changes"]
            return {each["address"]: each["change"]["after"] for each in changes}
    raise AssertionError(f"no run {run!r} planned anything: {output[-2000:]}")


def policies_of_roles(terraform: Terraform, *runs: str) -> list[dict[str, str]]:
    """Return the policies that each of these runs of the module ``iam`` planned.

    They are named by their role, without the project before it, and their own name;
    ``trust`` is the one that says who may put the role on. Each is JSON.
    """
    told = plans_of(terraform, "iam")
    return [_policies(planned(told, run)) for run in runs]


def _policies(resources: Mapping[str, Mapping[str, object]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for address, resource in resources.items():
        if address.startswith("aws_iam_role."):
            found[f"{_whose(resource['name'])} trust"] = str(
                resource["assume_role_policy"]
            )
        elif address.startswith("aws_iam_role_policy."):
            name = f"{_whose(resource['role'])} {resource['name']}"
            found[name] = str(resource["policy"])
    return found


def _whose(role: object) -> str:
    found = re.fullmatch(r"(?:homebrew-sync|mirror-2)-(.+)-role", str(role))
    assert found is not None, role
    return found[1]
