"""What every invocation in the cloud begins and ends with: its log, its metrics."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from adapters.configuration import Configuration
from adapters.configuration_sources import ConfigurationError
from adapters.telemetry.log_lines import LogLines
from application.security_events import security_cause
from domain.errors import MirrorError
from entrypoints.cloud.settings import read_settings
from entrypoints.sentences import sentences
from ports.metrics import Metrics


def configured_by(
    variables: Mapping[str, str], *, needed: tuple[str, ...] = ()
) -> Configuration:
    """Return what the environment says, or tell the log what is wrong with it.

    Raises:
        ConfigurationError: It is wrong, or something is missing.
    """
    with mistakes_logged():
        return read_settings(variables, needed=needed)


@contextmanager
def mistakes_logged() -> Iterator[None]:
    """Tell the log what is wrong with the configuration.

    Raises:
        ConfigurationError: What is wrong with it.
    """
    try:
        yield
    except ConfigurationError as error:
        for sentence in sentences(error):
            LogLines(sys.stdout).error(sentence)
        raise


@contextmanager
def logged(lines: LogLines, metrics: Metrics) -> Iterator[None]:
    """Tell of what ends the work here, in the log and in metrics, and let it out.

    Raises:
        Exception: Whatever ends it: whoever invokes has to know.
    """
    try:
        yield
    except MirrorError as error:
        for sentence in sentences(error):
            lines.error(sentence)
        cause = security_cause(error)
        if cause is not None:
            metrics.add("SecurityEvents", 1, cause)
        raise
    except BaseException as error:
        lines.error("this is a bug in this program; please report it", error)
        raise
    finally:
        metrics.flush()
