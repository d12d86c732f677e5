"""The configuration of what is deployed: its environment, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.configuration import Configuration, configure
from adapters.configuration_sources import ConfigurationError, Source, environment


def read_settings(
    variables: Mapping[str, str], *, needed: tuple[str, ...] = ()
) -> Configuration:
    """Return what the environment says.

    Args:
        needed: Settings that this program cannot do without, as ``state_machine_arn``.

    Raises:
        ConfigurationError: It is wrong, or something is missing: all of it is told.
    """
    given = environment(variables)
    mistakes = [
        f"environment {given.spelt(name)}: is missing"
        for name in needed
        if name not in given.values
    ]
    if not {"store", "s3_bucket_name"} & set(given.values):
        mistakes.append(
            f"environment {given.spelt('s3_bucket_name')}: is missing: it names the"
            " bucket of the mirror"
        )
    return checked(given, mistakes)


def checked(given: Source, missing: Sequence[str]) -> Configuration:
    """Return what ``given`` says.

    Args:
        missing: A sentence for each thing that is not given and should be.

    Raises:
        ConfigurationError: It is wrong, or something is missing: all of it is told.
    """
    try:
        configured = configure(given)
    except ConfigurationError as error:
        raise ConfigurationError((*missing, *error.mistakes)) from error
    if missing:
        raise ConfigurationError(tuple(missing))
    return configured
