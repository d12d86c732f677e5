"""Stores that go the short way from their first request on, or never."""

from __future__ import annotations

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest

from adapters.s3.short_way import ShortWay
from adapters.s3.store import S3Store


class _CaughtError(Exception):
    pass


def without_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave all to boto3, as for moto, which answers within it."""
    monkeypatch.setattr(ShortWay, "learn", lambda *_, **__: None)


def taught(store: S3Store) -> S3Store:
    """Show ``store`` what boto3's first request would look like; none is sent."""
    client = boto3.client("s3")

    def catch(request: AWSPreparedRequest, **_: object) -> None:
        store._bucket.writes.short.learn(client.meta.endpoint_url, request)  # type: ignore[attr-defined]  # noqa: SLF001
        raise _CaughtError

    client.meta.events.register("before-send.s3", catch)
    try:
        client.head_object(Bucket=store._bucket.name, Key="key")  # noqa: SLF001
    except _CaughtError:
        pass
    finally:
        client.close()
    assert store._bucket.writes.short.way is not None  # type: ignore[attr-defined]  # noqa: SLF001
    return store
