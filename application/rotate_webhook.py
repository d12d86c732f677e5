"""Exchanging a webhook for the one that lies ready, once that is seen to work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from domain import messages
from domain.rotation import Step
from ports.errors import MalformedError, RefusedError
from ports.notifier import Notifier
from ports.secret import Secret
from ports.secret_versions import SecretVersions

_SENDER = "the rotation of its secret"


@dataclass(frozen=True, slots=True)
class RotateWebhook:
    """Takes one step of the exchange.

    Slack makes webhooks by hand only, so none is made here: where none lies ready, the
    present one is tried, and stays.

    Attributes:
        way: What sends over the webhook that it is given.
        environment: Which mirror the test message names.
    """

    versions: SecretVersions
    way: Callable[[Secret], Notifier]
    environment: str

    def __call__(self, step: Step, version: str) -> None:
        """Take one step.

        Raises:
            PortError: It was not taken. Before the last step nothing has changed for
                anybody, so that a webhook which does not work is never used. One that
                is refused is given up: what is laid ready next is tried instead.
        """
        match step:
            case "prepare":
                self.versions.prepare(version)
            case "install":
                # Slack knows its webhooks already.
                pass
            case "test":
                message = messages.test_message(
                    environment=self.environment, sender=_SENDER
                )
                try:
                    self.way(self.versions.pending(version)).send(message)
                except (RefusedError, MalformedError):
                    # Left there, it would be tried for ever, and no other ever.
                    self.versions.give_up(version)
                    raise
            case "promote":
                self.versions.promote(version)
            case _:
                assert_never(step)
