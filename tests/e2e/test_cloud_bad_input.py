"""Runs in the cloud that cannot begin: the log, the answer and a message say why."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.ledger.layout import commit_key
from tests.standin.catalog import plain_catalog
from tests.standin.faults import Fault
from tests.standin.server import Upstream
from tests.support.canned import Answer, CannedServer
from tests.support.deployment import ORCHESTRATOR, WORKER, Deployment, deployed
from tests.support.seaweed import SeaweedS3

FAILED = "❌ Homebrew Bottles Sync Failed"


@pytest.fixture(scope="module")
def mirrored(seaweed: SeaweedS3, lambda_runtime: None) -> Iterator[Deployment]:
    """Yield a system whose mirror is complete, and to which nothing is new."""
    assert lambda_runtime is None
    with (
        Upstream(plain_catalog(3)) as upstream,
        deployed(seaweed, upstream, retry_attempts="2") as cloud,
    ):
        cloud.run()
        upstream.publish(plain_catalog(4))
        yield cloud


@pytest.fixture
def cloud(mirrored: Deployment) -> Iterator[Deployment]:
    """Yield it, and see to it that its store is as it was."""
    settings, before = dict(mirrored.settings), mirrored.tree()
    yield mirrored
    mirrored.upstream.faults.clear()
    assert mirrored.tree() == before
    if mirrored.settings != settings:
        mirrored.settings = settings
        mirrored.deploy()


def assert_not_begun(cloud: Deployment, kind: str, *words: str) -> None:
    """Assert that a run cannot be started, and that all are told clearly why."""
    told = len(cloud.titles())

    answer = cloud.invoke({"source": "manual"})

    assert answer["errorType"] == kind
    assert cloud.titles()[told:] == [FAILED]
    (error,) = (line["message"] for line in cloud.lines() if line["level"] == "ERROR")
    for word in words:
        assert word in answer["errorMessage"]
        assert word in error
        assert word in cloud.told()[-1]


def test_every_mistake_in_the_variables_is_told_at_once(cloud: Deployment) -> None:
    del cloud.settings["BOTTLES_S3_BUCKET_NAME"]
    del cloud.settings["BOTTLES_STATE_MACHINE_ARN"]
    cloud.settings["BOTTLES_TARGET_TAG"] = "arm64_sonoma"
    cloud.settings["BOTTLES_JOBS"] = "many"
    cloud.deploy()
    words = (
        "environment BOTTLES_S3_BUCKET_NAME: is missing",
        "environment BOTTLES_STATE_MACHINE_ARN: is missing",
        "environment BOTTLES_TARGET_TAG: ",
        "environment BOTTLES_JOBS: 'many' is not a whole number",
    )
    told = len(cloud.told())

    started = cloud.invoke({"source": "manual"})
    asked = cloud.invoke({"source": "age"})
    worked = cloud.invoke({}, WORKER)

    for answer in (started, asked, worked):
        assert answer["errorType"] == "ConfigurationError"
        assert all(word in answer["errorMessage"] for word in words)
    sentences = [line["message"] for line in cloud.lines() if line["level"] == "ERROR"]
    assert len(sentences) == 3 * len(words)
    assert all(any(word in line for line in sentences) for word in words)
    # Of the run that could not begin, and of nothing else.
    (message,) = cloud.told()[told:]
    assert message.startswith(FAILED)
    assert all(word in message for word in words)


def test_a_webhook_that_is_a_mistake_itself_is_shown_nowhere(cloud: Deployment) -> None:
    cloud.settings["BOTTLES_SLACK_WEBHOOK_URL"] = "ftp://slack/services/secret"
    cloud.deploy()

    answer = cloud.invoke({"source": "manual"})

    assert answer["errorType"] == "ConfigurationError"
    assert "BOTTLES_SLACK_WEBHOOK_URL" in answer["errorMessage"]
    assert "services/secret" not in answer["errorMessage"] + cloud.log()


def test_a_store_that_may_not_be_read_is_not_an_empty_one(
    cloud: Deployment, seaweed: SeaweedS3
) -> None:
    cloud.settings |= seaweed.stranger
    cloud.deploy()
    assert_not_begun(cloud, "AccessDeniedError", "s3:ListBucket")
    assert cloud.total("SecurityEvents", "access_denied") == 1


def test_wrong_credentials_are_not_an_empty_store(cloud: Deployment) -> None:
    cloud.settings["AWS_SECRET_ACCESS_KEY"] = "wrong"
    cloud.deploy()
    assert_not_begun(cloud, "AccessDeniedError", "AWS_SECRET_ACCESS_KEY")


def test_a_bucket_that_is_not_there_is_not_made(cloud: Deployment) -> None:
    cloud.settings["BOTTLES_S3_BUCKET_NAME"] = "nowhere"
    cloud.deploy()
    assert_not_begun(cloud, "RefusedError", "NoSuchBucket", "aws s3 mb s3://nowhere")


def test_a_bucket_in_another_region_is_told_as_such(cloud: Deployment) -> None:
    elsewhere = {"x-amz-bucket-region": "eu-central-1"}
    with CannedServer(Answer(301, "PermanentRedirect", elsewhere)) as s3:
        cloud.settings["AWS_ENDPOINT_URL_S3"] = s3.endpoint_url
        cloud.deploy()
        assert_not_begun(
            cloud, "RefusedError", "the bucket is in another region", "eu-central-1"
        )


def test_a_damaged_ledger_is_left_as_it_is(cloud: Deployment) -> None:
    key = str(commit_key(cloud.ledger().position.seq))
    whole = cloud.read(key)
    cloud.damage(key, whole[:-20])
    cloud.deploy()
    damaged = cloud.tree()
    try:
        assert_not_begun(cloud, "LedgerDamagedError", "bottles ledger")
        assert cloud.tree() == damaged
        assert cloud.total("SecurityEvents", "ledger_damaged") == 1
    finally:
        cloud.damage(key, whole)


def test_a_catalog_with_a_bad_signature_is_told_of(cloud: Deployment) -> None:
    cloud.upstream.faults.add(Fault("bad_signature", on="catalog"))
    cloud.deploy()
    assert_not_begun(cloud, "UntrustedError", "signature")
    assert cloud.total("SecurityEvents", "bad_signature") == 1


@pytest.mark.parametrize("wrong", ["BOTTLES_JOBS", "AWS_SECRET_ACCESS_KEY"])
def test_what_is_tried_again_is_told_once(cloud: Deployment, wrong: str) -> None:
    cloud.settings[wrong] = "wrong"
    cloud.deploy()
    told = len(cloud.titles())

    cloud.send({"source": "manual"})
    cloud.settle()

    assert cloud.titles()[told:] == [FAILED]
    # Each try is an error to AWS: that is what an alarm, and the dead letters, go by.
    tries = cloud.lambdas.records(ORCHESTRATOR)[-3:]
    assert [(one.attempt, one.outcome.failed) for one in tries] == [
        (1, True),
        (2, True),
        (3, True),
    ]
    assert sum(line["level"] == "ERROR" for line in cloud.lines()) == 3
