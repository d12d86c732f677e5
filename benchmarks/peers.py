"""What people use instead: rclone, or a tool that fetches and another that uploads."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator
from typing import Final

from benchmarks.engines import JOBS, Command, Engine, Errand, curl
from benchmarks.tools import path

_UNRECORDED: Final = "record, condition"


def _rclone(errand: Errand) -> Command:
    target = errand.key("").rstrip("/")
    return (
        *(path("rclone"), "copy", ":http:", f":s3:{errand.bucket}/{target}"),
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
        *(path("aria2c"), "--no-conf", "--quiet", "--input-file", str(wanted)),
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
    return [path("aws"), "s3", "sync", str(folder), target, "--only-show-errors"]


def _s5cmd(errand: Errand) -> list[str]:
    folder, target = errand.place / "files", f"s3://{errand.bucket}/{errand.key('')}"
    return [
        *(path("s5cmd"), "--log", "error", "--numworkers", str(JOBS)),
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


def _pairs() -> Iterator[Engine]:
    for fetcher, fetch, lacks in (
        ("aria2c", _aria2c, f"{_UNRECORDED}; twice on disk"),
        ("curl", _curl, f"verify, {_UNRECORDED}; twice on disk"),
    ):
        for uploader, upload in (("aws s3 sync", _aws), ("s5cmd sync", _s5cmd)):
            yield Engine(
                f"{fetcher}, {uploader}",
                lacks,
                _then(fetch, upload),
                needs=(fetcher, uploader.split()[0]),
            )


PEERS: Final = (
    Engine("rclone copy", f"verify, {_UNRECORDED}", _rclone, needs=("rclone",)),
    *_pairs(),
)
