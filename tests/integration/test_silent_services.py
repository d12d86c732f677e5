"""Services of AWS's that take what serves telling people, and do not answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import PurePosixPath
from socket import create_server, socket
from threading import Thread

import pytest

from adapters.aws import client
from adapters.system_clock import SystemClock
from domain.cloud_config import CloudConfig
from domain.config import FolderAddress, SyncConfig
from entrypoints.notifying import open_ways
from ports.errors import UnavailableError
from tests.support.messages import MESSAGES

TOPIC = "arn:aws:sns:us-east-1:123456789012:homebrew-sync-alerts"
CONFIG = SyncConfig(store=FolderAddress(PurePosixPath("/mirror")), retry_attempts=5)


@contextmanager
def silent_server() -> Iterator[tuple[str, list[socket]]]:
    """Yield the URL of who takes every connection and says nothing, and who came."""
    came: list[socket] = []

    def take() -> None:
        with suppress(OSError):
            while True:
                came.append(listening.accept()[0])

    with create_server(("127.0.0.1", 0)) as listening:
        Thread(target=take, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", came
    for connection in came:
        connection.close()


@pytest.mark.parametrize(
    "cloud",
    [
        pytest.param(CloudConfig(notification_topic_arn=TOPIC), id="SNS"),
        pytest.param(CloudConfig(slack_webhook_secret_id="slack"), id="its secret"),
    ],
)
def test_a_service_that_is_silent_is_tried_twice_and_given_up(
    cloud: CloudConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    quickly = replace(client.FOR_MESSAGES, silence=0.1)
    monkeypatch.setattr(client, "FOR_MESSAGES", quickly)
    with silent_server() as (url, came):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        (way,) = open_ways(cloud, CONFIG, SystemClock(), lambda: 0.5).values()
        with pytest.raises(UnavailableError):
            way.send(MESSAGES["started"])

    assert len(came) == 2


def test_all_tries_together_take_a_third_of_a_minute() -> None:
    patience = client.FOR_MESSAGES
    assert patience.attempts is not None
    assert patience.attempts * (patience.connect + patience.silence) <= 20
