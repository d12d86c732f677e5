"""The command ``bottles``."""

from __future__ import annotations

import atexit
import gc
import io
import sys
from collections.abc import Sequence
from typing import Final

import click

from entrypoints.cli.command import Example
from entrypoints.cli.exit_status import ExitStatus
from entrypoints.cli.lazy_group import LazyGroup
from entrypoints.cli.options import global_options

PROGRAM: Final = "bottles"

_COMMANDS: Final = {
    "Mirror bottles": {
        "init": "entrypoints.cli.init:init",
        "plan": "entrypoints.cli.plan:plan",
        "sync": "entrypoints.cli.sync:sync",
        "verify": "entrypoints.cli.verify:verify",
        "gc": "entrypoints.cli.collect:collect",
    },
    "Let brew have them": {
        "publish": "entrypoints.cli.publish:publish",
        "rollback": "entrypoints.cli.rollback:rollback",
        "serve": "entrypoints.cli.serve:serve",
        "brew-env": "entrypoints.cli.brew_env:brew_env",
        "smoke": "entrypoints.cli.smoke:smoke",
    },
    "Look into the mirror": {
        "report": "entrypoints.cli.report:report",
        "status": "entrypoints.cli.status:status",
        "explain": "entrypoints.cli.explain:explain",
        "ledger": "entrypoints.cli.ledger:ledger",
        "doctor": "entrypoints.cli.doctor:doctor",
    },
    "Carry it elsewhere": {
        "export": "entrypoints.cli.export:export",
        "import": "entrypoints.cli.import_mirror:import_",
        "cloud": "entrypoints.cli.cloud:cloud",
    },
    "Set up this program": {
        "completion": "entrypoints.cli.completion:completion",
    },
}


@click.group(
    cls=LazyGroup,
    chapters=_COMMANDS,
    examples=(
        Example(
            "bottles plan jq --with-deps --tag arm64_sonoma",
            "What would come of jq and all that it needs, for one kind of client?",
        ),
        Example(
            "bottles sync jq --with-deps --tag arm64_sonoma",
            "Mirror that into ./mirror.",
        ),
        Example("bottles serve", "Let the brew of this machine have it."),
    ),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@global_options
@click.version_option(
    package_name="homebrew-bottles-sync", message="%(prog)s %(version)s"
)
def cli(**_given: object) -> None:
    """Keep a mirror of Homebrew's bottles in a folder or an S3 bucket.

    Every setting can be given as an option, as BOTTLES_<NAME> in the environment, or
    in bottles.toml, and counts in this order.

    \b
    Exit status: 0 done; 1 done, but some bottles failed; 2 wrong usage or
    configuration; 3 the ledger or the store is damaged; 4 upstream or the store
    cannot be reached; 130 interrupted, with what was fetched recorded.
    """  # noqa: D301 - click keeps lines after a backspace


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    # A plan is a quarter of a million objects that all stay: to look through them for
    # rubbish after every 700 new ones takes a tenth of its time, and to do it once more
    # at the end, when all of them go, as much again.
    gc.set_threshold(300_000, 20, 100)
    atexit.register(gc.freeze)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Names may hold what the terminal cannot show.
            stream.reconfigure(errors="backslashreplace")
    with ExitStatus() as status:
        status.code = cli.main(args=arguments, prog_name=PROGRAM, standalone_mode=False)
    return status.code
