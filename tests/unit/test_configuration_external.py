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
from domain.config import ExternalObject, ExternalPath, ExternalUrl, SyncConfig


def mistakes(*sources: Source) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as refused:
        configure(*sources)
    return refused.value.mistakes


def config(**values: object) -> SyncConfig:
    return configure(options(values)).config


def external(**settings: object) -> dict[str, object]:
    """Return settings of an external hash file by their short names."""
    return {f"external_hash_file_{name}": value for name, value in settings.items()}


def test_reads_each_way_to_name_an_external_hash_file() -> None:
    url = "https://a.example/h.json?signed"

    assert config(**external(path="h.json")).external == ExternalPath(Path("h.json"))
    assert config(**external(url=url)).external == ExternalUrl(url)
    named = config(**external(s3_key="a/h.json", s3_bucket="other"))
    assert named.external == ExternalObject("other", "a/h.json")
    assert config().external is None


def test_an_external_hash_file_is_required_only_when_that_is_said() -> None:
    assert not config(**external(path="h.json")).external_required
    assert config(**external(path="h.json", required="yes")).external_required


def test_a_key_alone_is_in_the_mirrors_own_bucket() -> None:
    named = config(store="s3://bottles/mirror", **external(s3_key="h.json"))

    assert named.external == ExternalObject("bottles", "h.json")


def test_a_key_alone_is_a_mistake_when_the_store_is_a_folder() -> None:
    for more in ({}, {"store": "./mirror"}):
        (told,) = mistakes(settings({**external(s3_key="h.json"), **more}))

        assert told == (
            "bottles.toml: external_hash_file_s3_key: needs"
            " external_hash_file_s3_bucket, for the store is a folder"
        )


def test_what_the_store_was_meant_to_be_is_not_guessed() -> None:
    (told,) = mistakes(settings({**external(s3_key="h.json"), "store": "s3://"}))

    assert told.startswith("bottles.toml: store: ")


def test_a_bucket_without_a_key_is_a_mistake() -> None:
    (told,) = mistakes(environment({"BOTTLES_EXTERNAL_HASH_FILE_S3_BUCKET": "other"}))

    assert told == (
        "environment BOTTLES_EXTERNAL_HASH_FILE_S3_BUCKET: names no file without"
        " BOTTLES_EXTERNAL_HASH_FILE_S3_KEY"
    )


def test_two_external_hash_files_in_one_place_are_a_mistake_with_both_names() -> None:
    (told,) = mistakes(options(external(path="h.json", url="https://a.example/h")))

    assert told == (
        "option --external-hash-file-url and --external-hash-file-path: one external"
        " hash file at a time"
    )


def test_the_first_place_that_names_an_external_hash_file_overrides_the_others() -> (
    None
):
    url = "https://a.example/h.json"

    read = configure(
        options(external(url=url)),
        environment({"BOTTLES_EXTERNAL_HASH_FILE_PATH": "h.json"}),
        settings(external(s3_key="h.json", s3_bucket="other")),
    )

    assert read.config.external == ExternalUrl(url)


def test_a_bucket_may_stand_in_another_place_than_its_key() -> None:
    read = configure(
        options(external(s3_key="h.json")), settings(external(s3_bucket="other"))
    )

    assert read.config.external == ExternalObject("other", "h.json")


def test_mistakes_about_an_external_hash_file_are_told_together() -> None:
    told = mistakes(
        options(external(s3_key="/h", url="http://a.example/?secret", path="s3://b/h")),
        settings(external(s3_bucket="x", required="maybe", url=["https://a.example"])),
    )

    assert [each.partition(":")[0] for each in told] == [
        "option --external-hash-file-s3-key",
        "option --external-hash-file-url",
        "option --external-hash-file-path",
        "bottles.toml",
        "bottles.toml",
        "bottles.toml",
        (
            "option --external-hash-file-s3-key and --external-hash-file-url and"
            " --external-hash-file-path"
        ),
    ]
    assert "secret" not in "".join(told)
