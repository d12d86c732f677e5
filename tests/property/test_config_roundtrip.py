"""What a configuration is written as says that configuration again."""

import string
from pathlib import PurePath

from hypothesis import given
from hypothesis import strategies as st

from adapters.configuration import (
    NAMES,
    ConfigurationError,
    Source,
    configure,
    environment,
    options,
    settings,
    written,
)
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
    registry_token=st.none()
    | st.text(string.ascii_letters + string.punctuation, min_size=1),
)


@given(CONFIGS)
def test_a_configuration_comes_back_equal_from_its_written_form(
    config: SyncConfig,
) -> None:
    assert configure(settings(written(config))).config == config


@given(st.dictionaries(st.sampled_from(NAMES), st.text()))
def test_any_text_is_a_configuration_or_a_clear_mistake(texts: dict[str, str]) -> None:
    variables = {f"BOTTLES_{name.upper()}": text for name, text in texts.items()}
    for source in (options(texts), environment(variables), settings(texts)):
        match outcome(source):
            case SyncConfig() as config:
                assert configure(settings(written(config))).config == config
            case mistakes:
                assert mistakes
                assert all(each.startswith(source.where) for each in mistakes)


def outcome(source: Source) -> SyncConfig | tuple[str, ...]:
    try:
        return configure(source).config
    except ConfigurationError as error:
        return error.mistakes
