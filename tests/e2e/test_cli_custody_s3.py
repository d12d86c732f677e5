"""Damage in a bucket that keeps versions, and its repair, as a person would do it."""

from collections.abc import Iterator

import pytest

from adapters.ledger.layout import commit_key
from tests.fake_s3.bucket import Bucket
from tests.fake_s3.server import FakeS3
from tests.support.command import Bottles
from tests.support.stores import use_fake_s3

PREFIX = "mirrors/one/"
STORE = ("--store", f"s3://kept/{PREFIX}")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    with FakeS3() as server:
        use_fake_s3(monkeypatch, server.endpoint_url)
        server.buckets["kept"] = Bucket(versioning=True)
        yield server.buckets["kept"]


@pytest.fixture
def commits(bottles: Bottles, bucket: Bucket, upstream: object) -> dict[str, bytes]:
    """Sync into the bucket, and return the bytes of its commits."""
    assert upstream
    bottles.json("sync", "--tag", "arm64_sonoma", *STORE)
    pages, _ = bucket.page(f"{PREFIX}ledger/v1/commits/")
    return {each.key: each.body for each in pages}


def now(bucket: Bucket, commits: dict[str, bytes]) -> dict[str, bytes]:
    pages, _ = bucket.page(f"{PREFIX}ledger/v1/commits/")
    return {each.key: each.body for each in pages if each.key in commits}


def test_a_commit_that_was_written_over_comes_back_from_its_first_version(
    bottles: Bottles, bucket: Bucket, commits: dict[str, bytes]
) -> None:
    key = PREFIX + commit_key(1)
    bucket.put(key, commits[key].replace(b"fetched", b"fetchet", 1))

    listed = bottles("ledger", "check", *STORE)
    assert listed.status == 3
    assert "commit 1: second version: it was written 2 times" in listed.out
    told = bottles("ledger", "repair", *STORE)
    assert told.status == 3
    assert "good copies: version " in told.out
    assert now(bucket, commits) != commits

    answer = bottles.json("ledger", "repair", "--yes", *STORE)
    assert [repair["from"] for repair in answer["repairs"]] == [1]
    assert now(bucket, commits) == commits
    assert bottles.json("ledger", "check", "--read", *STORE)["ok"]
    # The listing alone shows three versions now, and that somebody has seen to it.
    assert bottles.json("ledger", "check", *STORE)["ok"]


def test_a_commit_that_was_deleted_is_there_again_without_its_marker(
    bottles: Bottles, bucket: Bucket, commits: dict[str, bytes]
) -> None:
    key = PREFIX + commit_key(1)
    bucket.delete(key)

    assert "delete marker" in bottles("ledger", "check", *STORE).out
    bottles.json("ledger", "repair", "--yes", *STORE)

    assert now(bucket, commits) == commits
    assert [version.marker for version in bucket.versions(key)] == [False]
    assert bottles.json("ledger", "check", "--read", *STORE)["ok"]


def test_a_tail_that_was_cut_off_is_found_by_a_pin(
    bottles: Bottles, bucket: Bucket, commits: dict[str, bytes]
) -> None:
    head = bottles.json("ledger", "check", *STORE)["head"]
    pin = f"{head['seq']}:{head['sha256']}"
    for key in (PREFIX + commit_key(head["seq"]), f"{PREFIX}bottles_hash.json"):
        for version in bucket.versions(key):
            bucket.delete(key, version.version_id)
    copy = {key: body for key, body in commits.items() if key != max(commits)}
    assert now(bucket, commits) == copy
    assert bottles("ledger", "check", "--read", *STORE).status == 0

    told = bottles("ledger", "check", "--pin", pin, *STORE)

    assert told.status == 3
    assert f"commit {head['seq']}: head behind a pin" in told.out
