"""``bottles`` and ``aws`` for whoever types many commands: imports alone are shared.

A host imports both once. Each command is a fork of it, with the folder, the
variables and the ends of whoever typed it, and lives no longer than they do. A third
of a second of processor time is saved for each.
"""

from __future__ import annotations

import gc
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pkgutil import walk_packages
from threading import Thread

from entrypoints.cli.main import main
from tests.support import aws_command, typed_command
from tests.support.command import ROOT
from tests.support.typed_command import ENDS, LENGTH

_ROOMS = ("domain", "ports", "application", "adapters", "entrypoints.cli")
_PROGRAMS: dict[str, Callable[[Sequence[str]], int]] = {
    "bottles": main,
    "aws": aws_command.main,
}
# The one runs when it is imported; the other takes longer than all the rest, and is not
# at hand everywhere.
_SKIPPED = re.compile(r"__main__|sigstore")
_READY = "ready\n"


@contextmanager
def warm_commands() -> Iterator[str]:
    """Have a host; yield the line of a shell that has it run what is named behind."""
    client = typed_command.__file__
    with ExitStack() as cleanup:
        # Not in a folder of pytest's: the address of a socket is short.
        folder = cleanup.enter_context(tempfile.TemporaryDirectory(prefix="bottles-"))
        address = f"{folder}/socket"
        host = cleanup.enter_context(
            subprocess.Popen(
                [sys.executable, "-m", "tests.support.warm_commands", address],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        cleanup.callback(host.kill)
        assert host.stdout is not None
        assert host.stdout.readline() == _READY
        yield f"exec '{sys.executable}' -IS '{client}' '{address}'"


def _serve(address: str) -> None:
    """Run commands until this process is killed."""
    _import_all()
    # What is shared stays shared: the collector of a fork writes to none of it.
    gc.freeze()
    # Nobody waits for a command but who typed it.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen(64)
        sys.stdout.write(_READY)
        sys.stdout.flush()
        while True:
            asking, _ = listening.accept()
            with asking:
                if os.fork() == 0:
                    listening.close()
                    _run(asking)


def _import_all() -> None:
    for room in _ROOMS:
        package = import_module(room)
        for module in walk_packages(package.__path__, f"{room}."):
            if not _SKIPPED.search(module.name):
                import_module(module.name)


def _run(asking: socket.socket) -> None:
    """Be the command, and end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    length, ends, _, _ = socket.recv_fds(asking, LENGTH, ENDS)
    message = b""
    while len(message) < int.from_bytes(length, "big"):
        message += asking.recv(1 << 16)
    said = json.loads(message)
    for number, end in enumerate(ends):
        os.dup2(end, number)
        os.close(end)
    os.chdir(said["folder"])
    os.environ.clear()
    os.environ.update(said["variables"])
    Thread(target=_end_with, args=(asking,), daemon=True).start()
    program, *arguments = said["command"]
    status = _PROGRAMS[program](arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    asking.sendall(bytes([status]))
    os._exit(0)


def _end_with(asking: socket.socket) -> None:
    """End when whoever typed the command is gone."""
    if not asking.recv(1):
        os._exit(0)


if __name__ == "__main__":
    _serve(sys.argv[1])
