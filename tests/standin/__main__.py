"""The stand-in upstream in a process of its own, until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from pathlib import Path

from tests.standin.catalog import Formula, load_catalog, plain_catalog, small_catalog
from tests.standin.server import Upstream
from tests.standin.sizes import parse_sizes


def main() -> None:
    """Serve, and tell where in one line of JSON."""
    arguments = _parser().parse_args()
    stops = {signal.SIGTERM, signal.SIGINT}
    # Before any thread starts, so that none of them is the one that is stopped.
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    tls = (arguments.tls_cert, arguments.tls_key) if arguments.tls_cert else None
    with (
        tempfile.TemporaryDirectory(prefix="standin-") as folder,
        Upstream(
            _catalog(arguments.catalog),
            sizes=parse_sizes(arguments.sizes),
            seed=arguments.seed,
            port=arguments.port,
            tls=tls,
        ) as upstream,
    ):
        key = Path(folder, "public_key.pem")
        key.write_text(upstream.public_key_pem, encoding="ascii")
        addresses = {
            "api_domain": upstream.api_domain,
            "registry": upstream.registry,
            "public_key": str(key),
        }
        sys.stdout.write(json.dumps(addresses) + "\n")
        sys.stdout.flush()
        if arguments.ready_file:
            _write_whole(arguments.ready_file, json.dumps(addresses) + "\n")
        signal.sigwait(stops)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.standin", description=__doc__
    )
    parser.add_argument("--port", type=int, default=0, help="of API and registry")
    parser.add_argument(
        "--catalog",
        default="small",
        help="small[:FORMULAE], plain:FORMULAE[:TAG,TAG], or a formula.json[.gz]",
    )
    parser.add_argument(
        "--sizes",
        default="lognormal:0.01",
        help="fixed:BYTES, lognormal[:SCALE] or csv:PATH[:SCALE]",
    )
    parser.add_argument("--seed", type=int, default=0, help="other bytes")
    parser.add_argument("--ready-file", type=Path, help="gets the line of JSON too")
    parser.add_argument("--tls-cert", help="certificate file, for HTTPS")
    parser.add_argument("--tls-key", help="its private key file")
    return parser


def _catalog(text: str) -> list[Formula]:
    match text.split(":"):
        case ["small"]:
            return small_catalog()
        case ["small", count]:
            return small_catalog(int(count))
        case ["plain", count]:
            return plain_catalog(int(count))
        case ["plain", count, tags]:
            return plain_catalog(int(count), tags.split(","))
    return load_catalog(Path(text))


def _write_whole(path: Path, text: str) -> None:
    """Write so that whoever waits for the file never sees half of it."""
    draft = path.with_name(path.name + ".part")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


if __name__ == "__main__":
    main()
