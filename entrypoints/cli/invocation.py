"""What every command begins and ends with: its options, its mirror, its signals."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeAlias, TypeVar

import click
from click.core import ParameterSource

from entrypoints.cli.settings import SETTINGS

if TYPE_CHECKING:
    from domain.config import SyncConfig
    from entrypoints.cli.command_container import CommandContainer
    from entrypoints.cli.container import CliContainer
    from entrypoints.cli.crew import Asked
    from entrypoints.cli.plan_container import PlanContainer
    from entrypoints.cli.sync_container import SyncContainer
    from ports.progress import Progress


C = TypeVar("C", bound="CommandContainer")


class InvocationOf(NamedTuple, Generic[C]):
    """A command at work on a mirror.

    Attributes:
        as_json: Whether the result is to be one JSON object.
        verbose: Whether to tell more than most people want to know.
    """

    config: SyncConfig
    mirror: C
    progress: Progress
    as_json: bool
    verbose: bool


Invocation: TypeAlias = "InvocationOf[CliContainer]"
PlanInvocation: TypeAlias = "InvocationOf[PlanContainer]"
SyncInvocation: TypeAlias = "InvocationOf[SyncContainer]"


@contextmanager
def invoked(context: click.Context) -> Iterator[Invocation]:
    """Yield the mirror that the options, the environment and the file describe.

    Raises:
        ConfigurationError: They are wrong; every mistake is told.
    """
    with _stoppable(prepared(context)) as invocation:
        yield invocation


@contextmanager
def syncing(context: click.Context) -> Iterator[tuple[SyncInvocation, Asked]]:
    """Yield what ``invoked`` yields, to a command that syncs, and what it asks.

    Raises:
        ConfigurationError: As ``invoked`` does.
    """
    from entrypoints.cli.crew import at_hand
    from entrypoints.cli.sync_container import SyncContainer

    invocation = _prepared(context, SyncContainer)
    # Before there is a thread that waits for signals.
    with at_hand(invocation.mirror) as asked, _stoppable(invocation):
        yield invocation, asked


@contextmanager
def planning(context: click.Context) -> Iterator[PlanInvocation]:
    """Yield what ``invoked`` yields, to a command that only plans.

    Raises:
        ConfigurationError: As ``invoked`` does.
    """
    from entrypoints.cli.plan_container import PlanContainer

    with _stoppable(_prepared(context, PlanContainer)) as invocation:
        yield invocation


@contextmanager
def _stoppable(invocation: InvocationOf[C]) -> Iterator[InvocationOf[C]]:
    from entrypoints.cli.interruption import stopped_by_signals

    mirror, progress = invocation.mirror, invocation.progress
    with stopped_by_signals(mirror.stop(), progress):
        try:
            yield invocation
        finally:
            progress.end()


def prepared(
    context: click.Context, instead: Mapping[str, object] | None = None
) -> Invocation:
    """Return the mirror of a command that any signal may end at once.

    Args:
        instead: Settings to go by in place of the file's, which may not be there yet.

    Raises:
        ConfigurationError: They are wrong; every mistake is told.
    """
    from entrypoints.cli.container import CliContainer

    return _prepared(context, CliContainer, instead)


def _prepared(
    context: click.Context,
    kind: type[C],
    instead: Mapping[str, object] | None = None,
) -> InvocationOf[C]:
    # All of it late, so that help and completion wait for nothing.
    from adapters import configuration_sources as given_in
    from adapters.configuration import configure
    from entrypoints.cli.command_container import Manner

    given = options_given(context)
    quiet, verbose = bool(given.get("quiet")), bool(given.get("verbose"))
    if quiet and verbose:
        raise click.UsageError("-q and -v exclude each other", context)
    path = given.get("config")
    if instead is None:
        last = given_in.file(Path(path) if isinstance(path, str) else None)
    else:
        last = given_in.settings(instead)
    configured = configure(
        given_in.options(_settings(given)), given_in.environment(os.environ), last
    )
    mirror = kind(
        config=configured.config,
        cloud=configured.cloud,
        manner=Manner(quiet=quiet, verbose=verbose),
    )
    mirror.check_dependencies()
    progress = mirror.progress()
    for note in configured.notes:
        progress.note(note)
    return InvocationOf(
        configured.config,
        mirror,
        progress,
        as_json=bool(given.get("as_json")),
        verbose=verbose,
    )


def options_given(context: click.Context) -> dict[str, object]:
    """Return what the command line gives, before the command and after it."""
    contexts = [context]
    while contexts[0].parent is not None:
        contexts.insert(0, contexts[0].parent)
    return {
        name: value
        for each in contexts
        for name, value in each.params.items()
        if each.get_parameter_source(name) is ParameterSource.COMMANDLINE
    }


def _settings(given: dict[str, object]) -> dict[str, object]:
    """Return the settings in what is given; arguments name formulae, as one does."""
    settings = {
        name: ",".join(value) if isinstance(value, tuple) else value
        for name, value in given.items()
        if name in SETTINGS
    }
    named = given.get("names")
    if isinstance(named, tuple):
        more = settings.get("formulae")
        settings["formulae"] = ",".join([*named, *([str(more)] if more else [])])
    return settings
