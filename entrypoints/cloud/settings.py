"""The configuration of what is deployed: its environment, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from adapters.configuration import Configuration, configure
from adapters.configuration_sources import ConfigurationError, Source, environment

_TO_TELL_PEOPLE: Final = frozenset(
    {
        *("slack_webhook_url", "slack_webhook_secret_id", "notification_topic_arn"),
        *("enable_notifications", "environment", "project_name", "aws_region"),
    }
)


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


def settings_to_tell(variables: Mapping[str, str]) -> Configuration | None:
    """Return how to reach people, though the rest may be wrong.

    Returns:
        None if that is wrong as well. All other settings are as by default.
    """
    given = environment(variables)
    values = {
        name: value for name, value in given.values.items() if name in _TO_TELL_PEOPLE
    }
    try:
        return configure(replace(given, values=values, strangers=()))
    except ConfigurationError:
        return None


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
