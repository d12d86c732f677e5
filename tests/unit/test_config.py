from collections.abc import Callable
from pathlib import PurePath

import pytest

from domain.config import (
    BucketAddress,
    ExternalObject,
    ExternalPath,
    ExternalSource,
    ExternalUrl,
    FolderAddress,
    SyncConfig,
    parse_external,
    parse_external_path,
    parse_store,
)
from domain.errors import InvalidValueError
from domain.urls import is_loopback, parse_upstream
from domain.work import GB, Work
from tests.support.plans import make_load


@pytest.mark.parametrize("text", ["./mirror", "/var/mirror", "my mirror", "s3"])
def test_what_is_no_url_is_a_folder(text: str) -> None:
    store = parse_store(text)
    assert store == FolderAddress(PurePath(text))
    assert str(store) == str(PurePath(text))


@pytest.mark.parametrize(
    ("text", "bucket", "prefix"),
    [
        ("s3://bottles", "bottles", ""),
        ("s3://bottles/", "bottles", ""),
        ("s3://my.bottles/a/b/", "my.bottles", "a/b"),
        ("s3://Old_Bucket//a", "Old_Bucket", "a"),
    ],
)
def test_reads_a_bucket_and_its_prefix(text: str, bucket: str, prefix: str) -> None:
    store = parse_store(text)
    assert store == BucketAddress(bucket, prefix)
    assert parse_store(str(store)) == store


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "s3://",
        "s3:///prefix",
        "gs://bucket",
        "https://bucket.s3.amazonaws.com",
        "s3://no spaces",
        "s3://b",
        "s3://bucket?x=1",
        "s3://bucket/a//b",
        "s3://bucket/../b",
        "s3://bucket/./b",
    ],
)
def test_refuses_what_is_no_store(text: str) -> None:
    with pytest.raises(InvalidValueError):
        parse_store(text)


@pytest.mark.parametrize("text", ["", "s3://", "gs://bucket"])
def test_says_what_a_store_would_look_like(text: str) -> None:
    with pytest.raises(InvalidValueError, match=r"a folder, or s3://bucket\[/prefix\]"):
        parse_store(text)


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("https://formulae.brew.sh/api", "https://formulae.brew.sh/api"),
        ("https://ghcr.io/", "https://ghcr.io"),
        ("https://mirror.example:8443//", "https://mirror.example:8443"),
        ("http://127.0.0.1:8080/api/", "http://127.0.0.1:8080/api"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://localhost", "http://localhost"),
        ("HTTPS://ghcr.io", "HTTPS://ghcr.io"),
    ],
)
def test_reads_an_upstream_without_the_slash_at_its_end(text: str, base: str) -> None:
    assert parse_upstream(text) == base


@pytest.mark.parametrize(
    "text",
    ["http://ghcr.io", "http://10.0.0.1", "http://127.0.0.1.evil.example", "ftp://x"],
)
def test_refuses_an_upstream_in_the_clear_unless_it_is_this_machine(text: str) -> None:
    with pytest.raises(InvalidValueError, match="loopback addresses only"):
        parse_upstream(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ghcr.io",
        "https://",
        "https:///api",
        "https://[::1",
        "https://ghcr.io:port",
        "https://ghcr.io:99999",
        "https://ghcr.io/?a=b",
        "https://ghcr.io/#a",
        "https://ghcr.io/a b",
        "https://ghcr.io\n",
    ],
)
def test_refuses_an_upstream_that_no_path_can_be_appended_to(text: str) -> None:
    with pytest.raises(InvalidValueError, match="URL"):
        parse_upstream(text)


def test_refuses_a_password_in_an_address_and_does_not_repeat_it() -> None:
    with pytest.raises(InvalidValueError, match="without a user name") as caught:
        parse_upstream("https://me:hunter2@ghcr.io")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["https://me:hunter2@[::1", "https://me:hunter2@/a", "https://me:hunter2@a/#"],
)
def test_repeats_no_password_of_an_address_that_is_none(text: str) -> None:
    for parse in (parse_upstream, parse_external):
        with pytest.raises(InvalidValueError) as caught:
            parse(text)
        assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("hashes.json", ExternalPath(PurePath("hashes.json"))),
        ("/srv/my mirror/h?.json", ExternalPath(PurePath("/srv/my mirror/h?.json"))),
        ("https://a.example/h.json?b=c", ExternalUrl("https://a.example/h.json?b=c")),
        ("http://127.0.0.1:8080/h", ExternalUrl("http://127.0.0.1:8080/h")),
        ("s3://bottles/a/h.json", ExternalObject("bottles", "a/h.json")),
    ],
)
def test_reads_where_an_external_hash_file_is(
    text: str, source: ExternalSource
) -> None:
    assert parse_external(text) == source
    assert str(source) == text.partition("?b=c")[0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "s3://",
        "s3://bottles",
        "s3://bottles/",
        "s3:///h.json",
        "s3://bottles//h.json",
        "s3://bottles/../h.json",
        "s3://bottles/a/",
        "http://a.example/h.json",
        "ftp://a.example/h.json",
        "file:///h.json",
        "https://",
        "https:///h.json",
        "https://a.example/h.json#part",
        "https://a.example/a h",
        "https://a.example\\@b.example/",
        "https://a.example/\0",
        "https://me@a.example/h.json",
        "https://a.example:port/",
    ],
)
def test_refuses_what_is_nowhere_to_find_a_hash_file(text: str) -> None:
    with pytest.raises(InvalidValueError):
        parse_external(text)


@pytest.mark.parametrize("text", ["", "https://a.example/h?secret", "s3://b/h"])
def test_refuses_a_path_that_is_none(text: str) -> None:
    with pytest.raises(InvalidValueError, match="the path of a file") as caught:
        parse_external_path(text)
    assert "secret" not in str(caught.value)


def test_never_shows_the_query_of_an_external_url() -> None:
    source = ExternalUrl("https://a.example/h.json?X-Amz-Signature=secret")

    assert repr(source) == "ExternalUrl('https://a.example/h.json')"
    assert "Signature" not in repr(SyncConfig(external=source))
    with pytest.raises(InvalidValueError) as caught:
        parse_external("http://a.example/h.json?X-Amz-Signature=secret")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        ("localhost", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("0.0.0.0", False),  # noqa: S104  # it is read, not bound
        ("localhost.example", False),
        ("", False),
    ],
)
def test_tells_this_machine_from_others(host: str, *, answer: bool) -> None:
    assert is_loopback(host) is answer


def test_the_defaults_suit_a_laptop() -> None:
    config = SyncConfig()
    assert config.store == FolderAddress(PurePath("mirror"))
    assert config.registry == "https://ghcr.io"
    assert config.size_threshold == 20_000_000_000
    assert (config.shard_gb, config.lambda_shard_gb) == (40, 5)
    assert config.retry_attempts == 5
    assert config.max_bytes is None


def test_refuses_an_upstream_in_the_clear_wherever_it_is_given() -> None:
    with pytest.raises(InvalidValueError):
        SyncConfig(registry="http://ghcr.io")
    with pytest.raises(InvalidValueError):
        SyncConfig(api_domain="http://formulae.brew.sh/api")


def test_keeps_its_addresses_without_the_slash_at_their_end() -> None:
    config = SyncConfig(api_domain="https://a.test/api/", registry="https://r.test/")
    assert config.api_domain == "https://a.test/api"
    assert config.registry == "https://r.test"


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("max_bytes", lambda: SyncConfig(max_bytes=0)),
        ("jobs", lambda: SyncConfig(jobs=0)),
        ("size_threshold_gb", lambda: SyncConfig(size_threshold_gb=0)),
        ("shard_gb", lambda: SyncConfig(shard_gb=0)),
        ("lambda_shard_gb", lambda: SyncConfig(lambda_shard_gb=0)),
        ("retry_attempts", lambda: SyncConfig(retry_attempts=0)),
    ],
)
def test_refuses_a_number_below_one_and_names_it(
    name: str, make: Callable[[], SyncConfig]
) -> None:
    with pytest.raises(InvalidValueError, match=f"{name}: 0 is not 1 or more"):
        make()


def test_never_shows_a_token() -> None:
    config = SyncConfig(registry_token="hunter2", github_token="hunter3")
    assert "hunter" not in repr(config)
    assert (config.registry_token, config.github_token) == ("hunter2", "hunter3")


@pytest.mark.parametrize(
    ("size", "shards"),
    [
        (5_000_000_000, 1),
        (5_000_000_001, 2),
        (19_999_999_999, 4),  # of 5 GB each, for Lambda
        (20_000_000_000, 1),  # of 40 GB each, for ECS
        (40_000_000_000, 1),
        (40_000_000_001, 2),
        (303_000_000_000, 8),
    ],
)
def test_the_cloud_gives_lambda_smaller_shards_than_ecs(size: int, shards: int) -> None:
    assert SyncConfig().shards(Work((make_load("jq", size),))) == shards


def test_shards_are_as_large_as_they_are_configured() -> None:
    config = SyncConfig(size_threshold_gb=10, shard_gb=2, lambda_shard_gb=3)
    assert config.shards(Work((make_load("jq", 9 * GB),))) == 3
    assert config.shards(Work((make_load("jq", 10 * GB),))) == 5
    assert config.shards(Work()) == 0


def test_work_of_which_no_size_is_known_is_one_shard() -> None:
    assert SyncConfig().shards(Work((make_load("jq", None),))) == 1
