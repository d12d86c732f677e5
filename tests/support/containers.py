"""Containers without a Docker engine: podman behind a Docker socket.

No image is fetched. Containers of ``IMAGE``, which is empty, are lent the host's own
programs and this checkout: they show how a task is started, stopped and left, and not
what an image holds. One that holds something is built in ``worker_image.py``.

Debian: ``apt-get install podman runc``. It was tried as root, with podman 4.3.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.lifeline import last_words, running
from tests.support.runtime_api import ROOT

IMAGE = "localhost/empty:1"
_READY_WITHIN = 30.0  # seconds
_POLL_EVERY = 0.05  # seconds

# Small machines, and machines in machines, allow less than podman asks for by itself.
_SETTINGS = """
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


class ContainersNotReadyError(Exception):
    """Podman was started and does not serve."""

    def __init__(self, log: Path) -> None:
        super().__init__(f"podman does not serve; its log ends:\n{last_words(log)}")


def why_no_containers() -> str | None:
    """Return why no container can be started here, if so."""
    if shutil.which("podman") is None or shutil.which("runc") is None:
        return "no podman with runc: apt-get install podman runc"
    if os.geteuid() != 0:
        return "podman with runc is tried as root only"
    return None


def mounts() -> list[Path]:
    """Return the folders of this machine that a container needs to run our Python."""
    system = (Path("/", name) for name in ("bin", "etc", "lib", "lib64", "usr"))
    python = {Path(sys.prefix), Path(sys.base_prefix), ROOT}
    outside = {path for path in python if not path.is_relative_to("/usr")}
    return [path for path in system if path.exists()] + sorted(outside)


class Containers:
    """A Docker socket of our own, for as long as the ``with`` block lasts.

    Containers and images are kept in a folder of its own, and go with it.

    Raises:
        ContainersNotReadyError: on entering: podman does not serve within 30 s.
    """

    def __enter__(self) -> Self:
        with ExitStack() as cleanup:
            self._folder = Path(
                cleanup.enter_context(tempfile.TemporaryDirectory(prefix="podman-"))
            )
            cleanup.enter_context(self._serving())
            self._cleanup = cleanup.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._cleanup.close()

    @property
    def docker_host(self) -> str:
        """The socket's address: what DOCKER_HOST says."""
        return f"unix://{self._folder / 'podman.sock'}"

    def podman(self, *arguments: str) -> str:
        """Run a command of podman, and return what it printed."""
        return subprocess.run(
            [*self._command, *arguments],
            check=True,
            capture_output=True,
            text=True,
            env=self._variables,
        ).stdout

    @property
    def _command(self) -> list[str]:
        podman = shutil.which("podman")
        assert podman is not None, why_no_containers()
        return [
            podman,
            *("--root", str(self._folder / "root")),
            *("--runroot", str(self._folder / "run")),
            *("--tmpdir", str(self._folder / "tmp")),
        ]

    @property
    def _variables(self) -> dict[str, str]:
        return {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self._folder),
            "CONTAINERS_CONF": str(self._folder / "containers.conf"),
        }

    @contextmanager
    def _serving(self) -> Iterator[None]:
        """Serve the socket, and at the end remove whatever was started through it."""
        (self._folder / "containers.conf").write_text(_SETTINGS)
        empty = self._folder / "empty.tar"
        # What ends an archive, and nothing before it.
        empty.write_bytes(bytes(10_240))
        self.podman("import", str(empty), IMAGE)
        log = self._folder / "podman.log"
        with running(
            [*self._command, "system", "service", "--time=0", self.docker_host],
            folder=self._folder,
            log=log,
            variables=self._variables,
            end=signal.SIGTERM,
        ) as shell:
            self._wait_until_it_serves(shell, log)
            try:
                yield
            finally:
                self.podman("rm", "--all", "--force", "--time", "0")

    def _wait_until_it_serves(
        self, shell: "subprocess.Popen[bytes]", log: Path
    ) -> None:
        deadline = time.monotonic() + _READY_WITHIN
        while not (self._folder / "podman.sock").exists():
            try:
                shell.wait(timeout=_POLL_EVERY)
            except subprocess.TimeoutExpired:
                if time.monotonic() < deadline:
                    continue
            raise ContainersNotReadyError(log)
