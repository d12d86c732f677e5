"""The worker's image, from our Dockerfile.

What it is built from holds nothing: Python and the system are this machine's, lent
while it is built and run. So it shows what our Dockerfile does, and not what is in
the base that it names.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.containers import IMAGE, Containers, mounts, why_no_containers
from tests.support.package_index import fetch_locked, why_no_index
from tests.support.runtime_api import ROOT

_BASE = "localhost/python:1"
_WORKER = "localhost/worker:1"

pytestmark = [pytest.mark.slow, pytest.mark.containers]


@dataclass(frozen=True, slots=True)
class Image:
    containers: Containers

    def run(self, *arguments: str, entrypoint: str | None = None) -> str:
        """Run it as a task on ECS is run, and return what it printed."""
        other = ["--entrypoint", entrypoint] if entrypoint else []
        return self.containers.podman(
            *(
                "run",
                "--rm",
                "--network=none",
                "--read-only",
                "--read-only-tmpfs=false",
            ),
            *("--cap-drop=ALL", *_lent(), *other, _WORKER, *arguments),
        )


def _lent() -> list[str]:
    return [f"--volume={path}:{path}:ro" for path in mounts() if path != ROOT]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    if reason := why_no_containers() or why_no_index():
        pytest.skip(reason)
    place = tmp_path_factory.mktemp("image")
    fetch_locked(place / "wheels")
    (place / "Base").write_text(
        f"FROM {IMAGE}\n"
        f"ENV PATH={Path(sys.prefix, 'bin')}:/usr/sbin:/usr/bin:/sbin:/bin\n"
        "ENV PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels\n"
    )
    with Containers() as containers:
        containers.podman("build", "--file", str(place / "Base"), "--tag", _BASE)
        containers.podman(
            *("build", "--build-arg", f"PYTHON_IMAGE={_BASE}", *_lent()),
            *("--volume", f"{place / 'wheels'}:/wheels:ro", "--tag", _WORKER),
            *("--file", str(ROOT / "infrastructure/build/Dockerfile"), str(ROOT)),
        )
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
    (found,) = json.loads(image.containers.podman("inspect", _WORKER))
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
