from pathlib import Path

import pytest

from adapters.configuration import configure
from adapters.configuration_sources import (
    ConfigurationError,
    Source,
    environment,
    options,
    settings,
)
from domain.cloud_config import CloudConfig
from domain.config import BucketAddress, ExternalObject, FolderAddress

HOOK = "https://hooks.slack.example/services/T0/B0/hunter2"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:homebrew-sync-alerts"
MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:homebrew-sync"
SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:a/slack-x1Y2z3"


def mistakes(*sources: Source) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as refused:
        configure(*sources)
    return refused.value.mistakes


def test_nothing_given_is_a_mirror_in_production_that_tells_nobody() -> None:
    assert configure().cloud == CloudConfig()


def test_reads_every_setting_of_the_cloud_from_text() -> None:
    variables = {
        "BOTTLES_PROJECT_NAME": "bottles-eu",
        "BOTTLES_ENVIRONMENT": "staging",
        "BOTTLES_ENABLE_NOTIFICATIONS": "off",
        "BOTTLES_SLACK_WEBHOOK_SECRET_ID": SECRET,
        "BOTTLES_NOTIFICATION_TOPIC_ARN": TOPIC,
        "BOTTLES_STATE_MACHINE_ARN": MACHINE,
        "BOTTLES_MAX_PARALLEL_TASKS": "4",
        "BOTTLES_LOG_LEVEL": "debug",
        "BOTTLES_SPOOL": "/mnt/spool",
    }

    assert configure(environment(variables)).cloud == CloudConfig(
        project_name="bottles-eu",
        environment="staging",
        enable_notifications=False,
        slack_webhook_secret_id=SECRET,
        notification_topic_arn=TOPIC,
        state_machine_arn=MACHINE,
        max_parallel_tasks=4,
        log_level="DEBUG",
        spool=Path("/mnt/spool"),
    )


def test_functions_are_called_after_the_project() -> None:
    cloud = CloudConfig(project_name="bottles-eu")

    assert cloud.orchestrator_function == "bottles-eu-orchestrator"
    assert cloud.worker_function == "bottles-eu-worker"


def test_every_mistake_is_told_at_once_with_what_would_be_right() -> None:
    told = mistakes(
        options({"project_name": "no_underscores", "max_parallel_tasks": "0"}),
        environment({"BOTTLES_ENVIRONMENT": "two words", "BOTTLES_LOG_LEVEL": "loud"}),
        settings({"notification_topic_arn": MACHINE, "state_machine_arn": TOPIC}),
    )

    assert told == (
        "option --max-parallel-tasks: 0 is not 1 or more",
        (
            "option --project-name: 'no_underscores' is not up to 40 letters, digits"
            " and -, a letter first"
        ),
        (
            "environment BOTTLES_ENVIRONMENT: 'two words' is not up to 64 letters,"
            " digits and ._-, as prod"
        ),
        (
            "environment BOTTLES_LOG_LEVEL: 'loud' is not one of DEBUG, INFO, WARNING,"
            " ERROR, CRITICAL"
        ),
        (
            f"bottles.toml: notification_topic_arn: {MACHINE!r} is not the ARN of"
            " an SNS topic, arn:aws:sns:REGION:ACCOUNT:NAME"
        ),
        (
            f"bottles.toml: state_machine_arn: {TOPIC!r} is not the ARN of a state"
            " machine, arn:aws:states:REGION:ACCOUNT:stateMachine:NAME"
        ),
    )


@pytest.mark.parametrize(
    "url", [HOOK, "http://127.0.0.1:8080/hunter2", "http://localhost/x?y=hunter2"]
)
def test_a_webhook_is_a_url_and_is_never_shown(url: str) -> None:
    configured = configure(options({"slack_webhook_url": url}))

    assert configured.cloud.slack_webhook_url == url
    assert url not in repr(configured)


@pytest.mark.parametrize(
    "value",
    [
        "http://hooks.slack.example/hunter2",
        "https://me:hunter2@hooks.slack.example/",
        "https://[hunter2",
        "https://hooks.slack.example:hunter2/",
        "https://hooks.slack.example/ hunter2",
        "hunter2",
        "https://",
        " ",
        ["hunter2"],
    ],
)
def test_what_is_no_webhook_is_refused_and_not_repeated(value: object) -> None:
    assert mistakes(settings({"slack_webhook_url": value})) == (
        (
            "bottles.toml: slack_webhook_url: what is given (it is not shown) is not"
            " https://host/path (http:// is accepted for loopback addresses only)"
        ),
    )


@pytest.mark.parametrize(
    "name",
    ["slack_webhook_secret_id", "registry_token_secret_id", "github_token_secret_id"],
)
@pytest.mark.parametrize("value", [HOOK, "hunter2!", "x" * 600, 7])
def test_a_secret_that_is_given_for_its_name_is_not_repeated(
    name: str, value: object
) -> None:
    assert mistakes(settings({name: value})) == (
        (
            f"bottles.toml: {name}: what is given (it is not shown) is not the name or"
            " the ARN of a secret in AWS Secrets Manager"
        ),
    )


def test_a_webhook_is_given_in_one_way_at_a_time_and_the_first_place_wins() -> None:
    assert mistakes(
        settings({"slack_webhook_url": HOOK, "slack_webhook_secret_id": "slack"})
    ) == (
        (
            "bottles.toml: slack_webhook_url and slack_webhook_secret_id: one webhook"
            " at a time"
        ),
    )

    cloud = configure(
        environment({"BOTTLES_SLACK_WEBHOOK_URL": HOOK}),
        settings({"slack_webhook_secret_id": "slack"}),
    ).cloud

    assert cloud == CloudConfig(slack_webhook_url=HOOK)


def test_a_token_is_given_in_one_way_at_a_time_and_the_first_place_wins() -> None:
    given = {"registry_token": "hunter2", "registry_token_secret_id": "ghcr"}
    (told,) = mistakes(options(given))
    assert told == (
        "option --registry-token and --registry-token-secret-id: one token of the"
        " registry at a time"
    )

    config = configure(
        options({"registry_token_secret_id": "ghcr"}),
        settings({"registry_token": "hunter2"}),
    ).config

    assert config.registry_token is None
    assert config.registry_token_secret_id == "ghcr"


def test_the_token_of_github_is_given_in_one_way_at_a_time_too() -> None:
    given = {"github_token": "hunter2", "github_token_secret_id": "github"}

    (told,) = mistakes(options(given))
    assert told == (
        "option --github-token and --github-token-secret-id: one token of GitHub at a"
        " time"
    )


@pytest.mark.parametrize(
    ("prefix", "store"),
    [
        (None, BucketAddress("bottles")),
        ("a/b", BucketAddress("bottles", "a/b")),
        ("/a/", BucketAddress("bottles", "a")),
    ],
)
def test_a_buckets_name_is_another_way_to_name_the_store(
    prefix: str | None, store: BucketAddress
) -> None:
    given = {"s3_bucket_name": "bottles", "s3_prefix": prefix}
    named = {name: value for name, value in given.items() if value is not None}

    assert configure(settings(named)).config.store == store


def test_the_first_place_that_names_a_store_wins_in_whatever_way() -> None:
    by_url, by_name = {"store": "./mirror"}, {"s3_bucket_name": "bottles"}

    first = configure(options(by_url), settings(by_name)).config
    second = configure(options(by_name), settings(by_url)).config

    assert first.store == FolderAddress(Path("mirror"))
    assert second.store == BucketAddress("bottles")


def test_a_prefix_may_stand_in_another_place_than_its_bucket() -> None:
    read = configure(options({"s3_prefix": "b"}), settings({"s3_bucket_name": "a-b"}))

    assert read.config.store == BucketAddress("a-b", "b")


def test_mistakes_about_the_store_are_told_together() -> None:
    told = mistakes(
        options({"store": "./mirror", "s3_bucket_name": "bottles"}),
        settings({"s3_prefix": "a//b"}),
    )

    assert told == (
        "bottles.toml: s3_prefix: 'a//b' is not names joined by single /",
        "option --store and --s3-bucket-name: one store at a time",
    )
    assert mistakes(environment({"BOTTLES_S3_PREFIX": "a"})) == (
        (
            "environment BOTTLES_S3_PREFIX: names no store without"
            " BOTTLES_S3_BUCKET_NAME"
        ),
    )


def test_an_external_hash_file_is_in_the_bucket_that_is_named_so() -> None:
    named = {"s3_bucket_name": "bottles", "external_hash_file_s3_key": "h.json"}

    external = configure(settings(named)).config.external

    assert external == ExternalObject("bottles", "h.json")


def test_what_a_wrong_bucket_was_meant_to_be_is_not_guessed() -> None:
    (told,) = mistakes(
        settings({"s3_bucket_name": "a b", "external_hash_file_s3_key": "h.json"})
    )

    assert told.startswith("bottles.toml: s3_bucket_name: ")
