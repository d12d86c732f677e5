"""What people are told of runs in the cloud, while the ways to them are broken."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from domain.events import NotificationSent, SyncCompleted
from tests.e2e.conftest import Deploy
from tests.standin.catalog import plain_catalog
from tests.standin.server import Upstream
from tests.support.deployment import Deployment
from tests.support.nobody import nobody_listens
from tests.support.secrets_manager import NAME, SecretsManager
from tests.support.slack import SERVER_ERROR

COMPLETE = "✅ Homebrew Bottles Sync Complete"
_FAILED = "Failed to send Slack notification: "


@pytest.fixture
def keeper() -> Iterator[SecretsManager]:
    with SecretsManager() as keeper:
        yield keeper


def nothing_to_do() -> Upstream:
    """Return an upstream that has no bottle for the mirror."""
    return Upstream(plain_catalog(1, ["x86_64_linux"]))


def by_secret(cloud: Deployment, keeper: SecretsManager) -> None:
    """Have the webhook read from a secret."""
    del cloud.settings["BOTTLES_SLACK_WEBHOOK_URL"]
    cloud.settings["BOTTLES_SLACK_WEBHOOK_SECRET_ID"] = NAME
    cloud.settings["AWS_ENDPOINT_URL_SECRETS_MANAGER"] = keeper.endpoint_url
    cloud.deploy()


def assert_complete(cloud: Deployment, failures: int) -> None:
    """Assert that the run is complete, whoever was told, and no log has a secret."""
    assert [event.outcome for event in cloud.events(SyncCompleted)] == ["complete"]
    assert cloud.upstream.requests.count("signed_get") == len(cloud.ledger().held)
    assert cloud.published() == cloud.ledger()
    assert cloud.total("NotificationFailures") == failures
    assert "secret-of-webhook" not in cloud.log()
    assert "/services/" not in cloud.log()


def test_a_run_is_complete_though_slack_is_down(deploy: Deploy) -> None:
    cloud = deploy(Upstream(plain_catalog(3)), retry_attempts="2")
    cloud.slack.answer_always(SERVER_ERROR)

    answer = cloud.run()

    assert answer["outcome"] == "started"
    assert_complete(cloud, failures=2)
    assert f"{_FAILED}500 Internal Server Error (server_error)" in cloud.said()
    # Twice for each of two messages.
    assert len(cloud.slack.attempts) == 4
    assert not cloud.events(NotificationSent)


def test_a_run_is_complete_though_its_secret_may_not_be_read(
    deploy: Deploy, keeper: SecretsManager
) -> None:
    cloud = deploy(Upstream(plain_catalog(3)))
    by_secret(cloud, keeper)

    cloud.run()

    assert_complete(cloud, failures=2)
    assert f"{_FAILED}its webhook is not known: the secret {NAME}" in cloud.said()
    assert "secretsmanager:GetSecretValue" in cloud.said()
    assert not cloud.slack.attempts


@pytest.mark.parametrize(
    ("url", "told"),
    [
        pytest.param("{origin}/services/T0/B0/secret-of-webhook", "404 Not Found"),
        pytest.param(
            "http://127.0.0.1:{port}/services/T0/B0/secret-of-webhook",
            "the connection failed: Connection refused",
        ),
    ],
)
def test_a_webhook_that_leads_nowhere_is_told_of_in_the_log_without_its_url(
    deploy: Deploy, url: str, told: str
) -> None:
    cloud = deploy(nothing_to_do(), views="none", retry_attempts="2")
    origin = cloud.slack.url.partition("/services/")[0]
    with nobody_listens() as port:
        webhook = url.format(origin=origin, port=port)
        cloud.settings["BOTTLES_SLACK_WEBHOOK_URL"] = webhook
        cloud.deploy()

        answer = cloud.run()

    assert answer["outcome"] == "nothing_to_do"
    assert_complete(cloud, failures=1)
    assert _FAILED + told in cloud.said()


def test_a_webhook_that_was_renewed_is_read_again(
    deploy: Deploy, keeper: SecretsManager
) -> None:
    cloud = deploy(nothing_to_do(), views="none")
    by_secret(cloud, keeper)
    before = cloud.slack.url
    keeper.versions = [before, json.dumps({"webhook_url": cloud.slack.renew()})]

    cloud.run()

    assert cloud.titles() == [COMPLETE]
    assert len(cloud.slack.attempts) == 2
    assert_complete(cloud, failures=0)


def test_with_notifications_turned_off_nobody_is_told(deploy: Deploy) -> None:
    cloud = deploy(nothing_to_do(), views="none", enable_notifications="false")

    cloud.run()

    assert_complete(cloud, failures=0)
    assert not cloud.slack.attempts
