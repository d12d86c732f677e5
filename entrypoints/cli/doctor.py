"""``bottles doctor``: is everything there that a run needs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from entrypoints.cli.command import Command, Example
from entrypoints.cli.exit_status import of_errors
from entrypoints.cli.invocation import Invocation, invoked
from entrypoints.cli.options import (
    BUCKET,
    NOTIFYING,
    REGISTRY,
    UPSTREAM,
    config_options,
    global_options,
)
from entrypoints.cli.output import tell, tell_json

if TYPE_CHECKING:
    from application.doctor import Check
    from domain.config import SyncConfig


@click.command(
    cls=Command,
    short_help="Check that everything is there that a run needs.",
    examples=[
        Example("bottles doctor --notify", "Check it all, and send a test message.")
    ],
)
@click.option(
    "--notify", is_flag=True, help="Also send a test message, as runs are told of."
)
@config_options(*UPSTREAM, "retry_attempts", *REGISTRY, *BUCKET, *NOTIFYING)
@global_options
@click.pass_context
def doctor(context: click.Context, /, *, notify: bool, **_given: object) -> int:
    """Check that everything is there that a run needs, and say what to do if not.

    The store is tried out with a few objects, probe-…, which are removed
    again; all else is only read. The ledger is opened as a run opens it:
    bottles ledger check reads all of it. Where several checks fail, the exit status is
    that of the worst: 3, then 2, then 4.
    """
    from adapters.configuration_sources import ConfigurationError
    from application.doctor import Check

    as_json = bool(_given_as(context, "as_json"))
    try:
        with invoked(context) as invocation:
            checks = _checks(context, invocation, notify=notify)
            return _tell(checks, as_json=as_json)
    except ConfigurationError as error:
        check = Check(
            name="configuration",
            state="fail",
            detail=str(error),
            advice="mend it and run this again: nothing else was checked",
            error=error,
        )
        return _tell(iter([check]), as_json=as_json)


def _checks(
    context: click.Context, invocation: Invocation, *, notify: bool
) -> Iterator[Check]:
    from application.doctor import Check
    from domain import messages

    yield Check("configuration", "ok", _sources(context, invocation.config))
    yield from invocation.mirror.doctor()()
    if notify:
        mirror = invocation.mirror
        message = messages.test_message(
            environment=mirror.cloud().environment, sender="bottles doctor --notify"
        )
        yield mirror.try_ways()(message)


def _tell(checks: Iterator[Check], *, as_json: bool) -> int:
    """Print the checks, for a person as they are made, and return the exit status."""
    from entrypoints.cli.answers import doctor_answer
    from entrypoints.cli.doctor_text import check_text, verdict_text

    made: list[Check] = []
    for check in checks:
        made.append(check)
        if not as_json:
            tell(check_text(check))
    if as_json:
        tell_json(doctor_answer(made))
    else:
        tell(f"\n{verdict_text(made)}")
    return of_errors(check.error for check in made if check.error is not None)


def _sources(context: click.Context, config: SyncConfig) -> str:
    """Return where the settings come from, and which store they name."""
    from adapters.configuration_sources import FILE_NAME, environment

    file = _given_as(context, "config")
    given = environment(os.environ)
    sources = [
        *([str(file)] if file else [FILE_NAME] if Path(FILE_NAME).exists() else []),
        *map(given.spelt, sorted(given.values)),
    ]
    told = f"read from {', '.join(sources)}" if sources else "options and defaults only"
    return f"{told}; the store is {config.store}"


def _given_as(context: click.Context | None, name: str) -> object:
    """Return what an option is that may stand before the command and after it."""
    found: object = None
    while context is not None and not found:
        found = context.params.get(name)
        context = context.parent
    return found
