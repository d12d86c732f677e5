"""A command that somebody types: a host (``warm_commands``) is it for them.

Run by itself, with the host's address before the command; what it imports is what it
costs.
"""

import json
import os
import socket
import sys

ENDS = 3
"""Standard input, output, error."""
LENGTH = 4
"""Bytes that say how long the message is."""
_NOBODY = bytes([70])


def ask(address: str, command: list[str]) -> int:
    """Have a command run, and return its exit status."""
    folder = os.getcwd()  # noqa: PTH109 - pathlib is not imported
    said = {"command": command, "folder": folder, "variables": dict(os.environ)}
    message = json.dumps(said).encode()
    with socket.socket(socket.AF_UNIX) as host:
        host.connect(address)
        length = len(message).to_bytes(LENGTH, "big")
        socket.send_fds(host, [length], range(ENDS))
        host.sendall(message)
        return (host.recv(1) or _NOBODY)[0]


if __name__ == "__main__":
    sys.exit(ask(sys.argv[1], sys.argv[2:]))
