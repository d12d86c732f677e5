"""What a configuration is written as says that configuration again."""

import string
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters.configuration import Configuration, configure, written
from adapters.configuration_schema import NAMES
from adapters.configuration_sources import (
    ConfigurationError,
    Source,
    environment,
    options,
    settings,
)
from domain.cloud_config import LOG_LEVELS, CloudConfig
from domain.config import (
    BucketAddress,
    ExternalObject,
    ExternalPath,
    ExternalUrl,
    FolderAddress,
    SyncConfig,
)
from domain.selection import Selection, TargetTags
from domain.tags import known_tags

Given = dict[str, Any]

TEXTS = st.text(
    st.characters(exclude_characters="\0", codec="utf-8"), min_size=1
).filter(lambda text: text.strip())
WORDS = st.text(string.ascii_letters + string.digits, min_size=2, max_size=12)
SIZES = st.integers(1, 10**15)
FOLDERS = st.builds(
    lambda text: FolderAddress(PurePath(text)),
    TEXTS.filter(lambda text: "://" not in text and str(PurePath(text)).strip()),
)
BUCKETS = st.builds(BucketAddress, WORDS, st.lists(WORDS, max_size=3).map("/".join))
UPSTREAMS = st.builds("https://{}.example/{}".format, WORDS, WORDS)
PATHS = st.builds(lambda folder: ExternalPath(folder.path), FOLDERS)
URLS = st.builds("https://{}.example/{}?{}".format, WORDS, WORDS, WORDS)
OBJECTS = st.builds(
    ExternalObject, WORDS, st.lists(WORDS, min_size=1, max_size=3).map("/".join)
)
TAGS = st.one_of(
    st.builds(TargetTags, latest=st.integers(1, 999)),
    st.builds(
        lambda names: TargetTags(names=tuple(names)),
        st.lists(st.sampled_from(sorted(known_tags(()))), min_size=1, max_size=4),
    ),
)
LISTS = st.lists(TEXTS, max_size=3).map(tuple)
PRINTABLE = st.text(string.ascii_letters + string.punctuation, min_size=1)
PEMS = st.builds("-----BEGIN PUBLIC KEY-----\n{}\n".format, WORDS)

CONFIGS = st.builds(
    SyncConfig,
    store=FOLDERS | BUCKETS,
    aws_region=st.none() | st.sampled_from(["eu-central-1", "us-gov-west-1"]),
    api_domain=UPSTREAMS,
    registry=UPSTREAMS,
    catalog=TEXTS,
    api_public_key=st.none() | PEMS,
    selection=st.builds(
        Selection, tags=TAGS, formulae=LISTS, with_deps=st.booleans(), exclude=LISTS
    ),
    max_bytes=st.none() | SIZES,
    jobs=SIZES,
    size_threshold_gb=SIZES,
    shard_gb=SIZES,
    lambda_shard_gb=SIZES,
    retry_attempts=SIZES,
    external=st.none() | PATHS | st.builds(ExternalUrl, URLS) | OBJECTS,
    external_required=st.booleans(),
)
TOKENS: st.SearchStrategy[Given] = st.one_of(
    st.fixed_dictionaries({}),
    st.fixed_dictionaries({"registry_token": PRINTABLE}),
    st.fixed_dictionaries({"registry_token_secret_id": WORDS}),
    st.fixed_dictionaries({"github_token": PRINTABLE}),
    st.fixed_dictionaries({"github_token_secret_id": WORDS}),
)
HOOKS: st.SearchStrategy[Given] = st.one_of(
    st.fixed_dictionaries({}),
    st.fixed_dictionaries({"slack_webhook_url": URLS}),
    st.fixed_dictionaries({"slack_webhook_secret_id": WORDS}),
)
CLOUDS = st.builds(
    CloudConfig,
    project_name=st.from_regex(r"\A[a-z][a-z0-9-]{0,39}\Z"),
    environment=WORDS,
    enable_notifications=st.booleans(),
    notification_topic_arn=st.none()
    | st.builds("arn:aws:sns:eu-west-1:123456789012:{}".format, WORDS),
    state_machine_arn=st.none()
    | st.builds("arn:aws:states:eu-west-1:123456789012:stateMachine:{}".format, WORDS),
    max_parallel_tasks=SIZES,
    log_level=st.sampled_from(LOG_LEVELS),
    spool=st.none() | FOLDERS.map(lambda folder: folder.path),
)


@given(CONFIGS, TOKENS, CLOUDS, HOOKS)
def test_a_configuration_comes_back_equal_from_its_written_form(
    config: SyncConfig, token: Given, cloud: CloudConfig, hook: Given
) -> None:
    made = Configuration(replace(config, **token), replace(cloud, **hook))

    assert configure(settings(written(made))) == made


@given(st.dictionaries(st.sampled_from(NAMES), st.text()))
def test_any_text_is_a_configuration_or_a_clear_mistake(texts: dict[str, str]) -> None:
    variables = {f"BOTTLES_{name.upper()}": text for name, text in texts.items()}
    for source in (options(texts), environment(variables), settings(texts)):
        match outcome(source):
            case Configuration() as made:
                assert configure(settings(written(made))) == replace(made, notes=())
            case mistakes:
                assert mistakes
                assert all(each.startswith(source.where) for each in mistakes)


def outcome(source: Source) -> Configuration | tuple[str, ...]:
    try:
        return configure(source)
    except ConfigurationError as error:
        return error.mistakes
