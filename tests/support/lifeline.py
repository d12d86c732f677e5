"""A server as a process of its own that never outlives ours."""

import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from random import SystemRandom
from typing import Final

_HOST = "127.0.0.1"
# Linux gives those from 32,768 on to whoever asks for any, others from 49,152 on.
_PORTS: Final = range(20_000, 32_000)
# Tests beside this one are seeded alike.
_ANY: Final = SystemRandom()

# The shell lives as long as the server, and ends it when our end of the pipe closes:
# also when this process is killed and can clean up nothing.
_LIFELINE = """
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
{ read -r _ <&3; kill -SIGNAL $server; } &
lifeline=$!
wait $server
kill $lifeline
"""


@contextmanager
def running(
    command: Sequence[str],
    *,
    folder: Path,
    log: Path,
    variables: Mapping[str, str],
    end: signal.Signals,
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a server in a folder, and end it with a signal.

    It has the variables that are given and no others.
    """
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [
                "/bin/sh",
                "-c",
                _LIFELINE.replace("SIGNAL", str(end.value)),
                "sh",
                *command,
            ],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            cwd=folder,
            env=variables,
            # Ctrl-C is for us: we close the pipe when we are done.
            start_new_session=True,
        ) as shell,
    ):
        yield shell


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback address that nobody listens on.

    They are none that the system gives to whoever asks for any: between our letting go
    and the server's binding, others ask.
    """
    ports: list[int] = []
    with ExitStack() as held:
        # Held together, so that no port is given twice.
        while len(ports) < count:
            port = _ANY.choice(_PORTS)
            with suppress(OSError):
                held.enter_context(socket.socket()).bind((_HOST, port))
                ports.append(port)
    return ports


def last_words(log: Path, lines: int = 20) -> str:
    """Return how a log ends."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
