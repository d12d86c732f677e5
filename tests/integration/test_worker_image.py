"""The worker's image, from our Dockerfile, on a base of this machine's own Python."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.standin.catalog import small_catalog
from tests.support.containers import Containers, why_no_containers
from tests.support.package_index import why_no_index
from tests.support.worker_image import WORKER, build_worker

pytestmark = [pytest.mark.slow, pytest.mark.containers]


@dataclass(frozen=True, slots=True)
class Image:
    containers: Containers

    def run(self, *command: str) -> str:
        """Run it as a task on ECS is run, and return what it printed."""
        return self.containers.podman(
            *("run", "--rm", "--network=none", "--cap-drop=ALL"),
            *("--read-only", "--read-only-tmpfs=false"),
            *(WORKER, *command),
        )

    def python(self, program: str) -> str:
        """Run a program in it, and return what it printed."""
        return self.run("python", "-c", program)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    if reason := why_no_containers() or why_no_index():
        pytest.skip(reason)
    with Containers() as containers:
        build_worker(containers, tmp_path_factory.mktemp("image"))
        yield Image(containers)


def test_the_worker_says_what_it_lacks_and_ends_with_2(image: Image) -> None:
    with pytest.raises(subprocess.CalledProcessError) as ended:
        image.run("python", "-m", "entrypoints.ecs_worker")

    lines = [json.loads(line) for line in ended.value.stdout.splitlines()]
    assert ended.value.returncode == 2
    assert "BOTTLES_S3_BUCKET_NAME" in lines[0]["message"]


def test_it_is_the_command_line_unless_it_is_told_to_be_the_worker(
    image: Image,
) -> None:
    assert image.run().startswith("Usage: bottles [OPTIONS] COMMAND [ARGS]...")
    assert image.run("bottles", "--version") == "bottles 0.1.0\n"


def test_what_the_command_line_writes_goes_where_a_person_has_mounted(
    image: Image, tmp_path: Path
) -> None:
    tmp_path.chmod(0o777)
    catalog = tmp_path / "catalog.json"
    catalog.write_text(json.dumps(small_catalog()))

    image.containers.podman(
        *("run", "--rm", "--network=none", "--volume", f"{tmp_path}:/here"),
        *("--workdir", "/here", WORKER),
        *("bottles", "init", "--yes", "--catalog", catalog.name, "--store", "brew"),
    )

    assert 'store = "brew"' in (tmp_path / "bottles.toml").read_text()


def test_nobody_is_root_and_only_the_volumes_can_be_written_to(image: Image) -> None:
    said = image.python(
        "import json, os\n"
        "print(json.dumps([os.getuid(), os.getgid()]"
        " + [os.access(each, os.W_OK) for each in ('/spool', '/tmp', '/app', '/')]))"
    )

    assert json.loads(said) == [1000, 1000, True, True, False, False]


def test_what_runs_is_what_was_packed(image: Image) -> None:
    said = image.python(
        "import boto3, entrypoints.ecs_worker as worker\n"
        "from entrypoints.user_agent import user_agent\n"
        "print(boto3.__file__, worker.__file__, worker.__cached__, user_agent())"
    )

    boto3, worker, compiled, name = said.split()
    assert boto3 == "/app/dependencies/boto3/__init__.py"
    assert worker == "/app/ours/entrypoints/ecs_worker.py"
    assert compiled.startswith("/app/ours/entrypoints/__pycache__/ecs_worker.")
    assert name == "homebrew-bottles-sync/0.1.0"


def test_the_image_says_how_it_is_to_be_run(image: Image) -> None:
    (found,) = json.loads(image.containers.podman("inspect", WORKER))
    config: dict[str, Any] = found["Config"]

    assert config["User"] == "1000:1000"
    assert (config.get("Entrypoint"), config["Cmd"]) == (None, ["bottles", "--help"])
    assert set(config["Volumes"]) == {"/spool", "/tmp"}  # noqa: S108 - a mount point
    assert config["StopSignal"] == "SIGTERM"


def test_no_file_of_the_tree_that_is_not_needed_is_in_the_image(image: Image) -> None:
    said = image.python(
        "import json, os\nprint(json.dumps(sorted(os.listdir('/app/ours'))))"
    )

    assert json.loads(said) == [
        "adapters",
        "application",
        "domain",
        "entrypoints",
        "homebrew_bottles_sync-0.1.0.dist-info",
        "ports",
    ]
