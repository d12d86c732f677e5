"""What people use instead: rclone, or one tool that fetches and another that uploads.

A tool that is not on PATH may be in a folder that BOTTLES_PEERS names (several with
colons), which comes first. What is nowhere is named as absent, and left out.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from benchmarks.engines import JOBS, Command, Engine, Errand, curl

_VERSION: Final = re.compile(r"\d+\.\d+(\.\d+)?")
_ANSWERS_WITHIN: Final = 20.0  # seconds
# As each wants to be asked for its version.
_TOOLS: Final = {
    "rclone": "version",
    "aria2c": "--version",
    "curl": "--version",
    "aws": "--version",
    "s5cmd": "version",
}
_UNRECORDED: Final = "record, condition"


def peers() -> tuple[Sequence[Engine], Sequence[str]]:
    """Return the peers that are installed, and what is to be said of the tools."""
    found = {tool: _version(tool) for tool in _TOOLS}
    absent = [tool for tool, version in found.items() if version is None]
    engines = [
        engine
        for engine, tools in _PEERS
        if all(found[tool] is not None for tool in tools)
    ]
    versions = ", ".join(f"{tool} {found[tool]}" for tool in found if found[tool])
    notes = [f"peers: {versions}"]
    if absent:
        notes.append(f"absent, and so not measured: {', '.join(absent)}")
    return engines, notes


def _version(tool: str) -> str | None:
    """Return the version of a tool, None if it is not there or does not run."""
    command = _path(tool)
    if command is None:
        return None
    told = subprocess.run(
        [command, _TOOLS[tool]],
        capture_output=True,
        text=True,
        check=False,
        timeout=_ANSWERS_WITHIN,
    )
    version = _VERSION.search(told.stdout + told.stderr)
    return version[0] if told.returncode == 0 and version else None


def _path(tool: str) -> str | None:
    places = f"{os.environ.get('BOTTLES_PEERS', '')}:{os.environ.get('PATH', '')}"
    return shutil.which(tool, path=places.lstrip(":"))


def _rclone(errand: Errand) -> Command:
    target = errand.key("").rstrip("/")
    return (
        *(str(_path("rclone")), "copy", ":http:", f":s3:{errand.bucket}/{target}"),
        *("--http-url", f"{errand.upstream}{errand.catalog.path}/files/"),
        *("--s3-provider", "Other", "--s3-env-auth", "--s3-no-check-bucket"),
        *("--s3-endpoint", errand.variables["AWS_ENDPOINT_URL"]),
        # It would look at each object that it has put, and the sink has none.
        *("--s3-no-head", "--s3-disable-checksum"),
        *("--ca-cert", str(errand.bundle), "--config", os.devnull, "--quiet"),
        *("--transfers", str(JOBS), "--checkers", str(2 * JOBS), "--retries", "1"),
        # With --ca-cert, the SDK in it cannot do with a bundle of its own.
    ), {"AWS_CA_BUNDLE": ""}


def _aria2c(errand: Errand) -> list[str]:
    wanted = errand.place / "aria2.list"
    wanted.write_text(
        "".join(
            f"{address}\n out={bottle.digest}\n checksum=sha-256={bottle.digest}\n"
            for address, bottle in zip(
                errand.addresses(), errand.catalog.bottles, strict=True
            )
        ),
        encoding="utf-8",
    )
    return [
        *(str(_path("aria2c")), "--no-conf", "--quiet", "--input-file", str(wanted)),
        *("--dir", str(errand.place / "files"), "--ca-certificate", str(errand.bundle)),
        *("--max-concurrent-downloads", str(JOBS), "--file-allocation", "none"),
        *("--max-connection-per-server", "1", "--split", "1"),
        *("--auto-save-interval", "0", "--download-result", "hide"),
    ]


def _curl(errand: Errand) -> list[str]:
    folder = errand.place / "files"
    folder.mkdir()
    return curl(errand, lambda bottle: str(folder / bottle.digest))


def _aws(errand: Errand) -> list[str]:
    folder, target = errand.place / "files", f"s3://{errand.bucket}/{errand.key('')}"
    return [str(_path("aws")), "s3", "sync", str(folder), target, "--only-show-errors"]


def _s5cmd(errand: Errand) -> list[str]:
    folder, target = errand.place / "files", f"s3://{errand.bucket}/{errand.key('')}"
    return [
        *(str(_path("s5cmd")), "--log", "error", "--numworkers", str(JOBS)),
        *("--endpoint-url", errand.variables["AWS_ENDPOINT_URL"]),
        *("sync", f"{folder}/", target),
    ]


def _then(
    fetch: Callable[[Errand], list[str]], upload: Callable[[Errand], list[str]]
) -> Callable[[Errand], Command]:
    """Return a command that fetches all, and uploads all when it has come."""

    def command(errand: Errand) -> Command:
        steps = " && ".join(shlex.join(step(errand)) for step in (fetch, upload))
        return ("/bin/sh", "-c", steps), {}

    return command


def _pairs() -> Iterator[tuple[Engine, Sequence[str]]]:
    yield (
        Engine("rclone copy", f"verify, {_UNRECORDED}", _rclone),
        ("rclone",),
    )
    for fetcher, fetch, lacks in (
        ("aria2c", _aria2c, f"{_UNRECORDED}; twice on disk"),
        ("curl", _curl, f"verify, {_UNRECORDED}; twice on disk"),
    ):
        for uploader, upload in (("aws s3 sync", _aws), ("s5cmd sync", _s5cmd)):
            yield (
                Engine(f"{fetcher}, {uploader}", lacks, _then(fetch, upload)),
                (fetcher, uploader.split()[0]),
            )


_PEERS: Final = tuple(_pairs())
