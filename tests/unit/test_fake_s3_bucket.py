"""The model of a bucket against what S3's documentation says."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.fake_s3.bucket import Bucket, S3Error
from tests.support.blobs import digest_of
from tests.support.crowd import CROWD, all_at_once

KEY = "ledger/v1/commits/00000000000000000001.jsonl"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time


def refusal(act: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(S3Error) as raised:
        act()
    return raised.value.status, raised.value.code


class TestConditions:
    def test_a_key_is_taken_once(self) -> None:
        bucket = Bucket()
        first = bucket.put(KEY, b"first", if_none_match=True)
        assert refusal(lambda: bucket.put(KEY, b"x", if_none_match=True)) == (
            412,
            "PreconditionFailed",
        )
        assert bucket.versions() == [first]

    def test_one_of_many_takes_a_key(self) -> None:
        bucket = Bucket()
        raised = all_at_once(
            lambda number: bucket.put(KEY, b"%d" % number, if_none_match=True)  # type: ignore[arg-type]
        )
        assert sum(isinstance(error, S3Error) for error in raised) == CROWD - 1
        assert bucket.get(KEY).body == b"%d" % raised.index(None)
        assert len(bucket.versions()) == 1

    def test_a_delete_marker_reopens_the_key(self) -> None:
        bucket = Bucket()
        first = bucket.put(KEY, b"first", if_none_match=True)
        bucket.delete(KEY)
        second = bucket.put(KEY, b"second", if_none_match=True)
        assert bucket.get(KEY) == second
        assert bucket.get(KEY, first.version_id).body == b"first"

    def test_a_version_is_overwritten_once(self) -> None:
        bucket = Bucket()
        stale = bucket.put(KEY, b"first").etag
        bucket.put(KEY, b"second", if_match=stale)
        assert refusal(lambda: bucket.put(KEY, b"x", if_match=stale)) == (
            412,
            "PreconditionFailed",
        )
        assert bucket.get(KEY).body == b"second"

    def test_what_is_not_there_cannot_be_overwritten(self) -> None:
        bucket = Bucket()
        etag = Bucket().put(KEY, b"first").etag
        missing = (404, "NoSuchKey")
        assert refusal(lambda: bucket.put(KEY, b"x", if_match=etag)) == missing
        bucket.put(KEY, b"first")
        bucket.delete(KEY)
        assert refusal(lambda: bucket.put(KEY, b"x", if_match=etag)) == missing

    def test_the_same_bytes_have_the_same_etag(self) -> None:
        bucket = Bucket()
        first = bucket.put(KEY, b"same")
        bucket.put(KEY, b"other")
        assert bucket.put(KEY, b"same").etag == first.etag
        assert first.etag == '"51037a4a37730f52c8732586d3aaa316"'


class TestChecksums:
    def test_wrong_bytes_leave_nothing(self) -> None:
        bucket = Bucket()
        wrong = digest_of(b"other")
        assert refusal(lambda: bucket.put(KEY, b"body", sha256=wrong)) == (
            400,
            "BadDigest",
        )
        assert bucket.versions() == []
        assert bucket.page("") == ([], False)

    def test_wrong_bytes_leave_what_was_there(self) -> None:
        bucket = Bucket()
        first = bucket.put(KEY, b"first")
        wrong = digest_of(b"other")
        assert refusal(lambda: bucket.put(KEY, b"body", sha256=wrong))[0] == 400
        assert bucket.versions() == [first]

    def test_only_what_a_put_named_is_kept(self) -> None:
        bucket = Bucket()
        bucket.put("with", b"body", sha256=digest_of(b"body"))
        bucket.put("without", b"body")
        assert bucket.get("with").sha256 == digest_of(b"body")
        assert bucket.get("without").sha256 is None

    def test_a_copy_keeps_the_checksum_or_makes_one(self) -> None:
        bucket = Bucket()
        bucket.put("with", b"body", sha256=digest_of(b"body"))
        bucket.put("without", b"body")
        assert bucket.copy("with", "1").sha256 == digest_of(b"body")
        assert bucket.copy("without", "2").sha256 is None
        assert bucket.copy("without", "3", checksum=True).sha256 == digest_of(b"body")


class TestVersions:
    def test_come_newest_first_by_key(self) -> None:
        bucket = Bucket()
        a = [bucket.put("a", b"1").version_id, bucket.put("a", b"2").version_id]
        b = bucket.put("b", b"3").version_id
        marker = bucket.delete("a")
        assert marker is not None
        assert [
            (each.key, each.version_id, each.latest, each.marker)
            for each in bucket.versions()
        ] == [
            ("a", marker.version_id, True, True),
            ("a", a[1], False, False),
            ("a", a[0], False, False),
            ("b", b, True, False),
        ]
        assert [each.key for each in bucket.versions("b")] == ["b"]

    def test_a_delete_marker_hides_and_is_no_object(self) -> None:
        bucket = Bucket()
        bucket.put(KEY, b"first")
        marker = bucket.delete(KEY)
        assert marker is not None
        assert refusal(lambda: bucket.get(KEY)) == (404, "NoSuchKey")
        assert refusal(lambda: bucket.get(KEY, marker.version_id)) == (
            405,
            "MethodNotAllowed",
        )
        assert bucket.page("") == ([], False)

    def test_come_back_when_the_delete_marker_is_removed(self) -> None:
        bucket = Bucket()
        first = bucket.put(KEY, b"first")
        marker = bucket.delete(KEY)
        assert marker is not None
        bucket.delete(KEY, marker.version_id)
        assert bucket.get(KEY) == first
        assert bucket.page("") == ([first], False)

    def test_a_marker_is_laid_even_on_nothing(self) -> None:
        bucket = Bucket()
        bucket.delete(KEY)
        assert [each.marker for each in bucket.versions()] == [True]

    def test_removed_for_good_are_gone(self) -> None:
        bucket = Bucket()
        first = bucket.put(KEY, b"first")
        second = bucket.put(KEY, b"second")
        bucket.delete(KEY, second.version_id)
        assert bucket.get(KEY) == first
        bucket.delete(KEY, first.version_id)
        bucket.delete(KEY, first.version_id)
        assert refusal(lambda: bucket.get(KEY)) == (404, "NoSuchKey")
        assert refusal(lambda: bucket.get(KEY, first.version_id)) == (
            404,
            "NoSuchVersion",
        )
        assert bucket.versions() == []

    def test_an_old_one_is_copied_over_the_new(self) -> None:
        bucket = Bucket()
        right = bucket.put(KEY, b"right", sha256=digest_of(b"right"))
        bucket.put(KEY, b"wrong")
        restored = bucket.copy(KEY, KEY, source_version_id=right.version_id)
        assert (restored.body, restored.sha256) == (b"right", right.sha256)
        assert bucket.get(KEY) == restored

    def test_a_bucket_without_them_keeps_only_the_last(self) -> None:
        bucket = Bucket(versioning=False)
        bucket.put(KEY, b"first")
        bucket.put(KEY, b"second")
        assert [(v.body, v.version_id) for v in bucket.versions()] == [
            (b"second", "null")
        ]
        bucket.delete(KEY)
        bucket.delete(KEY)
        assert bucket.versions() == []


class TestCopies:
    def test_go_only_where_they_are_told(self) -> None:
        bucket = Bucket()
        source = bucket.put("source", b"body", headers={"content-type": "text/plain"})
        copied = bucket.copy(
            "source", "target", source_if_match=source.etag, if_none_match=True
        )
        assert copied.headers == source.headers
        failed = (412, "PreconditionFailed")
        missing = (404, "NoSuchKey")
        again = refusal(lambda: bucket.copy("source", "target", if_none_match=True))
        assert again == failed
        other = refusal(lambda: bucket.copy("source", "new", source_if_match='"x"'))
        assert other == failed
        assert refusal(lambda: bucket.copy("none", "target")) == missing

    def test_change_something(self) -> None:
        bucket = Bucket()
        bucket.put(KEY, b"body")
        assert refusal(lambda: bucket.copy(KEY, KEY)) == (400, "InvalidRequest")

    def test_of_a_delete_marker_are_refused(self) -> None:
        bucket = Bucket()
        marker = bucket.delete(KEY)
        assert marker is not None
        named = marker.version_id
        assert refusal(lambda: bucket.copy(KEY, "target")) == (404, "NoSuchKey")
        assert refusal(lambda: bucket.copy(KEY, "target", source_version_id=named)) == (
            400,
            "InvalidRequest",
        )


class TestObjectLock:
    def test_protects_a_version_until_its_day(self) -> None:
        clock = Clock()
        bucket = Bucket(now=clock)
        until = NOON + timedelta(days=30)
        locked = bucket.put(KEY, b"commit", retain_until=until).version_id
        clock.time = until - timedelta(seconds=1)
        assert refusal(lambda: bucket.delete(KEY, locked)) == (403, "AccessDenied")
        assert bucket.get(KEY).body == b"commit"
        clock.time = until
        bucket.delete(KEY, locked)
        assert bucket.versions() == []

    def test_lets_a_new_version_or_a_marker_lie_on_top(self) -> None:
        bucket = Bucket(now=Clock())
        until = NOON + timedelta(days=30)
        locked = bucket.put(KEY, b"commit", retain_until=until).version_id
        forged = bucket.put(KEY, b"forged")
        assert bucket.get(KEY) == forged
        assert bucket.delete(KEY) is not None
        assert refusal(lambda: bucket.get(KEY))[0] == 404
        assert bucket.get(KEY, locked).body == b"commit"

    def test_is_not_copied(self) -> None:
        bucket = Bucket(now=Clock())
        bucket.put(KEY, b"commit", retain_until=NOON + timedelta(days=30))
        assert bucket.copy(KEY, "target").retain_until is None

    def test_needs_versions_and_a_day_to_come(self) -> None:
        later = NOON + timedelta(days=30)
        flat, bucket = Bucket(versioning=False, now=Clock()), Bucket(now=Clock())
        assert refusal(lambda: flat.put(KEY, b"x", retain_until=later)) == (
            400,
            "InvalidRequest",
        )
        assert refusal(lambda: bucket.put(KEY, b"x", retain_until=NOON)) == (
            400,
            "InvalidArgument",
        )


class TestPages:
    def test_go_on_after_a_key_that_need_not_be_there(self) -> None:
        bucket = Bucket(page_size=3)
        for key in "bdfhj":
            bucket.put(f"x/{key}", b"")
        bucket.put("x", b"")
        bucket.put("y", b"")

        def page(after: str, limit: int | None = None) -> tuple[str, bool]:
            found, follows = bucket.page("x/", after, limit)
            return "".join(each.key[-1] for each in found), follows

        assert page("") == ("bdf", True)
        assert page("x/f") == ("hj", False)
        assert page("x/e") == ("fhj", False)
        assert page("x/j") == ("", False)
        assert page("x/", limit=1) == ("b", True)
        assert page("x/", limit=1000) == ("bdf", True)
        assert page("w") == ("bdf", True)
        assert page("z") == ("", False)

    def test_are_in_the_order_of_bytes(self) -> None:
        bucket = Bucket()
        keys = ["\U0001f37a", "\uffee", "\u00e9", "a/b", "a-b", "a", "Z"]
        for key in keys:
            bucket.put(key, b"")
        found, follows = bucket.page("")
        assert not follows
        assert [each.key for each in found] == sorted(keys, key=str.encode)

    def test_show_what_is_there_whatever_was_done(self) -> None:
        for seed in range(20):
            dice = random.Random(seed)
            bucket = Bucket(versioning=seed % 4 > 0)
            for _ in range(200):
                key = dice.choice("abcdefgh")
                match dice.randrange(4):
                    case 0 | 1:
                        bucket.put(key, dice.randbytes(2))
                    case 2:
                        bucket.delete(key)
                    case _:
                        for version in bucket.versions(key)[:1]:
                            bucket.delete(key, version.version_id)
                versions = bucket.versions()
                tops = {each.key: each for each in reversed(versions)}
                assert [each for each in versions if each.latest] == list(
                    reversed(tops.values())
                )
                assert bucket.page("")[0] == [
                    each for each in versions if each.latest and not each.marker
                ]
