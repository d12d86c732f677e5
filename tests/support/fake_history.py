"""The past of a bucket in memory, and of any store whose calls are watched."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.object_keys import check_key
from domain.bottle import ObjectKey
from ports.errors import NotFoundError, RefusedError
from ports.object_history import ObjectHistory, ObjectVersion
from tests.fake_s3.bucket import Bucket, S3Error, Version
from tests.support.watched import Watch


class FakeHistory(ObjectHistory):
    """Does what ``S3History`` does over a bucket that no request can miss."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def versions(self, prefix: str) -> Iterator[ObjectVersion]:
        for found in self._bucket.versions(prefix):
            yield ObjectVersion(
                key=ObjectKey(found.key),
                version=found.version_id,
                latest=found.latest,
                marker=found.marker,
                size=len(found.body),
            )

    def read_version(self, key: ObjectKey, version: str) -> bytes:
        check_key(key)
        try:
            return self._bucket.get(key, version).body
        except S3Error as error:
            what = f"read version {version} of {key}"
            raise NotFoundError(what, error.message) from error

    def remove_marker(self, key: ObjectKey, version: str) -> None:
        what = f"take back deletion {version} of {key}"
        if not self._find(what, key, version).marker:
            raise RefusedError(what, "that version is no delete marker")
        self._bucket.delete(key, version)

    def restore(self, key: ObjectKey, body: bytes) -> None:
        check_key(key)
        self._bucket.put(key, body)

    def _find(self, what: str, key: ObjectKey, version: str) -> Version:
        for found in self._bucket.versions(key):
            if (found.key, found.version_id) == (key, version):
                return found
        raise NotFoundError(what, "there is no such version")


class WatchedHistory(ObjectHistory):
    """A history of which every call is watched."""

    def __init__(self, history: ObjectHistory, watch: Watch) -> None:
        self._history = history
        self._watch = watch

    def versions(self, prefix: str) -> Iterator[ObjectVersion]:
        with self._watch.seen("versions", prefix):
            listed = tuple(self._history.versions(prefix))
        yield from listed

    def read_version(self, key: ObjectKey, version: str) -> bytes:
        with self._watch.seen("read_version", key):
            return self._history.read_version(key, version)

    def remove_marker(self, key: ObjectKey, version: str) -> None:
        with self._watch.seen("remove_marker", key):
            self._history.remove_marker(key, version)

    def restore(self, key: ObjectKey, body: bytes) -> None:
        with self._watch.seen("restore", key):
            self._history.restore(key, body)
