"""The command line, run in this process or in one of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.system_clock import SystemClock
from entrypoints.cli.main import main
from tests.standin.server import Upstream

ROOT = Path(__file__).resolve().parents[2]
_PROGRAM = "from entrypoints.cli.main import main; raise SystemExit(main())"
_PATIENCE = 300.0  # seconds for what takes a fraction of one


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    status: int
    out: str
    err: str

    @property
    def answer(self) -> Any:  # noqa: ANN401 - any JSON
        """What it printed, which must be one JSON object and nothing else."""
        answer = json.loads(self.out)
        assert isinstance(answer, dict)
        return answer


class Bottles:
    """Runs ``bottles`` in this process, in the current folder."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Ended:
        """Run it and return how it ended."""
        self._capsys.readouterr()
        status = main(arguments)
        told = self._capsys.readouterr()
        return Ended(status, told.out, told.err)

    def json(self, *arguments: str) -> Any:  # noqa: ANN401 - any JSON
        """Run it with ``--json``, which must go well, and return the answer."""
        ended = self(*arguments, "--json")
        assert ended.status == 0, ended.err
        return ended.answer


def start(
    *arguments: str,
    prefix: tuple[str, ...] = (),
    variables: Mapping[str, str] | None = None,
    stdout: int = subprocess.PIPE,
) -> "subprocess.Popen[str]":
    """Start ``bottles`` in a process of its own, in the current folder.

    Args:
        prefix: The words of a command that runs another.
        variables: Of its environment, beside ours.
        stdout: The file descriptor that it is to write to.
    """
    return subprocess.Popen(
        [*prefix, sys.executable, "-c", _PROGRAM, *arguments],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            **(variables or {}),
        },
    )


def finished(process: "subprocess.Popen[str]") -> Ended:
    """Return how a process ended, once it has."""
    out, err = process.communicate(timeout=_PATIENCE)
    return Ended(process.returncode, out, err)


def line_with(process: "subprocess.Popen[str]", text: str) -> str:
    """Return the first line on its standard error that holds ``text``."""
    assert process.stderr is not None
    for line in process.stderr:
        if text in line:
            return line
    raise AssertionError(f"it ended and never said {text!r}")


def until(holds: Callable[[], bool]) -> None:
    """Return once ``holds`` is true of another process."""
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.01)


def at_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what runs in this process tell the time that it is now, and no later one."""
    moment = SystemClock().now()
    monkeypatch.setattr(SystemClock, "now", lambda _: moment)


def write_config(folder: Path, upstream: Upstream, **more: object) -> None:
    """Write ``bottles.toml`` so that ``upstream`` is what is mirrored."""
    key = folder / "key.pem"
    key.write_text(upstream.public_key_pem)
    values = {
        "api_domain": upstream.api_domain,
        "registry": upstream.registry,
        "api_public_key": str(key),
        "retry_attempts": 1,
        **more,
    }
    lines = (f"{name} = {json.dumps(value)}" for name, value in values.items())
    (folder / "bottles.toml").write_text("\n".join(lines) + "\n")


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below ``folder``, by its path, but for what is on its way."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".incoming" not in path.parts
    }
