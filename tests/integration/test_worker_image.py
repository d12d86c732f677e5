"""The worker's image, from our Dockerfile, on a base of this machine's own Python."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.containers import Containers, why_no_containers
from tests.support.package_index import why_no_index
from tests.support.worker_image import WORKER, build_worker

pytestmark = [pytest.mark.slow, pytest.mark.containers]


@dataclass(frozen=True, slots=True)
class Image:
    containers: Containers

    def run(self, *arguments: str, entrypoint: str | None = None) -> str:
        """Run it as a task on ECS is run, and return what it printed."""
        other = ["--entrypoint", entrypoint] if entrypoint else []
        return self.containers.podman(
            *("run", "--rm", "--network=none", "--cap-drop=ALL"),
            *("--read-only", "--read-only-tmpfs=false"),
            *(*other, WORKER, *arguments),
        )


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    if reason := why_no_containers() or why_no_index():
        pytest.skip(reason)
    with Containers() as containers:
        build_worker(containers, tmp_path_factory.mktemp("image"))
        yield Image(containers)


def test_the_worker_says_what_it_lacks_and_ends_with_2(image: Image) -> None:
    with pytest.raises(subprocess.CalledProcessError) as ended:
        image.run()

    lines = [json.loads(line) for line in ended.value.stdout.splitlines()]
    assert ended.value.returncode == 2
    assert "BOTTLES_S3_BUCKET_NAME" in lines[0]["message"]


def test_nobody_is_root_and_only_the_volumes_can_be_written_to(image: Image) -> None:
    said = image.run(
        "-c",
        "import json, os\n"
        "print(json.dumps([os.getuid(), os.getgid()]"
        " + [os.access(each, os.W_OK) for each in ('/spool', '/tmp', '/app', '/')]))",
        entrypoint="python",
    )

    assert json.loads(said) == [1000, 1000, True, True, False, False]


def test_what_runs_is_what_was_packed(image: Image) -> None:
    said = image.run(
        "-c",
        "import boto3, entrypoints.ecs_worker as worker\n"
        "from entrypoints.user_agent import user_agent\n"
        "print(boto3.__file__, worker.__file__, worker.__cached__, user_agent())",
        entrypoint="python",
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
    assert config["Entrypoint"] == ["python", "-m", "entrypoints.ecs_worker"]
    assert set(config["Volumes"]) == {"/spool", "/tmp"}  # noqa: S108 - a mount point
    assert config["StopSignal"] == "SIGTERM"


def test_no_file_of_the_tree_that_is_not_needed_is_in_the_image(image: Image) -> None:
    said = image.run(
        "-c",
        "import json, os\nprint(json.dumps(sorted(os.listdir('/app/ours'))))",
        entrypoint="python",
    )

    assert json.loads(said) == [
        "adapters",
        "application",
        "domain",
        "entrypoints",
        "homebrew_bottles_sync-0.1.0.dist-info",
        "ports",
    ]
