"""What Lambda is given: built as a person builds it, run from where it is unpacked."""

from __future__ import annotations

import platform
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.package_index import why_no_index
from tests.support.runtime_api import ROOT

_BUILD = ROOT / "infrastructure" / "build" / "lambda_zips.py"
_RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
_ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64"}
_ROOMS = ("domain", "ports", "application", "adapters", "entrypoints")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform != "linux" or _RUNTIME == "python3.14",
        reason=f"the functions' wheels do not run here ({sys.platform}, {_RUNTIME})",
    ),
]


@dataclass(frozen=True, slots=True)
class Built:
    code: Path
    layer: Path


def built(into: Path, wheels: Path) -> Built:
    architecture = _ARCHITECTURES[platform.machine()]
    subprocess.run(
        [
            *(sys.executable, str(_BUILD)),
            *("--architecture", architecture, "--runtime", _RUNTIME),
            *("--into", str(into), "--wheels", str(wheels)),
        ],
        check=True,
        # What is packed must not depend on where one is.
        cwd=into.parent,
    )
    return Built(into / "code.zip", into / f"layer-{architecture}-{_RUNTIME}.zip")


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where wheels are kept, so that they are fetched once."""
    if reason := why_no_index():
        pytest.skip(reason)
    return tmp_path_factory.mktemp("fetched") / "wheels"


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Built:
    return built(tmp_path_factory.mktemp("once") / "zips", wheels)


def test_the_same_tree_and_lock_file_give_the_same_bytes(
    once: Built, wheels: Path, tmp_path: Path
) -> None:
    again = built(tmp_path / "zips", wheels)

    assert again.code.read_bytes() == once.code.read_bytes()
    assert again.layer.read_bytes() == once.layer.read_bytes()


def test_nothing_in_the_zips_tells_when_or_by_whom_they_were_made(once: Built) -> None:
    for zipped in (once.code, once.layer):
        with zipfile.ZipFile(zipped) as archive:
            entries = archive.infolist()
        assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.external_attr >> 16 for entry in entries} == {0o100644}
        names = [entry.filename for entry in entries]
        assert names == sorted(names)


def test_the_zip_has_all_of_the_rooms_and_nothing_else(once: Built) -> None:
    tree = {
        path.relative_to(ROOT).as_posix()
        for room in _ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(once.code) as archive:
        names = set(archive.namelist())

    assert {name for name in names if ".dist-info/" not in name} == tree


def test_the_programs_start_from_where_lambda_unpacks_them(
    once: Built, tmp_path: Path
) -> None:
    for name, zipped in (("task", once.code), ("opt", once.layer)):
        with zipfile.ZipFile(zipped) as archive:
            archive.extractall(tmp_path / name)
    program = """
import boto3, adapters
from entrypoints import ecs_worker, lambda_alarm, lambda_rotation
from entrypoints import lambda_orchestrator, lambda_worker
from entrypoints.user_agent import user_agent
print(boto3.__file__, adapters.__file__, callable(lambda_orchestrator.handler),
      callable(lambda_worker.handler), callable(lambda_alarm.handler),
      callable(lambda_rotation.handler), user_agent())
"""

    # Without the site's folders there is nothing but what was unpacked.
    said = subprocess.run(
        [sys.executable, "-S", "-B", "-P", "-c", program],
        check=False,
        capture_output=True,
        cwd=tmp_path,
        env={"PYTHONPATH": f"{tmp_path / 'task'}:{tmp_path / 'opt' / 'python'}"},
        text=True,
    )

    assert said.returncode == 0, said.stderr
    assert said.stdout.split() == [
        str(tmp_path / "opt/python/boto3/__init__.py"),
        str(tmp_path / "task/adapters/__init__.py"),
        *("True", "True", "True", "True"),
        "homebrew-bottles-sync/0.1.0",
    ]


@pytest.mark.parametrize(
    "wrong", [("--architecture", "armv7"), ("--runtime", "python3.10")], ids=str
)
def test_what_lambda_does_not_have_is_not_built(wrong: tuple[str, str]) -> None:
    said = subprocess.run(
        [sys.executable, str(_BUILD), *wrong],
        check=False,
        capture_output=True,
        text=True,
    )

    assert said.returncode == 2
    assert "invalid choice" in said.stderr
