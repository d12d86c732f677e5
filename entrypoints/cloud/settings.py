"""The configuration of what is deployed: its environment, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.configuration import Configuration, configure
from adapters.configuration_sources import ConfigurationError, environment


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
    try:
        configured = configure(given)
    except ConfigurationError as error:
        raise ConfigurationError((*mistakes, *error.mistakes)) from error
    if mistakes:
        raise ConfigurationError(tuple(mistakes))
    return configured
