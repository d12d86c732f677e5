"""What brings bottles from upstream into S3: the program, and what else there is.

Each is a command line that is measured as a process, with all that it starts.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import boto3

from benchmarks.origin import Catalog, Offered
from benchmarks.program import ROOT, Measured, measured
from benchmarks.tools import path

JOBS: Final = min(32, 4 * (os.cpu_count() or 1))
"""Transfers at a time: what ``bottles`` takes of itself."""

# A bottle lies in a folder with a day for a name.
_DAY: Final = "2026-01-01"


@dataclass(frozen=True, slots=True)
class Errand:
    """What is to be brought where.

    Attributes:
        upstream: The address of API and registry.
        bundle: The certificates that vouch for both sides.
        variables: What opens the store to every program that knows AWS.
        prefix: Of all that is written.
        place: An empty folder, for files of the engine's own.
    """

    upstream: str
    catalog: Catalog
    tags: str
    bundle: Path
    variables: Mapping[str, str]
    bucket: str
    prefix: str
    place: Path

    def key(self, name: str) -> str:
        """Return where a bottle is to lie in the bucket."""
        return f"{self.prefix}/{_DAY}/{name}"

    def addresses(self) -> list[str]:
        """Return where the bottles are upstream."""
        return [f"{self.upstream}{bottle.path}" for bottle in self.catalog.bottles]


Command = tuple[Sequence[str], Mapping[str, str]]
"""A command line, and the environment that it wants beside the errand's."""


@dataclass(frozen=True, slots=True)
class Engine:
    """One way to do it.

    Attributes:
        lacks: What of the program's work it does not do.
        command: Returns the command to run.
        fetches: Whether it asks upstream at all.
        stores: Whether what it fetches gets into the store.
        redirected: Whether upstream redirects to where the bottles are.
        needs: The tools of others that it is made of.
    """

    name: str
    lacks: str
    command: Callable[[Errand], Command]
    fetches: bool = True
    stores: bool = True
    redirected: bool = False
    needs: Sequence[str] = ()

    @property
    def is_limit(self) -> bool:
        """Whether it does one part of the work and shows how quick that can be."""
        return not (self.fetches and self.stores)

    def run(self, errand: Errand) -> Measured:
        """Run it, and measure it.

        Raises:
            RuntimeError: It failed.
        """
        command, more = self.command(errand)
        bundle = str(errand.bundle)
        trust = dict.fromkeys(
            ("REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE", "SSL_CERT_FILE"), bundle
        )
        settings = {**errand.variables, **trust, **more}
        return measured(*command, cwd=errand.place, settings=settings)


def _bottles(errand: Errand, *more: str) -> Command:
    command = (
        *(str(Path(sysconfig.get_path("scripts"), "bottles")), "sync"),
        *("--catalog", "formula.json", "--tag", errand.tags, "--jobs", str(JOBS)),
        *("--store", f"s3://{errand.bucket}/{errand.prefix}", "--no-publish"),
        *("--json", "--quiet", *more),
    )
    return command, {
        "BOTTLES_API_DOMAIN": f"{errand.upstream}{errand.catalog.path}",
        "BOTTLES_REGISTRY": errand.upstream,
    }


def _idiom(errand: Errand) -> Command:
    wanted = errand.place / "list.json"
    items = [
        (address, bottle.digest, bottle.size, errand.key(bottle.digest))
        for address, bottle in zip(
            errand.addresses(), errand.catalog.bottles, strict=True
        )
    ]
    wanted.write_text(json.dumps(items), encoding="utf-8")
    program = str(ROOT / "benchmarks" / "idiom.py")
    return (sys.executable, program, str(wanted), errand.bucket, str(JOBS)), {}


def _bare(errand: Errand) -> Command:
    wanted = errand.place / "list.json"
    items = [
        (address, bottle.digest, bottle.size, url)
        for address, (url, bottle) in zip(
            errand.addresses(), _signed(errand), strict=True
        )
    ]
    wanted.write_text(json.dumps(items), encoding="utf-8")
    program = str(ROOT / "benchmarks" / "bare.py")
    return (sys.executable, program, str(wanted), str(JOBS)), {}


# What goes into the store is what was hashed: it passes by on its way.
_PIPE: Final = r"""
sum=$({ curl -sSf --cacert "$SSL_CERT_FILE" "$0" | tee /dev/fd/3 |
    curl -sSf --cacert "$SSL_CERT_FILE" -H Expect: -H Transfer-Encoding: \
        -H "Content-Length: $2" -T - "$3" -o /dev/null
} 3>&1 1>/dev/null | openssl dgst -sha256 -r)
test "${sum%% *}" = "$1"
"""


def _piped(errand: Errand) -> Command:
    wanted = errand.place / "list.txt"
    wanted.write_text(
        "".join(
            f"{address}\n{bottle.digest}\n{bottle.size}\n{url}\n"
            for address, (url, bottle) in zip(
                errand.addresses(), _signed(errand), strict=True
            )
        ),
        encoding="utf-8",
    )
    together = ("-d", "\\n", "-n", "4", "-P", str(JOBS))
    return ("xargs", "-a", str(wanted), *together, "bash", "-c", _PIPE), {}


def curl(errand: Errand, into: Callable[[Offered], str], jobs: int = JOBS) -> list[str]:
    """Return a command that fetches every bottle into a file."""
    configuration = errand.place / "curl.conf"
    configuration.write_text(
        "".join(
            f'url = "{address}"\noutput = "{into(bottle)}"\n'
            for address, bottle in zip(
                errand.addresses(), errand.catalog.bottles, strict=True
            )
        ),
        encoding="utf-8",
    )
    together = ["--parallel", "--parallel-max", str(jobs)] if jobs > 1 else []
    return [
        *(path("curl"), "--cacert", str(errand.bundle), "--config", str(configuration)),
        *("--no-progress-meter", "--fail", "--location", *together),
    ]


def _signed(errand: Errand) -> list[tuple[str, Offered]]:
    """Return each bottle with an address that it may be put to, signed beforehand."""
    s3 = boto3.client(
        "s3",
        endpoint_url=errand.variables["AWS_ENDPOINT_URL"],
        region_name=errand.variables["AWS_REGION"],
        aws_access_key_id=errand.variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=errand.variables["AWS_SECRET_ACCESS_KEY"],
    )
    with closing(s3):
        return [
            (
                s3.generate_presigned_url(
                    "put_object",
                    {"Bucket": errand.bucket, "Key": errand.key(bottle.digest)},
                ),
                bottle,
            )
            for bottle in errand.catalog.bottles
        ]


def _put_by_curl(errand: Errand) -> Command:
    configuration = errand.place / "curl.conf"
    configuration.write_text(
        "".join(
            f'url = "{url}"\nupload-file = "{bottle.file}"\n'
            for url, bottle in _signed(errand)
        ),
        encoding="utf-8",
    )
    return (
        *(path("curl"), "--cacert", str(errand.bundle), "--config", str(configuration)),
        # It would ask for each large body whether it may be sent.
        *("--header", "Expect:", "--no-progress-meter", "--fail"),
        *("--parallel", "--parallel-max", str(JOBS)),
    ), {}


def _put_leanly(errand: Errand) -> Command:
    wanted = errand.place / "list.json"
    items = [(url, str(bottle.file), bottle.size) for url, bottle in _signed(errand)]
    wanted.write_text(json.dumps(items), encoding="utf-8")
    program = str(ROOT / "benchmarks" / "lean.py")
    return (sys.executable, program, str(wanted), str(JOBS)), {}


def _curl(jobs: int) -> Callable[[Errand], Command]:
    return lambda errand: (curl(errand, lambda _: os.devnull, jobs), {})


def _curls(errand: Errand) -> Command:
    """Return a command that runs one curl a core, each with its share."""
    cores, commands = os.cpu_count() or 1, []
    for number in range(cores):
        place = errand.place / str(number)
        place.mkdir()
        bottles = errand.catalog.bottles[number::cores]
        share = replace(errand.catalog, bottles=bottles)
        command = curl(
            replace(errand, catalog=share, place=place),
            lambda _: os.devnull,
            max(1, JOBS // cores),
        )
        commands.append(shlex.join(command))
    return ("/bin/sh", "-c", f"{' & '.join(commands)} & wait"), {}


BOTTLES: Final = Engine(
    "bottles sync", "", lambda errand: _bottles(errand, "--views", "none")
)
BOTTLES_WITH_VIEW: Final = Engine("  with the registry view", "", _bottles)
IDIOM: Final = Engine("requests + boto3", "record, condition, resume", _idiom)
BARE: Final = Engine("bare Python", "record, condition, resume, sign", _bare)
_CURL: Final = ("curl",)
PIPED: Final = Engine(
    "curl | openssl | curl",
    "record, condition, resume, sign",
    _piped,
    needs=("curl", "openssl"),
)
_NOWHERE: Final = "verify, store, record"
CURLS: Final = (
    Engine("curl to nowhere", _NOWHERE, _curl(1), stores=False, needs=_CURL),
    Engine(f"curl, {JOBS} at a time", _NOWHERE, _curl(JOBS), stores=False, needs=_CURL),
    Engine("curl, one a core", _NOWHERE, _curls, stores=False, needs=_CURL),
)
_PUTS: Final = "fetch, verify, record"
PUTS: Final = (
    Engine("curl, put only", _PUTS, _put_by_curl, fetches=False, needs=_CURL),
    Engine("http.client, put only", _PUTS, _put_leanly, fetches=False),
)
